package githubtest

import (
	"fmt"
	"slices"
	"time"
)

// State is what the repository has beside git. Everything is listed oldest first.
type State struct {
	Releases    []Release
	Milestones  []Milestone
	Deployments []Deployment
	Issues      []Issue
	Pulls       []Pull
	Comments    []Comment
	Checks      []Check
	Rulesets    []Ruleset
	Runs        []Run
	// Outsiders may not be asked for reviews.
	Outsiders []string
	// Older is set for an older Enterprise Server.
	Older bool
	// NextID counts everything that was ever made.
	NextID int
}

// Release is a release.
type Release struct {
	ID                        int
	Tag, Title, Body          string
	Draft, Prerelease, Latest bool
	Assets                    []Asset
	Published                 bool
}

// Asset is a file of a release.
type Asset struct {
	ID       int
	Name     string
	Content  string
	Complete bool
}

// Milestone is a milestone.
type Milestone struct {
	ID, Number int
	Title      string
	Open       bool
}

// Deployment is a deployment with its statuses, oldest first.
type Deployment struct {
	ID                                          int
	Ref, Commit, Task, Environment, Description string
	Payload                                     any
	Statuses                                    []Status
}

// Status is a stage of a deployment.
type Status struct {
	ID                     int
	State, Description     string
	LogURL, EnvironmentURL string
}

func (s *State) id() int {
	s.NextID++
	return s.NextID
}

// Copied is a copy that shares nothing with the original.
func (s *State) Copied() State {
	c := *s
	c.Releases, c.Milestones, c.Deployments = slices.Clone(s.Releases), slices.Clone(s.Milestones), slices.Clone(s.Deployments)
	c.Comments = slices.Clone(s.Comments)
	c.Issues, c.Checks = slices.Clone(s.Issues), slices.Clone(s.Checks)
	c.Pulls, c.Outsiders = slices.Clone(s.Pulls), slices.Clone(s.Outsiders)
	c.Rulesets = slices.Clone(s.Rulesets)
	c.Runs = slices.Clone(s.Runs)
	for i := range c.Releases {
		c.Releases[i].Assets = slices.Clone(c.Releases[i].Assets)
	}
	for i := range c.Deployments {
		c.Deployments[i].Statuses = slices.Clone(c.Deployments[i].Statuses)
	}
	return c
}

// Change changes what the repository has, as people on GitHub's pages would.
func (s *Server) Change(change func(*State)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change(&s.state)
}

// OpenMilestone opens a milestone.
func (s *Server) OpenMilestone(title string) {
	s.Change(func(state *State) {
		state.Milestones = append(state.Milestones, Milestone{ID: state.id(), Number: len(state.Milestones) + 1, Title: title, Open: true})
	})
}

// FileIssue files an issue.
func (s *Server) FileIssue(issue Issue) {
	s.Change(func(state *State) {
		issue.ID = state.id()
		if issue.Number == 0 {
			issue.Number = s.nextNumber()
		}
		state.Issues = append(state.Issues, issue)
	})
}

// FileStrangeIssue files an issue of somebody who does not belong to the repository.
func (s *Server) FileStrangeIssue(title, body string) {
	s.FileIssue(Issue{Title: title, Body: body, Open: true, Stranger: true})
}

// CloseIssue closes the issues of that title.
func (s *Server) CloseIssue(title string) {
	s.Change(func(state *State) {
		for i := range state.Issues {
			state.Issues[i].Open = state.Issues[i].Open && state.Issues[i].Title != title
		}
	})
}

// AbandonUpload leaves an asset behind whose upload was cut off, on the Release of a
// tag.
func (s *Server) AbandonUpload(tag, name string) {
	s.Change(func(state *State) {
		for i := range state.Releases {
			if state.Releases[i].Tag == tag {
				state.Releases[i].Assets = append(state.Releases[i].Assets, Asset{ID: state.id(), Name: name})
			}
		}
	})
}

// repository is the address of something of the repository in the API.
func (s *Server) repository(format string, values ...any) string {
	return s.API() + "/repos/" + s.Owner + "/" + s.Name + fmt.Sprintf(format, values...)
}

// page is the address of something of the repository for people.
func (s *Server) page(format string, values ...any) string {
	return s.URL + "/" + s.Owner + "/" + s.Name + fmt.Sprintf(format, values...)
}

func node(id int) string { return fmt.Sprintf("node-%d", id) }

func stamp() string { return Epoch().Format(time.RFC3339) }

// user is somebody as the API shows them.
func (s *Server) user(login string) map[string]any {
	at := s.API() + "/users/" + login
	user := map[string]any{
		"login": login, "id": 1, "node_id": node(1), "gravatar_id": "", "type": "User", "site_admin": false,
		"avatar_url": s.URL + "/avatars/" + login, "html_url": s.URL + "/" + login, "url": at,
	}
	for _, name := range []string{"events", "followers", "following", "gists", "organizations", "received_events", "repos", "starred", "subscriptions"} {
		user[name+"_url"] = at + "/" + name
	}
	return user
}

// ownUser is whose token it is, as the API shows them to themselves.
func (s *Server) ownUser(login string) map[string]any {
	user := s.user(login)
	for _, name := range []string{"bio", "blog", "company", "email", "hireable", "location", "name"} {
		user[name] = nil
	}
	for _, name := range []string{"followers", "following", "public_gists", "public_repos"} {
		user[name] = 0
	}
	user["blog"], user["created_at"], user["updated_at"], user["user_view_type"] = "", stamp(), stamp(), "public"
	return user
}
