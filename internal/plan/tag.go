package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// TagPlan makes a release.
type TagPlan struct {
	Verb      string          `json:"verb"`
	Component string          `json:"component"`
	Version   release.Version `json:"version"`
	// Why is the reason for the version.
	Why      string          `json:"why"`
	Tag      string          `json:"tag"` // full reference name
	Branch   string          `json:"branch"`
	Previous release.Version `json:"previous"`
	// Cycle, Push and DaysLate are set for a train release that belongs to a cycle.
	Cycle    release.Date `json:"cycle,omitzero"`
	Push     release.Date `json:"push,omitzero"`
	DaysLate int          `json:"days_late,omitempty"`
	OffCycle bool         `json:"off_cycle,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	// Embargo is until when nobody is told.
	Embargo time.Time `json:"embargo,omitzero"`
	// Without are fixes of earlier lines that are left out on purpose.
	Without []object.ID `json:"without_fixes,omitempty"`
	// Commits are those that the release makes; none when the head itself is
	// tagged.
	Commits []PlannedCommit `json:"commits"`
	// TagID is the tag object's id; zero until it is signed.
	TagID object.ID `json:"tag_id,omitzero"`
	// Changes are what the release brings.
	Changes notes.Notes `json:"-"`
	// Report is Changes for programs.
	Report notes.Report `json:"changes"`
	// Section is the changelog's section of the release, "" without one.
	Section string `json:"-"`
	// Omitted are the changes that the changelog's section leaves out.
	Omitted []string `json:"omitted"`
	Notes   []string `json:"notes"`
	// Already says, if set, that there is nothing to do.
	Already string `json:"already,omitempty"`
	// Proposal is the pull request that the release waits for; nil: it waits for none.
	Proposal *Proposal `json:"proposal,omitempty"`
	// Development is the pull request that opens the next version once this one is
	// tagged; nil: none.
	Development *Proposal `json:"development_proposal,omitempty"`
	Steps       []Step    `json:"steps"`

	// Entry is the ledger's entry, without the ids that signing sets.
	Entry ledger.Entry `json:"-"`
	// Refs are the references of the push, the ledger's apart.
	Refs []Change `json:"-"`
	// Objects are all new objects but the ledger's.
	Objects []object.Object `json:"-"`
	// Outbox is what the release owes the forge; nil: nothing.
	Outbox *Outbox `json:"-"`

	build tagBuild
	// develop is the ledger's entry of Development.
	develop ledger.Entry
	// replaces is the head of a proposal that came to nothing, and command goes on with
	// this one.
	replaces, command string
	// known is what the ledger has of a release that is there already.
	known *ledger.Release
}

// PlannedCommit is a commit that a plan makes.
type PlannedCommit struct {
	Role    string      `json:"role"` // "pick", "release" or "development"
	Subject string      `json:"subject"`
	ID      object.ID   `json:"id,omitzero"` // zero until it is signed
	Tree    object.ID   `json:"tree"`
	Parents []object.ID `json:"parents"`
	Files   []string    `json:"files"`
	// Source is the commit that a pick applies, and Kept are the release files in
	// which it conflicted and that stayed as the line has them.
	Source object.ID `json:"source,omitzero"`
	Kept   []string  `json:"kept,omitempty"`
	// Needed: a pick that was not asked for, without which another does not apply.
	Needed bool `json:"needed,omitempty"`
}

// The roles of planned commits.
const (
	RolePick        = "pick"
	RoleRelease     = "release"
	RoleDevelopment = "development"
)

// MakeTag plans a release of what the branch holds. The plan is complete but for
// signatures (Seal).
func MakeTag(s *Snapshot, branch *Branch, request TagRequest) (*TagPlan, error) {
	p := &TagPlan{
		Verb: "tag", Component: s.Component.Name, Branch: branch.Ref, Previous: branch.Base.Version,
		OffCycle: request.OffCycle, Reason: request.Reason, Embargo: request.Embargo,
		Commits: []PlannedCommit{}, Omitted: []string{}, Notes: []string{}, Steps: []Step{},
		Report: notes.Notes{}.Report(s.Web),
	}
	done, err := p.alreadyTagged(s, branch, request)
	if err != nil || done {
		return p, err
	}
	if branch.Pending != nil {
		if done, err := p.goOn(s, branch, request); err != nil || done {
			return p, err
		}
	}
	choice, err := chooseVersion(s, branch, request)
	if err != nil {
		return nil, err
	}
	p.Version, p.Why = choice.version, choice.reason
	p.Tag = TagRef(s.Component.TagPattern.Tag(p.Version))
	// A version that cannot be used at all comes before a day that is not right yet.
	if err := checkUnused(s, branch, p.Version); err != nil {
		return nil, err
	}
	if err := checkNotBehind(s, branch, p.Version, request); err != nil {
		return nil, err
	}
	if err := p.schedule(s, branch, request); err != nil {
		return nil, err
	}
	if branch.Unchanged {
		if err := p.unchanged(s, branch); err != nil {
			return nil, err
		}
		return p, nil
	}
	if inside, err := versionInFile(s.Component, branch.At); err == nil && inside.Version.Compare(p.Version) > 0 && inside.Prerelease == "" {
		p.Notes = append(p.Notes, fmt.Sprintf("%s says %s, which is above %s and becomes it", s.Component.VersionFiles[0].Path, inside.Text, p.Version))
	}
	told, err := s.backedOffNote(p.Previous)
	if err != nil {
		return nil, err
	}
	p.Notes = append(p.Notes, told...)
	p.Changes = notes.Collect(branch.Changes)
	p.Report = p.Changes.Report(s.Web)
	if len(branch.Ignored) > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("not release tags, and ignored: %s", joinSome(branch.Ignored)))
	}
	if err := p.compose(s, branch, request); err != nil {
		return nil, err
	}
	return p, p.Seal(context.Background(), nil)
}

// checkNotBehind refuses what would release the branch backwards, or a patch of
// the train's own branch that was not asked for by its name.
func checkNotBehind(s *Snapshot, branch *Branch, version release.Version, request TagRequest) error {
	own := ShortRef(branch.Ref)
	if request.Bump == release.BumpPatch && request.Line == "" && branch.Line == nil && s.Component.Bump != release.BumpPatch {
		return misuse(fmt.Sprintf("looprel tag --line %s", own), "a patch of %s itself, %s, wants --line %s", own, version, own)
	}
	if branch.Latest.Compare(branch.Base.Version) > 0 && !version.IsPatch() {
		return refuse("choose a commit after that release",
			"%s is older than %s, the last release of %s", branch.At.ID.Short(), branch.Latest, own)
	}
	return nil
}

// unchanged answers when there is nothing new to release: a line whose tip is its
// newest release is done, as a second run finds it; anything else is refused.
func (p *TagPlan) unchanged(s *Snapshot, branch *Branch) error {
	base := branch.Base
	known, inLedger, err := s.Ledger.Release(s.Component.Name, base.Version)
	if err != nil {
		return err
	}
	if branch.Line != nil && inLedger && !known.Adopted && s.tagProblem(known.Tag, known.TagID) == "" {
		p.alreadySo(s, known)
		return nil
	}
	advice := "looprel notes shows what has been committed since"
	if !inLedger {
		advice = fmt.Sprintf("the ledger does not know %s; to take it over: looprel adopt", base.Version)
	}
	return &Unchanged{Last: base.Version, Refusal: &Refusal{Advice: advice,
		Reason: fmt.Sprintf("nothing has changed on %s since %s, so there is nothing to release", ShortRef(branch.Ref), base.Version)}}
}

// alreadySo makes the plan that of a release that the ledger has, with what a run
// that was cut off after its push left undone.
func (p *TagPlan) alreadySo(s *Snapshot, known ledger.Release) {
	p.repeat(s, known)
	local := Change{Ref: known.Tag, New: known.TagID}
	p.Steps, p.Refs = []Step{local.step(LocalRef, "the tag in this clone")}, []Change{local}
}

// alreadyTagged recognises a run that was made before: this cycle's release, or
// the version asked for, is in the ledger.
func (p *TagPlan) alreadyTagged(s *Snapshot, branch *Branch, request TagRequest) (bool, error) {
	version := request.Version
	if version.IsZero() {
		if request.OffCycle || wantsPatch(s, branch, request) {
			return false, nil
		}
		cycle, ok := s.Calendar().Current(s.Today())
		if !ok {
			return false, nil
		}
		var err error
		if version, err = s.Ledger.CycleRelease(s.Component.Name, cycle.Planned); err != nil || version.IsZero() {
			return false, err
		}
	}
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil || !ok {
		return false, err
	}
	if !request.Version.IsZero() {
		repeated, err := p.isRepeated(s, known)
		if err != nil || !repeated {
			return false, err
		}
	}
	if problem := s.tagProblem(known.Tag, known.TagID); problem != "" {
		return false, refuse(s.putBack(known), "%s", problem)
	}
	p.alreadySo(s, known)
	return true, nil
}

// repeat makes the plan that of a release that the ledger has.
func (p *TagPlan) repeat(s *Snapshot, known ledger.Release) {
	p.known = &known
	p.Version, p.Tag, p.TagID, p.Previous = known.Version, known.Tag, known.TagID, known.Base
	p.Cycle, p.DaysLate, p.OffCycle, p.Reason = known.Cycle, known.DaysLate, known.OffCycle, known.Reason
	if known.Branch != "" {
		p.Branch = known.Branch
	}
	if cycle, ok := s.Calendar().ByPlanned(known.Cycle); ok && !known.Cycle.IsZero() {
		p.Push = cycle.Push
	}
	by := "by"
	if known.Adopted {
		by = "adopted by"
	}
	p.Already = fmt.Sprintf("%s %s is already tagged: %s %s, %s", p.Component, p.Version, by, known.By.Name,
		known.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"))
}

// isRepeated reports whether asking for a version that the ledger has is the
// same run again, and not a mistake: it is the current cycle's, or the newest of
// its line that looprel made off the calendar.
func (p *TagPlan) isRepeated(s *Snapshot, known ledger.Release) (bool, error) {
	if s.Train.GitHub != nil && !known.Adopted {
		return true, nil // what it owes the forge can be delivered at any time
	}
	if cycle, ok := s.Calendar().Current(s.Today()); ok && known.Cycle == cycle.Planned {
		return true, nil
	}
	newest, err := newestOfLine(s, known.Version.Line())
	return !known.Adopted && known.Cycle.IsZero() && known.Version == newest, err
}

// schedule holds a train release to the calendar.
func (p *TagPlan) schedule(s *Snapshot, branch *Branch, request TagRequest) error {
	if request.OffCycle || !isTrainRelease(s, branch, request, p.Version) {
		return nil
	}
	judgement := s.Calendar().JudgeTag(s.Now)
	command := "looprel tag --off-cycle --reason TEXT"
	if !request.Version.IsZero() {
		command = fmt.Sprintf("looprel tag %s --off-cycle --reason TEXT", p.Version)
	}
	if request.All {
		command = "looprel tag --all --off-cycle --reason TEXT"
	}
	advice := "wait; or, off the calendar: " + command
	if !judgement.Verdict.Allows() {
		if judgement.Opens.IsZero() {
			advice = "off the calendar: " + command
		}
		return refuse(advice, "%s", s.refusal(judgement))
	}
	released, err := s.Ledger.CycleRelease(s.Component.Name, judgement.Cycle.Planned)
	if err != nil {
		return err
	}
	if !released.IsZero() {
		return refuse(advice, "this cycle has released %s%s", released, s.beforeNext())
	}
	if err := checkBaseKnown(s, branch); err != nil {
		return err
	}
	p.Cycle, p.Push, p.DaysLate = judgement.Cycle.Planned, judgement.Cycle.Push, judgement.DaysLate
	p.Notes = append(p.Notes, judgement.Cycle.Notes...)
	return nil
}

// checkBaseKnown refuses a train release on top of one that somebody made by hand
// after the ledger's first: it may be this cycle's, and a second one would follow
// it unseen.
func checkBaseKnown(s *Snapshot, branch *Branch) error {
	base := branch.Base.Version
	begun, err := knowsTrainRelease(s)
	if err != nil || !begun || base.IsZero() {
		return err
	}
	_, known, err := s.Ledger.Release(s.Component.Name, base)
	if err == nil && !known {
		if gone, err := deletedAbove(s, base); err != nil || gone != nil {
			return errors.Join(err, gone)
		}
		err = refuse("to take it over: looprel adopt", "the last release of %s, %s, is not in the ledger: it was tagged without looprel",
			ShortRef(branch.Ref), base)
	}
	return err
}

// deletedAbove refuses to go on when a release above the version has lost its tag:
// that one, and not the version, is the last release.
func deletedAbove(s *Snapshot, version release.Version) (refusal, err error) {
	tags, err := s.Ledger.Tags(s.Component.Name)
	if err != nil {
		return nil, err
	}
	var last release.Version
	for released, tag := range tags {
		if s.tagProblem(tag.Ref, tag.ID) != "" && released.Compare(version) > 0 && released.Compare(last) > 0 {
			last = released
		}
	}
	if last.IsZero() {
		return nil, nil
	}
	known, _, err := s.Ledger.Release(s.Component.Name, last)
	if err != nil {
		return nil, err
	}
	return refuse(s.putBack(known), "%s", s.tagProblem(known.Tag, known.TagID)), nil
}

// knowsTrainRelease reports whether the ledger has a release of the component
// that is no patch.
func knowsTrainRelease(s *Snapshot) (bool, error) {
	lines, err := s.Ledger.Lines(s.Component.Name)
	if err != nil {
		return false, err
	}
	for _, line := range slices.Backward(lines) {
		versions, err := s.Ledger.Versions(s.Component.Name, line)
		if err != nil || len(versions) > 0 && !versions[0].IsPatch() {
			return err == nil, err
		}
	}
	return false, nil
}

// wantsPatch reports whether the next version that is asked for is a patch.
func wantsPatch(s *Snapshot, branch *Branch, request TagRequest) bool {
	if branch.Line != nil {
		return true
	}
	if request.Line != "" {
		return request.Bump == "" || request.Bump == release.BumpPatch
	}
	return request.Bump == release.BumpPatch && s.Component.Bump != release.BumpPatch
}

// isTrainRelease reports whether the calendar applies to a release: it does not
// to patches, unless each release of the train is one, or nobody asked for a patch
// (a version file may announce one); a line that was named is off the train.
func isTrainRelease(s *Snapshot, branch *Branch, request TagRequest, version release.Version) bool {
	ofTrain := branch.Line == nil && request.Line == "" && (s.Component.Bump == release.BumpPatch || request.Version.IsZero())
	return !version.IsPatch() || ofTrain
}

// beforeNext says that it is too early for the next cycle's release.
func (s *Snapshot) beforeNext() string {
	next, ok := s.Calendar().Next(s.Today())
	if !ok {
		return ", and no tagging day lies ahead"
	}
	return ", and for the next one it is " + s.refusal(s.Calendar().JudgeTagOf(next, s.Now))
}

// tagged is what the ledger will know of the release.
func (p *TagPlan) tagged(branch *Branch, commit object.ID) *ledger.Tagged {
	return &ledger.Tagged{
		Version: p.Version, Tag: p.Tag, TagID: p.TagID, Commit: commit, Branch: branch.Ref,
		Base: p.Previous, Cycle: p.Cycle, DaysLate: p.DaysLate, Picks: branch.released(p.Commits),
		Without: p.Without, Embargo: p.Embargo.UTC(), Proposals: branch.Ended,
	}
}

// SameFacts reports whether a plan made later rests on the same facts: then only
// the ledger has moved, and the first plan's objects may be pushed on top of it.
func (p *TagPlan) SameFacts(later *TagPlan) bool {
	return later.Already == "" && p.Awaits() == later.Awaits() && p.Version == later.Version && p.Cycle == later.Cycle &&
		slices.EqualFunc(p.Refs, later.Refs, func(a, b Change) bool { return a.Ref == b.Ref && a.Old == b.Old })
}

// joinSome joins names for a sentence, the first few of many.
func joinSome(names []string) string {
	const most = 8
	text := ""
	for i, name := range names {
		if i == most {
			return fmt.Sprintf("%s and %d more", text, len(names)-most)
		}
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text
}

// civil is the date of a time in the train's zone.
func (s *Snapshot) civil(at time.Time) release.Date { return release.DateOf(at.In(s.Train.Zone)) }
