package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
)

// ExtractRequest is what was asked for.
type ExtractRequest struct {
	// Upstream replaces the repository of environments.yaml, "" for that one.
	Upstream string
	// To is the upstream revision to extract, "" for the head; From where history
	// begins, or where the branch is.
	To, From string
	Mode     extract.Mode
}

// Extraction is what was observed: where the branch is, and the commits that bring it
// to an upstream commit.
type Extraction struct {
	// Branch is the component's branch, a full name, and Remote where it is, for
	// people.
	Branch, Remote string
	// Tip is the branch's head, zero if there is none yet.
	Tip object.ID
	// Upstream is the address of the other repository, fit to be shown.
	Upstream string
	// From is the upstream commit that the branch is at, zero for none; To is the
	// one that it gets to.
	From, To object.ID
	Mode     extract.Mode
	Made     []extract.Made
	Absent   []extract.Absence
	// Overruled are release files that upstream has changed, and the branch keeps.
	Overruled []string
	Objects   []object.Object
	// Changes are the last commits, newest first, and Web is where they are to be
	// looked at.
	Changes []notes.Commit
	Web     notes.Web
}

// ExtractPlan extends a component's branch by what upstream has.
type ExtractPlan struct {
	Verb      string       `json:"verb"`
	Component string       `json:"component"`
	Branch    string       `json:"branch"`
	Remote    string       `json:"remote"`
	Upstream  string       `json:"upstream"`
	From      object.ID    `json:"from,omitzero"`
	To        object.ID    `json:"to"`
	Mode      extract.Mode `json:"mode"`
	// Commits are those that it makes, oldest first.
	Commits []ExtractedCommit `json:"commits"`
	// Changes are what they bring.
	Changes notes.Notes       `json:"-"`
	Report  notes.Report      `json:"changes"`
	Absent  []extract.Absence `json:"absent"`
	// Overruled are release files that upstream has changed, and the branch keeps.
	Overruled []string `json:"overruled,omitempty"`
	// Already says, if set, that there is nothing to do.
	Already string `json:"already,omitempty"`
	Steps   []Step `json:"steps"`
	// Next is how what was extracted is released.
	Next string `json:"-"`

	// Made are the commits, Refs the references of the push, and Objects all that is
	// made; the rest is taken from upstream.
	Made    []extract.Made  `json:"-"`
	Refs    []Change        `json:"-"`
	Objects []object.Object `json:"-"`
}

// ExtractedCommit is a commit that an extraction makes.
type ExtractedCommit struct {
	ID      object.ID   `json:"id"`
	Subject string      `json:"subject"`
	Source  object.ID   `json:"source"`
	Tree    object.ID   `json:"tree"`
	Parents []object.ID `json:"parents"`
}

// Conflicted is a plan that needs a person: what it would change has been changed by
// somebody else.
type Conflicted struct {
	Reason string
	Advice string
}

func (e *Conflicted) Error() string { return e.Reason }

// Hint is what to type next.
func (e *Conflicted) Hint() string { return e.Advice }

// MakeExtraction plans what was observed.
func MakeExtraction(s *Snapshot, facts *Extraction) *ExtractPlan {
	p := &ExtractPlan{
		Verb: "extract", Component: s.Component.Name, Branch: facts.Branch, Remote: facts.Remote,
		Upstream: facts.Upstream, From: facts.From, To: facts.To, Mode: facts.Mode,
		Commits: make([]ExtractedCommit, len(facts.Made)), Absent: facts.Absent, Overruled: facts.Overruled, Steps: []Step{},
		Made: facts.Made, Objects: facts.Objects, Next: afterExtraction(s),
	}
	if p.Absent == nil {
		p.Absent = []extract.Absence{}
	}
	p.Changes = notes.Collect(facts.Changes)
	p.Report = p.Changes.Report(facts.Web)
	if len(facts.Made) == 0 {
		p.Already = fmt.Sprintf("%s has what upstream has at %s: nothing that is mapped has changed since", ShortRef(facts.Branch), facts.To.Short())
		if facts.Tip.IsZero() {
			p.Already = fmt.Sprintf("upstream has nothing that is mapped at %s", facts.To.Short())
		}
		return p
	}
	for i, made := range facts.Made {
		parents := made.Parents
		if parents == nil {
			parents = []object.ID{}
		}
		p.Commits[i] = ExtractedCommit{ID: made.ID, Subject: made.Subject, Source: made.Source, Tree: made.Tree, Parents: parents}
	}
	branch := Change{Ref: facts.Branch, Old: facts.Tip, New: facts.Made[len(facts.Made)-1].ID}
	p.Refs = []Change{branch}
	p.Steps = []Step{branch.step(PushRef, p.reason())}
	return p
}

// afterExtraction says how what was extracted is released.
func afterExtraction(s *Snapshot) string {
	switch {
	case s.Train.Sets:
		return "looprel tag --all"
	case s.Component.Repository != ".":
		return "release it in a clone of " + s.Component.Repository + ", by the environments.yaml there"
	}
	return "looprel tag"
}

func (p *ExtractPlan) reason() string {
	last := p.Made[len(p.Made)-1]
	if len(p.Made) == 1 {
		return fmt.Sprintf("%q, of upstream %s", last.Subject, last.Source.Short())
	}
	return fmt.Sprintf("%d commits, up to %q, of upstream %s", len(p.Made), last.Subject, last.Source.Short())
}

// SameFacts reports whether a plan made later does the same.
func (p *ExtractPlan) SameFacts(later *ExtractPlan) bool {
	return len(p.Refs) == 1 && len(later.Refs) == 1 && p.Refs[0] == later.Refs[0]
}
