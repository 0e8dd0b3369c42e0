package github

import (
	"context"
	"fmt"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
)

// PullHistory are the commits of a pull request with what a rebase leaves as it is,
// oldest first. GitHub shows 250 at most.
func (c *Client) PullHistory(ctx context.Context, number int) (commits []forge.PullCommit, err error) {
	err = pages(func(page gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.PullRequests.ListCommits(ctx, c.address.Owner, c.address.Name, number, &page)
		for _, one := range list {
			commits = append(commits, forge.PullCommit{
				ID: idOf(one.GetSHA()), Message: one.GetCommit().GetMessage(), Authored: one.GetCommit().GetAuthor().GetDate().Time, Merge: len(one.Parents) > 1,
			})
		}
		return true, response, err
	})
	return commits, c.explain(fmt.Sprintf("list the commits of pull request #%d of %s", number, c.address), err)
}
