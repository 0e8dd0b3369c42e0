package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
)

// OwedDeployment is the deployment at the forge that goes along with a promotion. It
// is found again as the newest one of the component in the environment: if that is of
// the same version and commit and has not ended, a later run goes on with it.
type OwedDeployment struct {
	// Repository is the forge's name for the repository.
	Repository string
	Want       forge.Deployment
	// URL is the environment's own page, "" without one.
	URL string
	// Arrived is the outcome of a promotion that has ended already, "" before.
	Arrived ledger.Outcome
}

// deploymentTask is what the forge calls deployments of releases.
const deploymentTask = "deploy"

// oweDeployment is the deployment that a promotion owes the forge, nil for none.
func (s *Snapshot) oweDeployment(sel *Selection) *OwedDeployment {
	if s.Train.GitHub == nil || s.Train.GitHub.NoDeployments || s.Forge == "" {
		return nil
	}
	var arrived ledger.Outcome
	if running := sel.State.Running; running != nil && running.Deployment == sel.Deployment {
		arrived = running.Outcome
	}
	return &OwedDeployment{
		Arrived: arrived, Repository: s.Forge, URL: sel.Environment.URL,
		Want: forge.Deployment{
			Environment: sel.Environment.Name, Ref: s.deploymentRef(sel), Commit: sel.Commit, Task: deploymentTask,
			Payload:     forge.Payload{Component: s.Component.Name, Version: sel.Version, Attempt: s.EntryID},
			Description: fmt.Sprintf("%s %s", s.Component.Name, sel.Version),
		},
	}
}

// deploymentRef names what is deployed: the tag, unless a branch shares its name,
// which would go before it; else the commit.
func (s *Snapshot) deploymentRef(sel *Selection) string {
	name := ShortRef(sel.Tag)
	if _, shared := s.Refs.IDs[BranchRef(name)]; sel.Tag == "" || shared {
		return sel.Commit.String()
	}
	return name
}

// step says what goes along with the promotion.
func (o *OwedDeployment) step() Step {
	return Step{Kind: ShowDeployment, Target: o.Repository, Want: o.Want.Environment,
		Reason: "queued, in progress, then success or failure; what it replaces becomes inactive"}
}
