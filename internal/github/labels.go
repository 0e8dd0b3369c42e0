package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	gh "github.com/google/go-github/v62/github"
)

// Labels are the names of the repository's labels.
func (c *Client) Labels(ctx context.Context) (names []string, err error) {
	err = pages(func(page gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Issues.ListLabels(ctx, c.address.Owner, c.address.Name, &page)
		for _, one := range list {
			names = append(names, one.GetName())
		}
		return true, response, err
	})
	return names, c.explain("list the labels of "+c.address.String(), err)
}

// MergedWith are the numbers of the merged pull requests that carry a label, the one
// that was opened first first.
func (c *Client) MergedWith(ctx context.Context, label string) (numbers []int, err error) {
	err = pages(func(page gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Issues.ListByRepo(ctx, c.address.Owner, c.address.Name, &gh.IssueListByRepoOptions{
			State: "closed", Labels: []string{label}, Sort: "created", Direction: "asc", ListOptions: page,
		})
		for _, one := range list {
			if links := one.GetPullRequestLinks(); links != nil && links.MergedAt != nil {
				numbers = append(numbers, one.GetNumber())
			}
		}
		return true, response, err
	})
	return numbers, c.explain("list the pull requests with the label "+label, err)
}

// Unlabel takes a label off an issue or a pull request; one that it does not carry is
// no failure.
func (c *Client) Unlabel(ctx context.Context, number int, label string) error {
	err := c.call(ctx, http.MethodDelete, c.path("issues/%d/labels/%s", number, url.PathEscape(label)), nil, nil)
	if answer := (*gh.ErrorResponse)(nil); errors.As(err, &answer) && answer.Response != nil && isGone(&gh.Response{Response: answer.Response}) {
		return nil
	}
	return c.explain(fmt.Sprintf("take the label %s off #%d", label, number), err)
}

// OwnComments are the texts of the comments on an issue or a pull request by those who
// belong to the repository, or an App, oldest first. What strangers say does not count.
func (c *Client) OwnComments(ctx context.Context, number int) (texts []string, err error) {
	err = pages(func(page gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Issues.ListComments(ctx, c.address.Owner, c.address.Name, number, &gh.IssueListCommentsOptions{ListOptions: page})
		for _, one := range list {
			if isOf(one.GetAuthorAssociation(), one.GetUser()) {
				texts = append(texts, one.GetBody())
			}
		}
		return true, response, err
	})
	return texts, c.explain(fmt.Sprintf("list the comments on #%d", number), err)
}

// isOf reports whether something is of somebody who belongs to the repository, or of
// an App.
func isOf(association string, user *gh.User) bool {
	return slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, association) || user.GetType() == "Bot"
}
