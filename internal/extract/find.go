package extract

import (
	"github.com/mozilla-services/looprel/internal/object"
)

// find gives what stands for an upstream commit: one that was added, or one that an
// earlier run has extracted or passed over. Of the latter it finds out by the rules
// by which that run did, from the nearest commits that the branch names, and makes what
// is needed now. What has none before it is taken for history that is not wanted.
func (r *Rewriter) find(id object.ID) (*image, error) {
	if found, ok := r.images[id]; ok {
		return found, nil
	}
	if r.start == nil {
		return nil, errNotInOrder{id}
	}
	for open := []object.ID{id}; len(open) > 0; {
		next := open[len(open)-1]
		if _, known := r.images[next]; known {
			open = open[:len(open)-1]
			continue
		}
		lacking, err := r.recall(next)
		if err != nil {
			return nil, err
		}
		open = append(open, lacking...)
	}
	return r.images[id], nil
}

// recall finds what stands for a commit of an earlier run, once that is known of
// its parents; otherwise it returns those for which it is not.
func (r *Rewriter) recall(id object.ID) (lacking []object.ID, err error) {
	node, err := r.History.Node(id)
	if err != nil {
		return nil, err
	}
	existing, found, err := r.History.Extracted(id)
	if err != nil {
		return nil, err
	}
	var parents []*image
	for _, parent := range node.Parents {
		known, ok := r.images[parent]
		switch {
		case !ok && !found:
			lacking = append(lacking, parent)
		case known != nil:
			parents = append(parents, known)
		}
	}
	if len(lacking) > 0 {
		return lacking, nil
	}
	if !found && len(parents) == 0 {
		r.images[id] = nil
		return nil, nil
	}
	mapped, err := r.mappedTree(node)
	if err != nil {
		return nil, err
	}
	if mapped.IsZero() {
		mapped = object.EmptyTree
	}
	if !found {
		// An earlier run has passed it over: one of its parents stands for it, or an octopus
		// merge let go of it, or that run went along first parents.
		stands, err := r.stand(mapped, parents)
		if stands == nil && err == nil {
			stands, err = r.commit(node, mapped, parents)
		}
		r.images[id] = stands
		return nil, err
	}
	made := &image{id: existing.ID, mapped: mapped, exists: true}
	// Where it differs, the mappings were others then: it is no commit of people's.
	made.own, _, err = r.compare(mapped, existing.Tree)
	r.images[id] = made
	return nil, err
}
