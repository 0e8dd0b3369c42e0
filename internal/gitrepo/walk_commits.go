package gitrepo

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/commitgraph"
)

const (
	// batchLength is how many commits of a list a reader takes at a time.
	batchLength = 64
	// maxReaders bounds how many read at the same time: more of them would wait for
	// each other.
	maxReaders = 4
)

// unsignedCommits reads commits without their signatures, several at a time where
// there are many and the machine has the processors. The result, and which error it
// is, do not depend on that.
func (o *Objects) unsignedCommits(ctx context.Context, visits []*visit) ([]CommitInfo, error) {
	commits := make([]CommitInfo, len(visits))
	batches := (len(visits) + batchLength - 1) / batchLength
	failures := make([]error, batches)
	var next atomic.Int64
	var failed atomic.Bool
	read := func() {
		var reader commitReader
		for {
			// What is before a batch that failed was taken earlier, and is read to its
			// end: the first failure is the one that counts.
			if failed.Load() {
				return
			}
			batch := int(next.Add(1)) - 1
			if batch >= batches {
				return
			}
			from := batch * batchLength
			to := min(from+batchLength, len(visits))
			err := ctx.Err()
			if err == nil {
				err = reader.read(o, visits[from:to], commits[from:to])
			}
			if failures[batch] = err; err != nil {
				failed.Store(true)
			}
		}
	}
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxReaders, batches) - 1 {
		others.Go(read)
	}
	read()
	others.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return commits, nil
}

// keptTexts are texts that are kept together, in a few pieces of memory: a piece for
// each would cost as much as reading it.
type keptTexts struct{ piece []byte }

// keptPiece is how large a piece is at least, in bytes.
const keptPiece = 64 << 10

// unsigned keeps a commit's content, but for its signature.
func (k *keptTexts) unsigned(content []byte) []byte {
	if cap(k.piece)-len(k.piece) < len(content) {
		k.piece = make([]byte, 0, max(keptPiece, len(content)))
	}
	start := len(k.piece)
	k.piece = object.AppendUnsigned(k.piece, content)
	return k.piece[start:len(k.piece):len(k.piece)]
}

// commitReader reads commits one after the other into the same memory, and keeps what
// is wanted of each: new memory costs more than copying.
type commitReader struct {
	buffer []byte
	texts  keptTexts
}

// visit reads what a walk needs of a commit, once, and keeps its content if it had to be
// read and is wanted: reading it again would cost as much as the walk.
func (r *commitReader) visit(from *Objects, id object.ID, keep bool) (*visit, error) {
	n, content, err := from.nodeAndContent(id, &r.buffer)
	if err != nil {
		return nil, err
	}
	v := &visit{node: n}
	if content != nil && keep {
		v.unsigned = r.texts.unsigned(content)
	}
	return v, nil
}

func (r *commitReader) read(from *Objects, visits []*visit, commits []CommitInfo) error {
	for i, v := range visits {
		kept, byGraph := v.unsigned, v.unsigned == nil && v.generation != commitgraph.Unknown
		if kept == nil {
			data, err := from.readKindInto(v.id, object.KindCommit, maxObjectSize, &r.buffer)
			if err != nil {
				return err
			}
			kept = r.texts.unsigned(data)
		}
		commit, err := parseKept(v.id, kept)
		if err != nil {
			return err
		}
		if byGraph {
			// Dates are left out: of those that are none, readers think differently.
			if commit.Tree != v.tree || !slices.Equal(commit.Parents, v.parents) {
				return graphError(v.id)
			}
		}
		commits[i] = CommitInfo{ID: v.id, Commit: commit}
	}
	return nil
}

func parseKept(id object.ID, kept []byte) (object.Commit, error) {
	// Nobody changes what was just made, so the commit may keep parts of it.
	commit, err := object.ParseUnsigned(unsafe.String(unsafe.SliceData(kept), len(kept))) //nolint:gosec // see above
	if err != nil {
		return object.Commit{}, damaged("commit "+id.String(), err)
	}
	return commit, nil
}
