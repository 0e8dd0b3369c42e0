package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Purpose is what a proposal is for.
type Purpose string

// The purposes of proposals.
const (
	// ForRelease: once it is merged, the version is tagged.
	ForRelease Purpose = "release"
	// ForPicks: it brings fixes to a release line, to be released later.
	ForPicks Purpose = "picks"
	// ForDevelopment: it opens the next version after the release of this one.
	ForDevelopment Purpose = "development"
)

// Proposed is a branch that was pushed to be brought to another one by a pull request.
// It says what was meant, before anything is done at the forge.
type Proposed struct {
	Purpose Purpose `json:"purpose"`
	// Head is the branch, which is looprel's own, and Base the one that it is for, both
	// full reference names.
	Head string `json:"head"`
	Base string `json:"base"`
	// Commit is where Head was, and From where Base was.
	Commit object.ID `json:"commit"`
	From   object.ID `json:"from"`
	// Version is the one that is going to be released, or after which development goes
	// on; none for picks.
	Version release.Version `json:"version,omitzero"`
	// Previous, Cycle, Without and Picks are as in Tagged.
	Previous release.Version `json:"previous,omitzero"`
	Cycle    release.Date    `json:"cycle,omitzero"`
	Without  []object.ID     `json:"without_fixes,omitempty"`
	Picks    []Pick          `json:"picks,omitempty"`
	// Asked are the commits that the picks were asked for by; some may have been there
	// already.
	Asked []object.ID `json:"asked,omitempty"`
	// Labels and Reviewers are what the pull request gets.
	Labels    []string `json:"labels,omitempty"`
	Reviewers []string `json:"reviewers,omitempty"`
	// Title and Body are its text: what is proposed a second time says the same.
	Title string `json:"title"`
	Body  string `json:"body"`
	// Replaces is the head of a proposal that came to nothing, "" for none.
	Replaces string `json:"replaces,omitempty"`
}

// Proposal is a proposal that is open: as far as the ledger knows it has not been
// merged.
type Proposal struct {
	Proposed
	// ID is that of the entry.
	ID string    `json:"id"`
	By Person    `json:"by"`
	At time.Time `json:"at"`
	// OffCycle and Reason are the entry's.
	OffCycle bool   `json:"off_cycle,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

func (p Proposed) subject(component string) string {
	base := strings.TrimPrefix(p.Base, "refs/heads/")
	switch p.Purpose {
	case ForPicks:
		return fmt.Sprintf("propose fixes of %s for %s", component, base)
	case ForDevelopment:
		return fmt.Sprintf("propose development of %s after %s for %s", component, p.Version, base)
	case ForRelease:
	}
	return fmt.Sprintf("propose %s %s for %s", component, p.Version, base)
}

// Proposals are the open ones of a component, in order of time.
func (s *State) Proposals(component string) ([]Proposal, error) {
	var list []Proposal
	err := s.read(proposalsPath(component), &list)
	return list, ignoreMissing(err)
}

func proposalsPath(component string) string { return "proposals/" + component }

// proposed adds a proposal, in the place of the one that it replaces. One release of a
// branch is proposed at a time.
func (f *folding) proposed(proposed Proposed) error {
	return f.changeProposals(func(list []Proposal) ([]Proposal, error) {
		if proposed.Replaces != "" {
			before := len(list)
			list = slices.DeleteFunc(list, func(one Proposal) bool { return one.Head == proposed.Replaces })
			if len(list) == before {
				return nil, fmt.Errorf("there is no proposal %s to replace", proposed.Replaces)
			}
		}
		for _, one := range list {
			if one.Head == proposed.Head || proposed.Purpose == ForRelease && one.Purpose == ForRelease && one.Base == proposed.Base {
				return nil, fmt.Errorf("%s is proposed for %s already", one.Head, one.Base)
			}
		}
		return append(list, Proposal{
			Proposed: proposed, ID: f.entry.ID, By: f.entry.By, At: f.entry.At, OffCycle: f.entry.OffCycle, Reason: f.entry.Reason,
		}), nil
	})
}

// endProposals ends those that a release has overtaken: its own, and what was to open
// development after an earlier one.
func (f *folding) endProposals(tagged Tagged) error {
	return f.changeProposals(func(list []Proposal) ([]Proposal, error) {
		return slices.DeleteFunc(list, func(one Proposal) bool {
			return one.Purpose == ForRelease && one.Version == tagged.Version || one.Purpose == ForDevelopment && one.Base == tagged.Branch ||
				slices.Contains(tagged.Proposals, one.Head)
		}), nil
	})
}

// picked ends the proposal that brought the fixes.
func (f *folding) picked(picked Picked) error {
	if picked.Proposal == "" {
		return nil // the branch says what it holds
	}
	return f.changeProposals(func(list []Proposal) ([]Proposal, error) {
		return slices.DeleteFunc(list, func(one Proposal) bool { return one.Head == picked.Proposal }), nil
	})
}

func (f *folding) changeProposals(change func([]Proposal) ([]Proposal, error)) error {
	list, err := f.state.Proposals(f.entry.Component)
	if err != nil {
		return err
	}
	before := len(list)
	after, err := change(list)
	if err != nil || before == 0 && len(after) == 0 {
		return err
	}
	if after == nil {
		after = []Proposal{}
	}
	return f.write(proposalsPath(f.entry.Component), after)
}
