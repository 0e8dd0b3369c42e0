package githubtest

import (
	"net/http"
	"slices"
	"strings"
)

// Check is a commit status, or a check run.
type Check struct {
	ID           int
	Commit, Name string
	// State is success, failure, error or pending for a status; for a check run a
	// conclusion, or a status that is not "completed".
	State string
	Run   bool
	// Details is the page of a run, "" for the server's own.
	Details string
}

// running are the statuses of check runs that have not ended.
var running = []string{"queued", "in_progress", "waiting", "requested", "pending"}

// Report adds a check.
func (s *Server) Report(check Check) {
	s.Change(func(state *State) {
		check.ID = state.id()
		at := slices.IndexFunc(state.Checks, func(one Check) bool {
			return one.Commit == check.Commit && one.Name == check.Name && one.Run == check.Run
		})
		if at >= 0 {
			state.Checks[at] = check
			return
		}
		state.Checks = append(state.Checks, check)
	})
}

// permissionOfCommits is that for what is asked about a commit.
func (c *call) permissionOfCommits() string {
	if len(c.parts) == 3 && c.parts[2] == "pulls" {
		return "pull_requests"
	}
	return "checks"
}

func (c *call) commits() reply {
	if len(c.parts) != 3 || c.request.Method != http.MethodGet {
		return unknown
	}
	commit := c.server.git.resolve(c.parts[1])
	if commit == "" {
		return invalid("Commit", "sha", "invalid")
	}
	switch c.parts[2] {
	case "pulls":
		return paged(c.pullsOf(commit))
	case "status":
		return ok(c.server.combined(commit))
	case "check-runs":
		runs := []any{}
		for _, check := range c.server.state.Checks {
			if check.Commit == commit && check.Run {
				runs = append(runs, c.server.checkRun(check))
			}
		}
		return ok(map[string]any{"total_count": len(runs), "check_runs": runs})
	}
	return unknown
}

func (s *Server) combined(commit string) map[string]any {
	statuses, state := []any{}, "pending"
	for _, check := range s.state.Checks {
		if check.Commit == commit && !check.Run {
			statuses = append(statuses, map[string]any{
				"id": check.ID, "node_id": node(check.ID), "state": check.State, "context": check.Name, "description": nil,
				"target_url": s.page("/status/%d", check.ID), "avatar_url": nil, "url": s.repository("/statuses/%s", commit),
				"created_at": stamp(), "updated_at": stamp(),
			})
			state = check.State
		}
	}
	return map[string]any{
		"state": state, "sha": commit, "total_count": len(statuses), "statuses": statuses, "repository": s.minimalRepository(),
		"commit_url": s.repository("/commits/%s", commit), "url": s.repository("/commits/%s/status", commit),
	}
}

func (s *Server) checkRun(check Check) map[string]any {
	page := check.Details
	if page == "" {
		page = s.page("/runs/%d", check.ID)
	}
	run := map[string]any{
		"id": check.ID, "node_id": node(check.ID), "head_sha": check.Commit, "name": check.Name, "external_id": "",
		"url": s.repository("/check-runs/%d", check.ID), "html_url": page, "details_url": page, "status": "completed", "conclusion": check.State,
		"started_at": stamp(), "completed_at": stamp(), "check_suite": map[string]any{"id": 1}, "app": nil, "pull_requests": []any{},
		"output": map[string]any{"title": nil, "summary": nil, "text": nil, "annotations_count": 0, "annotations_url": s.repository("/check-runs/%d/annotations", check.ID)},
	}
	if slices.Contains(running, check.State) {
		run["status"], run["conclusion"], run["completed_at"] = check.State, nil, nil
	}
	return run
}

// minimalRepository is the repository as it stands within other things.
func (s *Server) minimalRepository() map[string]any {
	at := s.repository("")
	repository := map[string]any{
		"id": 1, "node_id": node(1), "name": s.Name, "full_name": s.Owner + "/" + s.Name, "owner": s.user(s.Owner), "private": true,
		"html_url": s.page(""), "description": nil, "fork": false, "url": at,
	}
	for _, name := range strings.Fields("archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks" +
		" git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers" +
		" statuses subscribers subscription tags teams trees") {
		repository[name+"_url"] = at + "/" + name
	}
	return repository
}
