package extract

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// squashed is what one commit for all is made of.
type squashed struct {
	sources []object.ID
	// remapped: the mappings are others than before, so that a commit may be needed
	// without any of upstream.
	remapped bool
}

// maxListed bounds the upstream commits that a squashed commit's message lists.
const maxListed = 200

// Finish makes the commit of a squashed extraction, whose last upstream commit is
// given. Other modes have made theirs already.
func (r *Rewriter) Finish(last Node) error {
	if r.Mode != Squash || len(r.squashed.sources) == 0 && !r.squashed.remapped {
		return nil
	}
	made := &image{mapped: r.mapped}
	if made.mapped.IsZero() {
		made.mapped = object.EmptyTree
	}
	if r.tip != nil {
		made.parents, made.own = []*image{r.tip}, r.tip.own
	}
	source, err := r.Commits.Commit(last.ID)
	if err != nil {
		return err
	}
	text, err := r.squashMessage(last.ID)
	if err != nil {
		return err
	}
	if err := r.write(made, last.ID, object.Commit{Author: source.Author, Committer: source.Committer}, text); err != nil {
		return err
	}
	r.last = made
	return nil
}

// squashMessage lists the upstream commits.
func (r *Rewriter) squashMessage(last object.ID) (string, error) {
	var text strings.Builder
	count := len(r.squashed.sources)
	noun := "commits"
	if count == 1 {
		noun = "commit"
	}
	fmt.Fprintf(&text, "Extract %d %s up to upstream %s\n\n", count, noun, last.Short())
	for i, id := range r.squashed.sources {
		if i == maxListed {
			fmt.Fprintf(&text, "and %d more\n", count-i)
			break
		}
		commit, err := r.Commits.Commit(id)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s %s\n", id.Short(), commit.Subject())
	}
	return message(text.String(), last), nil
}
