package githubtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// refusedPull is the refusal of a pull request in words of its own.
func refusedPull(text string) reply {
	r := invalid("PullRequest", "", "custom")
	r.value.(map[string]any)["errors"] = []any{map[string]any{"resource": "PullRequest", "code": "custom", "message": text}}
	return r
}

func (c *call) createPull() reply {
	var input struct {
		Title string `json:"title"`
		Body  string `json:"body"`
		Head  string `json:"head"`
		Base  string `json:"base"`
		Draft bool   `json:"draft"`
	}
	c.input(&input)
	s := c.server
	s.followBranches()
	head := strings.TrimPrefix(input.Head, s.Owner+":")
	one := Pull{Title: input.Title, Body: input.Body, Head: head, Base: input.Base, Author: c.grant.Login, Open: true, Draft: input.Draft, Commit: s.git.branch(head)}
	base := s.git.branch(input.Base)
	switch {
	case input.Title == "":
		return invalid("PullRequest", "title", "missing_field")
	case len(input.Body) > 65536:
		return invalid("PullRequest", "body", "invalid")
	case one.Commit == "":
		return invalid("PullRequest", "head", "invalid")
	case base == "":
		return invalid("PullRequest", "base", "invalid")
	case s.git.isAncestor(one.Commit, base):
		return refusedPull("No commits between " + input.Base + " and " + head)
	case slices.ContainsFunc(s.state.Pulls, func(other Pull) bool { return other.Open && other.Head == head && other.Base == one.Base }):
		return refusedPull("A pull request already exists for " + s.Owner + ":" + head + ".")
	}
	return created(s.pull(s.addPull(one)))
}

// addPull gives a pull request its number.
func (s *Server) addPull(one Pull) Pull {
	one.ID = s.state.id()
	if one.Number == 0 {
		one.Number = s.nextNumber()
	}
	one.From = s.git.run("merge-base", "refs/heads/"+one.Base, one.Commit)
	s.state.Pulls = append(s.state.Pulls, one)
	s.keepHead(one)
	return one
}

func (c *call) editPull(one *Pull) reply {
	var input struct {
		Title, Body, State, Base *string
	}
	c.input(&input)
	if input.State != nil && *input.State == "open" && !one.Open && (one.Merged != "" || c.server.git.branch(one.Head) == "") {
		return invalid("PullRequest", "state", "invalid")
	}
	for _, text := range []struct{ from, to *string }{{input.Title, &one.Title}, {input.Body, &one.Body}, {input.Base, &one.Base}} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	if input.State != nil {
		one.Open = *input.State == "open"
	}
	return ok(c.server.pull(*one))
}

// requestReview asks people for a review: all of them or, if one may not be asked,
// none.
func (c *call) requestReview(one *Pull) reply {
	var input struct {
		Reviewers []string `json:"reviewers"`
	}
	c.input(&input)
	for _, login := range input.Reviewers {
		switch {
		case slices.Contains(c.server.state.Outsiders, login):
			return message(http.StatusUnprocessableEntity, "Reviews may only be requested from collaborators. "+
				"One or more of the users or teams you specified is not a collaborator of the "+c.server.Owner+"/"+c.server.Name+" repository.")
		case login == one.Author:
			return message(http.StatusUnprocessableEntity, "Review cannot be requested from pull request author.")
		}
	}
	for _, login := range input.Reviewers {
		if !slices.Contains(one.Reviewers, login) {
			one.Reviewers = append(slices.Clone(one.Reviewers), login)
		}
	}
	return created(c.server.simplePull(*one))
}

// nextNumber is that of the next issue or pull request.
func (s *Server) nextNumber() int {
	number := len(s.state.Issues) + len(s.state.Pulls) + 1
	for s.taken(number) {
		number++
	}
	return number
}

func (s *Server) taken(number int) bool {
	return slices.ContainsFunc(s.state.Issues, func(one Issue) bool { return one.Number == number }) ||
		slices.ContainsFunc(s.state.Pulls, func(one Pull) bool { return one.Number == number })
}

// headRef is where a pull request's commits are kept.
func (s *Server) headRef(one Pull) string { return "refs/pull/" + strconv.Itoa(one.Number) + "/head" }
