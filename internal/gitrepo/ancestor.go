package gitrepo

import (
	"fmt"
	"strconv"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/object"
)

// steps are what leads from a commit to an ancestor, as in git's expressions.
var (
	steps   = lazyregexp.New(`^(?:[~^][0-9]*)+$`)
	oneStep = lazyregexp.New(`[~^][0-9]*`)
)

// ancestor follows steps from the commit of that name.
func (r *Repository) ancestor(name, path string) (object.ID, error) {
	if !steps.MatchString(path) {
		return object.ID{}, noAncestor(fmt.Sprintf("%q names no commit: of expressions only steps to ancestors are understood, such as HEAD~2", name+path))
	}
	id, err := r.resolveName(name)
	for _, step := range oneStep.FindAllString(path, -1) {
		if err != nil {
			return object.ID{}, err
		}
		id, err = r.step(id, step)
	}
	return id, err
}

// step goes one step: "~N" is N first parents back, "^N" the parent of that
// number; without a number it is 1.
func (r *Repository) step(id object.ID, step string) (object.ID, error) {
	number := 1
	if len(step) > 1 {
		var err error
		if number, err = strconv.Atoi(step[1:]); err != nil {
			return id, noAncestor(fmt.Sprintf("%q is too far back", step))
		}
	}
	generations, parent := number, 1
	if step[0] == '^' {
		generations, parent = min(number, 1), number
	}
	for range generations {
		commit, err := r.Commit(id)
		if err != nil {
			return id, err
		}
		if len(commit.Parents) < parent {
			return id, noAncestor(fmt.Sprintf("%s has no parent %d", id.Short(), parent))
		}
		id = commit.Parents[parent-1]
	}
	return id, nil
}

func noAncestor(what string) error {
	return &Error{Kind: ErrNotFound, What: what, Advice: "give the id of the commit"}
}
