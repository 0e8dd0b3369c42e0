package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// LinePlan is a backport's part for one release line.
type LinePlan struct {
	Line   release.Line `json:"-"`
	Name   string       `json:"line"`
	Branch string       `json:"branch"` // full reference name
	// CutFrom is what a new branch is cut from; "" where the branch exists.
	CutFrom string    `json:"cut_from,omitempty"`
	Already []Present `json:"already"`
	// Commits are the picks, and the release commit after them.
	Commits  []PlannedCommit `json:"commits"`
	Conflict *PickConflict   `json:"conflict,omitempty"`
	// Refused says why the line cannot be released.
	Refused string `json:"refused,omitempty"`
	// Release is nil with --no-release, and where there is nothing to release.
	Release *TagPlan `json:"release,omitempty"`
	// Set is the id of the set that the release makes, "" where the train has none.
	Set string `json:"set,omitempty"`
	// Proposal is the pull request that brings the picks without a release; nil: none.
	Proposal *Proposal `json:"proposal,omitempty"`
	// Request is the deployment request for the release.
	Request *DeployRequest `json:"request,omitempty"`
	Notes   []string       `json:"notes"`
	Steps   []Step         `json:"steps"`
	// Pulls are the numbers of the pull requests whose commits the line gets, or has.
	Pulls []int `json:"pull_requests,omitempty"`

	// Finish is the release that has the commits already; nil: none, or one that was not
	// made by looprel.
	Finish *TagPlan `json:"-"`

	Entry   ledger.Entry    `json:"-"`
	Refs    []Change        `json:"-"`
	Objects []object.Object `json:"-"`

	// Outbox is what a line without a release owes the forge; nil: nothing.
	Outbox *Outbox `json:"-"`

	build   picksBuild
	refusal error
	// heldBack: another line is stuck, and all or none were asked for.
	heldBack bool
	// replaces is the head of a proposal that came to nothing; arrived: the picks came by
	// a pull request.
	replaces string
	arrived  bool
}

// Pinned adds the set that the release makes.
func (p *LinePlan) Pinned(set *SetPlan) {
	p.Set, p.Steps = set.Set, set.Steps
	note := "it makes the set " + set.Title
	if set.Follows != "" {
		note += ", in place of " + ledger.SetTitle(set.Follows)
	}
	p.Notes = append(p.Notes, note+"; what that was tested for counts no more")
}

// Changes reports whether the line is going to be changed.
func (p *LinePlan) Changes() bool { return len(p.Refs) > 0 }

// Awaits reports whether the line's release waits for a pull request.
func (p *LinePlan) Awaits() bool { return p.Awaited() != nil }

// Stuck reports whether a person has to look at the line first.
func (p *LinePlan) Stuck() bool { return p.Conflict != nil || p.refusal != nil }

func makeLine(s *Snapshot, facts *LineFacts, request BackportRequest) (*LinePlan, error) {
	choice := facts.Choice
	p := &LinePlan{
		Line: *choice.Line, Name: choice.Line.String(), Branch: choice.Ref,
		Already: append([]Present{}, facts.Present...), Commits: []PlannedCommit{}, Conflict: facts.Conflict,
		Notes: append([]string{}, choice.Notes...), Steps: []Step{}, Pulls: facts.Pulls,
	}
	if choice.New {
		p.CutFrom = choice.CutFrom
	}
	for _, one := range facts.Undone {
		p.Notes = append(p.Notes, fmt.Sprintf("%s was on %s before, until %s took it back", one.ID.Short(), ShortRef(choice.Ref), one.By.Short()))
	}
	if facts.Proposed != nil && p.goOn(s, facts, request) {
		return p, nil
	}
	switch {
	case facts.Conflict != nil:
		return p, nil
	case request.NoRelease && len(facts.Branch.Picks) == 0:
		return p, nil
	case request.NoRelease:
		return p, p.pickOnly(s, facts.Branch, request)
	case len(facts.Branch.Picks) == 0 && allReleased(facts.Present):
		return p, p.finish(s)
	}
	return p, p.release(s, facts.Branch, request)
}

func allReleased(present []Present) bool {
	return !slices.ContainsFunc(present, func(one Present) bool { return one.Release.IsZero() })
}

// release plans the next patch of the line.
func (p *LinePlan) release(s *Snapshot, branch *Branch, request BackportRequest) error {
	made, err := MakeTag(s, branch, TagRequest{
		Line: p.Line.String(), OffCycle: request.OffCycle, Reason: request.Reason, Embargo: request.Embargo,
		ViaPull: request.ViaPull, Again: request.Again, Command: request.Command,
	})
	var refusal *Refusal
	var misuse *Misuse
	var moved *Moved
	switch {
	case errors.As(err, &refusal), errors.As(err, &misuse), errors.As(err, &moved):
		p.refusal, p.Refused = err, err.Error()
		return nil
	case err != nil:
		return err
	}
	// The reason of an off-line commit is recorded as well.
	if request.Reason != "" {
		made.Entry.Reason = request.Reason
	}
	p.Release = made
	if also := p.alsoReleased(branch); len(also) > 0 && made.Already == "" {
		p.Notes = append(p.Notes, fmt.Sprintf("what %s has besides is released with it: %s", ShortRef(p.Branch), strings.Join(also, ", ")))
	}
	return p.adopt()
}

// maxAlso bounds the changes that a note names.
const maxAlso = 5

// alsoReleased names the changes that the release brings and that nobody has asked for:
// they were on the line already.
func (p *LinePlan) alsoReleased(branch *Branch) []string {
	asked := map[object.ID]bool{}
	for _, one := range branch.Picks {
		asked[one.Source] = true
	}
	for _, one := range p.Already {
		asked[one.By] = true
	}
	var names []string
	for _, change := range p.Release.Changes.Changes {
		if !slices.ContainsFunc(change.Commits, func(id object.ID) bool { return asked[id] }) {
			names = append(names, fmt.Sprintf("%s %q", change.ID.Short(), change.Text))
		}
	}
	if len(names) > maxAlso {
		names = append(names[:maxAlso], fmt.Sprintf("and %d more", len(names)-maxAlso))
	}
	return names
}

// adopt takes over what the release's plan says, and asks for its deployment.
func (p *LinePlan) adopt() error {
	p.Commits, p.Steps, p.Entry, p.Refs, p.Objects = p.Release.Commits, p.Release.Steps, p.Release.Entry, p.Release.Refs, p.Release.Objects
	if p.Release.Already != "" || p.Release.Awaits() {
		return nil
	}
	var err error
	p.Request, err = p.Release.build.snapshot.deployRequest(p.Release)
	if outbox := p.Release.Outbox; outbox != nil && outbox.Request != nil {
		outbox.Request = p.Request
	}
	return err
}

// Owe adds to the line's part what its release owes the forge: of one that is there
// already, too, since an earlier run may have been cut off.
func (p *LinePlan) Owe(s *Snapshot, facts ForgeFacts) error {
	owing := p.Release
	if owing == nil {
		owing = p.Finish
	}
	if owing == nil || s.Train.GitHub == nil {
		return nil
	}
	if err := owing.Owe(s, facts); err != nil {
		return err
	}
	request := p.Request
	if owing.Already != "" {
		var err error
		if request, err = s.deployRequest(owing); err != nil {
			return err
		}
	}
	if s.Train.GitHub.Requests != nil && request != nil && !owing.Outbox.Held {
		owing.Steps = owing.Steps[:len(owing.Steps)-len(owing.Outbox.steps())]
		owing.Outbox.Request = request
		owing.Steps = append(owing.Steps, owing.Outbox.steps()...)
	}
	if p.Release != nil {
		p.Steps = p.Release.Steps
	}
	return nil
}

// finish finds the release that has what the line was asked for, so that what it owes
// the forge can be looked after.
func (p *LinePlan) finish(s *Snapshot) error {
	var version release.Version
	for _, one := range p.Already {
		if one.Release.Compare(version) > 0 {
			version = one.Release
		}
	}
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil || !ok || known.Adopted || s.tagProblem(known.Tag, known.TagID) != "" {
		return err
	}
	made := &TagPlan{Verb: "tag", Component: s.Component.Name}
	made.repeat(s, known)
	p.Finish = made
	return nil
}

// nameEntry gives the line's entry another id.
func (p *LinePlan) nameEntry(id string) {
	p.Entry.ID = id
	if p.Release != nil {
		p.Release.Entry.ID = id
	}
}

// holdBack leaves the line as it is, since another one is stuck.
func (p *LinePlan) holdBack() {
	if !p.Stuck() {
		p.Notes = append(p.Notes, "held back: another line is stuck, and --all-or-none was asked for")
	}
	p.heldBack = true
	p.Commits, p.Steps, p.Refs, p.Objects, p.Release, p.Request, p.Finish = []PlannedCommit{}, []Step{}, nil, nil, nil, nil, nil
	p.Proposal, p.Outbox = nil, nil
}

// Seal makes the line's objects final, see TagPlan.Seal.
func (p *LinePlan) Seal(ctx context.Context, signers *Signers) error {
	switch {
	case !p.Changes(), p.arrived:
		return nil
	case p.Release == nil:
		return p.sealPicks(ctx, signers)
	}
	if err := p.Release.Seal(ctx, signers); err != nil {
		return err
	}
	return p.adopt()
}

// SameFacts reports whether a plan made later rests on the same facts, so that the
// first one's objects may be pushed on top of a ledger that has moved.
func (p *LinePlan) SameFacts(later *LinePlan) bool {
	sources := func(a, b PlannedCommit) bool { return a.Source == b.Source && a.Tree == b.Tree }
	return slices.EqualFunc(p.Refs, later.Refs, func(a, b Change) bool { return a.Ref == b.Ref && a.Old == b.Old }) &&
		slices.EqualFunc(p.Commits, later.Commits, sources)
}
