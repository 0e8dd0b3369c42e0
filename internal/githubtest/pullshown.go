package githubtest

import (
	"strconv"
	"strings"
)

func link(address string) map[string]any { return map[string]any{"href": address} }

// simplePull is a pull request as lists have it.
func (s *Server) simplePull(one Pull) map[string]any {
	at, page := s.repository("/pulls/%d", one.Number), s.page("/pull/%d", one.Number)
	issue := s.repository("/issues/%d", one.Number)
	shown := map[string]any{
		"id": one.ID, "node_id": node(one.ID), "number": one.Number, "title": one.Title, "body": one.Body, "state": "open", "locked": false, "draft": one.Draft,
		"user": s.user(one.Author), "author_association": association(one.Stranger), "labels": described(s.labels(one.Labels)), "milestone": nil,
		"assignee": nil, "assignees": s.users(one.Assignees), "requested_reviewers": s.users(one.Reviewers), "requested_teams": []any{},
		"head": s.branchOf(one.Head, one.Commit), "base": s.branchOf(one.Base, s.git.branch(one.Base)),
		"created_at": stamp(), "updated_at": stamp(), "closed_at": nil, "merged_at": nil, "merge_commit_sha": nil, "auto_merge": nil,
		"url": at, "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch", "issue_url": issue,
		"comments_url": issue + "/comments", "commits_url": at + "/commits", "review_comment_url": s.repository("/pulls/comments{/number}"),
		"review_comments_url": at + "/comments", "statuses_url": s.repository("/statuses/%s", one.Commit),
		"_links": map[string]any{
			"self": link(at), "html": link(page), "issue": link(issue), "comments": link(issue + "/comments"), "commits": link(at + "/commits"),
			"review_comment": link(s.repository("/pulls/comments{/number}")), "review_comments": link(at + "/comments"),
			"statuses": link(s.repository("/statuses/%s", one.Commit)),
		},
	}
	if len(one.Assignees) > 0 {
		shown["assignee"] = s.user(one.Assignees[0])
	}
	if !one.Open {
		shown["state"], shown["closed_at"] = "closed", stamp()
	}
	if one.Merged != "" {
		shown["merged_at"], shown["merge_commit_sha"] = stamp(), one.Merged
	}
	return shown
}

// pull is a pull request by itself: with what takes GitHub some computing.
func (s *Server) pull(one Pull) map[string]any {
	shown := s.simplePull(one)
	added, deleted, files := s.sizeOf(one)
	for name, value := range map[string]any{
		"merged": one.Merged != "", "merged_by": nil, "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown", "maintainer_can_modify": false,
		"comments": 0, "review_comments": 0, "commits": len(s.commitsOf(one)), "additions": added, "deletions": deleted, "changed_files": files,
	} {
		shown[name] = value
	}
	if one.Merged != "" {
		shown["merged_by"] = s.user(Login)
	}
	if one.Open {
		mergeable := s.git.merges(one.Base, one.Commit)
		shown["mergeable"], shown["rebaseable"], shown["mergeable_state"] = mergeable, mergeable, "clean"
		if !mergeable {
			shown["mergeable_state"] = "dirty"
		}
	}
	return shown
}

// sizeOf counts lines and files that a pull request changes.
func (s *Server) sizeOf(one Pull) (added, deleted, files int) {
	commits := s.commitsOf(one)
	if len(commits) == 0 {
		return 0, 0, 0
	}
	for line := range strings.SplitSeq(s.git.run("diff", "--numstat", commits[0]+"^", one.Commit), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		more, _ := strconv.Atoi(fields[0]) // "-" of a binary file
		less, _ := strconv.Atoi(fields[1])
		added, deleted, files = added+more, deleted+less, files+1
	}
	return added, deleted, files
}

// branchOf is a branch as one side of a pull request.
func (s *Server) branchOf(name, commit string) map[string]any {
	return map[string]any{"label": s.Owner + ":" + name, "ref": name, "sha": commit, "user": s.user(s.Owner), "repo": s.wholeRepository()}
}

// wholeRepository is the repository as it stands within pull requests.
func (s *Server) wholeRepository() map[string]any {
	whole := s.minimalRepository()
	for name, value := range map[string]any{
		"clone_url": s.Remote(), "git_url": "git://" + s.Owner + "/" + s.Name, "ssh_url": "git@" + s.Owner + ":" + s.Name, "svn_url": s.page(""),
		"mirror_url": nil, "default_branch": "master", "homepage": nil, "language": nil, "license": nil, "size": 1, "archived": false, "disabled": false,
		"forks": 0, "forks_count": 0, "open_issues": 0, "open_issues_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
		"has_downloads": true, "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false,
		"pushed_at": stamp(), "created_at": stamp(), "updated_at": stamp(),
	} {
		whole[name] = value
	}
	return whole
}

func (s *Server) users(logins []string) []any {
	users := []any{}
	for _, login := range logins {
		users = append(users, s.user(login))
	}
	return users
}

// described gives labels a description, which those of pull requests have in lists.
func described(labels []any) []any {
	for _, label := range labels {
		if shown, ok := label.(map[string]any); ok {
			shown["description"] = ""
		}
	}
	return labels
}

// association says who somebody is to the repository.
func association(stranger bool) string {
	if stranger {
		return "NONE"
	}
	return "COLLABORATOR"
}

// pullAsIssue is a pull request where issues are asked for, which it is among.
func (s *Server) pullAsIssue(one Pull) map[string]any {
	shown := s.issue(Issue{
		ID: one.ID, Number: one.Number, Title: one.Title, Body: one.Body, Labels: one.Labels, Assignees: one.Assignees, Open: one.Open, Stranger: one.Stranger,
	})
	at, page := s.repository("/pulls/%d", one.Number), s.page("/pull/%d", one.Number)
	link := map[string]any{"url": at, "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch", "merged_at": nil}
	if one.Merged != "" {
		link["merged_at"] = stamp()
	}
	shown["pull_request"], shown["user"], shown["html_url"] = link, s.user(one.Author), page
	return shown
}
