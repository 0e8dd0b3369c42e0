package observe

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// start finds out where the branch is: by the trailer of its last extracted commit,
// or as the operator says.
func (e *Extraction) start(ctx context.Context, to object.ID) (extract.Start, error) {
	start := extract.Start{Tip: e.branch.tip}
	if e.request.From != "" && !start.Tip.ID.IsZero() {
		from, err := e.upstream.commit(e.request.From)
		if err != nil {
			return start, err
		}
		start.Upstream, err = e.upstream.node(from)
		return start, errors.Join(err, e.containsFrom(ctx, from, to))
	}
	extracted, source, found, err := e.branch.lastExtracted(ctx)
	if err != nil || !found {
		return start, err
	}
	start.Extracted = extracted
	start.Upstream, err = e.upstream.node(source)
	if errors.Is(err, gitrepo.ErrMissing) {
		err = e.rewritten(source, "upstream does not have it")
		if len(e.upstream.Shallow()) > 0 {
			err = e.upstream.incomplete(fmt.Sprintf("it is shallow, and does not have %s, up to which %s was extracted", source.Short(), plan.ShortRef(e.branch.ref)))
		}
	}
	return start, err
}

func (e *Extraction) containsFrom(ctx context.Context, from, to object.ID) error {
	contained, err := e.upstream.IsAncestor(ctx, from, to)
	if err == nil && !contained {
		err = &plan.Misuse{Reason: fmt.Sprintf("upstream commit %s does not contain %s", to.Short(), from.Short()), Advice: "choose --from and --to on one line of history"}
	}
	return err
}

// rewritten refuses to go on from a commit that is not in upstream's history.
func (e *Extraction) rewritten(source object.ID, why string) error {
	return &plan.Refusal{
		Reason: fmt.Sprintf("%s was extracted up to upstream commit %s, and %s", plan.ShortRef(e.branch.ref), source.Short(), why),
		Advice: "fetch it, or choose with --to a commit that contains it; if upstream was rewritten, say which commit of it has the files as the branch has them: looprel extract --from COMMIT",
	}
}

// line lists the upstream commits to go through, oldest first.
func (e *Extraction) line(ctx context.Context, to object.ID, start *extract.Start) ([]extract.Node, error) {
	e.session.progress("reading the history of " + e.upstream.shown)
	defer e.session.progress("")
	from := start.Upstream.ID
	if from == to {
		return nil, nil
	}
	floor, err := e.floor(ctx, to)
	if err != nil {
		return nil, err
	}
	var nodes []extract.Node
	if e.request.Mode == extract.Full {
		nodes, err = e.fullHistory(ctx, to, from, floor)
	} else {
		nodes, err = e.firstParents(ctx, to, from, floor)
	}
	return nodes, e.upstream.deepen(err)
}

// floor is the commit with which a first extraction begins, zero for the first of
// all.
func (e *Extraction) floor(ctx context.Context, to object.ID) (object.ID, error) {
	if e.request.From == "" {
		return object.ID{}, nil
	}
	floor, err := e.upstream.commit(e.request.From)
	if err != nil {
		return floor, err
	}
	return floor, e.containsFrom(ctx, floor, to)
}

// firstParents is the line of first parents since from. Where that came in by a merge,
// the line begins with that merge.
func (e *Extraction) firstParents(ctx context.Context, to, from, floor object.ID) ([]extract.Node, error) {
	until := from
	if from.IsZero() {
		until = floor
	}
	line, reached, err := e.upstream.FirstParents(ctx, to, until)
	if err != nil {
		return nil, err
	}
	if !reached && !until.IsZero() {
		if line, err = e.sinceMerge(ctx, line, until); err != nil {
			return nil, err
		}
	}
	nodes := make([]extract.Node, 0, len(line)+1)
	if from.IsZero() && !floor.IsZero() {
		node, err := e.upstream.node(floor)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	for _, one := range line {
		nodes = append(nodes, extract.Node(one))
	}
	return nodes, nil
}

// sinceMerge cuts a line down to the commits that contain one that is not on it.
func (e *Extraction) sinceMerge(ctx context.Context, line []gitrepo.HistoryNode, contained object.ID) ([]gitrepo.HistoryNode, error) {
	// Whatever follows a commit that contains it does so too.
	low, high := 0, len(line)
	for low < high {
		middle := (low + high) / 2
		contains, err := e.upstream.IsAncestor(ctx, contained, line[middle].ID)
		if err != nil {
			return nil, err
		}
		if contains {
			high = middle
		} else {
			low = middle + 1
		}
	}
	if low == len(line) {
		last := line[len(line)-1].ID
		behind, err := e.upstream.IsAncestor(ctx, last, contained)
		if err != nil {
			return nil, err
		}
		if behind {
			return nil, nil // an older commit than the branch is at
		}
		return nil, e.rewritten(contained, fmt.Sprintf("%s does not contain that", last.Short()))
	}
	return line[low:], nil
}

// fullHistory is all of history since from, or floor. What branched off before the
// latter counts as branched off there.
func (e *Extraction) fullHistory(ctx context.Context, to, from, floor object.ID) ([]extract.Node, error) {
	var exclude []object.ID
	if !from.IsZero() {
		contained, err := e.upstream.IsAncestor(ctx, from, to)
		if err != nil {
			return nil, err
		}
		if !contained {
			return e.sideways(ctx, to, from)
		}
		exclude = []object.ID{from}
	} else if !floor.IsZero() {
		exclude = []object.ID{floor}
	}
	order, err := e.upstream.Topological(ctx, to, exclude)
	if err != nil {
		return nil, err
	}
	nodes := make([]extract.Node, 0, len(order)+1)
	listed := map[object.ID]bool{}
	if from.IsZero() && !floor.IsZero() {
		node, err := e.upstream.node(floor)
		if err != nil {
			return nil, err
		}
		node.Parents = nil
		nodes = append(nodes, node)
	}
	for _, one := range order {
		node := extract.Node(one)
		if !floor.IsZero() {
			node.Parents = onFloor(node.Parents, listed, floor)
			listed[node.ID] = true
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

// onFloor replaces parents that are not extracted by the commit with which history
// begins.
func onFloor(parents []object.ID, listed map[object.ID]bool, floor object.ID) []object.ID {
	replaced := make([]object.ID, len(parents))
	for i, parent := range parents {
		if !listed[parent] {
			parent = floor
		}
		replaced[i] = parent
	}
	return replaced
}

// sideways answers for a commit that does not contain the one the branch is at: an
// older one has nothing new, any other is refused.
func (e *Extraction) sideways(ctx context.Context, to, from object.ID) ([]extract.Node, error) {
	behind, err := e.upstream.IsAncestor(ctx, to, from)
	if err != nil || behind {
		return nil, err
	}
	return nil, e.rewritten(from, fmt.Sprintf("%s does not contain that", to.Short()))
}
