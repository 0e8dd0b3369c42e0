package plan

import (
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
)

// beginUnrecorded adds the entry of a rollback that is recorded afterwards, and the
// steps. As long as it has not ended its outcome is unknown.
func (p *PromotionPlan) beginUnrecorded(s *Snapshot, sel *Selection, takesOver string) {
	p.Entry = s.entry(ledger.KindRolledBack)
	p.Entry.Reason = p.Reason
	rollsBackSet := ""
	if p.part != nil {
		p.Entry.ID, rollsBackSet = p.part.attempt+"-"+p.Component, p.part.rollsBack
	}
	p.Entry.RolledBack = &ledger.RolledBack{
		Finished: ledger.Finished{
			Deployment: sel.Deployment, Attempt: p.Entry.ID, RollsBack: p.RollsBack, RollsBackSet: rollsBackSet,
			Outcome: ledger.Unknown, Detail: "it was interrupted, or goes on",
		},
		TakesOver: takesOver, Seen: s.Offline.Seen, Signed: s.Sign.Ledger,
	}
	if p.part == nil {
		p.noteOffline(s)
	}
	p.Steps = append(p.Steps, Step{Kind: KeepEntry, Target: p.Entry.ID, Want: p.Entry.Subject(),
		Reason: "in this clone, so that it is recorded even if looprel is killed"})
	p.addDeployment()
	p.Steps = append(p.Steps, Step{Kind: KeepEntry, Target: p.Entry.ID, Want: p.outcomeSubject(), Reason: "the outcome and its evidence"})
	if p.part == nil {
		p.Steps = append(p.Steps, recordLater(s, p.outcomeSubject()))
	}
	p.Steps = append(p.Steps, s.announceSteps(p.owePush(s))...)
}

// recordLater is the last step of a rollback that is recorded afterwards.
func recordLater(s *Snapshot, subject string) Step {
	return Step{Kind: AppendLedger, Target: s.Train.LedgerRef, Want: subject,
		Reason: "if " + s.Remote + " can be reached by then; otherwise the next command that records something does it"}
}

// noteOffline says by which ledger the plan goes.
func (p *PromotionPlan) noteOffline(s *Snapshot) {
	p.Notes = append(p.Notes, fmt.Sprintf("%s is not asked: this goes by the ledger as this clone saw it last, entry %s of %s; what others have done since is not known",
		s.Remote, s.Offline.Seen.Short(), calendar.Local(s.Offline.At, s.Train.Zone, s.Now.Location())))
	if s.Offline.OtherConfig {
		p.Notes = append(p.Notes, "the environments.yaml at hand is another one than that entry was written by")
	}
}

// Ended is the entry of a rollback that is recorded afterwards, with its outcome, so
// long after its start.
func (p *PromotionPlan) Ended(s *Snapshot, finished ledger.Finished, after time.Duration) ledger.Entry {
	entry := p.Entry
	if !s.ClockOverridden {
		entry.At = entry.At.Add(after).Truncate(time.Second)
	}
	back := *p.Entry.RolledBack
	finished.Deployment, finished.Attempt, finished.RollsBack = back.Deployment, back.Attempt, back.RollsBack
	finished.RollsBackSet = back.RollsBackSet
	back.Finished = finished
	entry.RolledBack = &back
	if finished.Outcome.Reached() {
		entry.Owes = p.owePush(s)
	}
	return entry
}
