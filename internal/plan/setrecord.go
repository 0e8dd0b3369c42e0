package plan

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
)

// recordElsewhere plans the record of a set that was deployed without looprel: of each
// member that was not known to run, and of the set.
func (p *SetPromotionPlan) recordElsewhere(whole *Snapshot, members []*Snapshot, sel *SetSelection, targets []Target, request PromoteRequest) error {
	if p.runsAlready(whole, sel) {
		return nil
	}
	attempts, err := whole.attemptedSets(sel.Selection)
	if err != nil {
		return err
	}
	if _, err := p.takeOver(whole, attempts, targets, request); err != nil {
		return err
	}
	for i, member := range members {
		one := newPromotion("promote", member, sel.Members[i])
		if already(member, sel.Members[i], one) {
			continue
		}
		if _, err := takeOver(member, sel.Members[i], ownPart(sel.Members[i], targets[i]), request, one); err != nil {
			return err
		}
		p.addRecord(member, sel.Members[i].Deployment)
	}
	p.addRecord(whole, sel.Deployment)
	return nil
}

func (p *SetPromotionPlan) addRecord(s *Snapshot, deployment ledger.Deployment) {
	entry := s.entry(ledger.KindRecorded)
	entry.ID += "-" + strings.ReplaceAll(s.Component.Name, ledger.AllComponents, "set")
	entry.OffCycle, entry.Reason, entry.Recorded = p.OffCycle, p.Reason, &deployment
	p.Entries = append(p.Entries, entry)
	p.Steps = append(p.Steps, recordStep(s, entry, p.Reason))
}
