package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"github.com/mozilla-services/looprel/internal/object"
)

// Unlimited is the Depth of a FetchRequest that asks for the whole history, also
// of what a shallow store has already.
const Unlimited = 0x7fffffff

// FetchRequest says what a Fetch is to bring.
type FetchRequest struct {
	// Wants are values of the remote's references; of an annotated tag, the tag
	// object.
	Wants []object.ID
	// Haves are commits that the store has with all their history (as far as a
	// shallow store goes): Haves chooses them. Objects reachable from them are not
	// sent.
	Haves []object.ID
	// Depth limits the history to so many commits from each want, which makes the
	// store shallow, or deepens one that is. Zero: no limit is asked for, and a
	// shallow store stays cut where it is. One limits a first Fetch only: beside
	// Haves it counts as zero, since servers send the whole tree again for a new
	// cut, but just the news without one.
	Depth int
	// WithoutFiles leaves out the content of files, where the remote can do that and
	// gives it later by its id (CanFilter). What is wanted itself comes all the same.
	// Only a store that git knows to be partial may be given less than all: see
	// PartialStore.
	WithoutFiles bool
	// Anew asks for all that is wanted, whether the store has it or not.
	Anew bool
}

// FetchResult is what a Fetch brought.
type FetchResult struct {
	// Objects is the number of objects received.
	Objects int
}

// Fetch brings objects into a store: a Repository's or a LedgerStore's Objects.
// It writes no references, and either all objects or none. What the store has
// already is not asked for again.
//
// It follows a List in the same conversation if there is one open. It fails with
// ErrMoved when the remote no longer has what is wanted.
func (r *Remote) Fetch(ctx context.Context, into *Objects, request FetchRequest) (FetchResult, error) {
	if !request.Anew {
		wants, err := into.lacking(request)
		if err != nil {
			return FetchResult{}, err
		}
		request.Wants = wants
	}
	if len(request.Wants) == 0 {
		return FetchResult{}, nil
	}
	if request.Depth == 1 && len(request.Haves) > 0 {
		request.Depth = 0
	}
	if from := r.open; from != nil {
		r.open = nil
		result, err := r.fetchOver(ctx, from, into, request)
		if !from.wentStale(ctx, err) {
			return result, err
		}
	}
	from, err := r.begin(ctx, r.config.URL, uploadPack, nil)
	if err != nil {
		return FetchResult{}, err
	}
	return r.fetchOver(ctx, from, into, request)
}

// wentStale reports whether a session that was left open may just have been
// closed by the remote meanwhile.
func (s *session) wentStale(ctx context.Context, err error) bool {
	var silent silenceError
	return errors.Is(err, ErrUnreachable) && ctx.Err() == nil && !errors.As(err, &silent)
}

// fetchOver uses the session up, unless another Fetch may follow in it.
func (r *Remote) fetchOver(ctx context.Context, from *session, into *Objects, request FetchRequest) (FetchResult, error) {
	defer func() {
		if r.open != from {
			_ = from.close()
		}
	}()
	if err := from.offers(request.Wants); err != nil {
		return FetchResult{}, err
	}
	op := startOperation(ctx, r.patience)
	defer op.end()
	result, err := from.fetch(op, into, request)
	if err != nil {
		return result, brokenOff(from, "fetching from", op.reason(err))
	}
	// A service that remembers would take what it was told of this store's history
	// for that of another store.
	if from.features != nil && from.isStateless() {
		r.open = from
	}
	return result, nil
}

// offers checks that the remote still shows what is wanted: servers answer a
// request for anything else by hanging up, unless they announce that they give more.
// In version 2 they say what is missing.
func (s *session) offers(wants []object.ID) error {
	if s.features != nil || s.givesByID() {
		return nil
	}
	shown := map[object.ID]bool{}
	for _, id := range s.shown.Refs {
		shown[id] = true
	}
	for _, id := range wants {
		if !shown[id] {
			return &MovedError{Remote: s.remote, Gone: id}
		}
	}
	return nil
}

func (s *session) fetch(op *operation, into *Objects, wanted FetchRequest) (FetchResult, error) {
	if err := s.refuseCuts(s.shown.Shallow, into); err != nil {
		return FetchResult{}, err
	}
	message, err := s.fetchMessage(into, wanted)
	if err != nil {
		return FetchResult{}, err
	}
	reader, err := s.exchange(op, request{message: message})
	if err != nil {
		return FetchResult{}, s.saidInstead(op, wanted, err)
	}
	answer, err := s.readAnswer(reader, wanted)
	if err != nil {
		return FetchResult{}, err
	}
	// Without a limit history is cut where the remote's own is.
	if wanted.Depth == 0 || wanted.Depth == Unlimited {
		if err := s.refuseCuts(answer.shallow, into); err != nil {
			return FetchResult{}, err
		}
	}
	// History may only be walked past a commit when its parents are here, so a cut
	// is recorded before the objects come, and its removal after.
	if err := into.recordCuts(op, answer.shallow, nil); err != nil {
		return FetchResult{}, err
	}
	count, err := into.receivePack(answer.pack, wanted.WithoutFiles && s.canFilter())
	if err != nil {
		return FetchResult{}, err
	}
	if err := into.recordCuts(op, nil, answer.unshallow); err != nil {
		return FetchResult{}, err
	}
	return FetchResult{Objects: count}, into.verify(wanted.Wants)
}

// refuseCuts refuses a remote whose history is cut where the store's is not: what
// it sends would end in the middle.
func (s *session) refuseCuts(cuts []object.ID, into *Objects) error {
	known := into.Shallow()
	for _, id := range cuts {
		if !slices.Contains(known, id) {
			return &Error{Kind: ErrUnsupported, What: fmt.Sprintf("%s is itself a shallow clone, cut at %s", s.remote, id.Short()),
				Advice: "use a complete repository as the remote, or complete this one: git fetch --unshallow, in it"}
		}
	}
	return nil
}

// fetchMessage asks for everything in one message: the haves are few and chosen
// to be known there, so there is nothing to negotiate in rounds.
func (s *session) fetchMessage(into *Objects, request FetchRequest) ([]byte, error) {
	shallow := into.Shallow()
	canCut := s.capabilities.Supports(capability.Shallow) || s.features.has("fetch", "shallow")
	if (request.Depth > 0 || len(shallow) > 0) && !canCut {
		return nil, &Error{Kind: ErrUnsupported, What: s.remote + " does not serve shallow clones",
			Advice: "use a complete clone, and a server that speaks git's \"shallow\" capability"}
	}
	if s.features != nil {
		return s.fetchCommand(shallow, request), nil
	}
	upload := packp.NewUploadPackRequest()
	upload.Wants = toHashes(request.Wants)
	upload.Shallows = toHashes(shallow)
	upload.Depth = packp.DepthCommits(request.Depth)
	if request.WithoutFiles && s.canFilter() {
		upload.Filter = packp.FilterBlobNone()
		if err := upload.Capabilities.Set(capability.Filter); err != nil {
			return nil, err
		}
	}
	// Some servers serve only clients that know multi_ack_detailed.
	for _, name := range []capability.Capability{
		capability.MultiACKDetailed, capability.Sideband64k, capability.OFSDelta,
		capability.NoProgress, capability.Shallow,
	} {
		if s.capabilities.Supports(name) {
			if err := upload.Capabilities.Set(name); err != nil {
				return nil, err
			}
		}
	}
	if err := upload.Capabilities.Set(capability.Agent, userAgent); err != nil {
		return nil, err
	}
	var message bytes.Buffer
	if err := upload.UploadRequest.Encode(&message); err != nil {
		return nil, err
	}
	haves := packp.UploadHaves{Haves: toHashes(request.Haves)}
	if err := haves.Encode(&message, false); err != nil {
		return nil, err
	}
	err := pktline.NewEncoder(&message).EncodeString("done\n")
	return message.Bytes(), err
}

// fetchCommand is the message in version 2.
func (s *session) fetchCommand(shallow []object.ID, request FetchRequest) []byte {
	message := s.commandMessage("fetch")
	appendPacket(message, "ofs-delta")
	appendPacket(message, "no-progress")
	for _, id := range shallow {
		appendPacket(message, "shallow "+id.String())
	}
	if request.Depth > 0 {
		appendPacket(message, "deepen "+strconv.Itoa(request.Depth))
	}
	if request.WithoutFiles && s.canFilter() {
		appendPacket(message, "filter "+string(packp.FilterBlobNone()))
	}
	for _, id := range request.Wants {
		appendPacket(message, "want "+id.String())
	}
	for _, id := range request.Haves {
		appendPacket(message, "have "+id.String())
	}
	appendPacket(message, "done")
	message.WriteString(flushPacket)
	return message.Bytes()
}

func toHashes(ids []object.ID) []plumbing.Hash {
	hashes := make([]plumbing.Hash, len(ids))
	for i, id := range ids {
		hashes[i] = plumbing.Hash(id)
	}
	return hashes
}

// recordCuts records where history is cut from now on, and where no longer.
func (o *Objects) recordCuts(op *operation, added, removed []object.ID) error {
	if len(added)+len(removed) == 0 {
		return nil
	}
	return o.changeShallow(op.ctx, added, removed)
}

func toIDs(hashes []plumbing.Hash) []object.ID {
	ids := make([]object.ID, len(hashes))
	for i, hash := range hashes {
		ids[i] = object.ID(hash)
	}
	return ids
}
