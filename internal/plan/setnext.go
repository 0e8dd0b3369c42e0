package plan

import (
	"errors"
	"fmt"
	"slices"
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
	return next, next.setDates(whole)
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
	due := Due{What: "tag the set of this cycle", Who: ReleaseManager, Command: "looprel tag --all",
		DaysLate: judgement.DaysLate, Reason: judgement.Reason, turn: turn{act: ActTag, cycle: judgement.Cycle.Planned}}
	allowed := judgement.Verdict.Allows()
	if allowed || judgement.Verdict == calendar.Frozen {
		id, err := s.Ledger.CycleSet(judgement.Cycle.Planned)
		if err != nil {
			return err
		}
		switch {
		case id != "":
			n.Situation = fmt.Sprintf("cycle %d (tag %s, push %s) has its set, %s", judgement.Cycle.Number,
				calendar.Day(judgement.Cycle.Tag), calendar.Day(judgement.Cycle.Push), ledger.SetTitle(id))
			if err := n.replaceSet(s, id); err != nil {
				return err
			}
		case allowed:
			n.Due = append(n.Due, due)
			return nil
		case !judgement.Opens.IsZero():
			due.From = judgement.Opens
			n.Waiting = append(n.Waiting, due)
			return nil
		}
	}
	n.awaitCycle(s, "tag the next set", "looprel tag --all")
	return nil
}

// replaceSet adds what to do about the cycle's set if it is backed off and no other has
// taken its place.
func (n *Next) replaceSet(s *Snapshot, id string) error {
	known, _, err := s.Ledger.Set(id)
	if err != nil || known.BackedOff == nil {
		return err
	}
	later, err := s.setsSince(id)
	if err != nil || len(later) > 0 {
		return err
	}
	as, err := s.setRelease(known)
	if err != nil {
		return err
	}
	n.Situation = s.backedOffText(*as)
	n.Due = append(n.Due, Due{
		What: fmt.Sprintf("replace %s, or wait for the next train", known.Title()), Who: ReleaseManager,
		Command: "looprel backport --component NAME VERSION COMMIT", Reason: strings.Join(s.afterBackOff(*as), "; "), turn: turn{act: ActReplace},
	})
	return nil
}

// setPromotion adds what an environment may take next.
func (n *Next) setPromotion(s *Snapshot, members []*Snapshot, environment release.Environment) error {
	state, err := s.setEnvironment(environment.Name)
	if err != nil {
		return err
	}
	if remark := s.unfinishedSet(environment.Name, state); remark != "" {
		due := Due{What: "finish the promotion to " + environment.Name, Who: environment.Maintainer, Reason: remark, Command: "looprel promote " + environment.Name,
			turn: turn{act: ActFinish, environment: environment.Name}}
		if underway := state.Underway; underway != nil && s.Now.Before(underway.Until) {
			due.What, due.Command = "wait for the promotion to "+environment.Name, ""
		}
		n.Due = append(n.Due, due)
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

// setDates finds the coming tagging and pushing days. A push day whose set has arrived is
// not ahead any more.
func (n *Next) setDates(s *Snapshot) error {
	schedule := s.Calendar()
	if following, ok := schedule.Next(n.Today); ok {
		n.NextTag, n.NextPush = following.Tag, following.Push
	}
	current, ok := schedule.Current(n.Today)
	if !ok || current.Skipped || current.Push.Before(n.Today) {
		return nil
	}
	id, err := s.Ledger.CycleSet(current.Planned)
	if err != nil {
		return err
	}
	if known, ok, err := s.Ledger.Set(id); err != nil {
		return err
	} else if ok {
		as, err := s.setRelease(known)
		if err != nil {
			return err
		}
		arrived := slices.ContainsFunc(s.Train.Environments, func(one release.Environment) bool { return one.PushWindow && as.WasOn(one.Name) })
		if arrived {
			return nil
		}
	}
	n.NextPush = current.Push
	return nil
}
