package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// ProposalState is where a proposal stands.
type ProposalState string

// The states of a proposal.
const (
	// ProposalNew: this plan makes it.
	ProposalNew ProposalState = "new"
	// ProposalUnopened: its branch is there, and a pull request is not yet.
	ProposalUnopened ProposalState = "unopened"
	// ProposalOpen: it waits for its pull request to be merged.
	ProposalOpen ProposalState = "open"
	// ProposalUnclear: the forge does not say.
	ProposalUnclear ProposalState = "unclear"
	// ProposalArrived: its base has what was proposed.
	ProposalArrived ProposalState = "arrived"
	// ProposalClosed: its pull request was closed and not merged, or its branch is gone.
	ProposalClosed ProposalState = "closed"
	// ProposalStripped: it was merged, and what it was for is not on the base.
	ProposalStripped ProposalState = "stripped"
)

// Proposal is a branch of looprel's own that a pull request brings to one that takes no
// pushes, or shall have none.
type Proposal struct {
	Purpose ledger.Purpose `json:"purpose"`
	Head    string         `json:"head"` // full reference name
	Base    string         `json:"base"` // full reference name
	// Commit is what Head ends with; zero until it is signed.
	Commit object.ID     `json:"commit,omitzero"`
	State  ProposalState `json:"state"`
	Title  string        `json:"title"`
	Body   string        `json:"body"` // Markdown
	// Labels and Reviewers are those of the pull requests that it comes from.
	Labels    []string `json:"labels,omitempty"`
	Reviewers []string `json:"reviewers,omitempty"`
	// Number and Page are the pull request's, where there is one.
	Number int    `json:"number,omitempty"`
	Page   string `json:"page,omitempty"`
}

// Pending is a proposal that the ledger has as open, with what became of it.
type Pending struct {
	ledger.Proposal
	// Pull is its pull request; its number is zero where there is none. Known: the forge
	// was asked, and answered; otherwise Unclear says why not.
	Pull    forge.Pull
	Known   bool
	Unclear string
	// Now is where its head is; zero: it is gone.
	Now object.ID
	// Arrived is the first commit of the base that has what was proposed; zero: none.
	Arrived object.ID
	// Foreign: something else is asked for than what it proposes.
	Foreign bool
}

// State is where the proposal stands. What the base has counts, however it got there.
func (p *Pending) State() ProposalState {
	switch {
	case !p.Arrived.IsZero():
		return ProposalArrived
	case !p.Known:
		return ProposalUnclear
	case p.Pull.State == forge.PullMerged:
		return ProposalStripped
	case p.Pull.State == forge.PullOpen:
		return ProposalOpen
	case p.Pull.Number == 0 && !p.Now.IsZero():
		return ProposalUnopened
	}
	return ProposalClosed
}

// Over reports whether nothing is to come of the proposal any more.
func (p *Pending) Over() bool {
	state := p.State()
	return state == ProposalClosed || state == ProposalStripped
}

// Covers reports whether it was asked for all of the commits.
func (p *Pending) Covers(sources []object.ID) bool {
	return len(p.Asked) > 0 && !slices.ContainsFunc(sources, func(id object.ID) bool { return !slices.Contains(p.Asked, id) })
}

// name is the proposal for people: the pull request or, without one, its branch.
func (p *Pending) name() string {
	if p.Pull.Number == 0 {
		return ShortRef(p.Head)
	}
	return fmt.Sprintf("pull request #%d (%s)", p.Pull.Number, p.Pull.Page)
}

// shown is the proposal for a plan that goes on with it.
func (p *Pending) shown() *Proposal {
	return &Proposal{
		Purpose: p.Purpose, Head: p.Head, Base: p.Base, Commit: p.Commit, State: p.State(), Title: p.Title, Body: p.Body,
		Labels: p.Labels, Reviewers: p.Reviewers, Number: p.Pull.Number, Page: p.Pull.Page,
	}
}

// Found notes the pull request of a proposal, which may be nil.
func (p *Proposal) Found(pull forge.Pull) {
	if p != nil {
		p.Number, p.Page = pull.Number, pull.Page
	}
}

// ProposalKey is what the body of a proposal's pull request is known by.
func ProposalKey(head string) string {
	return fmt.Sprintf("<!-- looprel: proposal %s -->", ShortRef(head))
}

// incompleteMark stands in the body until the pull request has labels and reviewers:
// what people change of them afterwards is theirs.
const incompleteMark = "<!-- looprel: to be completed -->"

// OwedPull is a pull request that shall be there.
type OwedPull struct {
	Want forge.Pull
	// Key is found in its body.
	Key string
	// Awaited: what the plan is for waits for it to be merged; Command goes on then.
	Awaited bool
	Command string
}

// First is the body that it is opened with. It says that something is still to come, if
// so.
func (o *OwedPull) First() string {
	if len(o.Want.Labels)+len(o.Want.Reviewers) == 0 {
		return o.Want.Body
	}
	return o.Want.Body + incompleteMark + "\n"
}

// IsComplete reports whether a pull request that was found has all that it was to get.
func (o *OwedPull) IsComplete(found forge.Pull) bool {
	return !strings.Contains(found.Body, incompleteMark)
}

// Completed is a body without the mark, whatever people made of the rest.
func (o *OwedPull) Completed(body string) string {
	return strings.TrimRight(strings.ReplaceAll(body, incompleteMark, ""), "\n") + "\n"
}

// ChoosePull finds a proposal's pull request among those that its head has: an open one
// before one that was merged, and that before those that were closed.
func ChoosePull(list []forge.Pull, key string) (found forge.Pull, ok bool) {
	rank := func(one forge.Pull) int {
		rank := map[forge.PullState]int{forge.PullOpen: 6, forge.PullMerged: 4, forge.PullClosed: 2}[one.State]
		if strings.Contains(one.Body, key) {
			rank++
		}
		return rank
	}
	for _, one := range list {
		if !ok || rank(one) > rank(found) {
			found, ok = one, true
		}
	}
	return found, ok
}

// owed is the proposal as a pull request.
func (p *Proposal) owed(command string, awaited bool) *OwedPull {
	key := ProposalKey(p.Head)
	return &OwedPull{
		Want: forge.Pull{
			Title: p.Title, Body: strings.TrimRight(p.Body, "\n") + "\n\n" + key + "\n", Head: ShortRef(p.Head), Base: ShortRef(p.Base),
			Labels: p.Labels, Reviewers: p.Reviewers,
		},
		Key: key, Awaited: awaited, Command: command,
	}
}

// proposed is the proposal for the ledger, without what signing sets.
func (p *Proposal) proposed(from object.ID) *ledger.Proposed {
	return &ledger.Proposed{
		Purpose: p.Purpose, Head: p.Head, Base: p.Base, Commit: p.Commit, From: from,
		Title: p.Title, Body: p.Body, Labels: p.Labels, Reviewers: p.Reviewers,
	}
}

// OwnBranches begins the short names of looprel's own branches.
const OwnBranches = "looprel/"

// headFor is a branch of looprel's own that is not there yet.
func (s *Snapshot) headFor(name string) string {
	head := BranchRef(OwnBranches + name)
	for i := 2; ; i++ {
		if _, taken := s.Refs.IDs[head]; !taken && !s.wasProposed(head) {
			return head
		}
		head = BranchRef(OwnBranches + name + "-" + strconv.Itoa(i))
	}
}

// wasProposed reports whether the ledger has a proposal with that head, whose branch
// somebody may have deleted.
func (s *Snapshot) wasProposed(head string) bool {
	open, err := s.Ledger.Proposals(s.Component.Name)
	return err == nil && slices.ContainsFunc(open, func(one ledger.Proposal) bool { return one.Head == head })
}

// TellsVersion reports whether a component's files say which version they are of.
func TellsVersion(component release.Component) bool {
	return len(component.VersionFiles) > 0 || component.Changelog != nil
}

// HasProposed reports whether a revision has what a proposal brings: the version of a
// release, or what comes after it.
func HasProposed(component release.Component, revision Revision, proposal ledger.Proposal) bool {
	if len(component.VersionFiles) == 0 {
		return proposal.Purpose == ledger.ForRelease && isReleasedIn(component, revision, proposal.Version)
	}
	inside, err := versionInFile(component, revision)
	if err != nil {
		return false
	}
	if proposal.Purpose == ledger.ForDevelopment {
		return inside.Version.Compare(proposal.Version) > 0
	}
	return inside.Version == proposal.Version && inside.Prerelease == ""
}
