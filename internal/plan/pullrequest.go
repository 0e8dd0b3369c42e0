package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// PullRequest is a merged pull request whose changes a backport takes.
type PullRequest struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Author string `json:"author"`
	Page   string `json:"page"`
	// Commits are what it brought to its branch, oldest first: its own where it was
	// merged or rebased, one where it was squashed.
	Commits []object.ID `json:"commits"`
}

// PullFacts are what is known of a pull request.
type PullFacts struct {
	PullRequest
	Labels []string
	// Comments are the texts of those comments that may be looprel's own.
	Comments []string
}

// LeftOut is a pull request that a line does not get now: a person has to look first, or
// it waits. It does not hold the others back.
type LeftOut struct {
	Number int    `json:"number"`
	Line   string `json:"line"`
	// Conflict is what does not apply; nil where Reason says why else.
	Conflict *PickConflict `json:"conflict,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	// Advice is what to do about it.
	Advice string `json:"advice,omitempty"`
	// Waits: something else has to be done first, and then the same command takes it.
	Waits bool `json:"waits,omitempty"`
}

// Telling is what a pull request learns of its backport to one line.
type Telling struct {
	Pull *PullFacts
	Line release.Line
	// Conflict is why the line does not get it; nil: it has it then.
	Conflict *PickConflict
	// Key is found in the comment, which is not made again where it is there.
	Key       string
	Commented bool
	// Unlabel is the label that asked for it, as it is carried, and Label the one that
	// takes its place; "" for none.
	Unlabel, Label string
	// on is where it went.
	on *LinePlan
}

// told reports whether nothing is left to tell.
func (t *Telling) told() bool { return t.Commented && t.Unlabel == "" && t.Label == "" }

// tellPulls finds out what the pull requests are to be told: of each line that has
// their changes then, and of each conflict.
func (p *BackportPlan) tellPulls(s *Snapshot, facts *BackportFacts, labelled bool) {
	if s.Train.GitHub == nil || !labelled && !s.Train.GitHub.Backports.Comment {
		return
	}
	for i := range facts.Pulls {
		pull := &facts.Pulls[i]
		for _, line := range p.Lines {
			if telling, ok := line.telling(s, pull); ok {
				p.tell(telling)
			}
		}
		for _, left := range p.LeftOut {
			if left.Number == pull.Number && left.Conflict != nil {
				line, _ := release.ParseLine(left.Line)
				p.tell(s.newTelling(pull, line, left.Conflict))
			}
		}
	}
	for _, telling := range p.Tellings {
		p.Steps = append(p.Steps, telling.steps(s.Forge)...)
	}
}

func (p *BackportPlan) tell(telling *Telling) {
	if !telling.told() {
		p.Tellings = append(p.Tellings, telling)
	}
}

// telling is what a pull request is told of a line; ok is false if that is nothing.
func (p *LinePlan) telling(s *Snapshot, pull *PullFacts) (telling *Telling, ok bool) {
	switch {
	case !slices.Contains(p.Pulls, pull.Number) || p.refusal != nil || p.heldBack || p.Awaits():
		return nil, false
	case p.Conflict == nil:
		telling = s.newTelling(pull, p.Line, nil)
		telling.on = p
		return telling, true
	case slices.Contains(pull.Commits, p.Conflict.Commit):
		return s.newTelling(pull, p.Line, p.Conflict), true
	}
	return nil, false
}

func (s *Snapshot) newTelling(pull *PullFacts, line release.Line, conflict *PickConflict) *Telling {
	telling := &Telling{Pull: pull, Line: line, Conflict: conflict}
	how := "done"
	if conflict != nil {
		how = "conflict"
	}
	telling.Key = fmt.Sprintf("<!-- looprel: backport %s #%d to %s: %s -->", s.Component.Name, pull.Number, line, how)
	telling.Commented = slices.ContainsFunc(pull.Comments, func(text string) bool { return strings.Contains(text, telling.Key) })
	if conflict != nil {
		return telling
	}
	backports := s.Train.GitHub.Backports
	for _, label := range pull.Labels {
		if asked, ok := backports.LineOf(label); ok && asked == line {
			telling.Unlabel, telling.Label = label, backports.DoneLabel(line)
		}
	}
	if slices.Contains(pull.Labels, telling.Label) {
		telling.Label = ""
	}
	return telling
}

func (t *Telling) steps(repository string) []Step {
	var steps []Step
	number := "#" + strconv.Itoa(t.Pull.Number)
	if !t.Commented {
		reason := fmt.Sprintf("it is on %s then", t.Line)
		if t.Conflict != nil {
			reason = fmt.Sprintf("it does not apply to %s, and a person has to look", t.Line)
		}
		steps = append(steps, Step{Kind: CommentPull, Target: repository, Want: number, Reason: reason})
	}
	if t.Label != "" {
		steps = append(steps, Step{Kind: LabelPull, Target: repository + number, Want: t.Label, Reason: "what it asked for is done"})
	}
	if t.Unlabel != "" {
		steps = append(steps, Step{Kind: UnlabelPull, Target: repository + number, Was: t.Unlabel, Reason: "what it asked for is done"})
	}
	return steps
}

// Text is the comment, with its key. Ids stand as they are: the forge makes links of
// them. The plan is sealed by then.
func (t *Telling) Text() string {
	var text strings.Builder
	if t.Conflict != nil {
		fmt.Fprintf(&text, "The backport to `%s` needs a person: %s does not apply there. In conflict:\n\n%s\nThis begins to resolve it, in a clone:\n\n%s",
			t.Line, t.Conflict.Commit, fenced(strings.Join(conflictPaths(t.Conflict), "\n")), fenced(fmt.Sprintf("looprel backport %s %d --edit", t.Line, t.Pull.Number)))
	} else {
		fmt.Fprintf(&text, "Backported to `%s`:\n\n", t.Line)
		for _, id := range t.Pull.Commits {
			fmt.Fprintf(&text, "- %s\n", t.on.whereIs(id))
		}
	}
	return strings.TrimRight(text.String(), "\n") + "\n\n" + t.Key + "\n"
}

// maxConflictPaths bounds the files that a comment names.
const maxConflictPaths = 20

// conflictPaths are the files in conflict, a line each, whatever is in their names.
func conflictPaths(conflict *PickConflict) []string {
	var paths []string
	for _, file := range conflict.Files {
		if len(paths) == maxConflictPaths {
			return append(paths, fmt.Sprintf("and %d more", len(conflict.Files)-maxConflictPaths))
		}
		quoted := strconv.Quote(file.Path)
		if quoted[1:len(quoted)-1] == file.Path {
			quoted = file.Path
		}
		paths = append(paths, quoted)
	}
	return paths
}

// whereIs says as what a commit is on the line, and since which release. It says the
// same of what a plan brings there as of what an earlier run has brought.
func (p *LinePlan) whereIs(id object.ID) string {
	by, version, how := object.ID{}, release.Version{}, ""
	for _, present := range p.Already {
		if present.ID == id {
			by, version, how = present.By, present.Release, present.How
		}
	}
	for _, commit := range p.Commits {
		if commit.Source == id && commit.Role == RolePick {
			by = commit.ID
		}
	}
	for _, picked := range p.recordedPicks() {
		if picked.Source == id && by.IsZero() {
			by = picked.Commit // it came by a pull request
		}
	}
	text := id.String()
	switch {
	case by.IsZero():
		text += ": " + how
	case by != id:
		text += " as " + by.String()
	}
	if version.IsZero() && p.Release != nil {
		version = p.Release.Version
	}
	if version.IsZero() {
		return text + ", not released yet"
	}
	return text + ", in " + version.String()
}

// recordedPicks are the picks that the line's entry records.
func (p *LinePlan) recordedPicks() []ledger.Pick {
	switch {
	case p.Release != nil && p.Release.Entry.Tagged != nil:
		return p.Release.Entry.Tagged.Picks
	case p.Entry.Picked != nil:
		return p.Entry.Picked.Picks
	}
	return nil
}

// Command is what makes the same backport again, and finishes what was left of it.
func (p *BackportPlan) Command() string {
	if p.Labelled {
		return "looprel backport --labelled"
	}
	var bases, what []string
	for _, line := range p.Lines {
		bases = append(bases, line.Name)
	}
	for _, pull := range p.Pulls {
		what = append(what, strconv.Itoa(pull.Number))
	}
	return fmt.Sprintf("looprel backport %s %s", strings.Join(bases, ","), strings.Join(what, " "))
}
