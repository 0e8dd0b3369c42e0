package gitrepo

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// maxCompletenessWalk bounds how many commits are looked at to see whether what
// is wanted is here already. A longer stretch is asked for again, which costs
// less than a walk through the whole history.
const maxCompletenessWalk = 2000

// lacking returns the wants that have to be asked for.
func (o *Objects) lacking(request FetchRequest) ([]object.ID, error) {
	wants := slices.Clone(request.Wants)
	slices.SortFunc(wants, compareIDs)
	wants = slices.Compact(wants)
	if request.Depth > 1 && len(o.Shallow()) > 0 {
		return wants, nil
	}
	known, err := o.referenced()
	if err != nil {
		return nil, err
	}
	for _, id := range request.Haves {
		known[id] = true
	}
	complete := completeness{objects: o, known: known, budget: maxCompletenessWalk}
	var lacking []object.ID
	for _, id := range wants {
		here, err := complete.holds(id)
		if err != nil {
			return nil, err
		}
		if !here {
			lacking = append(lacking, id)
		}
	}
	return lacking, nil
}

// referenced are the objects that references name: git keeps all of their
// history.
func (o *Objects) referenced() (map[object.ID]bool, error) {
	refs, peeled, err := refStore{gitDir: o.dir, commonDir: o.dir}.list("refs/")
	if err != nil {
		return nil, err
	}
	ids := map[object.ID]bool{}
	for _, group := range []map[string]object.ID{refs, peeled} {
		for _, id := range group {
			ids[id] = true
		}
	}
	return ids, nil
}

// completeness finds out which objects are here with all of their history down
// to known commits. An object alone proves nothing: no reference keeps what an
// earlier Fetch brought, and git prunes it bit by bit.
type completeness struct {
	objects *Objects
	known   map[object.ID]bool
	budget  int // commits that may still be looked at
}

func (c *completeness) holds(id object.ID) (bool, error) {
	if c.known[id] {
		return true, nil
	}
	// That it is not here is usual, and no reason to doubt the indexes.
	if here, err := c.objects.Has(id); err != nil || !here {
		return false, err
	}
	id, err := c.objects.Peel(id)
	if err != nil {
		return false, ignoreMissing(err)
	}
	seen := map[object.ID]bool{id: true}
	for open := []object.ID{id}; len(open) > 0; {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		if c.known[next] {
			continue
		}
		if c.budget--; c.budget < 0 {
			return false, nil
		}
		parents, err := c.look(next)
		if err != nil {
			return false, ignoreMissing(err)
		}
		for _, parent := range parents {
			if !seen[parent] {
				seen[parent] = true
				open = append(open, parent)
			}
		}
	}
	maps.Copy(c.known, seen)
	return true, nil
}

// look makes sure that a commit and its tree are here, and returns the parents
// that should be, too.
func (c *completeness) look(id object.ID) ([]object.ID, error) {
	commit, err := c.objects.node(id)
	if err != nil {
		return nil, err
	}
	if _, err := c.objects.Tree(commit.tree); err != nil {
		return nil, err
	}
	parents, _ := c.objects.parents(commit)
	return parents, nil
}

// ignoreMissing drops the error of an object that is not here, and of one that
// is no commit: such wants are asked for.
func ignoreMissing(err error) error {
	if errors.Is(err, ErrMissing) || errors.Is(err, ErrWrongKind) {
		return nil
	}
	return err
}

// verify makes sure that what was wanted has arrived.
func (o *Objects) verify(wants []object.ID) error {
	for _, id := range wants {
		present, err := o.Has(id)
		if err != nil {
			return err
		}
		if !present {
			return &Error{Kind: ErrUnreachable, What: fmt.Sprintf("the remote did not send %s", id), Advice: "run the command again"}
		}
	}
	return nil
}
