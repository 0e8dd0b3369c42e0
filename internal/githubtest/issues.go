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
	case c.is(http.MethodGet, "#", "comments"):
		var list []any
		for _, one := range state.Comments {
			if one.Issue == c.number(1) {
				list = append(list, c.server.comment(one))
			}
		}
		return paged(list)
	case c.is(http.MethodPost, "#", "comments"), c.is(http.MethodPost, "#", "labels"):
		return c.tell()
	case c.request.Method == http.MethodDelete && len(c.parts) > 3 && c.parts[2] == "labels":
		return c.unlabel(strings.Join(c.parts[3:], "/"))
	case c.is(http.MethodGet, "#"), c.is(http.MethodPatch, "#"):
		if at := c.server.pullAt(c.number(1)); at >= 0 && c.request.Method == http.MethodGet {
			return ok(c.server.pullAsIssue(state.Pulls[at]))
		}
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

// Comment is a comment on an issue or a pull request.
type Comment struct {
	ID, Issue int
	Body      string
	// Stranger: it is of somebody who does not belong to the repository.
	Stranger bool
}

// tell adds a comment or a label to an issue or a pull request.
func (c *call) tell() reply {
	state := &c.server.state
	carried := c.server.labelsOf(c.number(1))
	if carried == nil {
		return notFound
	}
	var input struct {
		Body   string   `json:"body"`
		Labels []string `json:"labels"`
	}
	c.input(&input)
	if c.parts[2] == "comments" {
		one := Comment{ID: state.id(), Issue: c.number(1), Body: input.Body}
		state.Comments = append(state.Comments, one)
		return created(c.server.comment(one))
	}
	labels := slices.Clone(*carried)
	for _, label := range input.Labels {
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	*carried = labels
	return ok(c.server.labels(labels))
}

// unlabel takes a label off an issue or a pull request.
func (c *call) unlabel(label string) reply {
	carried := c.server.labelsOf(c.number(1))
	if carried == nil || !slices.Contains(*carried, label) {
		return notFound
	}
	*carried = slices.DeleteFunc(slices.Clone(*carried), func(other string) bool { return other == label })
	return ok(c.server.labels(*carried))
}

// allLabels are the repository's: all that something carries.
func (c *call) allLabels() reply {
	if !c.is(http.MethodGet) {
		return unknown
	}
	var names []string
	for _, one := range c.server.state.Issues {
		names = append(names, one.Labels...)
	}
	for _, one := range c.server.state.Pulls {
		names = append(names, one.Labels...)
	}
	slices.Sort(names)
	return paged(c.server.labels(slices.Compact(names)))
}

// labelsOf are the labels of an issue or a pull request, nil if there is none of that
// number.
func (s *Server) labelsOf(number int) *[]string {
	for i := range s.state.Issues {
		if s.state.Issues[i].Number == number {
			return &s.state.Issues[i].Labels
		}
	}
	if at := s.pullAt(number); at >= 0 {
		return &s.state.Pulls[at].Labels
	}
	return nil
}

func (s *Server) comment(one Comment) map[string]any {
	return map[string]any{
		"id": one.ID, "node_id": node(one.ID), "body": one.Body, "user": s.user(Login), "author_association": association(one.Stranger),
		"url": s.repository("/issues/comments/%d", one.ID), "html_url": s.page("/issues/%d#issuecomment-%d", one.Issue, one.ID),
		"issue_url": s.repository("/issues/%d", one.Issue), "created_at": stamp(), "updated_at": stamp(),
	}
}

func (c *call) listIssues() []any {
	query := c.request.URL.Query()
	if since, err := time.Parse(time.RFC3339, query.Get("since")); err == nil && since.After(Epoch()) {
		return nil
	}
	type row struct {
		Issue
		shown map[string]any
	}
	var rows []row
	for _, one := range c.server.state.Issues {
		rows = append(rows, row{one, c.server.issue(one)})
	}
	c.server.followBranches()
	for _, one := range c.server.state.Pulls {
		rows = append(rows, row{Issue{ID: one.ID, Labels: one.Labels, Open: one.Open}, c.server.pullAsIssue(one)})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.ID - a.ID })
	var list []any
	for _, one := range rows {
		wanted := query.Get("state") == "all" || one.Open == (query.Get("state") != "closed")
		if number := query.Get("milestone"); number != "" {
			wanted = wanted && number == strconv.Itoa(one.Milestone)
		}
		for label := range strings.SplitSeq(query.Get("labels"), ",") {
			wanted = wanted && (label == "" || slices.Contains(one.Labels, label))
		}
		if wanted {
			list = append(list, one.shown)
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
		"user": s.user(Login), "author_association": association(one.Stranger), "labels": s.labels(one.Labels), "assignee": nil, "assignees": s.users(one.Assignees),
		"milestone": nil, "locked": false, "comments": 0, "closed_at": nil, "created_at": stamp(), "updated_at": stamp(),
		"url": at, "repository_url": s.repository(""), "labels_url": at + "/labels{/name}", "comments_url": at + "/comments", "events_url": at + "/events",
		"html_url": s.page("/issues/%d", one.Number),
	}
	if len(one.Assignees) > 0 {
		shown["assignee"] = s.user(one.Assignees[0])
	}
	if !one.Open {
		shown["state"], shown["state_reason"], shown["closed_at"] = "closed", "completed", stamp()
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
