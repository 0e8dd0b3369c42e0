package github

import (
	"context"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
)

// Milestones lists the repository's milestones, open and closed.
func (c *Client) Milestones(ctx context.Context) (found []forge.Milestone, err error) {
	err = pages(func(options gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Issues.ListMilestones(ctx, c.address.Owner, c.address.Name, &gh.MilestoneListOptions{State: "all", ListOptions: options})
		for _, one := range list {
			found = append(found, forge.Milestone{Number: one.GetNumber(), Title: one.GetTitle(), Open: one.GetState() == "open"})
		}
		return true, response, err
	})
	return found, c.explain("list the milestones of "+c.address.String(), err)
}

// CloseMilestone closes a milestone.
func (c *Client) CloseMilestone(ctx context.Context, milestone forge.Milestone) error {
	_, _, err := c.api.Issues.EditMilestone(ctx, c.address.Owner, c.address.Name, milestone.Number, &gh.Milestone{State: gh.String("closed")})
	return c.explain("close milestone "+milestone.Title, err)
}

// OpenMilestone makes a milestone.
func (c *Client) OpenMilestone(ctx context.Context, title string) error {
	_, _, err := c.api.Issues.CreateMilestone(ctx, c.address.Owner, c.address.Name, &gh.Milestone{Title: &title})
	return c.explain("open milestone "+title, err)
}
