package gitrepo

import (
	"context"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

// patience is how many commits in a row may be older than what Recent asks for before it
// looks no further, since clocks are wrong at times. It is what git allows.
const patience = 5

// Recent lists the commits that are reachable from the heads and were committed since
// a time, in the order of Range and as it gives them; a few older ones may come with
// them, and the heads do. It goes no further than the commits in stop, which are not
// listed.
//
// Unlike Range it believes dates: behind a few commits in a row that are too old nothing
// is looked for. Where a shallow clone may hide recent commits, those that could be
// found come with a ShallowError.
func (o *Objects) Recent(ctx context.Context, heads, stop []object.ID, since time.Time) ([]CommitInfo, error) {
	walk := recentWalk{objects: o, since: since.Unix(), pace: pace{ctx: ctx}, seen: map[object.ID]*recentVisit{}}
	for _, id := range stop {
		walk.seen[id] = nil
	}
	for _, id := range heads {
		if err := walk.reach(id, 0); err != nil {
			return nil, err
		}
	}
	for !walk.queue.empty() {
		if err := walk.expand(); err != nil {
			return nil, err
		}
	}
	commits, err := o.unsignedCommits(ctx, walk.listed)
	if err == nil && len(walk.boundary) > 0 {
		slices.SortFunc(walk.boundary, compareIDs)
		err = &ShallowError{Boundary: walk.boundary}
	}
	return commits, err
}

// recentWalk is Recent under way.
type recentWalk struct {
	objects *Objects
	since   int64
	pace    pace
	// seen are the commits that were reached, nil for those where it stops.
	seen     map[object.ID]*recentVisit
	queue    dateQueue
	listed   []*visit
	boundary []object.ID
	reader   commitReader
}

// recentVisit is a commit that was reached. late is how many in a row, this one
// included, are too old.
type recentVisit struct {
	*visit
	late int
}

func (w *recentWalk) reach(id object.ID, late int) error {
	if _, seen := w.seen[id]; seen {
		return nil
	}
	found, err := w.reader.visit(w.objects, id, true)
	if err != nil {
		return err
	}
	v := &recentVisit{visit: found}
	if v.time < w.since {
		v.late = late + 1
	}
	w.seen[id] = v
	w.queue.add(v.node)
	return nil
}

func (w *recentWalk) expand() error {
	if err := w.pace.step(); err != nil {
		return err
	}
	v := w.seen[w.queue.take().id]
	w.listed = append(w.listed, v.visit)
	if v.late > patience {
		return nil
	}
	parents, cut := w.objects.parents(v.node)
	if cut && v.late == 0 {
		w.boundary = append(w.boundary, v.id)
	}
	for _, parent := range parents {
		if err := w.reach(parent, v.late); err != nil {
			return err
		}
	}
	return nil
}
