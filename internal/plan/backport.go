package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// BackportRequest is what `backport` was asked for, the commits apart: observe
// finds those.
type BackportRequest struct {
	// Bases are versions, tags or release lines; each stands for its line.
	Bases []string
	// Line names the line, for bases that are not of one.
	Line string
	// NoRelease leaves the release to a later `tag --line`.
	NoRelease bool
	// NotOnBranch allows commits that the train's branch lacks.
	NotOnBranch bool
	// AllOrNone: a line that cannot take the commits holds the others back.
	AllOrNone bool
	OffCycle  bool
	Reason    string
	// Labelled: merged pull requests ask for it by their labels.
	Labelled bool
	// Embargo is until when nobody is told of the releases; zero: at once.
	Embargo time.Time
	// ViaPull, Again and Command are as in TagRequest.
	ViaPull, Again bool
	Command        string
}

// Asked is a commit that a backport was asked for.
type Asked struct {
	ID      object.ID `json:"commit"`
	Subject string    `json:"subject"`
	Author  string    `json:"author"`
	// Stray: neither the commit nor an equivalent of it is on the train's branch.
	Stray bool `json:"not_on_branch,omitempty"`
	// Mainline is the parent that a merge's change is seen against, 0 for what is none.
	Mainline int `json:"-"`
}

// Present is a commit that a line has already, in whatever form.
type Present struct {
	ID object.ID `json:"commit"`
	// By is the commit of the line that has the change; zero if the line just has
	// the content.
	By object.ID `json:"by,omitzero"`
	// How says how that is known.
	How string `json:"how"`
	// Release is the first release of the line with it; none while it is not
	// released.
	Release release.Version `json:"release,omitzero"`
	// ByContent: it is the files alone that tell.
	ByContent bool `json:"-"`
}

// Undone is a commit that a line had before, until another one of its commits took it
// back.
type Undone struct{ ID, By object.ID }

// Lacking is a release on its way to production that lacks a commit.
type Lacking struct {
	Version release.Version `json:"version"`
	State   ReleaseState    `json:"state"`
	Commits []object.ID     `json:"commits"`
	// Command brings the commits there.
	Command string `json:"command"`
}

// BackportFacts are what a backport rests on.
type BackportFacts struct {
	Asked []Asked
	Lines []*LineFacts
	// Lacking are the releases on their way that lack a commit, without commands.
	Lacking []Lacking
	// Pulls are the pull requests that the commits are of, as far as they are of any.
	Pulls []PullFacts
	// LeftOut are those that a line does not get.
	LeftOut []LeftOut
}

// LineFacts are what is known of one line and the commits.
type LineFacts struct {
	Choice LineChoice
	// Branch has the picks on it. It is nil with a Conflict.
	Branch  *Branch
	Present []Present
	// Undone are those that the line gets once more.
	Undone   []Undone
	Conflict *PickConflict
	// Pulls are the numbers of the pull requests whose commits the line gets, or has.
	Pulls []int
	// Proposed brings the commits without a release; nil: nothing does.
	Proposed *Pending
}

// PickConflict is a commit that does not apply to a line.
type PickConflict struct {
	Commit  object.ID      `json:"commit"`
	Subject string         `json:"subject"`
	Files   []ConflictFile `json:"files"`
	// Needs are commits of the train's branch that the commit seems to build on,
	// oldest first: they last touched the lines in conflict.
	Needs []NeededCommit `json:"needs"`
	// Resolved: with the commits of Needs before it, the commit applies.
	Resolved bool `json:"resolved_by_needs"`
}

// ConflictFile is a file in conflict.
type ConflictFile struct {
	Path string `json:"path"`
	// Why is the conflict in words.
	Why string `json:"why"`
	// Hunks are the lines in conflict, with their markers.
	Hunks []string `json:"hunks"`
}

// NeededCommit is a commit that another one seems to build on.
type NeededCommit struct {
	ID      object.ID `json:"commit"`
	Subject string    `json:"subject"`
	Author  string    `json:"author"`
	When    time.Time `json:"when"`
}

// BackportPlan puts commits on release lines and releases them.
type BackportPlan struct {
	Verb      string  `json:"verb"`
	Component string  `json:"component"`
	Commits   []Asked `json:"commits"`
	// Pulls are the pull requests that the commits are of.
	Pulls []PullRequest `json:"pull_requests,omitempty"`
	Lines []*LinePlan   `json:"lines"`
	// LeftOut are pull requests that a line does not get now.
	LeftOut []LeftOut `json:"left_out,omitempty"`
	// Lacking are releases on their way that lack a commit.
	Lacking []Lacking `json:"lacking"`
	Reason  string    `json:"reason,omitempty"`
	// Together: the lines reach the remote in one push, or none does.
	Together bool `json:"all_or_none,omitempty"`
	// Labelled: merged pull requests asked for it by their labels.
	Labelled bool `json:"labelled,omitempty"`
	// Steps are what follows once the lines are where they should be.
	Steps []Step `json:"steps,omitempty"`

	// Tellings are what the pull requests learn.
	Tellings []*Telling `json:"-"`
}

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

// MakeBackport plans a backport, each line by itself.
func MakeBackport(s *Snapshot, facts *BackportFacts, request BackportRequest) (*BackportPlan, error) {
	p := &BackportPlan{
		Verb: "backport", Component: s.Component.Name, Commits: facts.Asked, Lines: []*LinePlan{}, Lacking: []Lacking{},
		Reason: request.Reason, Together: request.AllOrNone && len(facts.Lines) > 1, Labelled: request.Labelled, LeftOut: facts.LeftOut,
	}
	for _, pull := range facts.Pulls {
		p.Pulls = append(p.Pulls, pull.PullRequest)
	}
	if err := checkStray(s, facts, request); err != nil {
		return nil, err
	}
	for i, line := range facts.Lines {
		one, err := makeLine(s, line, request)
		if err != nil {
			return nil, err
		}
		if one.refusal != nil && len(facts.Lines) == 1 && !request.Labelled {
			return nil, one.refusal
		}
		if i > 0 {
			// Acts of one run have one random id; each entry needs its own.
			one.nameEntry(s.EntryID + "-" + line.Choice.Line.String())
		}
		p.Lines = append(p.Lines, one)
	}
	if p.Together && slices.ContainsFunc(p.Lines, (*LinePlan).Stuck) {
		for _, line := range p.Lines {
			line.holdBack()
		}
	}
	for _, lacking := range facts.Lacking {
		if !slices.ContainsFunc(p.Lines, func(line *LinePlan) bool { return line.Line.Contains(lacking.Version) }) {
			lacking.Command = bringing(lacking, facts.Asked)
			p.Lacking = append(p.Lacking, lacking)
		}
	}
	p.tellPulls(s, facts, request.Labelled)
	return p, nil
}

// bringing is the command that brings commits to a release that lacks them.
func bringing(lacking Lacking, asked []Asked) string {
	command := fmt.Sprintf("looprel backport %s %s", lacking.Version, joinIDs(lacking.Commits))
	mainline, stray := 0, false
	for _, one := range asked {
		if slices.Contains(lacking.Commits, one.ID) {
			mainline, stray = max(mainline, one.Mainline), stray || one.Stray
		}
	}
	if mainline > 0 {
		command += fmt.Sprintf(" --mainline %d", mainline)
	}
	if stray {
		command += " --not-on-branch --reason TEXT"
	}
	return command
}

func joinIDs(ids []object.ID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.Short()
	}
	return strings.Join(names, " ")
}

// checkStray refuses commits that the next train would lose, unless that is meant.
func checkStray(s *Snapshot, facts *BackportFacts, request BackportRequest) error {
	var strays []string
	for _, asked := range facts.Asked {
		if asked.Stray {
			strays = append(strays, fmt.Sprintf("%s %q", asked.ID.Short(), asked.Subject))
		}
	}
	if len(strays) == 0 {
		return nil
	}
	train, err := s.TrainBranch()
	if err != nil {
		return err
	}
	if !request.NotOnBranch {
		return refuse("commit the fix there first; or, if it is for the line alone: --not-on-branch --reason TEXT",
			"%s is not on %s of %s: the next train would lose the fix", strings.Join(strays, ", "), ShortRef(train), s.Remote)
	}
	return checkReason("--not-on-branch", true, request.Reason)
}

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
