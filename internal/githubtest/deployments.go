package githubtest

import (
	"net/http"
	"slices"
)

func (c *call) deployments() reply {
	state := &c.server.state
	switch {
	case c.is(http.MethodGet):
		return paged(c.listDeployments())
	case c.is(http.MethodPost):
		return c.createDeployment()
	}
	at := slices.IndexFunc(state.Deployments, func(one Deployment) bool { return one.ID == c.number(1) })
	if at < 0 {
		return notFound
	}
	one := &state.Deployments[at]
	switch {
	case c.is(http.MethodGet, "#"):
		return ok(c.server.deployment(*one))
	case c.is(http.MethodGet, "#", "statuses"):
		var list []any
		for _, status := range slices.Backward(one.Statuses) {
			list = append(list, c.server.status(*one, status))
		}
		return paged(list)
	case c.is(http.MethodPost, "#", "statuses"):
		return c.createStatus(one)
	}
	return unknown
}

func (c *call) listDeployments() []any {
	query := c.request.URL.Query()
	var list []any
	for _, one := range slices.Backward(c.server.state.Deployments) {
		wanted := func(name, value string) bool { return query.Get(name) == "" || query.Get(name) == value }
		if wanted("environment", one.Environment) && wanted("task", one.Task) && wanted("ref", one.Ref) && wanted("sha", one.Commit) {
			list = append(list, c.server.deployment(one))
		}
	}
	return list
}

func (c *call) createDeployment() reply {
	input := struct {
		Ref         string `json:"ref"`
		Task        string `json:"task"`
		Environment string `json:"environment"`
		Description string `json:"description"`
		Payload     any    `json:"payload"`
	}{Task: "deploy", Environment: "production", Payload: ""}
	c.input(&input)
	commit := c.server.git.resolve(input.Ref)
	if commit == "" {
		return invalid("Deployment", "ref", "invalid")
	}
	one := Deployment{
		ID: c.server.state.id(), Ref: input.Ref, Commit: commit, Task: input.Task, Environment: input.Environment,
		Description: input.Description, Payload: input.Payload,
	}
	c.server.state.Deployments = append(c.server.state.Deployments, one)
	return created(c.server.deployment(one))
}

func (c *call) createStatus(one *Deployment) reply {
	input := struct {
		State          string `json:"state"`
		Description    string `json:"description"`
		LogURL         string `json:"log_url"`
		EnvironmentURL string `json:"environment_url"`
		AutoInactive   *bool  `json:"auto_inactive"`
	}{}
	c.input(&input)
	if len([]rune(input.Description)) > 140 {
		return invalid("DeploymentStatus", "description", "invalid")
	}
	state := &c.server.state
	status := Status{ID: state.id(), State: input.State, Description: input.Description, LogURL: input.LogURL, EnvironmentURL: input.EnvironmentURL}
	if input.State == "success" && (input.AutoInactive == nil || *input.AutoInactive) {
		c.deactivateOthers(one)
	}
	one.Statuses = append(one.Statuses, status)
	return created(c.server.status(*one, status))
}

// deactivateOthers is what auto_inactive does: it passes over environments that are
// for production.
func (c *call) deactivateOthers(than *Deployment) {
	state := &c.server.state
	for i := range state.Deployments {
		other := &state.Deployments[i]
		if other.ID != than.ID && other.Environment == than.Environment && other.Environment != "production" && len(other.Statuses) > 0 {
			other.Statuses = append(other.Statuses, Status{ID: state.id(), State: "inactive"})
		}
	}
}

func (s *Server) deployment(one Deployment) map[string]any {
	at := s.repository("/deployments/%d", one.ID)
	return map[string]any{
		"id": one.ID, "node_id": node(one.ID), "sha": one.Commit, "ref": one.Ref, "task": one.Task, "payload": one.Payload,
		"environment": one.Environment, "original_environment": one.Environment, "description": one.Description, "creator": s.user(Login),
		"transient_environment": false, "production_environment": one.Environment == "production",
		"url": at, "statuses_url": at + "/statuses", "repository_url": s.repository(""), "created_at": stamp(), "updated_at": stamp(),
	}
}

func (s *Server) status(of Deployment, one Status) map[string]any {
	shown := map[string]any{
		"id": one.ID, "node_id": node(one.ID), "state": one.State, "description": one.Description, "creator": s.user(Login),
		"environment": of.Environment, "target_url": s.page("/deployments"), "url": s.repository("/deployments/%d/statuses/%d", of.ID, one.ID),
		"deployment_url": s.repository("/deployments/%d", of.ID), "repository_url": s.repository(""),
		"created_at": stamp(), "updated_at": stamp(),
	}
	if one.LogURL != "" {
		shown["log_url"] = one.LogURL
	}
	if one.EnvironmentURL != "" {
		shown["environment_url"] = one.EnvironmentURL
	}
	return shown
}
