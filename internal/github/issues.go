package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
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

// OpenRequests are the newest open issues that have all the labels and the key, newest
// first: one page. Issues of strangers do not count.
func (c *Client) OpenRequests(ctx context.Context, labels []string, key string) (found []forge.Issue, err error) {
	list, _, err := c.api.Issues.ListByRepo(ctx, c.address.Owner, c.address.Name, &gh.IssueListByRepoOptions{
		State: "open", Labels: labels, Sort: "created", Direction: "desc", ListOptions: gh.ListOptions{PerPage: pageSize},
	})
	for _, one := range list {
		if !one.IsPullRequest() && isOwn(one) && strings.Contains(one.GetBody(), key) {
			found = append(found, issueOf(one))
		}
	}
	return found, c.explain("list the issues of "+c.address.String(), err)
}

// isOwn reports whether an issue is of somebody who belongs to the repository, or of
// an App.
func isOwn(one *gh.Issue) bool {
	return isOf(one.GetAuthorAssociation(), one.GetUser())
}

func issueOf(one *gh.Issue) forge.Issue {
	found := forge.Issue{Number: one.GetNumber(), Title: one.GetTitle(), Body: one.GetBody(), Open: one.GetState() == "open", Filed: one.GetCreatedAt().Time, Page: shown(one.GetHTMLURL())}
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

// Commented are the numbers of issues and pull requests under which a comment has the
// key, among the comments that were changed since.
func (c *Client) Commented(ctx context.Context, key string, since time.Time) (numbers []int, err error) {
	since = since.UTC().Truncate(time.Second)
	err = pages(func(options gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Issues.ListComments(ctx, c.address.Owner, c.address.Name, 0, &gh.IssueListCommentsOptions{Since: &since, ListOptions: options})
		for _, one := range list {
			_, number, _ := strings.Cut(one.GetIssueURL(), "/issues/")
			if n, err := strconv.Atoi(number); err == nil && strings.Contains(one.GetBody(), key) {
				numbers = append(numbers, n)
			}
		}
		return true, response, err
	})
	return numbers, c.explain("list the comments of "+c.address.String(), err)
}

// Comment comments on an issue or a pull request.
func (c *Client) Comment(ctx context.Context, number int, text string) error {
	_, response, err := c.api.Issues.CreateComment(ctx, c.address.Owner, c.address.Name, number, &gh.IssueComment{Body: &text})
	if isGone(response) {
		return nil
	}
	return c.explain(fmt.Sprintf("comment on #%d", number), err)
}

// Label gives an issue or a pull request a label.
func (c *Client) Label(ctx context.Context, number int, label string) error {
	err := c.label(ctx, number, []string{label})
	if answer := (*gh.ErrorResponse)(nil); errors.As(err, &answer) && answer.Response != nil && isGone(&gh.Response{Response: answer.Response}) {
		return nil
	}
	return c.explain(fmt.Sprintf("label #%d", number), err)
}

// AddLabels gives an issue or a pull request labels besides those that it has.
func (c *Client) AddLabels(ctx context.Context, number int, labels []string) error {
	return c.explain(fmt.Sprintf("label #%d", number), c.label(ctx, number, labels))
}

// label adds labels: go-github sends a bare list, which the API's description does not
// have.
func (c *Client) label(ctx context.Context, number int, labels []string) error {
	return c.call(ctx, http.MethodPost, c.path("issues/%d/labels", number), map[string][]string{"labels": labels}, nil)
}

// isGone reports whether there is no such number: messages of commits may be about
// another tracker's.
func isGone(response *gh.Response) bool {
	return response != nil && (response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusGone)
}
