package github

import (
	"context"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
)

// FindIssue finds the issue whose body has the key, an open one before those that are
// closed, among those that were changed since (zero: ever). Issues of strangers do not
// count, whatever they say.
func (c *Client) FindIssue(ctx context.Context, key string, since time.Time) (found forge.Issue, ok bool, err error) {
	if !since.IsZero() {
		since = since.UTC().Truncate(time.Second)
	}
	err = pages(func(options gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Issues.ListByRepo(ctx, c.address.Owner, c.address.Name, &gh.IssueListByRepoOptions{
			State: "all", Sort: "created", Direction: "desc", Since: since, ListOptions: options,
		})
		for _, one := range list {
			if one.IsPullRequest() || !strings.Contains(one.GetBody(), key) || !isOwn(one) {
				continue
			}
			// They come newest first; of several open ones, which a race may have left, the
			// oldest is the one.
			if issue := issueOf(one); !ok || issue.Open {
				found, ok = issue, true
			}
		}
		return true, response, err
	})
	return found, ok, c.explain("list the issues of "+c.address.String(), err)
}

// isOwn reports whether an issue is of somebody who belongs to the repository, or of
// an App.
func isOwn(one *gh.Issue) bool {
	return slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, one.GetAuthorAssociation()) || one.GetUser().GetType() == "Bot"
}

func issueOf(one *gh.Issue) forge.Issue {
	found := forge.Issue{Number: one.GetNumber(), Title: one.GetTitle(), Body: one.GetBody(), Open: one.GetState() == "open", Page: one.GetHTMLURL()}
	for _, label := range one.Labels {
		found.Labels = append(found.Labels, label.GetName())
	}
	for _, assignee := range one.Assignees {
		found.Assignees = append(found.Assignees, assignee.GetLogin())
	}
	return found
}

// FileIssue files an issue.
func (c *Client) FileIssue(ctx context.Context, issue forge.Issue) (forge.Issue, error) {
	request := &gh.IssueRequest{Title: &issue.Title, Body: &issue.Body}
	if len(issue.Labels) > 0 {
		request.Labels = &issue.Labels
	}
	if len(issue.Assignees) > 0 {
		request.Assignees = &issue.Assignees
	}
	made, _, err := c.api.Issues.Create(ctx, c.address.Owner, c.address.Name, request)
	if err != nil {
		return forge.Issue{}, c.explain("file the issue "+issue.Title, err)
	}
	return issueOf(made), nil
}

// CloseIssue closes an issue as done, and gives it the body that it has now, at once.
func (c *Client) CloseIssue(ctx context.Context, issue forge.Issue) error {
	_, _, err := c.api.Issues.Edit(ctx, c.address.Owner, c.address.Name, issue.Number, &gh.IssueRequest{
		Body: &issue.Body, State: gh.String("closed"), StateReason: gh.String("completed"),
	})
	return c.explain("close the issue "+issue.Title, err)
}
