package gitrepo

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/commitgraph"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// graphFile is the clone's commit-graph, if it has one that may be used. It is
// opened when history is first walked, and closed with the other files.
type graphFile struct {
	directories []string
	// unused: the configuration says so, or history is cut, of which the graph
	// knows nothing.
	unused atomic.Bool
	verify bool

	mutex sync.RWMutex
	graph *commitgraph.Graph
	tried bool
}

// use has a function read the graph. It reports whether there is one and the
// function found what it looked for. A graph that is damaged is an error: git
// believes it, and would walk history otherwise than we do.
func (f *graphFile) use(read func(*commitgraph.Graph) (found bool, err error)) (found bool, err error) {
	if f.unused.Load() {
		return false, nil
	}
	f.mutex.RLock()
	if !f.tried {
		f.mutex.RUnlock()
		if err := f.open(); err != nil {
			return false, err
		}
		f.mutex.RLock()
	}
	defer f.mutex.RUnlock()
	if f.graph == nil {
		return false, nil
	}
	err = filemap.Guard(func() (err error) {
		found, err = read(f.graph)
		return err
	}, f.graph.Files())
	return found, err
}

func (f *graphFile) open() (err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.tried {
		return nil
	}
	f.graph, err = commitgraph.Open(f.directories, commitgraph.Options{Verify: f.verify})
	f.tried = err == nil
	return err
}

func (f *graphFile) release() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.graph != nil {
		_ = f.graph.Close() // it was only read
	}
	f.graph, f.tried = nil, false
}

// graphNode is a commit's node as the commit-graph has it; nil where it has none.
func (o *Objects) graphNode(id object.ID) (*node, error) {
	var known *node
	_, err := o.graph.use(func(graph *commitgraph.Graph) (bool, error) {
		position, found, err := graph.Find(id)
		if err != nil || !found {
			return false, err
		}
		var few [2]commitgraph.Position
		commit, err := graph.Commit(position, few[:0])
		if err != nil {
			return false, err
		}
		known = &node{id: id, tree: commit.Tree, time: commit.Time, generation: commit.Generation}
		if len(commit.Parents) > 0 {
			known.parents = make([]object.ID, len(commit.Parents))
		}
		for i, parent := range commit.Parents {
			if known.parents[i], err = graph.ID(parent); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return nil, damaged("cannot read the commit-graph", err)
	}
	if known != nil && o.graph.verify {
		return known, o.compareWithObject(known)
	}
	return known, nil
}

// compareWithObject makes sure that the commit-graph says what the object says.
func (o *Objects) compareWithObject(known *node) error {
	read, _, err := o.readNode(known.id, nil)
	if err != nil {
		return err
	}
	const timeBits = 1<<34 - 1
	if read.tree != known.tree || !slices.Equal(read.parents, known.parents) || read.time&timeBits != known.time {
		return graphError(known.id)
	}
	return nil
}

// graphError is about a commit of which the commit-graph says something else.
func graphError(commit object.ID) error {
	return &Error{Kind: ErrDamaged, What: "the commit-graph says of commit " + commit.String() + " what the commit does not",
		Advice: "write it anew: git commit-graph write --reachable"}
}

// graphAncestor is IsAncestor by the commit-graph alone; known is false where it
// lacks one of the commits.
func (o *Objects) graphAncestor(ctx context.Context, a, b object.ID) (is, known bool, err error) {
	known, err = o.graph.use(func(graph *commitgraph.Graph) (bool, error) {
		var places [2]commitgraph.Position
		for i, id := range []object.ID{a, b} {
			place, found, err := graph.Find(id)
			if err != nil || !found {
				return false, err
			}
			places[i] = place
		}
		var err error
		is, err = graph.IsAncestor(ctx, places[0], places[1])
		return true, err
	})
	if err != nil && ctx.Err() == nil {
		err = damaged("cannot read the commit-graph", err)
	}
	return is, known, err
}
