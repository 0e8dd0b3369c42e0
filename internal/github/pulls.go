package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/object"
)

// Pull reads a pull request.
func (c *Client) Pull(ctx context.Context, number int) (forge.Pull, error) {
	one, _, err := c.api.PullRequests.Get(ctx, c.address.Owner, c.address.Name, number)
	if err != nil {
		return forge.Pull{}, c.explain(fmt.Sprintf("read pull request #%d of %s", number, c.address), err)
	}
	return pullOf(one), nil
}

// PullsFrom lists the pull requests, open or not, that bring a branch of the
// repository to another one, newest first. Both are short names; "" for any base.
func (c *Client) PullsFrom(ctx context.Context, head, base string) ([]forge.Pull, error) {
	return c.listPulls(ctx, &gh.PullRequestListOptions{State: "all", Head: c.address.Owner + ":" + head, Base: base}, func(one forge.Pull) bool {
		// A server that does not know the selection shows all.
		return one.Head == head && (base == "" || one.Base == base)
	})
}

func (c *Client) listPulls(ctx context.Context, options *gh.PullRequestListOptions, wanted func(forge.Pull) bool) (found []forge.Pull, err error) {
	err = pages(func(page gh.ListOptions) (bool, *gh.Response, error) {
		options.ListOptions = page
		list, response, err := c.api.PullRequests.List(ctx, c.address.Owner, c.address.Name, options)
		for _, one := range list {
			if pull := pullOf(one); c.isWithin(one) && wanted(pull) {
				found = append(found, pull)
			}
		}
		return true, response, err
	})
	return found, c.explain("list the pull requests of "+c.address.String(), err)
}

// isWithin reports whether a pull request is of a branch of the repository itself, and
// not of one with the same name in somebody's copy.
func (c *Client) isWithin(one *gh.PullRequest) bool {
	owner, _, found := strings.Cut(one.GetHead().GetLabel(), ":")
	return !found || strings.EqualFold(owner, c.address.Owner)
}

// PullsOf lists the pull requests that a commit was merged by, or is on the branch of,
// of whomever's copy.
func (c *Client) PullsOf(ctx context.Context, commit object.ID) ([]forge.Pull, error) {
	list, _, err := c.api.PullRequests.ListPullRequestsWithCommit(ctx, c.address.Owner, c.address.Name, commit.String(), &gh.ListOptions{PerPage: pageSize})
	found := make([]forge.Pull, len(list))
	for i, one := range list {
		found[i] = pullOf(one)
	}
	return found, c.explain("list the pull requests of "+commit.Short(), err)
}

// Reviewers are the logins of those who have given a review of a pull request, each
// once: people, and not its author.
func (c *Client) Reviewers(ctx context.Context, pull forge.Pull) (logins []string, err error) {
	err = pages(func(page gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.PullRequests.ListReviews(ctx, c.address.Owner, c.address.Name, pull.Number, &page)
		for _, one := range list {
			login := one.GetUser().GetLogin()
			if login != "" && login != pull.Author && one.GetUser().GetType() != "Bot" && !slices.Contains(logins, login) {
				logins = append(logins, login)
			}
		}
		return true, response, err
	})
	return logins, c.explain(fmt.Sprintf("list the reviews of pull request #%d of %s", pull.Number, c.address), err)
}

// OpenPull opens a pull request, as yet without labels and reviewers.
func (c *Client) OpenPull(ctx context.Context, pull forge.Pull) (forge.Pull, error) {
	made, _, err := c.api.PullRequests.Create(ctx, c.address.Owner, c.address.Name, &gh.NewPullRequest{
		Title: &pull.Title, Head: &pull.Head, Base: &pull.Base, Body: &pull.Body,
	})
	if err != nil {
		return forge.Pull{}, c.explain("open the pull request "+pull.Title, err)
	}
	return pullOf(made), nil
}

// ChangeBody gives a pull request another body.
func (c *Client) ChangeBody(ctx context.Context, number int, body string) error {
	err := c.call(ctx, http.MethodPatch, c.path("pulls/%d", number), map[string]string{"body": body}, nil)
	return c.explain(fmt.Sprintf("change the body of pull request #%d", number), err)
}

// AskForReview asks people for a review of a pull request, by their logins: all of
// them or, where one may not be asked, none (ErrRejected).
func (c *Client) AskForReview(ctx context.Context, number int, logins []string) error {
	_, _, err := c.api.PullRequests.RequestReviewers(ctx, c.address.Owner, c.address.Name, number, gh.ReviewersRequest{Reviewers: logins})
	return c.explain(fmt.Sprintf("ask for a review of pull request #%d", number), err)
}

func pullOf(one *gh.PullRequest) forge.Pull {
	found := forge.Pull{
		Number: one.GetNumber(), Title: one.GetTitle(), Body: one.GetBody(), Head: one.GetHead().GetRef(), Base: one.GetBase().GetRef(),
		Commit: idOf(one.GetHead().GetSHA()), State: forge.PullOpen, Author: one.GetUser().GetLogin(), Draft: one.GetDraft(), Page: one.GetHTMLURL(),
	}
	switch {
	// A list says when it was merged, and not whether.
	case one.MergedAt != nil || one.GetMerged():
		found.State, found.Merged = forge.PullMerged, idOf(one.GetMergeCommitSHA())
	case one.GetState() != "open":
		found.State = forge.PullClosed
	}
	for _, label := range one.Labels {
		found.Labels = append(found.Labels, label.GetName())
	}
	for _, reviewer := range one.RequestedReviewers {
		found.Reviewers = append(found.Reviewers, reviewer.GetLogin())
	}
	return found
}

// idOf reads a commit's id; zero for none, and for what is not one.
func idOf(text string) object.ID {
	id, err := object.ParseID(text)
	if err != nil {
		return object.ID{}
	}
	return id
}
