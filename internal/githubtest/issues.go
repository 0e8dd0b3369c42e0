package githubtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Issue is an issue.
type Issue struct {
	ID, Number        int
	Title, Body       string
	Labels, Assignees []string
	Open              bool
	Milestone         int
	// Stranger: it is of somebody who does not belong to the repository.
	Stranger bool
}

func (c *call) issues() reply {
	state := &c.server.state
	switch {
	case c.is(http.MethodGet):
		return paged(c.listIssues())
	case c.is(http.MethodPost):
		return c.createIssue()
	case c.is(http.MethodGet, "comments"):
		var list []any
		for _, one := range state.Comments {
			list = append(list, c.server.comment(one))
		}
		return paged(list)
	case c.is(http.MethodPost, "#", "comments"), c.is(http.MethodPost, "#", "labels"):
		return c.tell()
	case c.is(http.MethodGet, "#"), c.is(http.MethodPatch, "#"):
		at := slices.IndexFunc(state.Issues, func(one Issue) bool { return one.Number == c.number(1) })
		if at < 0 {
			return notFound
		}
		if c.request.Method == http.MethodPatch {
			c.editIssue(&state.Issues[at])
		}
		return ok(c.server.issue(state.Issues[at]))
	}
	return unknown
}

// Comment is a comment on an issue.
type Comment struct {
	ID, Issue int
	Body      string
}

// tell adds a comment or a label to an issue.
func (c *call) tell() reply {
	state := &c.server.state
	at := slices.IndexFunc(state.Issues, func(one Issue) bool { return one.Number == c.number(1) })
	if at < 0 {
		return notFound
	}
	var input struct {
		Body   string   `json:"body"`
		Labels []string `json:"labels"`
	}
	c.input(&input)
	if c.parts[2] == "comments" {
		one := Comment{ID: state.id(), Issue: state.Issues[at].Number, Body: input.Body}
		state.Comments = append(state.Comments, one)
		return created(c.server.comment(one))
	}
	labels := slices.Clone(state.Issues[at].Labels)
	for _, label := range input.Labels {
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	state.Issues[at].Labels = labels
	return ok(c.server.labels(labels))
}

func (s *Server) comment(one Comment) map[string]any {
	return map[string]any{
		"id": one.ID, "node_id": node(one.ID), "body": one.Body, "user": s.user(Login), "author_association": "COLLABORATOR",
		"url": s.repository("/issues/comments/%d", one.ID), "html_url": s.page("/issues/%d#issuecomment-%d", one.Issue, one.ID),
		"issue_url": s.repository("/issues/%d", one.Issue), "created_at": stamp(), "updated_at": stamp(),
	}
}

func (c *call) listIssues() []any {
	query := c.request.URL.Query()
	if since, err := time.Parse(time.RFC3339, query.Get("since")); err == nil && since.After(Epoch()) {
		return nil
	}
	var list []any
	for _, one := range slices.Backward(c.server.state.Issues) {
		wanted := query.Get("state") == "all" || one.Open == (query.Get("state") != "closed")
		if number := query.Get("milestone"); number != "" {
			wanted = wanted && number == strconv.Itoa(one.Milestone)
		}
		for label := range strings.SplitSeq(query.Get("labels"), ",") {
			wanted = wanted && (label == "" || slices.Contains(one.Labels, label))
		}
		if wanted {
			list = append(list, c.server.issue(one))
		}
	}
	return list
}

func (c *call) createIssue() reply {
	var input struct {
		Title     string   `json:"title"`
		Body      string   `json:"body"`
		Labels    []string `json:"labels"`
		Assignees []string `json:"assignees"`
	}
	c.input(&input)
	state := &c.server.state
	if input.Title == "" {
		return invalid("Issue", "title", "missing_field")
	}
	if len(input.Body) > 65536 {
		return invalid("Issue", "body", "invalid")
	}
	one := Issue{ID: state.id(), Number: c.server.nextNumber(), Title: input.Title, Body: input.Body, Labels: input.Labels, Assignees: input.Assignees, Open: true}
	if !c.grant.may("contents", "write") {
		one.Labels, one.Assignees = nil, nil // silently, as GitHub does
	}
	state.Issues = append(state.Issues, one)
	return created(c.server.issue(one))
}

// nextNumber is that of the next issue or pull request.
func (s *Server) nextNumber() int { return len(s.state.Issues) + 1 }

func (c *call) editIssue(one *Issue) {
	var input struct {
		Body  *string `json:"body"`
		State string  `json:"state"`
	}
	c.input(&input)
	if input.Body != nil {
		one.Body = *input.Body
	}
	if input.State != "" {
		one.Open = input.State == "open"
	}
}

func (s *Server) issue(one Issue) map[string]any {
	at := s.repository("/issues/%d", one.Number)
	shown := map[string]any{
		"id": one.ID, "node_id": node(one.ID), "number": one.Number, "title": one.Title, "body": one.Body, "state": "open", "state_reason": nil,
		"user": s.user(Login), "author_association": "COLLABORATOR", "labels": s.labels(one.Labels), "assignee": nil, "assignees": []any{},
		"milestone": nil, "locked": false, "comments": 0, "closed_at": nil, "created_at": stamp(), "updated_at": stamp(),
		"url": at, "repository_url": s.repository(""), "labels_url": at + "/labels{/name}", "comments_url": at + "/comments", "events_url": at + "/events",
		"html_url": s.page("/issues/%d", one.Number),
	}
	var assignees []any
	for _, login := range one.Assignees {
		assignees = append(assignees, s.user(login))
	}
	if len(assignees) > 0 {
		shown["assignee"], shown["assignees"] = assignees[0], assignees
	}
	if !one.Open {
		shown["state"], shown["state_reason"], shown["closed_at"] = "closed", "completed", stamp()
	}
	if one.Stranger {
		shown["author_association"] = "NONE"
	}
	return shown
}

func (s *Server) labels(names []string) []any {
	labels := []any{}
	for i, name := range names {
		labels = append(labels, map[string]any{
			"id": i + 1, "node_id": node(i + 1), "url": s.repository("/labels/%s", name), "name": name, "color": "ededed", "default": false, "description": nil,
		})
	}
	return labels
}
