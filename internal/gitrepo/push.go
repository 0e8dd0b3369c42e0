package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"github.com/mozilla-services/looprel/internal/object"
)

// RefUpdate moves one reference of a remote.
type RefUpdate struct {
	// Name is the reference's full name.
	Name string
	// Old is the value that it must have; zero: it must not exist.
	Old object.ID
	// New is the value that it gets. It is never zero: nothing is deleted. An
	// update whose Old is its New only checks.
	New object.ID
}

// PushResult is the answer to a push that took place.
type PushResult struct {
	// Messages is what the remote's hooks said, printable, at most maxMessages
	// lines.
	Messages []string
}

// Push moves references of the remote, all of them or none, and sends it the
// objects that it needs for that: exactly those given, so what they refer to must
// be there already. Nothing is sent when there is nothing to move.
//
// It fails with ErrNoAtomic or ErrMoved before anything is sent; with ErrMoved
// or ErrRefused after the remote has declined; with ErrUnknownOutcome when the
// connection broke after all was sent; and with ErrPartial when the remote has
// broken its word and moved some of the references. In any other case nothing has
// happened.
//
// A push that makes a reference which is neither a branch nor a tag is rehearsed
// first (see rehearse), once in the life of a ledger.
func (r *Remote) Push(ctx context.Context, updates []RefUpdate, objects []object.Object) (PushResult, error) {
	if err := r.checkUpdates(updates); err != nil || len(updates) == 0 {
		return PushResult{}, err
	}
	to, pending, err := r.beginPush(ctx, updates)
	if err != nil {
		return PushResult{}, err
	}
	if created := unusualCreations(pending); len(created) > 0 {
		if err := r.rehearse(ctx, to, created, objects); err != nil {
			return PushResult{}, err
		}
		if to, pending, err = r.beginPush(ctx, updates); err != nil {
			return PushResult{}, err
		}
	}
	defer func() { _ = to.close() }()
	if len(pending) == 0 {
		return PushResult{}, nil
	}
	message, err := to.pushMessage(pending, objects)
	if err != nil {
		return PushResult{}, fmt.Errorf("preparing the push to %s: %w", to.remote, err)
	}
	return r.send(ctx, to, pending, request{message: message})
}

// CheckPush finds out whether the remote lets this user push, in one transaction, and
// sends nothing.
func (r *Remote) CheckPush(ctx context.Context) error {
	if err := r.checkUpdates(nil); err != nil {
		return err
	}
	to, _, err := r.beginPush(ctx, nil)
	if err != nil {
		return err
	}
	return to.close()
}

// beginPush opens a session in which the updates can be pushed: the remote is
// able to, and its references are where they are expected. pending are the
// updates that move something.
func (r *Remote) beginPush(ctx context.Context, updates []RefUpdate) (to *session, pending []RefUpdate, err error) {
	to, err = r.begin(ctx, r.config.PushURLs[0], receivePack, isUpdated(updates))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range []capability.Capability{capability.Atomic, capability.ReportStatus} {
		if !to.capabilities.Supports(name) {
			_ = to.close()
			return nil, nil, &NoAtomicError{Remote: to.remote, Missing: name.String()}
		}
	}
	if moved := movedRefs(to.shown, updates); len(moved) > 0 {
		_ = to.close()
		return nil, nil, &MovedError{Remote: to.remote, Refs: moved}
	}
	return to, slices.DeleteFunc(slices.Clone(updates), func(u RefUpdate) bool { return u.Old == u.New }), nil
}

// isUpdated says which of a remote's references a push is about.
func isUpdated(updates []RefUpdate) func(name []byte) bool {
	names := map[string]bool{}
	for _, update := range updates {
		names[update.Name] = true
	}
	return func(name []byte) bool { return names[string(name)] }
}

// send sends the push and reads the answer.
func (r *Remote) send(ctx context.Context, to *session, updates []RefUpdate, push request) (PushResult, error) {
	op := startOperation(ctx, r.patience)
	defer op.end()
	answer, err := to.exchange(op, push)
	if errors.Is(err, errNotSent) {
		return PushResult{}, brokenOff(to, "pushing to", err)
	}
	if err != nil {
		return PushResult{}, unknownOutcome(to, updates, err)
	}
	report, messages, err := to.readReport(answer)
	if err != nil {
		return PushResult{}, unknownOutcome(to, updates, op.reason(err))
	}
	verdict := judge(report, updates)
	switch {
	case verdict.done:
		return PushResult{Messages: messages}, nil
	case verdict.unclear != nil:
		return PushResult{}, unknownOutcome(to, updates, verdict.unclear)
	case len(verdict.moved) > 0:
		return PushResult{}, &PartialError{Remote: to.remote, Moved: verdict.moved, Refused: verdict.reasons}
	}
	return PushResult{}, r.declined(ctx, to, updates, verdict.reasons, messages)
}

func unknownOutcome(to *session, updates []RefUpdate, cause error) error {
	names := make([]string, len(updates))
	for i, update := range updates {
		names[i] = update.Name
	}
	return &UnknownOutcomeError{Remote: to.remote, Refs: names, Cause: printableError{to.explain(cause)}}
}

// checkUpdates refuses what must not be sent to any remote.
func (r *Remote) checkUpdates(updates []RefUpdate) error {
	if len(r.config.PushURLs) > 1 && len(updates) > 0 {
		return &Error{Kind: ErrConfig, What: fmt.Sprintf("the remote %q is pushed to %d addresses, which cannot move together", r.Name, len(r.config.PushURLs)),
			Advice: fmt.Sprintf("leave one: git config --unset-all remote.%s.pushurl, or use another remote", r.Name)}
	}
	seen := map[string]bool{}
	for _, update := range updates {
		switch {
		case !isRefName(update.Name):
			return fmt.Errorf("%q is not the full name of a reference", update.Name)
		case update.New.IsZero():
			return fmt.Errorf("%s would be deleted, which looprel never does", update.Name)
		case seen[update.Name]:
			return fmt.Errorf("%s would be moved twice in one push", update.Name)
		}
		seen[update.Name] = true
	}
	return nil
}

// movedRefs lists the updates whose expected value is not what the remote shows.
func movedRefs(shown Advertisement, updates []RefUpdate) []MovedRef {
	var moved []MovedRef
	for _, update := range updates {
		if now := shown.Refs[update.Name]; now != update.Old {
			moved = append(moved, MovedRef{Name: update.Name, Was: update.Old, Now: now})
		}
	}
	return moved
}

// pushMessage encodes the commands and a pack of the objects.
func (s *session) pushMessage(updates []RefUpdate, objects []object.Object) ([]byte, error) {
	message, err := s.pushCommands(updates)
	if err != nil {
		return nil, err
	}
	err = appendPack(message, objects)
	return message.Bytes(), err
}

// pushCommands encodes what is to be moved.
func (s *session) pushCommands(updates []RefUpdate) (*bytes.Buffer, error) {
	request := packp.NewReferenceUpdateRequest()
	for _, update := range updates {
		request.Commands = append(request.Commands, &packp.Command{
			Name: plumbing.ReferenceName(update.Name), Old: plumbing.Hash(update.Old), New: plumbing.Hash(update.New),
		})
	}
	names := []capability.Capability{capability.Atomic, capability.ReportStatus}
	for _, name := range []capability.Capability{capability.Sideband64k, capability.Quiet, capability.OFSDelta} {
		if s.capabilities.Supports(name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if err := request.Capabilities.Set(name); err != nil {
			return nil, err
		}
	}
	if s.capabilities.Supports(capability.Agent) {
		if err := request.Capabilities.Set(capability.Agent, userAgent); err != nil {
			return nil, err
		}
	}
	var message bytes.Buffer
	if err := request.Encode(&message); err != nil {
		return nil, err
	}
	return &message, nil
}

// appendPack encodes the objects as a pack; an empty one is what the remote
// expects when it has all objects already.
func appendPack(message *bytes.Buffer, objects []object.Object) error {
	var unique []identified
	seen := map[object.ID]bool{}
	for _, o := range objects {
		if id := o.ID(); !seen[id] {
			seen[id] = true
			unique = append(unique, identified{id, o})
		}
	}
	return writePack(message, unique)
}

// reasonText joins a remote's reasons and messages for looking at.
func reasonText(reasons []RefusedRef, messages []string) string {
	var text strings.Builder
	for _, reason := range reasons {
		text.WriteString(reason.Reason + "\n")
	}
	return strings.ToLower(text.String() + strings.Join(messages, "\n"))
}
