package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
)

// SetRollback is what the rollback of a set is about.
type SetRollback struct {
	SetSelection
	// Bad is the set that is taken away.
	Bad string
	// Already says, if set, that it was rolled back before.
	Already string
}

// SelectSetRollback says which set goes and which comes back; to is the set to go back
// to, "" for the last one that was good there. One that was begun and did not end is
// gone on with.
func SelectSetRollback(whole *Snapshot, members []*Snapshot, to string, request RollbackRequest) (*SetRollback, error) {
	if err := checkDecision(request.Reason, ""); err != nil {
		return nil, err
	}
	environment, err := whole.releasesTo(request.Environment)
	if err != nil {
		return nil, err
	}
	raw, err := whole.Ledger.Environment(environment.Name, ledger.AllComponents)
	if err != nil {
		return nil, err
	}
	if after := request.After; after != nil && (raw.Underway != nil || raw.Broken == nil || raw.Broken.Deployment != after.Deployment || raw.Broken.Outcome != ledger.Failed) {
		return nil, &Moved{Reason: "somebody has done something about it meanwhile; nothing was rolled back", Advice: "look at it: looprel status"}
	}
	state, err := whole.setEnvironment(environment.Name)
	if err != nil {
		return nil, err
	}
	rollback := &SetRollback{}
	target, err := rollback.choose(whole, members, raw, state, to, environment.Name)
	if err != nil || rollback.Already != "" {
		rollback.Selection = &Selection{Environment: environment, State: state}
		return rollback, err
	}
	set, err := whole.setOf(target)
	if err != nil {
		return nil, err
	}
	selected, err := whole.selectSet(environment, set, members)
	if err != nil {
		return nil, err
	}
	rollback.SetSelection = *selected
	return rollback, nil
}

// choose finds the bad set, and the one to go back to.
func (r *SetRollback) choose(whole *Snapshot, members []*Snapshot, raw, state ledger.Environment, to, environment string) (string, error) {
	wanted := ""
	if to != "" {
		found, err := whole.FindSet(to)
		if err != nil {
			return "", err
		}
		wanted = found.ID
	}
	attempted, goesBackFrom := "", ""
	switch {
	case raw.Underway != nil:
		attempted, goesBackFrom = raw.Underway.Version, raw.Underway.RollsBackSet
	case raw.Broken != nil:
		attempted, goesBackFrom = raw.Broken.Version, raw.Broken.RollsBackSet
	}
	switch {
	case goesBackFrom != "" && (wanted == "" || wanted == attempted):
		r.Bad = goesBackFrom
		return attempted, nil
	case goesBackFrom != "":
		r.Bad = goesBackFrom
	case attempted != "":
		r.Bad = attempted
	case state.Running == nil:
		return "", refuse("looprel status", "what runs on %s is no set", environment)
	default:
		r.Bad = state.Running.Version
	}
	if running := state.Running; attempted == "" && running != nil && (wanted == "" && running.RollsBackSet != "" || running.Version == wanted) {
		r.Already = r.alreadyBack(whole, environment, *running)
		return "", nil
	}
	if wanted != "" {
		return wanted, whole.checkSetGoodThere(environment, wanted)
	}
	target, _ := whole.Train.Environment(environment)
	return lastGoodSet(whole, members, target, raw, state, r.Bad)
}

func (r *SetRollback) alreadyBack(whole *Snapshot, environment string, running ledger.Running) string {
	text := fmt.Sprintf("%s runs %s already, since %s, by %s", environment, ledger.SetTitle(running.Version),
		running.Since.In(whole.Train.Zone).Format("Mon 2006-01-02 15:04 MST"), running.By.Name)
	if running.RollsBackSet != "" {
		text += fmt.Sprintf(", rolled back from %s; further back: looprel rollback %s --to SET --reason TEXT", ledger.SetTitle(running.RollsBackSet), environment)
	}
	return text
}

func (s *Snapshot) checkSetGoodThere(environment, id string) error {
	set, err := s.setOf(id)
	if err != nil {
		return err
	}
	known, err := s.setRelease(set)
	if err == nil && !known.WasOn(environment) {
		err = refuse(fmt.Sprintf("looprel promote %s %s", environment, id), "%s has never been on %s, so that nobody can go back to it", set.Title(), environment)
	}
	return err
}

// MakeSetRollback plans to bring an environment back to a set that was good there, past
// every gate that could stop it at night. The set that is taken away is backed off; its
// members are not, since another set may have them.
func MakeSetRollback(whole *Snapshot, members []*Snapshot, r *SetRollback, targets []Target, request RollbackRequest) (*SetPromotionPlan, error) {
	if r.Already != "" {
		p := &SetPromotionPlan{Verb: verbRollback, Environment: r.Environment.Name, Gates: []Gate{}, Members: []*PromotionPlan{}, Steps: []Step{}, Already: r.Already}
		p.Set, p.Title = r.State.Running.Version, ledger.SetTitle(r.State.Running.Version)
		return p, nil
	}
	p := newSetPromotion(verbRollback, whole, &r.SetSelection)
	p.Reason, p.RollsBack, p.Head.Reason = request.Reason, r.Bad, request.Reason
	p.Unrecorded = whole.Offline != nil
	p.Head.Unrecorded = p.Unrecorded
	if request.After != nil {
		p.Head.after = request.After.Attempt
	}
	asked := PromoteRequest{TakeOver: request.TakeOver, Reason: request.Reason}
	attempts, err := whole.attemptedSets(r.Selection)
	if err != nil {
		return nil, err
	}
	takesOver, err := p.takeOver(whole, attempts, targets, asked)
	if err != nil {
		return nil, err
	}
	p.Gates = append(p.Gates, commissionedGate(r.Environment))
	for i, member := range members {
		name := member.Component.Name
		p.Gates = append(p.Gates, knownGate(member, r.Members[i]).ofMember(name))
		if whole.Offline == nil {
			p.Gates = append(p.Gates, unmovedGate(member, r.Members[i]).ofMember(name))
		}
	}
	p.Gates = append(p.Gates, notBackedOffGate(whole, r.Selection))
	p.Head.Gates = p.Gates
	p.Notes = append(p.Notes, fmt.Sprintf("%s is backed off by this: nobody promotes it again by accident", ledger.SetTitle(r.Bad)))
	if whole.Offline != nil {
		return p, p.beginUnrecorded(whole, members, &r.SetSelection, targets, asked, takesOver)
	}
	return p, p.begin(whole, members, &r.SetSelection, targets, asked, takesOver)
}

// beginUnrecorded adds the members, the entry of a rollback that is recorded afterwards,
// and the steps.
func (p *SetPromotionPlan) beginUnrecorded(whole *Snapshot, members []*Snapshot, sel *SetSelection, targets []Target, request PromoteRequest, takesOver string) error {
	p.Head.beginUnrecorded(whole, sel.Selection, takesOver)
	p.Head.Entry.RolledBack.RollsBackSet = p.RollsBack
	p.Notes = append(p.Notes, p.Head.Notes...)
	if err := p.addMembers(members, sel, targets, request); err != nil {
		return err
	}
	p.Steps = append(p.Steps, p.Head.Steps[0])
	for _, member := range p.Members {
		p.Steps = append(p.Steps, member.Steps...)
	}
	p.Steps = append(p.Steps,
		Step{Kind: KeepEntry, Target: p.Head.Entry.ID, Want: p.outcomeSubject(), Reason: "the outcome of the set"},
		recordLater(whole, p.outcomeSubject()))
	return nil
}
