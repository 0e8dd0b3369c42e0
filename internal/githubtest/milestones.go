package githubtest

import (
	"net/http"
	"slices"
)

func (c *call) milestones() reply {
	state := &c.server.state
	switch {
	case c.is(http.MethodGet):
		return paged(c.listMilestones())
	case c.is(http.MethodPost):
		var input struct {
			Title string `json:"title"`
		}
		c.input(&input)
		if input.Title == "" {
			return invalid("Milestone", "title", "missing_field")
		}
		if slices.ContainsFunc(state.Milestones, func(one Milestone) bool { return one.Title == input.Title }) {
			return invalid("Milestone", "title", "already_exists")
		}
		one := Milestone{ID: state.id(), Number: len(state.Milestones) + 1, Title: input.Title, Open: true}
		state.Milestones = append(state.Milestones, one)
		return created(c.server.milestone(one))
	case c.is(http.MethodPatch, "#"):
		at := slices.IndexFunc(state.Milestones, func(one Milestone) bool { return one.Number == c.number(1) })
		if at < 0 {
			return notFound
		}
		var input struct {
			State string `json:"state"`
		}
		c.input(&input)
		state.Milestones[at].Open = input.State != "closed"
		return ok(c.server.milestone(state.Milestones[at]))
	}
	return unknown
}

func (c *call) listMilestones() []any {
	wanted := c.request.URL.Query().Get("state")
	var list []any
	for _, one := range c.server.state.Milestones {
		if wanted == "all" || one.Open == (wanted != "closed") {
			list = append(list, c.server.milestone(one))
		}
	}
	return list
}

func (s *Server) milestone(one Milestone) map[string]any {
	shown := map[string]any{
		"id": one.ID, "node_id": node(one.ID), "number": one.Number, "title": one.Title, "description": nil, "state": "open",
		"open_issues": 0, "closed_issues": 0, "creator": s.user(Login), "due_on": nil, "closed_at": nil,
		"url": s.repository("/milestones/%d", one.Number), "html_url": s.page("/milestone/%d", one.Number),
		"labels_url": s.repository("/milestones/%d/labels", one.Number), "created_at": stamp(), "updated_at": stamp(),
	}
	if !one.Open {
		shown["state"], shown["closed_at"] = "closed", stamp()
	}
	return shown
}
