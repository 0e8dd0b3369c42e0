package github

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/forge"
)

// run is what is read of a workflow's run.
type run struct {
	ID         int64  `json:"id"`
	Page       string `json:"html_url"`
	Title      string `json:"display_title"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
}

func (r run) run() forge.Run {
	return forge.Run{
		ID: r.ID, Page: shown(r.Page), Ended: r.Status == "completed", Conclusion: shown(r.Conclusion),
		Passed: r.Conclusion == "success",
	}
}

// Dispatch runs a workflow. known is false where GitHub does not say which run that
// became: an older Enterprise Server.
func (c *Client) Dispatch(ctx context.Context, workflow, ref string, inputs map[string]string) (begun forge.Run, known bool, err error) {
	var answer struct {
		ID   int64  `json:"workflow_run_id"`
		Page string `json:"html_url"`
	}
	body := map[string]any{"ref": ref, "return_run_details": true}
	if len(inputs) > 0 {
		body["inputs"] = inputs
	}
	err = c.call(ctx, http.MethodPost, c.path("actions/workflows/%s/dispatches", url.PathEscape(workflow)), body, &answer)
	return forge.Run{ID: answer.ID, Page: shown(answer.Page)}, answer.ID != 0, c.explain("run "+workflow, err)
}

// FindRun finds the newest dispatched run of a workflow that has the key in its title,
// as the workflow's run-name may put it there.
func (c *Client) FindRun(ctx context.Context, workflow, key string) (found forge.Run, ok bool, err error) {
	var list struct {
		Runs []run `json:"workflow_runs"`
	}
	err = c.call(ctx, http.MethodGet, c.path("actions/workflows/%s/runs?event=workflow_dispatch&per_page=100", url.PathEscape(workflow)), nil, &list)
	for _, one := range list.Runs {
		if strings.Contains(one.Title, key) {
			return one.run(), true, nil
		}
	}
	return forge.Run{}, false, c.explain("list the runs of "+workflow, err)
}

// Run is a run as it is now.
func (c *Client) Run(ctx context.Context, id int64) (forge.Run, error) {
	var found run
	err := c.call(ctx, http.MethodGet, c.path("actions/runs/%d", id), nil, &found)
	return found.run(), c.explain("read the run "+strconv.FormatInt(id, 10), err)
}

// RunOf is the id of the run whose page it is, 0 for any other page.
func (c *Client) RunOf(page string) int64 {
	text, ok := strings.CutPrefix(page, c.address.Web+"/actions/runs/")
	if !ok {
		return 0
	}
	id, _ := strconv.ParseInt(text, 10, 64)
	return id
}
