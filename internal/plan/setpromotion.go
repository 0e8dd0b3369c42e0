package plan

import (
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
)

// SetPromotionPlan brings a set to an environment: one attempt at the set, which holds
// others off until its end, and within it an attempt at each member, one after the
// other. Members that run already are passed over, so that a run that was cut off goes
// on where it stopped.
type SetPromotionPlan struct {
	Verb        string `json:"verb"`
	Set         string `json:"set"`
	Title       string `json:"title"`
	Environment string `json:"environment"`
	// Running is the set there now, "" if that is not known.
	Running  string `json:"running,omitempty"`
	DaysLate int    `json:"days_late,omitempty"`
	OffCycle bool   `json:"off_cycle,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// RollsBack is the set that a rollback takes away.
	RollsBack string `json:"rolls_back,omitempty"`
	// Unrecorded: the remote was not asked, and the entries wait in the clone.
	Unrecorded bool   `json:"unrecorded,omitempty"`
	Gates      []Gate `json:"gates"`
	// Members are its parts, in the order in which they are deployed.
	Members []*PromotionPlan `json:"members"`
	// Already says, if set, that there is nothing to do.
	Already string   `json:"already,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Steps   []Step   `json:"steps"`

	// Head is the attempt at the set.
	Head *PromotionPlan `json:"-"`
	// Entries record a deployment that was made elsewhere.
	Entries []ledger.Entry `json:"-"`
}

// setPart says of which attempt at a set the promotion of a member is a part.
type setPart struct {
	attempt string
	// rollsBack is the set that is taken away, "" for a promotion.
	rollsBack string
}

// Refused returns why the promotion may not happen: the first gate that does not pass,
// or nil.
func (p *SetPromotionPlan) Refused() error {
	for _, gate := range p.Gates {
		if !gate.passes() {
			return refuse(gate.Cure, "%s may not go to %s: %s", p.Title, p.Environment, gate.Reason)
		}
	}
	return nil
}

// Fallback is what to type if the promotion fails and what ran before is wanted back,
// "" if that is not known.
func (p *SetPromotionPlan) Fallback() string {
	if p.Head.fallback == "" {
		return ""
	}
	return fmt.Sprintf("looprel rollback %s --reason TEXT brings all members back to %s", p.Environment, ledger.SetTitle(p.Head.fallback))
}

// RollsBackOnFailure reports whether what ran before is to be brought back without
// asking if this fails.
func (p *SetPromotionPlan) RollsBackOnFailure() bool { return p.Head.RollsBackOnFailure() }

// MakeSetPromotion plans the promotion of a set. targets are what was observed of its
// members. Its gates are to be looked at (Refused) before it is applied.
func MakeSetPromotion(whole *Snapshot, members []*Snapshot, sel *SetSelection, targets []Target, request PromoteRequest) (*SetPromotionPlan, error) {
	p := newSetPromotion("promote", whole, sel)
	p.OffCycle, p.Reason = request.OffCycle, request.Reason
	p.Head.OffCycle, p.Head.Reason = request.OffCycle, request.Reason
	if request.RecordOnly {
		return p, p.recordElsewhere(whole, members, sel, targets, request)
	}
	if p.runsAlready(whole, sel) {
		return p, p.addMembers(members, sel, targets, request)
	}
	if err := checkSetNotBelow(whole, sel); err != nil {
		return nil, err
	}
	attempts, err := whole.attemptedSets(sel.Selection)
	if err != nil {
		return nil, err
	}
	takesOver, err := p.takeOver(whole, attempts, targets, request)
	if err != nil {
		return nil, err
	}
	if err := whole.checkWaivers(sel.Selection, request); err != nil {
		return nil, err
	}
	p.Gates = settle(whole, attempts, judgeSet(whole, members, sel, targets), request, resumes(attempts))
	p.Head.Gates = p.Gates
	p.DaysLate = daysLate(whole, sel.Selection)
	p.Head.DaysLate = p.DaysLate
	if p.Head.fallback, err = setFallback(whole, members, sel); err != nil {
		return nil, err
	}
	if p.RollsBackOnFailure() {
		p.Notes = append(p.Notes, fmt.Sprintf("if a deploy command fails, another version shows or a heartbeat fails, all of %s is rolled back to %s without asking",
			p.Environment, ledger.SetTitle(p.Head.fallback)))
	}
	return p, p.begin(whole, members, sel, targets, request, takesOver)
}

func newSetPromotion(verb string, whole *Snapshot, sel *SetSelection) *SetPromotionPlan {
	head := newPromotion(verb, whole, sel.Selection)
	p := &SetPromotionPlan{
		Verb: verb, Set: sel.set.ID, Title: sel.set.Title(), Environment: sel.Environment.Name,
		Gates: []Gate{}, Members: []*PromotionPlan{}, Steps: []Step{}, Head: head,
	}
	if running := sel.State.Running; running != nil {
		p.Running, head.Running = running.Version, running.Version
	}
	return p
}

// runsAlready recognises a set that has arrived.
func (p *SetPromotionPlan) runsAlready(whole *Snapshot, sel *SetSelection) bool {
	running := sel.State.Running
	if running == nil || sel.State.Underway != nil || sel.State.Broken != nil || running.Version != sel.set.ID {
		return false
	}
	p.Already = fmt.Sprintf("%s runs %s already, since %s, by %s", sel.Environment.Name, p.Title,
		running.Since.In(whole.Train.Zone).Format("Mon 2006-01-02 15:04 MST"), running.By.Name)
	return true
}

// checkSetNotBelow refuses a step back; rolling back is a decision of its own.
func checkSetNotBelow(whole *Snapshot, sel *SetSelection) error {
	running := sel.State.Running
	if running == nil || sel.State.Broken != nil || sel.State.Underway != nil {
		return nil
	}
	now, err := whole.setOf(running.Version)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return nil // it was never in the ledger, so that nothing is known of its order
	}
	if err == nil && isBelow(sel.set, now) {
		err = refuse("choose that or a newer set; going back is a rollback", "%s runs %s, which is above %s", sel.Environment.Name, now.Title(), sel.set.Title())
	}
	return err
}

// takeOver decides about an attempt at a set that has no outcome yet.
func (p *SetPromotionPlan) takeOver(whole *Snapshot, attempts *Selection, targets []Target, request PromoteRequest) (string, error) {
	own := ""
	for _, target := range targets {
		if target.OwnSetAttempt != "" {
			own = target.OwnSetAttempt
		}
	}
	takesOver, err := takeOver(whole, attempts, Target{OwnAttempt: own}, request, p.Head)
	p.Notes = append(p.Notes, p.Head.Notes...)
	return takesOver, err
}

// attemptedSets is a selection whose environment shows the attempts at sets alone: one
// at a component is the component's.
func (s *Snapshot) attemptedSets(sel *Selection) (*Selection, error) {
	raw, err := s.Ledger.Environment(sel.Environment.Name, ledger.AllComponents)
	selection := *sel
	selection.State.Underway, selection.State.Broken = raw.Underway, raw.Broken
	return &selection, err
}

// begin adds the members, the entry that starts the attempt, and the steps.
func (p *SetPromotionPlan) begin(whole *Snapshot, members []*Snapshot, sel *SetSelection, targets []Target, request PromoteRequest, takesOver string) error {
	p.Head.begin(whole, sel.Selection, takesOver)
	p.Head.Entry.Started.RollsBackSet = p.RollsBack
	if err := p.addMembers(members, sel, targets, request); err != nil {
		return err
	}
	until := p.Head.Entry.At
	for _, member := range p.Members {
		if member.Already == "" {
			until = until.Add(lease(member.Target, member.Probe))
		}
	}
	p.Head.Entry.Started.Until = until.Add(leaseSlack)
	p.Steps = append(p.Steps, recordStep(whole, p.Head.Entry, "so that nobody else deploys there meanwhile, and a killed attempt is seen"))
	for _, member := range p.Members {
		p.Steps = append(p.Steps, member.Steps...)
	}
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: whole.Train.LedgerRef, Want: p.outcomeSubject(), Reason: "the outcome of the set"})
	return nil
}

func (p *SetPromotionPlan) outcomeSubject() string {
	if p.RollsBack != "" {
		return fmt.Sprintf("roll %s back to %s: the outcome", p.Environment, p.Title)
	}
	return fmt.Sprintf("promote %s to %s: the outcome", p.Title, p.Environment)
}

// addMembers plans the part of each member, in the order in which they are deployed.
func (p *SetPromotionPlan) addMembers(members []*Snapshot, sel *SetSelection, targets []Target, request PromoteRequest) error {
	for i, member := range members {
		one, err := p.Part(member, sel.Members[i], targets[i], request)
		if err != nil {
			return err
		}
		p.Members = append(p.Members, one)
	}
	if p.RollsBack != "" {
		// What came last goes first.
		for i, j := 0, len(p.Members)-1; i < j; i, j = i+1, j-1 {
			p.Members[i], p.Members[j] = p.Members[j], p.Members[i]
		}
	}
	return nil
}

// ownPart takes an attempt that is a part of one at a set for this operator's own: whose
// it is was decided of the set.
func ownPart(sel *Selection, target Target) Target {
	if underway := sel.State.Underway; underway != nil && underway.Set != "" {
		target.OwnAttempt = underway.Attempt
	}
	return target
}

// Part plans a member's part: past the gates, which are the set's.
func (p *SetPromotionPlan) Part(s *Snapshot, sel *Selection, target Target, request PromoteRequest) (*PromotionPlan, error) {
	one := newPromotion("promote", s, sel)
	one.part = &setPart{attempt: p.Head.Entry.ID, rollsBack: p.RollsBack}
	one.OffCycle, one.Reason = request.OffCycle, request.Reason
	if request.Embargo.After(one.Embargo) {
		one.Embargo = request.Embargo
	}
	if sel.State.Running != nil {
		one.Running, one.RunningAt = sel.State.Running.Version, sel.State.Running.Commit
	} else {
		one.takeSeen(sel, target.Seen)
	}
	one.Changes = notes.Collect(target.Changes)
	one.Report = one.Changes.Report(s.Web)
	if already(s, sel, one) {
		return one, nil
	}
	takesOver, err := takeOver(s, sel, ownPart(sel, target), request, one)
	if err != nil {
		return nil, err
	}
	if sel.State.Underway != nil {
		// Another release's attempt tells nothing from a few answers.
		one.ProbeFirst = one.ProbeFirst && resumes(sel)
	}
	if s.Offline != nil {
		one.Unrecorded = true
		one.beginUnrecorded(s, sel, takesOver)
		return one, nil
	}
	one.begin(s, sel, takesOver)
	return one, nil
}
