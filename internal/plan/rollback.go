package plan

import (
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/release"
)

// RollbackRequest is what `rollback` was asked for.
type RollbackRequest struct {
	Environment string
	// To is the release to go back to; zero: the last one that was good there.
	To     release.Version
	Reason string
	// TakeOver replaces an attempt of somebody else before its lease ends.
	TakeOver bool
	// Unrecorded: the remote is not asked, and the entry is kept in this clone.
	Unrecorded bool
	// After is the attempt whose failure the rollback follows without having been asked
	// for, nil if somebody did ask. Once something else was done there it is too late.
	After *FailedAttempt
}

// FailedAttempt is an attempt that failed, as it was recorded.
type FailedAttempt struct {
	ledger.Deployment
	Attempt string
}

const verbRollback = "rollback"

// Rollback is what a rollback is about, before anything else is read.
type Rollback struct {
	Selection
	// Bad is the release that is taken away.
	Bad release.Version
	// Already says, if set, that it was rolled back before.
	Already string
}

// SelectRollback says which release goes and which comes back. One that was begun
// and did not end is gone on with.
func SelectRollback(s *Snapshot, request RollbackRequest) (*Rollback, error) {
	if err := checkDecision(request.Reason, ""); err != nil {
		return nil, err
	}
	environment, err := s.releasesTo(request.Environment)
	if err != nil {
		return nil, err
	}
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return nil, err
	}
	if after := request.After; after != nil && (state.Underway != nil || state.Broken == nil || state.Broken.Deployment != after.Deployment || state.Broken.Outcome != ledger.Failed) {
		return nil, &Moved{Reason: "somebody has done something about it meanwhile; nothing was rolled back", Advice: "look at it: looprel status"}
	}
	rollback := &Rollback{Selection: Selection{Environment: environment, State: state}}
	rollback.Deployment.Environment = environment.Name
	to, err := rollback.choose(s, request)
	if err != nil || rollback.Already != "" {
		return rollback, err
	}
	return rollback, rollback.selectVersion(s, to)
}

// choose finds the bad release, and the one to go back to.
func (r *Rollback) choose(s *Snapshot, request RollbackRequest) (release.Version, error) {
	attempted, goesBackFrom := lastAttempt(r.State)
	switch {
	case !goesBackFrom.IsZero() && (request.To.IsZero() || request.To.String() == attempted.Version):
		r.Bad = goesBackFrom
		return release.ParseVersion(attempted.Version)
	case !goesBackFrom.IsZero():
		r.Bad = goesBackFrom
	case attempted != nil:
		r.Bad, _ = attempted.Release()
	case r.State.Running == nil:
		return release.Version{}, refuse("looprel status", "nothing is known to run on %s", r.Environment.Name)
	default:
		r.Bad, _ = r.State.Running.Release()
	}
	if running := r.State.Running; attempted == nil && (request.To.IsZero() && !running.RollsBack.IsZero() || running.Version == request.To.String()) {
		r.Already = r.alreadyBack(s, *running)
		return release.Version{}, nil
	}
	if r.Bad.IsZero() {
		return release.Version{}, refuse("looprel status", "what was brought to %s is no release", r.Environment.Name)
	}
	if !request.To.IsZero() {
		return request.To, s.checkGoodThere(r.Environment, request.To)
	}
	good, err := lastGood(s, r.State, r.Bad)
	if err == nil && good.IsZero() {
		err = refuse(fmt.Sprintf("fix it: looprel backport %s COMMIT; what is deployed there by hand is recorded: looprel promote %s VERSION --record-only --reason TEXT", r.Bad, r.Environment.Name),
			"the ledger knows no other release that was good on %s", r.Environment.Name)
	}
	return good, err
}

// lastAttempt is what an attempt that is under way, or did not end well, wants to
// bring, nil if there is none; and what it rolls back, if that is what it does.
func lastAttempt(state ledger.Environment) (wants *ledger.Deployment, rollsBack release.Version) {
	switch {
	case state.Underway != nil:
		return &state.Underway.Deployment, state.Underway.RollsBack
	case state.Broken != nil:
		return &state.Broken.Deployment, state.Broken.RollsBack
	}
	return nil, release.Version{}
}

// alreadyBack says that there is nothing to go back from. Going back further is
// another decision, and not what running the same command twice means.
func (r *Rollback) alreadyBack(s *Snapshot, running ledger.Running) string {
	text := fmt.Sprintf("%s runs %s %s already, since %s, by %s", r.Environment.Name, s.Component.Name, running.Version,
		running.Since.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"), running.By.Name)
	if !running.RollsBack.IsZero() {
		text += fmt.Sprintf(", rolled back from %s; further back: looprel rollback %s --to VERSION --reason TEXT", running.RollsBack, r.Environment.Name)
	}
	return text
}

// lastGood is the release that ran on an environment last, the bad one and those
// that are backed off aside; zero if there is none.
func lastGood(s *Snapshot, state ledger.Environment, bad release.Version) (release.Version, error) {
	candidates := slices.Clone(state.Earlier)
	if len(candidates) == 0 && state.Previous != nil {
		candidates = append(candidates, *state.Previous)
	}
	if state.Running != nil {
		candidates = append([]ledger.Running{*state.Running}, candidates...)
	}
	for _, candidate := range candidates {
		version, isRelease := candidate.Release()
		if !isRelease || version == bad {
			continue
		}
		known, ok, err := s.Ledger.Release(s.Component.Name, version)
		if err != nil {
			return release.Version{}, err
		}
		if ok && known.BackedOff == nil {
			return version, nil
		}
	}
	return release.Version{}, nil
}

func (s *Snapshot) checkGoodThere(environment release.Environment, to release.Version) error {
	known, err := s.knownRelease(to)
	if err == nil && !known.WasOn(environment.Name) {
		err = refuse("if it was deployed there by hand, that is recorded: "+recordByHand(environment.Name, to), "%s has never been on %s, so that nobody can go back to it", to, environment.Name)
	}
	return err
}

// fallback is what would be gone back to if the promotion failed.
func fallback(s *Snapshot, sel *Selection) (string, error) {
	wanted, isRelease := sel.Deployment.Release()
	if !isRelease {
		return "", nil
	}
	good, err := lastGood(s, sel.State, wanted)
	if err != nil || good.IsZero() {
		return "", err
	}
	return good.String(), nil
}

// MakeRollback plans to bring an environment back to a release that was good there.
// It goes the way of a promotion, past every gate that could stop it at night: those
// remain without which something else would be deployed than was released, or
// something that is known to be bad.
func MakeRollback(s *Snapshot, r *Rollback, target Target, request RollbackRequest) (*PromotionPlan, error) {
	p := newPromotion(verbRollback, s, &r.Selection)
	p.Reason, p.RollsBack, p.Unrecorded = request.Reason, r.Bad, s.Offline != nil
	if request.After != nil {
		p.after = request.After.Attempt
	}
	p.Changes = notes.Collect(nil)
	p.Report = p.Changes.Report(s.Web)
	if r.Already != "" {
		p.Version, p.Already = r.State.Running.Version, r.Already
		return p, nil
	}
	p.Running = r.Bad.String()
	if known, ok, err := s.Ledger.Release(s.Component.Name, r.Bad); err != nil {
		return nil, err
	} else if ok {
		p.RunningAt = known.Commit
	}
	takesOver, err := takeOver(s, &r.Selection, target, PromoteRequest{TakeOver: request.TakeOver}, p)
	if err != nil {
		return nil, err
	}
	// What an attempt of another release left behind is not known from a few answers.
	p.ProbeFirst = p.ProbeFirst && resumes(&r.Selection)
	p.Gates = []Gate{commissionedGate(r.Environment), knownGate(s, &r.Selection)}
	if s.Offline == nil {
		p.Gates = append(p.Gates, unmovedGate(s, &r.Selection))
	}
	p.Gates = append(p.Gates, notBackedOffGate(s, &r.Selection))
	p.Notes = append(p.Notes, fmt.Sprintf("%s is backed off by this: nobody promotes it again by accident", r.Bad))
	if err := p.ask(s, &r.Selection, target); err != nil {
		return nil, err
	}
	if s.Offline != nil {
		p.beginUnrecorded(s, &r.Selection, takesOver)
		return p, nil
	}
	p.begin(s, &r.Selection, takesOver)
	return p, nil
}
