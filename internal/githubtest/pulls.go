package githubtest

import (
	"net/http"
	"slices"
	"strings"
)

// Pull is a pull request within the repository. It has its number from the same row
// as issues.
type Pull struct {
	ID, Number  int
	Title, Body string
	// Head and Base are branches, by short names. Commit is the head's, the last one
	// once the pull request is no longer open.
	Head, Base, Commit string
	// From is where the head's commits begin: the last commit that the base had before.
	From string
	// Author is who opened it.
	Author            string
	Open, Draft       bool
	Labels, Assignees []string
	// Reviewers are asked for a review; Reviewed have given one, and are asked no more.
	Reviewers, Reviewed []string
	// Merged is the commit on the base by which it was merged, "" while it is not.
	Merged string
	// Stranger: it is of somebody who does not belong to the repository.
	Stranger bool
}

// pulls answers for pull requests.
func (c *call) pulls() reply {
	switch {
	case c.is(http.MethodGet):
		return paged(c.listPulls())
	case c.is(http.MethodPost):
		return c.createPull()
	}
	at := c.server.pullAt(c.number(1))
	if at < 0 {
		return notFound
	}
	one := &c.server.state.Pulls[at]
	switch {
	case c.is(http.MethodGet, "#"):
		return ok(c.server.pull(*one))
	case c.is(http.MethodPatch, "#"):
		return c.editPull(one)
	case c.is(http.MethodGet, "#", "commits"):
		var list []any
		for _, commit := range c.server.commitsOf(*one) {
			list = append(list, c.server.commit(commit))
		}
		return paged(list)
	case c.is(http.MethodGet, "#", "reviews"):
		return paged(c.server.reviews(*one))
	case c.is(http.MethodGet, "#", "merge"):
		if one.Merged == "" {
			return notFound
		}
		return reply{status: http.StatusNoContent}
	case c.is(http.MethodPut, "#", "merge"):
		return c.mergePull(one)
	case c.is(http.MethodPost, "#", "requested_reviewers"):
		return c.requestReview(one)
	}
	return unknown
}

// pullAt is the place of a pull request, -1 if there is none of that number.
func (s *Server) pullAt(number int) int {
	s.followBranches()
	return slices.IndexFunc(s.state.Pulls, func(one Pull) bool { return one.Number == number })
}

// followBranches brings open pull requests to where their branches are: one whose
// branch is gone is closed, and one that its base has got by a push is merged.
func (s *Server) followBranches() {
	for i := range s.state.Pulls {
		one := &s.state.Pulls[i]
		if !one.Open {
			continue
		}
		head, base := s.git.branch(one.Head), s.git.branch(one.Base)
		if head == "" || base == "" {
			one.Open = false
			continue
		}
		changed := one.Commit != head
		one.Commit = head
		if s.git.isAncestor(head, base) {
			one.Open, one.Merged = false, head
		} else {
			one.From = s.git.run("merge-base", base, head)
		}
		if changed {
			s.keepHead(*one)
		}
	}
}

// keepHead keeps the head's commits, as GitHub does for ever, whatever becomes of the
// branch.
func (s *Server) keepHead(one Pull) {
	s.git.run("update-ref", s.headRef(one), one.Commit)
}

// listPulls lists what the query asks for.
func (c *call) listPulls() []any {
	c.server.followBranches()
	query := c.request.URL.Query()
	state, head, base := query.Get("state"), query.Get("head"), query.Get("base")
	var list []any
	for _, one := range c.server.state.Pulls {
		wanted := state == "all" || one.Open == (state != "closed")
		wanted = wanted && (base == "" || base == one.Base)
		// A head without an owner selects nothing away.
		if strings.Contains(head, ":") {
			wanted = wanted && head == c.server.Owner+":"+one.Head
		}
		if wanted {
			list = append(list, c.server.simplePull(one))
		}
	}
	if query.Get("direction") != "asc" {
		slices.Reverse(list)
	}
	return list
}

// pullsOf answers which pull requests a commit belongs to: those that it was merged
// by, and those that have it on their branch.
func (c *call) pullsOf(commit string) []any {
	c.server.followBranches()
	var list []any
	for _, one := range c.server.state.Pulls {
		if one.Merged == commit || slices.Contains(c.server.commitsOf(one), commit) {
			list = append(list, c.server.simplePull(one))
		}
	}
	return list
}

// commitsOf are the commits of a pull request, oldest first.
func (s *Server) commitsOf(one Pull) []string {
	return strings.Fields(s.git.run("rev-list", "--reverse", one.From+".."+one.Commit))
}

func (s *Server) reviews(one Pull) []any {
	var list []any
	for i, login := range one.Reviewed {
		at := s.repository("/pulls/%d", one.Number)
		page := s.page("/pull/%d#pullrequestreview-%d", one.Number, i+1)
		list = append(list, map[string]any{
			"id": i + 1, "node_id": node(i + 1), "user": s.user(login), "body": "", "state": "APPROVED", "html_url": page, "pull_request_url": at,
			"commit_id": one.Commit, "author_association": "COLLABORATOR", "submitted_at": stamp(),
			"_links": map[string]any{"html": link(page), "pull_request": link(at)},
		})
	}
	return list
}
