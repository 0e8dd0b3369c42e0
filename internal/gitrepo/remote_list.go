package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"github.com/mozilla-services/looprel/internal/object"
)

// Advertisement is what a remote shows of itself: its references as they were at
// one moment.
type Advertisement struct {
	// Refs are the references by full name, without HEAD. An empty repository has
	// none.
	Refs map[string]object.ID
	// Peeled are the objects that annotated tags name in the end, by the tag's
	// full name.
	Peeled map[string]object.ID
	// Head is the full name of the remote's default branch; empty when the remote
	// does not say (its HEAD is detached, or it is empty).
	Head string
	// Shallow are the commits at which the remote's own history is cut, as far as it
	// says so before anything is fetched.
	Shallow []object.ID
}

// Commit is the commit that a reference leads to: the value of a branch or a
// lightweight tag, the target of an annotated one. ok is false when the remote
// has no such reference.
func (a Advertisement) Commit(name string) (id object.ID, ok bool) {
	if id, ok = a.Peeled[name]; ok {
		return id, true
	}
	id, ok = a.Refs[name]
	return id, ok
}

// LastSeen is what the clone has of the remote's branches and tags without asking: the
// branches that it follows, by their names there, and all tags. Peeled has those of the
// annotated tags whose commits are known without reading them.
func (r *Remote) LastSeen() (Advertisement, error) {
	refs, peeled, err := r.repository.refs().list("refs/tags/")
	if err != nil {
		return Advertisement{}, err
	}
	for _, prefix := range r.trackingPrefixes() {
		followed, err := r.repository.Refs(prefix)
		if err != nil {
			return Advertisement{}, err
		}
		for name, id := range followed {
			// git keeps the remote's default branch beside the others, as HEAD.
			if ref, ok := r.config.Tracked(name); ok && ref != "refs/heads/HEAD" {
				refs[ref] = id
			}
		}
	}
	return Advertisement{Refs: refs, Peeled: peeled}, nil
}

// List asks for the remote's references whose full names begin with one of the
// prefixes; without any, for all. The conversation stays open for a Fetch to follow
// in it; Close ends it.
func (r *Remote) List(ctx context.Context, prefixes ...string) (Advertisement, error) {
	r.hangUp()
	found, err := r.begin(ctx, r.config.URL, uploadPack, within(prefixes))
	if err != nil {
		return Advertisement{}, err
	}
	if found.features != nil {
		if err := r.listRefs(ctx, found, prefixes); err != nil {
			_ = found.close()
			return Advertisement{}, err
		}
	}
	r.open = found
	return found.shown, nil
}

// listRefs has a service that speaks version 2 list its references.
func (r *Remote) listRefs(ctx context.Context, from *session, prefixes []string) error {
	op := startOperation(ctx, r.patience)
	defer op.end()
	err := from.listRefs(op, prefixes)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", from.remote, context.Cause(ctx))
	default:
		return advertisementError(from.remote, from, op.reason(err))
	}
}

// within tells the references whose names begin with one of the prefixes; nil stands
// for all.
func within(prefixes []string) func(name []byte) bool {
	if len(prefixes) == 0 {
		return nil
	}
	return func(name []byte) bool {
		for _, prefix := range prefixes {
			if len(name) >= len(prefix) && string(name[:len(prefix)]) == prefix {
				return true
			}
		}
		return false
	}
}

// session is a connection whose advertisement has been read.
type session struct {
	connection
	remote string // safe to print
	// capabilities are what the service can do, features the same where it speaks
	// version 2; otherwise they are nil.
	capabilities *capability.List
	features     features
	shown        Advertisement
}

// openSession starts a service and reads its advertisement, of which it keeps the
// references that are wanted; nil keeps all.
func openSession(op *operation, t transport, remote, service string, wanted func(name []byte) bool) (*session, error) {
	found, err := t.connect(op, service)
	if err != nil {
		return nil, err
	}
	advertised := newAdvertisementReader(found.advertisement(op), wanted)
	if err := advertised.read(); err != nil {
		err = advertisementError(remote, found, err)
		_ = found.close()
		return nil, err
	}
	opened := &session{
		connection: found, remote: remote,
		capabilities: advertised.capabilities, features: advertised.features, shown: advertised.shown,
	}
	if format := opened.objectFormat(); format != "sha1" {
		_ = found.close()
		return nil, &Error{Kind: ErrUnsupported, What: fmt.Sprintf("%s uses %s object ids", remote, printableText(format)),
			Advice: "looprel reads SHA-1 repositories only"}
	}
	if opened.features != nil {
		found.speaks(version2)
	}
	return opened, nil
}

// objectFormat is the kind of ids that the service uses.
func (s *session) objectFormat() string {
	if format, ok := s.features["object-format"]; ok {
		return format
	}
	if format := s.capabilities.Get("object-format"); len(format) > 0 {
		return format[0]
	}
	return "sha1"
}

// advertisementError says why there is no advertisement.
func advertisementError(remote string, from connection, err error) error {
	var said *pktline.ErrorLine
	if errors.As(err, &said) {
		return classifyWords(remote, []string{printableText(said.Text)}, io.EOF)
	}
	if errors.Is(err, packp.ErrEmptyInput) {
		err = io.ErrUnexpectedEOF
	}
	var unexpected *packp.ErrUnexpectedData
	if errors.As(err, &unexpected) {
		why := fmt.Sprintf("it answers with what is not git's protocol (%q)", printableText(string(unexpected.Data)))
		return from.explain(notRemote(remote, why))
	}
	err = from.explain(err)
	if isExplained(err) {
		return err
	}
	return unreachable(remote, err)
}

// brokenOff says why a conversation ended before it was complete.
func brokenOff(s *session, doing string, err error) error {
	err = s.explain(err)
	if isExplained(err) {
		return fmt.Errorf("%s %s: %w", doing, s.remote, err)
	}
	return &Error{Kind: ErrUnreachable, What: doing + " " + s.remote + " broke off", Cause: printableError{err},
		Advice: "run the command again; nothing was changed"}
}

// isExplained reports whether the error already says what to do.
func isExplained(err error) bool {
	var hinted interface{ Hint() string }
	return errors.As(err, &hinted)
}
