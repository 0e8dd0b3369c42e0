package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/signers"
)

// signatures holds the release that is selected to the allowed signers, nil where
// there is none. What could not be looked at is told, and no failure: it is for the
// gate to stop there.
func (s *Session) signatures(ctx context.Context, selection *plan.Selection) (*plan.Signatures, error) {
	if selection.Release == nil {
		return nil, nil
	}
	found := &plan.Signatures{}
	list, err := s.allowed(ctx, found)
	if err == nil && found.List != "" {
		found.Tag, err = s.signedTag(ctx, *selection.Release, list)
	}
	if err == nil && found.List != "" {
		found.Entries, err = s.signedEntries(ctx, selection.Release.Version, list)
	}
	if err != nil {
		found.Failure = err.Error()
	}
	return found, ctx.Err()
}

// allowed reads all whose signatures count.
func (s *Session) allowed(ctx context.Context, found *plan.Signatures) (allowed signers.Allowed, err error) {
	if allowed.List, err = s.allowedSigners(ctx, found); err != nil {
		return allowed, err
	}
	path := s.source.Train.OpenPGPKeys
	if path == "" {
		return allowed, nil
	}
	text, err := s.homeFile(ctx, path)
	if err == nil {
		allowed.Keys, err = signers.ParseKeyring(text)
	}
	if err != nil {
		return allowed, fmt.Errorf("%s cannot be used: %w", path, err)
	}
	if found.List != "" {
		found.List += " and "
	}
	found.List += path
	return allowed, nil
}

// homeFile is a file of the train's home: the worktree's own copy would let anybody
// allow themselves.
func (s *Session) homeFile(ctx context.Context, path string) ([]byte, error) {
	home := s.Home()
	text, err := home.remoteFile(ctx, path)
	if errors.Is(err, gitrepo.ErrNotFound) {
		err = fmt.Errorf("there is no %s on %s of %s", path, plan.ShortRef(home.shown.Head), home.remoteName())
	}
	return text, err
}

// allowedSigners reads the list that the train names, else the one that git's
// configuration does; nil if neither does.
func (s *Session) allowedSigners(ctx context.Context, found *plan.Signatures) (*signers.List, error) {
	var text []byte
	var err error
	if path := s.source.Train.AllowedSigners; path != "" {
		found.List = path
		text, err = s.homeFile(ctx, path)
	} else {
		found.List, text, err = s.Clone().AllowedSigners()
	}
	if err != nil || found.List == "" {
		return nil, err
	}
	list, err := signers.Parse(string(text), s.snapshot.Train.Zone)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used: %w", found.List, err)
	}
	path, text, err := s.Clone().RevokedSigners()
	if err != nil {
		return nil, err
	}
	if err := list.Revoke(string(text)); err != nil {
		return nil, fmt.Errorf("%s cannot be used: %w", path, err)
	}
	return list, nil
}

// signedTag holds a release's tag to the list.
func (s *Session) signedTag(ctx context.Context, known ledger.Release, list signers.Allowed) (plan.Signed, error) {
	signed := plan.Signed{What: "tag " + plan.ShortRef(known.Tag)}
	if s.snapshot.Refs.IDs[known.Tag] != known.TagID {
		return signed, fmt.Errorf("%s is not where the ledger has it", signed.What)
	}
	if err := s.fetchCommit(ctx, known.Tag, known.TagID); err != nil {
		return signed, err
	}
	found, err := s.repository.Read(known.TagID)
	if err != nil {
		return signed, err
	}
	if found.Kind != object.KindTag {
		signed.Problem, signed.Unsigned = "it is no annotated tag, which alone can be signed", true
		return signed, nil
	}
	tag, err := object.DecodeTag(found.Data)
	if err != nil {
		return signed, err
	}
	signed = verified(signed, found, tag.Tagger.When, list)
	// A signature is for what it was made for: git shows a tag by any reference, and
	// verifies it all the same.
	if name := plan.ShortRef(known.Tag); signed.Problem == "" && (tag.Name != name || tag.Target != known.Commit) {
		signed.Problem = fmt.Sprintf("it is signed as the tag %s of %s, which is another release", tag.Name, tag.Target.Short())
	}
	return signed, nil
}

// signedEntries holds the ledger's entries to the list, the newest first, down to the
// one that recorded the release.
func (s *Session) signedEntries(ctx context.Context, version release.Version, list signers.Allowed) ([]plan.Signed, error) {
	const first = 64
	for depth := first; ; depth *= 4 {
		history, complete, err := s.History(ctx, depth)
		if err != nil {
			return nil, err
		}
		entries, found, err := s.entriesSince(history, version, list)
		if err != nil || found {
			return entries, err
		}
		if complete {
			return nil, fmt.Errorf("no entry of the ledger records %s", version)
		}
	}
}

func (s *Session) entriesSince(history []gitrepo.CommitInfo, version release.Version, list signers.Allowed) (entries []plan.Signed, found bool, err error) {
	for _, commit := range history {
		entry, err := ledger.Decode(commit.Message)
		if err != nil {
			return nil, false, fmt.Errorf("ledger entry %s: %w", commit.ID.Short(), err)
		}
		read, err := s.store.Read(commit.ID)
		if err != nil {
			return nil, false, err
		}
		signed := plan.Signed{What: fmt.Sprintf("ledger entry %s (%s, by %s)", commit.ID.Short(), entry.Subject(), entry.By.Name)}
		entries = append(entries, verified(signed, read, commit.Committer.When, list))
		if entry.Records(s.snapshot.Component.Name, version) {
			return entries, true, nil
		}
	}
	return nil, false, nil
}

// verified adds what the list says of a tag or commit.
func verified(signed plan.Signed, signedObject object.Object, at time.Time, list signers.Allowed) plan.Signed {
	payload, armor := object.Unsigned(signedObject)
	signer, err := list.Verify(payload, armor, at)
	if err != nil {
		signed.Problem = err.Error()
		signed.Unsigned, signed.OtherKind, signed.OpenPGP = errors.Is(err, signers.ErrUnsigned), errors.Is(err, signers.ErrOtherKind), errors.Is(err, signers.ErrOpenPGP)
		return signed
	}
	signed.By, signed.Key = signer.Principal, signer.Key
	return signed
}
