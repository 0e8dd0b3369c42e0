package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Deployments is where a promotion is shown as a deployment.
type Deployments interface {
	// Deployments lists the newest ones, newest first.
	Deployments(ctx context.Context, environment, task string) ([]forge.Deployment, error)
	Deploy(ctx context.Context, deployment forge.Deployment) (forge.Deployment, error)
	// DeploymentStatus is the last status; its state is "" if there is none.
	DeploymentStatus(ctx context.Context, deployment forge.Deployment) (forge.Status, error)
	SetDeploymentStatus(ctx context.Context, deployment forge.Deployment, status forge.Status) error
}

// showing keeps the deployment of a promotion at the forge up to date. What cannot
// be done there never holds the promotion up; it is named in the end.
type showing struct {
	to   Deployments // nil: nothing is shown
	owed *plan.OwedDeployment
	// log is the page that shows what the promotion does, "" without one.
	log string
	// found are the component's deployments in the environment, newest first.
	found []forge.Deployment
	known bool
	// current is the promotion's own, with the state that it has got to; there says
	// whether there is one.
	current forge.Deployment
	state   forge.State
	there   bool
	// newest is the state of the first of found, read when it is needed.
	newest forge.State
	// page is what the last status of the first of found showed as its log.
	page string
	// arrived: current was found to have succeeded already.
	arrived bool
	// byOthers: others say that it has succeeded, and know nothing of what it replaces.
	byOthers bool
	down     error
	open     []OpenItem
}

// newShowing is for a plan; to may be nil.
func newShowing(to Deployments, p *plan.PromotionPlan, log string) *showing {
	if p.Deployment == nil {
		to = nil
	}
	if p.Target.Deploy.Way == release.DeployByWorkflow {
		log = "" // the workflow's own run is shown, and found again by it
	}
	return &showing{to: to, owed: p.Deployment, log: log, byOthers: p.Target.Deploy.Way == release.DeployByDeployment}
}

// look finds the deployments that there are. It fails where somebody has to be let in
// first; a forge that is down is no reason not to promote.
func (s *showing) look(ctx context.Context) error {
	if s.to == nil {
		return nil
	}
	err := s.find(ctx)
	if errors.Is(err, forge.ErrUnauthorised) || ctx.Err() != nil {
		return err
	}
	return nil
}

func (s *showing) find(ctx context.Context) error {
	all, err := s.to.Deployments(ctx, s.owed.Want.Environment, s.owed.Want.Task)
	if err != nil {
		return err
	}
	s.found = nil
	for _, one := range all {
		if one.Payload.Component == s.owed.Want.Payload.Component {
			s.found = append(s.found, one)
		}
	}
	if len(s.found) > 0 {
		last, err := s.to.DeploymentStatus(ctx, s.found[0])
		if err != nil {
			return err
		}
		s.newest, s.page = last.State, last.Log
	}
	s.known = true
	return nil
}

// ensure makes sure that there is a deployment of the promotion: the newest one, if
// it is of the same version and goes on with it does, else a new one. goesOn says
// whether one in that state is the promotion's own.
func (s *showing) ensure(ctx context.Context, goesOn func(forge.State) bool) bool {
	if s.there {
		return true
	}
	what := "the deployment to " + s.owed.Want.Environment
	if !s.known && !s.try(what, func() error { return s.find(ctx) }) {
		return false
	}
	if len(s.found) > 0 && s.isSame(s.found[0]) && goesOn(s.newest) {
		s.current, s.state, s.there, s.found = s.found[0], s.newest, true, s.found[1:]
		s.newest, s.arrived = "", s.state == forge.StateSuccess
		if s.log == "" {
			s.log = s.page // whoever began it said where to look
		}
		return true
	}
	s.page = ""
	s.there = s.try(what, func() (err error) { s.current, err = s.to.Deploy(ctx, s.owed.Want); return err })
	return s.there
}

func (s *showing) isSame(one forge.Deployment) bool {
	return one.Payload.Version == s.owed.Want.Payload.Version && one.Commit == s.owed.Want.Commit
}

// try does one thing, unless the forge has been found to be down.
func (s *showing) try(what string, do func() error) bool {
	err := s.down
	if err == nil {
		err = do()
	}
	if err == nil {
		return true
	}
	if errors.Is(err, forge.ErrUnreachable) || errors.Is(err, context.Canceled) {
		s.down = err
	}
	s.open = []OpenItem{{What: what, Why: err}}
	return false
}

// set adds a status, unless it is the last one already.
func (s *showing) set(ctx context.Context, state forge.State, description string) {
	if s.to == nil || !s.ensure(ctx, func(state forge.State) bool { return !state.Ended() }) || s.state == state {
		return
	}
	if state == forge.StateQueued && s.state != "" {
		return // it goes on from there
	}
	status := forge.Status{State: state, Description: printable.Bounded(description, maxDescription), Log: s.log, Environment: s.owed.URL}
	if s.try("the status "+string(state)+" of the deployment to "+s.owed.Want.Environment, func() error { return s.to.SetDeploymentStatus(ctx, s.current, status) }) {
		s.state = state
	}
}

// maxDescription bounds the description of a status, in bytes: GitHub takes 140
// characters.
const maxDescription = 140

// reached says that the release is there. What it replaces comes first: if that is
// cut off, the next run finds a deployment that has not ended.
func (s *showing) reached(ctx context.Context, outcome ledger.Outcome) {
	if s.to == nil || !s.ensure(ctx, func(state forge.State) bool { return !state.Ended() || state == forge.StateSuccess }) || s.arrived && !s.byOthers {
		return
	}
	if s.deactivate(ctx) {
		s.set(ctx, forge.StateSuccess, string(outcome))
	}
}

// maxOlder bounds how many deployments are looked at, by a request each, for the one that
// is replaced: those that failed lie in between, and on bad days they are many.
const maxOlder = 30

// deactivate makes what was there before inactive: the newest deployment that had
// arrived, and those after it that never ended.
func (s *showing) deactivate(ctx context.Context) bool {
	for i, older := range s.found[:min(len(s.found), maxOlder)] {
		state := s.newest
		what := "the deployment before to " + s.owed.Want.Environment
		if i > 0 || state == "" {
			ok := s.try(what, func() error {
				last, err := s.to.DeploymentStatus(ctx, older)
				state = last.State
				return err
			})
			if !ok {
				return false
			}
		}
		if state == forge.StateInactive {
			return true
		}
		if state == forge.StateFailure || state == forge.StateError {
			continue
		}
		inactive := forge.Status{State: forge.StateInactive, Description: printable.Bounded("replaced by "+s.owed.Want.Description, maxDescription)}
		if !s.try(what, func() error { return s.to.SetDeploymentStatus(ctx, older, inactive) }) {
			return false
		}
		if state == forge.StateSuccess {
			return true
		}
	}
	return true
}

// end shows how a promotion ended. One whose outcome is unknown goes on, with the
// next run.
func (s *showing) end(ctx context.Context, finished ledger.Finished) {
	switch {
	case s.to == nil:
	case finished.Outcome.Reached():
		s.reached(ctx, finished.Outcome)
	case finished.Outcome == ledger.Failed:
		s.set(ctx, forge.StateFailure, finished.Detail)
	}
}

// left makes an error of what could not be shown, nil where nothing is left.
func (s *showing) left(p *plan.PromotionPlan) error {
	if len(s.open) == 0 {
		return nil
	}
	return &OpenError{Done: fmt.Sprintf("%s %s is on %s", p.Component, p.Version, p.Environment), Items: s.open, Command: p.Command()}
}

// Settle shows a release that is on its environment already, or was brought there
// without looprel. An OpenError says what could not be shown.
func Settle(ctx context.Context, p *plan.PromotionPlan, outlets Outlets) error {
	s := newShowing(outlets.Deployments, p, outlets.Log)
	outcome := ledger.RecordedOnly
	if p.Deployment != nil && p.Deployment.Arrived != "" {
		outcome = p.Deployment.Arrived
	}
	s.reached(ctx, outcome)
	asked := newAsking(outlets.Requests, p)
	evidence := []string{fmt.Sprintf("%s runs %s %s: %s", p.Environment, p.Component, p.Version, outcome)}
	if p.Asked != nil && len(p.Asked.Evidence) > 0 {
		evidence = p.Asked.Evidence
	}
	asked.close(ctx, evidence, s.down)
	s.open = append(s.open, asked.open...)
	return s.left(p)
}
