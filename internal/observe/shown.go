package observe

import (
	"context"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// wantedRefs are the prefixes of the home's references that say something about
// releases: branches, tags and the ledger. A forge has many more, two for each pull
// request.
func (s *Session) wantedRefs() []string {
	prefixes := []string{plan.BranchRef(""), plan.TagRef("")}
	ledgerRef := release.DefaultLedgerRef
	if s.source != nil {
		ledgerRef = s.source.Train.LedgerRef
	}
	if !beginsWithAny(ledgerRef, prefixes) {
		prefixes = append(prefixes, ledgerRef)
	}
	return prefixes
}

func beginsWithAny(name string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// list asks the home for those references.
func (s *Session) list(ctx context.Context) error {
	s.listed = s.wantedRefs()
	var err error
	s.shown, err = s.remote.List(ctx, s.listed...)
	return err
}

// listLedger asks once more where environments.yaml, which is only found on the home
// itself, names a ledger that was not asked for.
func (s *Session) listLedger(ctx context.Context) error {
	if beginsWithAny(s.source.Train.LedgerRef, s.listed) {
		return nil
	}
	return s.list(ctx)
}

func refsOf(shown gitrepo.Advertisement) plan.Refs {
	return plan.Refs{IDs: shown.Refs, Peeled: shown.Peeled, Default: shown.Head}
}
