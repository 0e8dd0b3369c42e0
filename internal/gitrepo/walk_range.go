package gitrepo

import (
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/commitgraph"
)

// CommitInfo is a commit with its id.
type CommitInfo struct {
	ID object.ID
	object.Commit
}

// RangeOptions narrow a Range.
type RangeOptions struct {
	// Limit is how many commits are returned at most; zero: all.
	Limit int
	// Path, when not empty, leaves only the commits that TouchesPath reports.
	Path string
}

// Range lists the commits that are reachable from include and not from exclude,
// in the order of "git log": the youngest first, but none that was not reached
// through a child before. With a Path it lists what "git log --full-history --
// PATH" does, without the merges that took the path from one of their parents.
//
// The commits come without their signatures: Commit reads one that has it.
//
// Dates decide the order alone; which commits are listed does not depend on
// them. Where a shallow clone may hide commits of the list, those that could be
// found come with a ShallowError; errors.As gives the boundary to deepen.
func (o *Objects) Range(ctx context.Context, include, exclude []object.ID, options RangeOptions) ([]CommitInfo, error) {
	walk := rangeWalk{objects: o, options: options, pace: pace{ctx: ctx}, visits: map[object.ID]*visit{}}
	if err := walk.start(include, exclude); err != nil {
		return nil, err
	}
	// Without exclusions whatever is taken from the queue is in the list.
	stop := 0
	if len(exclude) == 0 {
		stop = options.Limit
	}
	complete, err := walk.list(stop)
	if err != nil {
		return nil, err
	}
	if complete {
		if err := walk.prove(); err != nil {
			return nil, err
		}
	}
	commits, err := walk.commits()
	if err != nil {
		return nil, err
	}
	if boundary := walk.boundary(); len(boundary) > 0 {
		return commits, &ShallowError{Boundary: boundary}
	}
	return commits, nil
}

// rangeWalk first takes commits by date until only excluded ones are left to
// take, as git does. Then it proves that none of the listed commits is reachable
// from those, which git leaves to luck when clocks are wrong.
type rangeWalk struct {
	objects *Objects
	options RangeOptions
	pace    pace
	visits  map[object.ID]*visit
	queue   dateQueue // commits whose parents have not been looked at
	wanted  int       // how many in the queue are not excluded
	listed  []*visit
	// struck: a listed commit turned out to be excluded.
	struck bool
	// lowest is how many lowest commits there are, and open how many commits of
	// the queue are not known to be ancestors of all of them, see prove. least is
	// the least generation of the lowest.
	lowest, open int
	least        uint64
	reader       commitReader
}

// visit is what a walk knows of one commit.
type visit struct {
	*node
	excluded, expanded, listed bool
	// cut: the shallow clone lacks the parents.
	cut bool
	// unsigned is the commit without its signature, see commitReader.visit.
	unsigned []byte
	// below has the lowest commits of the list that are known to be descendants
	// of this one, see prove.
	below bitset
}

func (w *rangeWalk) start(include, exclude []object.ID) error {
	for _, id := range include {
		if err := w.reach(id, false); err != nil {
			return err
		}
	}
	for _, id := range exclude {
		if err := w.reach(id, true); err != nil {
			return err
		}
	}
	return nil
}

// reach puts a commit into the queue, or excludes one that was seen before.
func (w *rangeWalk) reach(id object.ID, excluded bool) error {
	if known, ok := w.visits[id]; ok {
		if excluded {
			w.exclude(known)
		}
		return nil
	}
	v, err := w.reader.visit(w.objects, id, !excluded && w.options.Path == "")
	if err != nil {
		return err
	}
	v.excluded = excluded
	w.visits[id] = v
	if !excluded {
		w.wanted++
	}
	if w.isOpen(v) {
		w.open++
	}
	w.queue.add(v.node)
	return nil
}

// exclude excludes a commit and those of its ancestors that were reached
// through it.
func (w *rangeWalk) exclude(from *visit) {
	for stack := []*visit{from}; len(stack) > 0; {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if v.excluded {
			continue
		}
		v.excluded = true
		switch {
		case !v.expanded:
			w.wanted--
		case v.listed:
			w.struck = true
		}
		if v.expanded && !v.cut {
			for _, parent := range v.parents {
				stack = append(stack, w.visits[parent])
			}
		}
	}
}

// expand reaches the parents of the next commit.
func (w *rangeWalk) expand() (*visit, error) {
	if err := w.pace.step(); err != nil {
		return nil, err
	}
	v := w.visits[w.queue.take().id]
	if !v.excluded {
		w.wanted--
	}
	if w.isOpen(v) {
		w.open--
	}
	v.expanded = true
	var parents []object.ID
	parents, v.cut = w.objects.parents(v.node)
	for _, parent := range parents {
		if err := w.reach(parent, v.excluded); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// list takes commits until only excluded ones are left, or until it has as many
// as stop (zero: all); complete says that it was the former.
func (w *rangeWalk) list(stop int) (complete bool, err error) {
	count := 0
	for w.wanted > 0 {
		if stop > 0 && count == stop {
			return false, nil
		}
		v, err := w.expand()
		if err != nil {
			return false, err
		}
		if v.excluded {
			continue
		}
		v.listed = true
		w.listed = append(w.listed, v)
		touched, err := w.matches(v, stop > 0)
		if err != nil {
			return false, err
		}
		if touched {
			count++
		}
	}
	return true, nil
}

// matches applies the path, if at all needed now.
func (w *rangeWalk) matches(v *visit, now bool) (bool, error) {
	if !now || w.options.Path == "" {
		return true, nil
	}
	return w.objects.TouchesPath(v.id, w.options.Path)
}

// prove makes sure that no listed commit is reachable from the queue, where only
// excluded commits are left.
//
// If one were, so would be one of the lowest: the listed commits none of whose
// parents is listed. A commit that is an ancestor of a lowest one cannot lead to
// it, since history has no circles. Nor can one whose generation is not larger
// than that of any of them. So there is nothing left to prove as soon as every
// commit of the queue is an ancestor of all of the lowest ones, or too low.
func (w *rangeWalk) prove() error {
	for {
		w.struck = false
		w.paintLowest()
		for w.open > 0 && !w.struck {
			v, err := w.expand()
			if err != nil {
				return err
			}
			w.paintParents(v, v.below)
		}
		if !w.struck {
			return nil
		}
	}
}

// paintLowest numbers the lowest listed commits and marks their ancestors, as
// far as they have been reached.
func (w *rangeWalk) paintLowest() {
	var lowest []*visit
	for _, v := range w.listed {
		if !v.excluded && (v.cut || !slices.ContainsFunc(v.parents, w.isListed)) {
			lowest = append(lowest, v)
		}
	}
	w.lowest, w.open, w.least = len(lowest), 0, commitgraph.Unknown
	for _, v := range lowest {
		w.least = min(w.least, v.generation)
	}
	for _, v := range w.visits {
		v.below = nil
		if w.isOpen(v) {
			w.open++
		}
	}
	for i, v := range lowest {
		w.paintParents(v, singleBit(i, len(lowest)))
	}
}

// isOpen reports whether the commit is in the queue and not known to lead to none
// of the lowest ones.
func (w *rangeWalk) isOpen(v *visit) bool {
	return !v.expanded && !v.below.full(w.lowest) && (v.generation > w.least || v.generation == commitgraph.Unknown)
}

func (w *rangeWalk) isListed(id object.ID) bool {
	v := w.visits[id]
	return v.listed && !v.excluded
}

// paintParents marks the ancestors of a commit as far as they have been reached.
func (w *rangeWalk) paintParents(from *visit, bits bitset) {
	for stack := []*visit{from}; len(stack) > 0; {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if v.cut || !v.expanded {
			continue
		}
		for _, parent := range v.parents {
			p := w.visits[parent]
			wasOpen := w.isOpen(p)
			if !p.below.add(bits) {
				continue
			}
			if wasOpen && !w.isOpen(p) {
				w.open--
			}
			stack = append(stack, p)
		}
	}
}

// commits reads the listed commits that are left, as far as the walk did not.
func (w *rangeWalk) commits() ([]CommitInfo, error) {
	var wanted []*visit
	for _, v := range w.listed {
		if v.excluded {
			continue
		}
		if w.options.Limit > 0 && len(wanted) == w.options.Limit {
			break
		}
		if matches, err := w.matches(v, true); err != nil {
			return nil, err
		} else if matches {
			wanted = append(wanted, v)
		}
	}
	return w.objects.unsignedCommits(w.pace.ctx, wanted)
}

// boundary lists the commits whose missing parents could change the list.
func (w *rangeWalk) boundary() []object.ID {
	var ids []object.ID
	for _, v := range w.visits {
		if !v.cut {
			continue
		}
		harmless := v.below.full(w.lowest) // a shallow clone has no generations
		if v.listed && !v.excluded {
			harmless = !slices.ContainsFunc(v.parents, func(id object.ID) bool {
				parent, seen := w.visits[id]
				return !seen || !parent.excluded
			})
		}
		if !harmless {
			ids = append(ids, v.id)
		}
	}
	slices.SortFunc(ids, compareIDs)
	return ids
}
