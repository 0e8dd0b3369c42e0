package githubtest

import (
	"net/http"
	"slices"
	"strconv"
)

// Run is a run of a workflow.
type Run struct {
	ID              int
	Workflow, Title string
	Ref             string
	Inputs          map[string]string
	// Conclusion is how it ended, "" while it goes on.
	Conclusion string
}

// EndRun ends the last run.
func (s *Server) EndRun(conclusion string) {
	s.Change(func(state *State) { state.Runs[len(state.Runs)-1].Conclusion = conclusion })
}

// SetStatus gives the newest deployment a status, as a workflow would.
func (s *Server) SetStatus(name, description string) {
	s.Change(func(state *State) {
		one := &state.Deployments[len(state.Deployments)-1]
		one.Statuses = append(one.Statuses, Status{ID: state.id(), State: name, Description: description})
	})
}

// OlderServer makes dispatches not say which run they become.
func (s *Server) OlderServer() { s.Change(func(state *State) { state.Older = true }) }

func (c *call) actions() reply {
	state := &c.server.state
	switch {
	case len(c.parts) == 4 && c.parts[1] == "workflows" && c.parts[3] == "dispatches" && c.request.Method == http.MethodPost:
		return c.dispatch()
	case len(c.parts) == 4 && c.parts[1] == "workflows" && c.parts[3] == "runs" && c.request.Method == http.MethodGet:
		runs := []any{}
		for _, one := range slices.Backward(state.Runs) {
			if one.Workflow == c.parts[2] {
				runs = append(runs, c.server.run(one))
			}
		}
		return ok(map[string]any{"total_count": len(runs), "workflow_runs": runs})
	case c.is(http.MethodGet, "runs", "#"):
		at := slices.IndexFunc(state.Runs, func(one Run) bool { return one.ID == c.number(2) })
		if at >= 0 {
			return ok(c.server.run(state.Runs[at]))
		}
		return notFound
	}
	return unknown
}

// dispatch runs a workflow; the run's title is that of a run-name with all its inputs.
func (c *call) dispatch() reply {
	var input struct {
		Ref     string            `json:"ref"`
		Inputs  map[string]string `json:"inputs"`
		Details bool              `json:"return_run_details"`
	}
	c.input(&input)
	if c.server.git.resolve(input.Ref) == "" {
		return message(http.StatusUnprocessableEntity, "No ref found for: "+input.Ref)
	}
	state := &c.server.state
	one := Run{ID: state.id(), Workflow: c.parts[2], Ref: input.Ref, Inputs: input.Inputs, Title: "Deploy"}
	for _, value := range input.Inputs {
		one.Title += " " + value
	}
	state.Runs = append(state.Runs, one)
	if state.Older || !input.Details {
		return reply{status: http.StatusNoContent}
	}
	return ok(map[string]any{
		"workflow_run_id": one.ID, "run_url": c.server.repository("/actions/runs/%d", one.ID), "html_url": c.server.page("/actions/runs/%d", one.ID),
	})
}

func (s *Server) run(one Run) map[string]any {
	at := s.repository("/actions/runs/%d", one.ID)
	shown := map[string]any{
		"id": one.ID, "node_id": node(one.ID), "head_branch": one.Ref, "run_number": one.ID, "display_title": one.Title, "event": "workflow_dispatch",
		"status": "in_progress", "conclusion": nil, "head_sha": s.git.resolve(one.Ref), "path": ".github/workflows/" + one.Workflow, "workflow_id": 1,
		"url": at, "html_url": s.page("/actions/runs/%d", one.ID), "created_at": stamp(), "updated_at": stamp(), "head_commit": nil,
		"head_repository": s.minimalRepository(), "repository": s.minimalRepository(), "pull_requests": []any{},
	}
	for _, name := range []string{"jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow"} {
		shown[name+"_url"] = at + "/" + strconv.Quote(name)
	}
	if one.Conclusion != "" {
		shown["status"], shown["conclusion"] = "completed", one.Conclusion
	}
	return shown
}
