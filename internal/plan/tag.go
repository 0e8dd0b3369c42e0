package plan

import (
	"context"
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
	// Commits are those that the release makes; none when the head itself is
	// tagged.
	Commits []PlannedCommit `json:"commits"`
	// TagID is the tag object's id; zero until it is signed.
	TagID object.ID `json:"tag_id,omitzero"`
	// Changes are what the release brings.
	Changes notes.Notes `json:"-"`
	// Report is Changes for programs.
	Report notes.Report `json:"changes"`
	// Omitted are the changes that the changelog's section leaves out.
	Omitted []string `json:"omitted"`
	Notes   []string `json:"notes"`
	// Already says, if set, that there is nothing to do.
	Already string `json:"already,omitempty"`
	Steps   []Step `json:"steps"`

	// Entry is the ledger's entry, without the ids that signing sets.
	Entry ledger.Entry `json:"-"`
	// Refs are the references of the push, the ledger's apart.
	Refs []Change `json:"-"`
	// Objects are all new objects but the ledger's.
	Objects []object.Object `json:"-"`

	build tagBuild
}

// PlannedCommit is a commit that a plan makes.
type PlannedCommit struct {
	Role    string      `json:"role"` // "release" or "development"
	Subject string      `json:"subject"`
	ID      object.ID   `json:"id,omitzero"` // zero until it is signed
	Tree    object.ID   `json:"tree"`
	Parents []object.ID `json:"parents"`
	Files   []string    `json:"files"`
}

// The roles of planned commits.
const (
	RoleRelease     = "release"
	RoleDevelopment = "development"
)

// MakeTag plans a release of what the branch holds. The plan is complete but for
// signatures (Seal).
func MakeTag(s *Snapshot, branch *Branch, request TagRequest) (*TagPlan, error) {
	p := &TagPlan{
		Verb: "tag", Component: s.Component.Name, Branch: branch.Ref, Previous: branch.Base.Version,
		OffCycle: request.OffCycle, Reason: request.Reason,
		Commits: []PlannedCommit{}, Omitted: []string{}, Notes: []string{}, Steps: []Step{},
	}
	done, err := p.alreadyTagged(s, branch, request)
	if err != nil || done {
		return p, err
	}
	choice, err := chooseVersion(s, branch, request)
	if err != nil {
		return nil, err
	}
	p.Version, p.Why = choice.version, choice.reason
	p.Tag = TagRef(s.Component.TagPattern.Tag(p.Version))
	if err := p.schedule(s, branch, request); err != nil {
		return nil, err
	}
	if err := checkUnused(s, branch, p.Version); err != nil {
		return nil, err
	}
	if branch.Unchanged {
		return nil, refuse("looprel notes shows what has been committed since",
			"nothing has changed on %s since %s, so there is nothing to release", shortRef(branch.Ref), branch.Base.Version)
	}
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

// alreadyTagged recognises a run that was made before: this cycle's release, or
// the version asked for, is in the ledger.
func (p *TagPlan) alreadyTagged(s *Snapshot, branch *Branch, request TagRequest) (bool, error) {
	version := request.Version
	if version.IsZero() {
		if branch.Line != nil || request.OffCycle || request.Bump == release.BumpPatch {
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
		return false, refuse(fmt.Sprintf("put it back: git push %s %s:%s", s.Remote, known.TagID, known.Tag), "%s", problem)
	}
	p.Version, p.Tag, p.TagID = version, known.Tag, known.TagID
	p.Cycle, p.DaysLate = known.Cycle, known.DaysLate
	p.Already = fmt.Sprintf("%s %s is already tagged: by %s, %s", p.Component, version, known.By.Name,
		known.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"))
	// What a run that was cut off after its push left undone.
	p.Steps = append(p.Steps, Change{Ref: known.Tag, New: known.TagID}.step(LocalRef, "the tag in this clone"))
	p.Refs = []Change{{Ref: known.Tag, New: known.TagID}}
	return true, nil
}

// isRepeated reports whether asking for a version that the ledger has is the
// same run again, and not a mistake: it is the current cycle's, or the newest of
// its line that looprel made off the calendar.
func (p *TagPlan) isRepeated(s *Snapshot, known ledger.Release) (bool, error) {
	if cycle, ok := s.Calendar().Current(s.Today()); ok && known.Cycle == cycle.Planned {
		return true, nil
	}
	newest, err := newestOfLine(s, known.Version.Line())
	return !known.Adopted && known.Cycle.IsZero() && known.Version == newest, err
}

// schedule holds a train release to the calendar.
func (p *TagPlan) schedule(s *Snapshot, branch *Branch, request TagRequest) error {
	if request.OffCycle || p.Version.IsPatch() || branch.Line != nil {
		return nil
	}
	judgement := s.Calendar().JudgeTag(s.Now)
	offCycle := "wait; or, off the calendar: looprel tag --off-cycle --reason TEXT"
	if !judgement.Verdict.Allows() {
		return refuse(offCycle, "%s", judgement.Reason)
	}
	released, err := s.Ledger.CycleRelease(s.Component.Name, judgement.Cycle.Planned)
	if err != nil {
		return err
	}
	if !released.IsZero() {
		return refuse(offCycle, "this cycle has released %s; one more wants a reason", released)
	}
	p.Cycle, p.Push, p.DaysLate = judgement.Cycle.Planned, judgement.Cycle.Push, judgement.DaysLate
	p.Notes = append(p.Notes, judgement.Cycle.Notes...)
	return nil
}

// Release is what the ledger will know of the release.
func (p *TagPlan) tagged(branch *Branch, commit object.ID) *ledger.Tagged {
	return &ledger.Tagged{
		Version: p.Version, Tag: p.Tag, TagID: p.TagID, Commit: commit, Branch: branch.Ref,
		Base: p.Previous, Cycle: p.Cycle, DaysLate: p.DaysLate,
	}
}

// SameFacts reports whether a plan made later rests on the same facts: then only
// the ledger has moved, and the first plan's objects may be pushed on top of it.
func (p *TagPlan) SameFacts(later *TagPlan) bool {
	return later.Already == "" && p.Version == later.Version && p.Cycle == later.Cycle &&
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
