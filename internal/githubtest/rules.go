package githubtest

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Ruleset is a set of rules for branches or tags.
type Ruleset struct {
	ID   int
	Name string
	// Target is "branch" or "tag", Include patterns of full references.
	Target  string
	Include []string
	Types   []string
	// Bypass is what the token's owner may do: always, pull_requests_only or never.
	Bypass string
}

// AddRuleset adds a set of rules. It does not enforce them; Protect does.
func (s *Server) AddRuleset(set Ruleset) {
	s.Change(func(state *State) {
		set.ID = state.id()
		state.Rulesets = append(state.Rulesets, set)
	})
}

// rules answers what holds for a branch: rules/branches/NAME.
func (c *call) rules() reply {
	if len(c.parts) < 3 || c.parts[1] != "branches" || c.request.Method != http.MethodGet {
		return unknown
	}
	ref := "refs/heads/" + strings.Join(c.parts[2:], "/")
	var list []any
	for _, set := range c.server.state.Rulesets {
		if set.Target != "branch" || !set.holdsFor(ref) {
			continue
		}
		for _, kind := range set.Types {
			rule := ruleOf(kind)
			rule["ruleset_id"], rule["ruleset_source"], rule["ruleset_source_type"] = set.ID, c.server.Owner+"/"+c.server.Name, "Repository"
			list = append(list, rule)
		}
	}
	return paged(list)
}

func (c *call) rulesets() reply {
	state := &c.server.state
	switch {
	case c.is(http.MethodGet):
		var list []any
		targets := strings.Split(c.request.URL.Query().Get("targets"), ",")
		for _, set := range state.Rulesets {
			if slices.Contains(targets, set.Target) {
				shown := c.server.ruleset(set)
				delete(shown, "rules") // a list does not have them
				list = append(list, shown)
			}
		}
		return paged(list)
	case c.is(http.MethodGet, "#"):
		at := slices.IndexFunc(state.Rulesets, func(set Ruleset) bool { return set.ID == c.number(1) })
		if at >= 0 {
			return ok(c.server.ruleset(state.Rulesets[at]))
		}
		return notFound
	}
	return unknown
}

func (r Ruleset) holdsFor(ref string) bool {
	return slices.ContainsFunc(r.Include, func(pattern string) bool {
		matched, _ := path.Match(pattern, ref)
		return pattern == "~ALL" || matched
	})
}

// ruleOf is a rule with the parameters that its kind must have.
func ruleOf(kind string) map[string]any {
	rule := map[string]any{"type": kind}
	switch kind {
	case "pull_request":
		rule["parameters"] = map[string]any{
			"dismiss_stale_reviews_on_push": false, "require_code_owner_review": false, "require_last_push_approval": false,
			"required_approving_review_count": 1, "required_review_thread_resolution": false,
		}
	case "tag_name_pattern":
		rule["parameters"] = map[string]any{"operator": "regex", "pattern": "^v"}
	}
	return rule
}

func (s *Server) ruleset(set Ruleset) map[string]any {
	rules := []any{}
	for _, kind := range set.Types {
		rules = append(rules, ruleOf(kind))
	}
	return map[string]any{
		"id": set.ID, "node_id": node(set.ID), "name": set.Name, "target": set.Target, "source_type": "Repository", "source": s.Owner + "/" + s.Name,
		"enforcement": "active", "current_user_can_bypass": set.Bypass, "rules": rules, "created_at": stamp(), "updated_at": stamp(),
		"conditions": map[string]any{"ref_name": map[string]any{"include": set.Include, "exclude": []any{}}},
	}
}

// branches answers for one branch, with as much of its protection as is shown to
// everybody.
func (c *call) branches() reply {
	name := strings.Join(c.parts[1:], "/")
	if name == "" || c.request.Method != http.MethodGet {
		return unknown
	}
	commit := c.server.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", "refs/heads/"+name+"^{commit}")
	if commit == "" {
		return message(http.StatusNotFound, "Branch not found")
	}
	at := c.server.repository("/branches/%s", url.PathEscape(name))
	protected := slices.Contains(c.server.git.protected, "refs/heads/"+name)
	return ok(map[string]any{
		"name": name, "protected": protected, "protection": map[string]any{"enabled": protected}, "protection_url": at + "/protection",
		"_links": map[string]any{"self": at, "html": c.server.page("/tree/%s", name)}, "commit": c.server.commit(commit),
	})
}

func (s *Server) commit(id string) map[string]any {
	at := s.repository("/commits/%s", id)
	parents := []any{}
	for _, parent := range strings.Fields(s.git.run("log", "-1", "--format=%P", id)) {
		parents = append(parents, map[string]any{"sha": parent, "url": s.repository("/commits/%s", parent), "html_url": s.page("/commit/%s", parent)})
	}
	return map[string]any{
		"sha": id, "node_id": "node-" + id, "url": at, "html_url": s.page("/commit/%s", id), "comments_url": at + "/comments",
		"author": s.user(Login), "committer": s.user(Login), "parents": parents,
		"commit": map[string]any{
			"url": at, "author": s.person(id, "a"), "committer": s.person(id, "c"), "message": s.git.run("log", "-1", "--format=%B", id), "comment_count": 0,
			"tree": map[string]any{"sha": s.git.run("rev-parse", id+"^{tree}"), "url": at + "/tree"},
		},
	}
}

// person is the author (a) or the committer (c) of a commit.
func (s *Server) person(id, role string) map[string]any {
	said := strings.Split(s.git.run("log", "-1", "--format=%"+role+"n%x00%"+role+"e%x00%"+role+"I", id), "\x00")
	return map[string]any{"name": said[0], "email": said[1], "date": said[2]}
}
