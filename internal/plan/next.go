package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// Next says what is due, whose turn it is and what to type.
type Next struct {
	Today release.Date `json:"today"`
	// Situation is where the calendar stands, in one sentence.
	Situation string `json:"situation"`
	Due       []Due  `json:"due"`
	Waiting   []Due  `json:"waiting"`
	// NextTag and NextPush are the coming dates of the calendar.
	NextTag  release.Date `json:"next_tag,omitzero"`
	NextPush release.Date `json:"next_push,omitzero"`
}

// Due is something to be done, now or later.
type Due struct {
	What string `json:"what"`
	// Who is the role whose turn it is.
	Who     string `json:"who"`
	Command string `json:"command,omitempty"`
	// From is when it may be done, zero for now.
	From     time.Time `json:"from,omitzero"`
	DaysLate int       `json:"days_late,omitempty"`
	Reason   string    `json:"reason"`

	turn turn
}

// turn is what is due, for programs: an act, and what it is about.
type turn struct {
	act         Act
	environment string
	version     release.Version
	// cycle is the planned tagging day of the cycle that is to be tagged.
	cycle release.Date
}

// Act is a kind of what may be due.
type Act string

// The acts. Those that tick may do come first.
const (
	ActTag      Act = "tag"
	ActPromote  Act = "promote"
	ActAnnounce Act = "announce"
	// ActFinish is a promotion that did not end, or ended badly.
	ActFinish  Act = "finish"
	ActSignOff Act = "signoff"
	ActChoose  Act = "choose"
	ActReplace Act = "replace"
	// ActDeliver finishes at the forge what an act owes it.
	ActDeliver Act = "deliver"
	// ActMerge is a pull request that waits to be merged, or a release of a line that can
	// go on since it was.
	ActMerge Act = "merge"
)

// key names a turn for ever.
func (t turn) key() string {
	key := string(t.act)
	if t.environment != "" {
		key += "-" + t.environment
	}
	if !t.version.IsZero() {
		return key + "-" + t.version.String()
	}
	return key + "-" + t.cycle.String()
}

// ReleaseManager is the role that tags; environments name their own.
const ReleaseManager = "release manager"

// MakeNext tells what is due now and what waits for what.
func MakeNext(s *Snapshot) (*Next, error) {
	next := &Next{Today: s.Today(), Due: []Due{}, Waiting: []Due{}}
	judgement := s.Calendar().JudgeTag(s.Now)
	next.Situation = judgement.Reason
	proposed, err := next.proposals(s)
	if err != nil {
		return nil, err
	}
	if !proposed {
		if err := next.tag(s, judgement); err != nil {
			return nil, err
		}
	}
	if err := next.replace(s); err != nil {
		return nil, err
	}
	for _, environment := range s.Train.Environments {
		if environment.Follows != "" || !environment.Commissioned {
			continue
		}
		if err := next.promotion(s, environment); err != nil {
			return nil, err
		}
	}
	if err := next.announcements(s); err != nil {
		return nil, err
	}
	return next, next.dates(s, s.cyclesRelease)
}

// tag adds the release of this cycle, or when there is one, the next one.
func (n *Next) tag(s *Snapshot, judgement calendar.Judgement) error {
	known, ok, err := s.cyclesRelease(judgement.Cycle.Planned)
	if err != nil {
		return err
	}
	made := ""
	if ok {
		made = known.Version.String()
	}
	n.cycleTag(s, judgement, "release", "looprel tag", made)
	return nil
}

// cyclesRelease is what a cycle has released.
func (s *Snapshot) cyclesRelease(cycle release.Date) (known ledger.Release, ok bool, err error) {
	version, err := s.Ledger.CycleRelease(s.Component.Name, cycle)
	if err != nil || version.IsZero() {
		return known, false, err
	}
	return s.Ledger.Release(s.Component.Name, version)
}

// isOfCycle reports whether what is tagged now would be of the cycle that was judged.
func isOfCycle(judgement calendar.Judgement) bool {
	return judgement.Verdict.Allows() || judgement.Verdict == calendar.Frozen
}

// cycleTag adds the tag of this cycle, of a release or of a set, and by which command; or,
// where the cycle has made one, that of the next cycle.
func (n *Next) cycleTag(s *Snapshot, judgement calendar.Judgement, noun, command, made string) {
	due := Due{What: fmt.Sprintf("tag the %s of this cycle", noun), Who: ReleaseManager, Command: command,
		DaysLate: judgement.DaysLate, Reason: judgement.Reason, turn: turn{act: ActTag, cycle: judgement.Cycle.Planned}}
	switch {
	case !isOfCycle(judgement):
	case made != "":
		n.Situation = fmt.Sprintf("cycle %d (tag %s, push %s) has its %s, %s", judgement.Cycle.Number,
			calendar.Day(judgement.Cycle.Tag), calendar.Day(judgement.Cycle.Push), noun, made)
	case judgement.Verdict.Allows():
		n.Due = append(n.Due, due)
		return
	case !judgement.Opens.IsZero():
		due.From = judgement.Opens
		n.Waiting = append(n.Waiting, due)
		return
	}
	if following, ok := s.Calendar().Next(n.Today); ok {
		n.Waiting = append(n.Waiting, Due{What: "tag the next " + noun, Who: ReleaseManager, Command: command,
			From: following.Tag.At(0, s.Train.Zone), Reason: "the next cycle begins on " + calendar.Day(following.Tag)})
	}
}

// promotion adds what an environment may take next.
func (n *Next) promotion(s *Snapshot, environment release.Environment) error {
	request := PromoteRequest{Environment: environment.Name}
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return err
	}
	if n.stuck(s, environment, state, unfinished(s, EnvironmentStatus{Name: environment.Name, Underway: state.Underway, Broken: state.Broken})) {
		return nil
	}
	selection, err := SelectRelease(s, request)
	var unclear *Misuse
	var nothing *Refusal
	switch {
	case errors.As(err, &unclear):
		return n.choice(s, environment, state, unclear)
	case errors.As(err, &nothing):
		return nil // nothing to promote: other lines say what is due before
	case err != nil:
		return err
	}
	version, isRelease := selection.Deployment.Release()
	if !isRelease || selection.Release == nil || selection.Release.BackedOff != nil {
		return nil
	}
	if running := state.Running; running != nil {
		if runs, ok := running.Release(); ok && runs.Compare(version) >= 0 {
			return nil
		}
	}
	if overtaken, err := s.superseded(selection.Release); err != nil || overtaken != "" {
		return err
	}
	due := Due{
		What: fmt.Sprintf("promote %s to %s", version, environment.Name), Who: environment.Maintainer,
		Command: "looprel promote " + environment.Name,
		Reason:  "it is tagged",
		turn:    turn{act: ActPromote, environment: environment.Name, version: version},
	}
	if before, ok := s.Train.Predecessor(environment); ok {
		due.Reason = "it is on " + before.Name
	}
	judged := gates(s, selection, nil, request, false)
	n.signOff(s, selection, judged)
	if waits := due.waitFor(s, selection, judged); waits {
		n.Waiting = append(n.Waiting, due)
		return nil
	}
	due.DaysLate = daysLate(s, selection)
	n.Due = append(n.Due, due)
	return nil
}

// waitFor fills in what a promotion waits for, and until when: the gate that opens
// last, or the first of those that time alone does not open.
func (d *Due) waitFor(s *Snapshot, selection *Selection, judged []Gate) (waits bool) {
	for _, gate := range judged {
		if gate.passes() {
			continue
		}
		from := gate.from
		if isCalendars(gate.Name) && selection.Environment.PushWindow {
			from = opens(s, selection)
		}
		if from.IsZero() {
			d.Reason, d.From = gate.Reason, time.Time{}
			return true
		}
		if from.After(d.From) {
			d.Reason, d.From = gate.Reason, from
		}
		waits = true
	}
	return waits
}

// signOff adds the word that a promotion waits for, once there is something to try.
func (n *Next) signOff(s *Snapshot, selection *Selection, judged []Gate) {
	tried := true
	for _, gate := range judged {
		switch {
		case gate.Name == release.GateOrder || gate.Name == gateKnown:
			tried = tried && gate.passes()
		case gate.Name == release.GateSignOff && gate.Verdict == Fail && tried:
			declared, _ := selection.Environment.Gate(gate.Name)
			on := s.signOffPlace(selection.Environment, declared.SignOff)
			n.Due = append(n.Due, Due{What: fmt.Sprintf("sign off %s on %s", releaseTitle(*selection.Release), on), Who: declared.SignOff.Role,
				Command: fmt.Sprintf("looprel signoff %s %s", on, selection.Version), Reason: gate.Reason,
				turn: turn{act: ActSignOff, environment: selection.Environment.Name, version: selection.Release.Version}})
		}
	}
}

// choice adds a first environment whose release must be chosen, if there is one
// above what it runs. For a later environment its predecessor's line says what to
// do before.
func (n *Next) choice(s *Snapshot, environment release.Environment, state ledger.Environment, unclear *Misuse) error {
	if _, later := s.Train.Predecessor(environment); later {
		return nil
	}
	var runs release.Version
	if state.Running != nil {
		runs, _ = state.Running.Release()
	}
	above, err := releasesAbove(s, runs)
	if err != nil || len(above) == 0 {
		return err
	}
	highest, err := release.ParseVersion(above[len(above)-1])
	if err != nil {
		return err
	}
	n.Due = append(n.Due, Due{What: "choose a release for " + environment.Name, Who: environment.Maintainer,
		Command: "looprel promote " + environment.Name + " " + above[len(above)-1], Reason: unclear.Reason + "; " + unclear.Advice,
		turn: turn{act: ActChoose, environment: environment.Name, version: highest}})
	return nil
}

// stuck adds what to do about an attempt that never ended, or ended badly, by a remark of
// status; it reports whether there is one.
func (n *Next) stuck(s *Snapshot, environment release.Environment, state ledger.Environment, remark string) bool {
	if remark == "" {
		return false
	}
	due := Due{What: "finish the promotion to " + environment.Name, Who: environment.Maintainer, Reason: remark, Command: s.resume(state)}
	due.turn = turn{act: ActFinish, environment: environment.Name}
	switch {
	case state.Underway != nil:
		due.turn.version, _ = state.Underway.Release()
		if s.Now.Before(state.Underway.Until) {
			due.What, due.Command = "wait for the promotion to "+environment.Name, ""
		}
	case state.Broken != nil:
		due.turn.version, _ = state.Broken.Release()
	}
	n.Due = append(n.Due, due)
	return true
}

// opens is when the push window of the selected release opens, zero when it has
// none or never does.
func opens(s *Snapshot, selection *Selection) time.Time {
	cycle, ok := s.cycleOf(selection)
	if !ok || !selection.Environment.PushWindow {
		return time.Time{}
	}
	return s.Calendar().JudgePush(cycle, s.Now).Opens
}

// dates finds the coming tagging and pushing days; made is what a cycle has released. A
// push day is not ahead any more when that has arrived.
func (n *Next) dates(s *Snapshot, made func(cycle release.Date) (ledger.Release, bool, error)) error {
	schedule := s.Calendar()
	if following, ok := schedule.Next(n.Today); ok {
		n.NextTag, n.NextPush = following.Tag, following.Push
	}
	current, ok := schedule.Current(n.Today)
	if !ok || current.Skipped || current.Push.Before(n.Today) {
		return nil
	}
	known, ok, err := made(current.Planned)
	if err != nil {
		return err
	}
	arrived := ok && slices.ContainsFunc(s.Train.Environments, func(one release.Environment) bool { return one.PushWindow && known.WasOn(one.Name) })
	if !arrived {
		n.NextPush = current.Push
	}
	return nil
}
