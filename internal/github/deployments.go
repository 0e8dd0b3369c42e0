package github

import (
	"context"
	"encoding/json"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/object"
)

// Deployments lists the newest deployments of an environment ("": of all) with that
// task, newest first: one page.
func (c *Client) Deployments(ctx context.Context, environment, task string) ([]forge.Deployment, error) {
	list, _, err := c.api.Repositories.ListDeployments(ctx, c.address.Owner, c.address.Name, &gh.DeploymentsListOptions{
		Environment: environment, Task: task, ListOptions: gh.ListOptions{PerPage: pageSize},
	})
	if err != nil {
		what := "list the deployments"
		if environment != "" {
			what += " to " + environment
		}
		return nil, c.explain(what, err)
	}
	found := make([]forge.Deployment, len(list))
	for i, one := range list {
		found[i] = deploymentOf(one)
	}
	return found, nil
}

// payload is what a deployment carries under the program's name; others may put
// their own beside it.
type payload struct {
	Looprel *forge.Payload `json:"looprel"`
}

func deploymentOf(one *gh.Deployment) forge.Deployment {
	found := forge.Deployment{
		ID: one.GetID(), Environment: one.GetEnvironment(), Ref: one.GetRef(), Task: one.GetTask(), Description: one.GetDescription(),
	}
	found.Commit, _ = object.ParseID(one.GetSHA()) // zero for what is no commit's id
	var carried payload
	if json.Unmarshal(one.Payload, &carried) == nil && carried.Looprel != nil {
		found.Payload = *carried.Looprel
	}
	return found
}

// Deploy makes a deployment. Its own checks are not asked for: the gates have
// judged.
func (c *Client) Deploy(ctx context.Context, deployment forge.Deployment) (forge.Deployment, error) {
	made, _, err := c.api.Repositories.CreateDeployment(ctx, c.address.Owner, c.address.Name, &gh.DeploymentRequest{
		Ref: &deployment.Ref, Task: &deployment.Task, Environment: &deployment.Environment, Description: &deployment.Description,
		AutoMerge: gh.Bool(false), RequiredContexts: &[]string{}, Payload: payload{Looprel: &deployment.Payload},
	})
	if err != nil {
		return forge.Deployment{}, c.explain("create a deployment to "+deployment.Environment, err)
	}
	return deploymentOf(made), nil
}

// DeploymentStatus is the last status of a deployment; its state is "" if it has none.
func (c *Client) DeploymentStatus(ctx context.Context, deployment forge.Deployment) (forge.Status, error) {
	list, _, err := c.api.Repositories.ListDeploymentStatuses(ctx, c.address.Owner, c.address.Name, deployment.ID, &gh.ListOptions{PerPage: 1})
	if err != nil || len(list) == 0 {
		return forge.Status{}, c.explain("read the status of the deployment to "+deployment.Environment, err)
	}
	return forge.Status{
		State: forge.State(list[0].GetState()), Description: shown(list[0].GetDescription()),
		Log: shown(list[0].GetLogURL()), Environment: shown(list[0].GetEnvironmentURL()),
	}, nil
}

// SetDeploymentStatus adds a status to a deployment. Other deployments keep theirs.
func (c *Client) SetDeploymentStatus(ctx context.Context, deployment forge.Deployment, status forge.Status) error {
	request := &gh.DeploymentStatusRequest{
		State: gh.String(string(status.State)), Description: gh.String(status.Description), AutoInactive: gh.Bool(false),
	}
	if status.Log != "" {
		request.LogURL = &status.Log
	}
	if status.Environment != "" {
		request.EnvironmentURL = &status.Environment
	}
	_, _, err := c.api.Repositories.CreateDeploymentStatus(ctx, c.address.Owner, c.address.Name, deployment.ID, request)
	return c.explain("set the status of the deployment to "+deployment.Environment+" to "+string(status.State), err)
}
