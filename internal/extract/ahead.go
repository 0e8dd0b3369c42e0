package extract

import (
	"errors"
	"runtime"
	"sync"

	"github.com/mozilla-services/looprel/internal/object"
)

// Look finds the mappings' sources in commits that are to be added next, several at
// once: that is most of the work, and no commit has to wait for another. Add does so
// by itself for commits that were not looked at. Trees must bear being asked by
// several at a time.
func (r *Rewriter) Look(nodes []Node) error {
	if r.ahead == nil {
		r.ahead = map[object.ID]selection{}
		for range runtime.GOMAXPROCS(0) {
			r.lookers = append(r.lookers, newSelector(r.Layout, r.Trees))
		}
	}
	clear(r.ahead)
	found := make([]selection, len(nodes))
	failures := make([]error, len(r.lookers))
	share := (len(nodes) + len(r.lookers) - 1) / len(r.lookers)
	var group sync.WaitGroup
	for i, looker := range r.lookers {
		start, end := min(i*share, len(nodes)), min((i+1)*share, len(nodes))
		group.Go(func() {
			for at := start; at < end && failures[i] == nil; at++ {
				found[at] = make(selection, len(r.chosen))
				failures[i] = inCommit(nodes[at].ID, looker.choose(nodes[at].Tree, found[at]))
			}
		})
	}
	group.Wait()
	for i, node := range nodes {
		r.ahead[node.ID] = found[i]
	}
	return errors.Join(failures...)
}

// choose fills in what was looked at before, or looks.
func (r *Rewriter) choose(node Node) error {
	if found, ok := r.ahead[node.ID]; ok {
		copy(r.chosen, found)
		return nil
	}
	return r.selector.choose(node.Tree, r.chosen)
}
