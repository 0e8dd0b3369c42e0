package observe

import (
	"context"
	"errors"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// ForgeStatus is what the status asks of a forge. Each is one request.
type ForgeStatus interface {
	// OpenRequests are open issues with all the labels, and the key in their bodies.
	OpenRequests(ctx context.Context, labels []string, key string) ([]forge.Issue, error)
	// NewestReleases have drafts among them.
	NewestReleases(ctx context.Context) ([]forge.Release, error)
	// Deployments lists the newest ones, newest first; environment "" is all.
	Deployments(ctx context.Context, environment, task string) ([]forge.Deployment, error)
	DeploymentStatus(ctx context.Context, deployment forge.Deployment) (forge.Status, error)
	Run(ctx context.Context, id int64) (forge.Run, error)
	// RunOf is the run whose page it is, 0 for any other page.
	RunOf(page string) int64
}

const (
	// statusRequests is how many requests a status makes of the forge at most.
	statusRequests = 6
	// statusPatience bounds what a status waits for the forge: whoever asks where the
	// train stands wants the rest of it soon.
	statusPatience = 10 * time.Second
)

// forgeLooker asks the forge for a status, within its bounds.
type forgeLooker struct {
	to   ForgeStatus
	left int
	look plan.ForgeLook
	// down is why nothing more is asked.
	down error
}

// lookAtForge asks the forge what a status shows of it. What cannot be seen is named,
// and the rest shown.
func (s *Session) lookAtForge(ctx context.Context, questions plan.ForgeQuestions) plan.ForgeLook {
	switch {
	case s.forgeErr != nil:
		return plan.ForgeLook{Missed: []plan.MissedLook{{What: "all that is kept there", Reason: s.forgeErr.Error()}}}
	case s.wayToForge == nil:
		return plan.ForgeLook{}
	}
	s.progress("asking " + s.snapshot.Forge)
	defer s.progress("")
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	l := &forgeLooker{to: s.wayToForge, left: statusRequests, look: plan.ForgeLook{Deployments: map[string]plan.DeployingStatus{}}}
	if questions.Requests {
		l.ask("open deployment requests", func() (err error) {
			l.look.Requests, err = l.to.OpenRequests(ctx, questions.Labels, questions.Key)
			return err
		})
	}
	if questions.Releases {
		l.ask("drafts of Releases", func() (err error) {
			l.look.Releases, err = l.to.NewestReleases(ctx)
			return err
		})
	}
	if len(questions.Environments) > 0 {
		l.deployments(ctx, s.snapshot.Component.Name, questions)
	}
	return l.look
}

// ask makes one request, unless the forge is down or enough was asked.
func (l *forgeLooker) ask(what string, do func() error) bool {
	reason := ""
	switch {
	case l.down != nil:
		reason = l.down.Error()
	case l.left == 0:
		reason = "enough was asked of it for one look"
	default:
		l.left--
		err := do()
		if err == nil {
			return true
		}
		if reason = err.Error(); concernsAll(err) {
			l.down = err
		}
	}
	l.look.Missed = append(l.look.Missed, plan.MissedLook{What: what, Reason: reason})
	return false
}

// concernsAll reports whether a failure is one of all that is asked: not a permission
// that one feature lacks, or a thing that is gone.
func concernsAll(err error) bool {
	return errors.Is(err, forge.ErrUnreachable) ||
		errors.Is(err, forge.ErrUnauthorised) && !errors.Is(err, github.ErrForbidden) && !errors.Is(err, github.ErrNotFound)
}

// deployments asks for the newest deployment in each environment, its status, and of a
// workflow the run that the status shows.
func (l *forgeLooker) deployments(ctx context.Context, component string, questions plan.ForgeQuestions) {
	var all []forge.Deployment
	if !l.ask("deployments", func() (err error) { all, err = l.to.Deployments(ctx, "", questions.Task); return err }) {
		return
	}
	for _, environment := range questions.Environments {
		newest, ok := newestDeployment(all, environment.Name, component)
		if !ok {
			continue
		}
		var last forge.Status
		if !l.ask("the deployment to "+environment.Name, func() (err error) { last, err = l.to.DeploymentStatus(ctx, newest); return err }) {
			continue
		}
		found := plan.DeployingStatus{Version: newest.Payload.Version, State: last.State, Description: last.Description, Page: last.Log}
		if id := l.to.RunOf(last.Log); id != 0 && environment.Deploy.Way == release.DeployByWorkflow && !last.State.Ended() {
			l.ask("the workflow's run for "+environment.Name, func() error {
				run, err := l.to.Run(ctx, id)
				if found.Run = plan.RunRunning; run.Ended {
					found.Run = run.Conclusion
				}
				if err != nil {
					found.Run = ""
				}
				return err
			})
		}
		l.look.Deployments[environment.Name] = found
	}
}

func newestDeployment(all []forge.Deployment, environment, component string) (newest forge.Deployment, ok bool) {
	for _, one := range all {
		if one.Environment == environment && one.Payload.Component == component {
			return one, true
		}
	}
	return forge.Deployment{}, false
}
