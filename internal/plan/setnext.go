package plan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// MakeSetNext tells what is due now and what waits for what, where the train releases
// sets.
func MakeSetNext(whole *Snapshot, members []*Snapshot) (*Next, error) {
	next := &Next{Today: whole.Today(), Due: []Due{}, Waiting: []Due{}}
	judgement := whole.Calendar().JudgeTag(whole.Now)
	next.Situation = judgement.Reason
	if err := next.tagSet(whole, judgement); err != nil {
		return nil, err
	}
	for _, environment := range whole.Train.Environments {
		if environment.Follows != "" || !environment.Commissioned {
			continue
		}
		if err := next.setPromotion(whole, members, environment); err != nil {
			return nil, err
		}
	}
	for _, member := range members {
		if err := next.announcements(member); err != nil {
			return nil, err
		}
	}
	return next, next.dates(whole, whole.cyclesSet)
}

// tagSet adds the set of this cycle, or when there is one, the next one.
func (n *Next) tagSet(s *Snapshot, judgement calendar.Judgement) error {
	open, err := s.Ledger.OpenTagging()
	if err != nil {
		return err
	}
	if open != nil {
		n.Due = append(n.Due, Due{What: "finish tagging " + open.Title(), Who: ReleaseManager, Command: "looprel tag --all",
			Reason: fmt.Sprintf("%s left it half-tagged %s", open.By.Name, s.moment(open.At)), turn: turn{act: ActTag, cycle: open.Cycle}})
		return nil
	}
	known, ok, err := s.cyclesSet(judgement.Cycle.Planned)
	if err != nil {
		return err
	}
	made := ""
	if ok {
		made = releaseTitle(known)
	}
	n.cycleTag(s, judgement, "set", "looprel tag --all", made)
	if !ok || !isOfCycle(judgement) {
		return nil
	}
	return n.replaceSet(s, known)
}

// cyclesSet is the set that a cycle has made, as a release.
func (s *Snapshot) cyclesSet(cycle release.Date) (known ledger.Release, ok bool, err error) {
	id, err := s.Ledger.CycleSet(cycle)
	if err != nil || id == "" {
		return known, false, err
	}
	set, _, err := s.Ledger.Set(id)
	if err != nil {
		return known, false, err
	}
	as, err := s.setRelease(set)
	if err != nil {
		return known, false, err
	}
	return *as, true, nil
}

// replaceSet adds what to do about the cycle's set if it is backed off and no other has
// taken its place.
func (n *Next) replaceSet(s *Snapshot, known ledger.Release) error {
	if known.BackedOff == nil {
		return nil
	}
	later, err := s.setsSince(known.Tag)
	if err != nil || len(later) > 0 {
		return err
	}
	n.Situation = s.backedOffText(known)
	n.Due = append(n.Due, Due{
		What: fmt.Sprintf("replace %s, or wait for the next train", releaseTitle(known)), Who: ReleaseManager,
		Command: "looprel backport --component NAME VERSION COMMIT", Reason: strings.Join(s.afterBackOff(known), "; "), turn: turn{act: ActReplace},
	})
	return nil
}

// setPromotion adds what an environment may take next.
func (n *Next) setPromotion(s *Snapshot, members []*Snapshot, environment release.Environment) error {
	state, err := s.setEnvironment(environment.Name)
	if err != nil {
		return err
	}
	if n.stuck(s, environment, state, s.unfinishedSet(environment.Name, state)) {
		return nil
	}
	request := PromoteRequest{Environment: environment.Name}
	selection, err := SelectSet(s, members, "", request)
	var unclear *Misuse
	var nothing *Refusal
	switch {
	case errors.As(err, &unclear):
		return n.setChoice(s, environment, state, unclear)
	case errors.As(err, &nothing):
		return nil // nothing to promote: other lines say what is due before
	case err != nil:
		return err
	}
	if selection.set.BackedOff != nil || state.Running != nil && state.Running.Version == selection.set.ID {
		return nil
	}
	if running := state.Running; running != nil {
		if now, ok, err := s.Ledger.Set(running.Version); err != nil || ok && isBelow(selection.set, now) {
			return err
		}
	}
	due := Due{
		What: fmt.Sprintf("promote %s to %s", selection.set.Title(), environment.Name), Who: environment.Maintainer,
		Command: "looprel promote " + environment.Name, Reason: "it is tagged", turn: turn{act: ActPromote, environment: environment.Name},
	}
	if before, ok := s.Train.Predecessor(environment); ok {
		due.Reason = "it is on " + before.Name
	}
	judged := settle(s, selection.Selection, judgeSet(s, members, selection, nil), request, false)
	n.signOff(s, selection.Selection, judged)
	if due.waitFor(s, selection.Selection, judged) {
		n.Waiting = append(n.Waiting, due)
		return nil
	}
	due.DaysLate = daysLate(s, selection.Selection)
	n.Due = append(n.Due, due)
	return nil
}

// setChoice adds a first environment whose set must be chosen, if there is one since what
// it runs.
func (n *Next) setChoice(s *Snapshot, environment release.Environment, state ledger.Environment, unclear *Misuse) error {
	if _, later := s.Train.Predecessor(environment); later {
		return nil
	}
	runs := ""
	if state.Running != nil {
		runs = state.Running.Version
	}
	later, err := s.setsSince(runs)
	if err != nil || len(later) == 0 {
		return err
	}
	n.Due = append(n.Due, Due{What: "choose a set for " + environment.Name, Who: environment.Maintainer,
		Command: "looprel promote " + environment.Name + " " + later[0], Reason: unclear.Reason + "; " + unclear.Advice,
		turn: turn{act: ActChoose, environment: environment.Name}})
	return nil
}
