package github

import (
	"context"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Checks are all verdicts on a commit: the last status of each context, and the last
// run of each check. Those of the workflow run on a page, "" for none, are left out:
// whoever asks from within a run waits for that one in vain.
func (c *Client) Checks(ctx context.Context, commit object.ID, without string) ([]forge.Check, error) {
	what := "read the checks of " + commit.Short()
	var found []forge.Check
	err := pages(func(options gh.ListOptions) (bool, *gh.Response, error) {
		combined, response, err := c.api.Repositories.GetCombinedStatus(ctx, c.address.Owner, c.address.Name, commit.String(), &options)
		if err != nil {
			return false, response, err
		}
		for _, status := range combined.Statuses {
			found = append(found, forge.Check{
				Name: shown(status.GetContext()), State: statusState(status.GetState()), Detail: shown(status.GetState()), Page: shown(status.GetTargetURL()),
			})
		}
		return true, response, nil
	})
	if err != nil {
		return nil, c.explain(what, err)
	}
	err = pages(func(options gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Checks.ListCheckRunsForRef(ctx, c.address.Owner, c.address.Name, commit.String(),
			&gh.ListCheckRunsOptions{Filter: gh.String("latest"), ListOptions: options})
		if err != nil {
			return false, response, err
		}
		for _, run := range list.CheckRuns {
			if without != "" && strings.HasPrefix(run.GetDetailsURL()+"/", without+"/") {
				continue
			}
			state, detail := runState(run)
			found = append(found, forge.Check{Name: shown(run.GetName()), State: state, Detail: shown(detail), Page: shown(run.GetHTMLURL())})
		}
		return true, response, nil
	})
	return found, c.explain(what, err)
}

// shown makes a text of GitHub's fit to be shown.
func shown(text string) string { return printable.Bounded(text, maxSaid) }

// statusState reads the state of a commit status.
func statusState(state string) forge.CheckState {
	switch state {
	case "success":
		return forge.CheckPassed
	case "pending":
		return forge.CheckPending
	}
	return forge.CheckFailed
}

// runState reads a check run: what has not ended is pending; what was skipped or is
// neutral does not keep a pull request from being merged, and has passed.
func runState(run *gh.CheckRun) (forge.CheckState, string) {
	if run.GetStatus() != "completed" {
		return forge.CheckPending, run.GetStatus()
	}
	switch run.GetConclusion() {
	case "success", "neutral", "skipped":
		return forge.CheckPassed, run.GetConclusion()
	}
	return forge.CheckFailed, run.GetConclusion()
}

// OpenIssues lists open issues that have one of the labels, or are in the milestone of
// that title; "" for none.
func (c *Client) OpenIssues(ctx context.Context, labels []string, milestone string) ([]forge.Issue, error) {
	var found []forge.Issue
	seen := map[int]bool{}
	list := func(options gh.IssueListByRepoOptions) error {
		return pages(func(page gh.ListOptions) (bool, *gh.Response, error) {
			options.State, options.ListOptions = "open", page
			list, response, err := c.api.Issues.ListByRepo(ctx, c.address.Owner, c.address.Name, &options)
			for _, one := range list {
				if !one.IsPullRequest() && !seen[one.GetNumber()] {
					seen[one.GetNumber()] = true
					issue := issueOf(one)
					issue.Title = shown(issue.Title)
					found = append(found, issue)
				}
			}
			return true, response, err
		})
	}
	what := "list the open issues of " + c.address.String()
	for _, label := range labels {
		if err := list(gh.IssueListByRepoOptions{Labels: []string{label}}); err != nil {
			return nil, c.explain(what, err)
		}
	}
	if milestone == "" {
		return found, nil
	}
	all, err := c.Milestones(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.Title == milestone {
			err = list(gh.IssueListByRepoOptions{Milestone: strconv.Itoa(one.Number)})
		}
	}
	return found, c.explain(what, err)
}
