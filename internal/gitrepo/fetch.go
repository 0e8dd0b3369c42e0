package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"

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
	wants, err := into.lacking(request)
	if err != nil || len(wants) == 0 {
		return FetchResult{}, err
	}
	request.Wants = wants
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

// fetchOver uses the session up.
func (r *Remote) fetchOver(ctx context.Context, from *session, into *Objects, request FetchRequest) (FetchResult, error) {
	defer func() { _ = from.close() }()
	if err := from.offers(request.Wants); err != nil {
		return FetchResult{}, err
	}
	op := startOperation(ctx, r.patience)
	defer op.end()
	result, err := from.fetch(op, into, request)
	if err != nil {
		return result, brokenOff(from, "fetching from", op.reason(err))
	}
	return result, nil
}

// offers checks that the remote still shows what is wanted: servers answer a
// request for anything else by hanging up.
func (s *session) offers(wants []object.ID) error {
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

func (s *session) fetch(op *operation, into *Objects, request FetchRequest) (FetchResult, error) {
	if err := s.checkShallow(into); err != nil {
		return FetchResult{}, err
	}
	message, err := s.fetchMessage(into, request)
	if err != nil {
		return FetchResult{}, err
	}
	reader, err := s.exchange(op, message)
	if err != nil {
		return FetchResult{}, err
	}
	var update packp.ShallowUpdate
	if request.Depth > 0 {
		if err := update.Decode(reader); err != nil {
			return FetchResult{}, fmt.Errorf("reading where history is cut: %w", err)
		}
	}
	if err := skipAcknowledgements(reader); err != nil {
		if strings.Contains(err.Error(), "not our ref") {
			err = &MovedError{Remote: s.remote, Gone: request.Wants[0]}
		}
		return FetchResult{}, err
	}
	// History may only be walked past a commit when its parents are here, so a cut
	// is recorded before the objects come, and its removal after.
	if err := into.recordCuts(op, update.Shallows, nil); err != nil {
		return FetchResult{}, err
	}
	count, err := into.receivePack(s.packReader(reader))
	if err != nil {
		return FetchResult{}, err
	}
	if err := into.recordCuts(op, nil, update.Unshallows); err != nil {
		return FetchResult{}, err
	}
	return FetchResult{Objects: count}, into.verify(request.Wants)
}

// checkShallow refuses a remote whose history is cut where the store's is not:
// what it sends would end in the middle.
func (s *session) checkShallow(into *Objects) error {
	known := into.Shallow()
	for _, id := range s.shown.Shallow {
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
	upload := packp.NewUploadPackRequest()
	upload.Wants = toHashes(request.Wants)
	upload.Shallows = toHashes(into.Shallow())
	upload.Depth = packp.DepthCommits(request.Depth)
	if (request.Depth > 0 || len(upload.Shallows) > 0) && !s.capabilities.Supports(capability.Shallow) {
		return nil, &Error{Kind: ErrUnsupported, What: s.remote + " does not serve shallow clones",
			Advice: "use a complete clone, and a server that speaks git's \"shallow\" capability"}
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

// skipAcknowledgements reads up to the line after which the pack begins: "NAK",
// or an "ACK" without a status.
func skipAcknowledgements(reader io.Reader) error {
	lines := pktline.NewScanner(reader)
	for lines.Scan() {
		fields := strings.Fields(string(lines.Bytes()))
		switch {
		case len(fields) == 1 && fields[0] == "NAK", len(fields) == 2 && fields[0] == "ACK":
			return nil
		case len(fields) == 3 && fields[0] == "ACK":
		default:
			return fmt.Errorf("unexpected answer %q", printableText(string(lines.Bytes())))
		}
	}
	var said *pktline.ErrorLine
	if errors.As(lines.Err(), &said) {
		return fmt.Errorf("the remote says: %w", said)
	}
	if lines.Err() != nil {
		return lines.Err()
	}
	return io.ErrUnexpectedEOF
}

// packReader takes the pack out of what else the server sends beside it.
func (s *session) packReader(reader io.Reader) io.Reader {
	if s.capabilities.Supports(capability.Sideband64k) {
		return sideband.NewDemuxer(sideband.Sideband64k, reader)
	}
	return reader
}

func toHashes(ids []object.ID) []plumbing.Hash {
	hashes := make([]plumbing.Hash, len(ids))
	for i, id := range ids {
		hashes[i] = plumbing.Hash(id)
	}
	return hashes
}

// recordCuts records where history is cut from now on, and where no longer.
func (o *Objects) recordCuts(op *operation, added, removed []plumbing.Hash) error {
	if len(added)+len(removed) == 0 {
		return nil
	}
	return o.changeShallow(op.ctx, toIDs(added), toIDs(removed))
}

func toIDs(hashes []plumbing.Hash) []object.ID {
	ids := make([]object.ID, len(hashes))
	for i, hash := range hashes {
		ids[i] = object.ID(hash)
	}
	return ids
}
