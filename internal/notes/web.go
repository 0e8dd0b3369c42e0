package notes

import (
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Web says where numbers and commits are to be looked at. What it does not say is
// printed without a link.
type Web struct {
	Links release.Links
	// Forge is the repository's page, such as
	// "https://github.com/mozilla-services/loop-server"; it may be empty.
	Forge string
}

func (w Web) bug(id string) string { return filled(w.Links.Bug, id) }

func (w Web) pullRequest(n int) string {
	if w.Links.PullRequest != "" {
		return filled(w.Links.PullRequest, strconv.Itoa(n))
	}
	return w.forge("/pull/" + strconv.Itoa(n))
}

// issue leads to the forge. A template for pull requests says nothing of issues.
func (w Web) issue(n int) string { return w.forge("/issues/" + strconv.Itoa(n)) }

func (w Web) commit(id object.ID) string { return w.forge("/commit/" + id.String()) }

func (w Web) forge(path string) string {
	if w.Forge == "" {
		return ""
	}
	return strings.TrimRight(w.Forge, "/") + path
}

func filled(template, id string) string { return strings.ReplaceAll(template, "{id}", id) }
