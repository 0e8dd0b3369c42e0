package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func (a *app) printBackportPlan(s *plan.Snapshot, b *plan.BackportPlan) error {
	p := a.printer()
	for _, pull := range b.Pulls {
		p.line(terminal.Bold, "Pull request #%d %s (%s)", pull.Number, pull.Title, pull.Author)
	}
	for i, commit := range b.Commits {
		heading := "Backport"
		if i > 0 {
			heading = "     and"
		}
		p.line(terminal.Bold, "%s %s %s (%s)", heading, commit.ID.Short(), commit.Subject, commit.Author)
	}
	if b.Labelled && len(b.Pulls) == 0 && len(b.LeftOut) == 0 {
		p.line(terminal.Green, "No merged pull request asks for a backport.")
	}
	for _, line := range b.Lines {
		p.blank()
		a.printLinePlan(p, s, line, b.Labelled)
		p.leftOut(leftOutOf(b, line))
	}
	p.leftOut(slices.DeleteFunc(slices.Clone(b.LeftOut), func(left plan.LeftOut) bool {
		return slices.ContainsFunc(b.Lines, func(line *plan.LinePlan) bool { return line.Name == left.Line })
	}))
	for _, lacking := range b.Lacking {
		p.line(terminal.Yellow, "%s (%s) lacks it: %s", lacking.Version, lacking.State, p.typed(lacking.Command))
	}
	var steps []plan.Step
	for _, line := range b.Lines {
		steps = append(steps, line.Steps...)
	}
	p.steps(append(steps, b.Steps...))
	return p.err
}

// leftOutOf are the pull requests that a line does not get.
func leftOutOf(b *plan.BackportPlan, line *plan.LinePlan) []plan.LeftOut {
	return slices.DeleteFunc(slices.Clone(b.LeftOut), func(left plan.LeftOut) bool { return left.Line != line.Name })
}

// leftOut says which pull requests a person has to look at.
func (p *printer) leftOut(list []plan.LeftOut) {
	for _, left := range list {
		if left.Conflict != nil {
			p.line(terminal.Red, "#%d is left out of %s: %s %q does not apply: conflicts in %s", left.Number, left.Line,
				left.Conflict.Commit.Short(), left.Conflict.Subject, conflictPaths(left.Conflict))
			continue
		}
		p.line(terminal.Red, "#%d is left out of %s: %s", left.Number, left.Line, left.Reason)
	}
}

func (a *app) printLinePlan(p *printer, s *plan.Snapshot, line *plan.LinePlan, labelled bool) {
	name := plan.ShortRef(line.Branch)
	if line.CutFrom != "" {
		name = fmt.Sprintf("%s, a new branch cut from %s", name, plan.ShortRef(line.CutFrom))
	}
	p.line(terminal.Bold, "Line %s", name)
	for _, present := range line.Already {
		p.facts(fact{"has it", presentText(present)})
	}
	for _, commit := range line.Commits {
		p.facts(fact{commit.Role, commitText(commit)})
	}
	switch {
	case line.Awaits():
		p.facts(append(proposalFacts(line.Awaited()), fact{"clock", clockText(s)})...)
		if line.Release != nil {
			p.notes(line.Release.Notes)
		}
	case line.Release != nil && line.Release.Already == "":
		p.facts(fact{"tag", fmt.Sprintf("%s %s, %s", showID(line.Release.TagID), line.Release.Tag, line.Release.Why)}, fact{"clock", clockText(s)})
		p.notes(line.Release.Notes)
	case line.Release != nil:
		p.line(terminal.Green, "%s", line.Release.Already)
	case line.Conflict != nil:
		p.line(terminal.Red, "%s does not apply: conflicts in %s", line.Conflict.Commit.Short(), conflictPaths(line.Conflict))
	case line.Refused != "":
		p.line(terminal.Red, "%s", line.Refused)
	case !line.Changes() && (len(line.Already) > 0 || len(line.Pulls) > 0 || !labelled):
		p.line(terminal.Green, "There is nothing left to do on %s.", plan.ShortRef(line.Branch))
	}
	p.notes(line.Notes)
}

func presentText(present plan.Present) string {
	text := present.ID.Short()
	if !present.By.IsZero() && present.By != present.ID {
		text += " as " + present.By.Short()
	}
	text += " (" + present.How + ")"
	if present.Release.IsZero() {
		return text + ", not released yet"
	}
	return text + ", released in " + present.Release.String()
}

func commitText(commit plan.PlannedCommit) string {
	text := fmt.Sprintf("%s %q, %s", showID(commit.ID), commit.Subject, filesText(commit.Files))
	text += keptText(commit)
	if commit.Needed {
		text += "; another commit needs it"
	}
	return text
}

// keptText says which release files conflicted: those that stay as the line has them,
// and those of which that holds for the version alone.
func keptText(commit plan.PlannedCommit) string {
	var whole, version []string
	for _, path := range commit.Kept {
		if slices.Contains(commit.Files, path) {
			version = append(version, path)
		} else {
			whole = append(whole, path)
		}
	}
	text := ""
	if len(whole) > 0 {
		text += fmt.Sprintf("; %s conflicted and stays the line's own", strings.Join(whole, ", "))
	}
	if len(version) > 0 {
		text += fmt.Sprintf("; %s conflicted and keeps the line's version", strings.Join(version, ", "))
	}
	return text
}

func conflictPaths(conflict *plan.PickConflict) string {
	paths := make([]string, len(conflict.Files))
	for i, file := range conflict.Files {
		paths[i] = file.Path
	}
	return strings.Join(paths, ", ")
}

// printReleasedLines says what reached the remote, and prints the requests to deploy
// it.
func (a *app) printReleasedLines(s *plan.Snapshot, lines []*plan.LinePlan, asJSON bool) error {
	p := a.printer()
	if asJSON {
		p.to = a.env.Streams.Err
	}
	for _, line := range lines {
		release := line.Release
		if line.Awaits() {
			p.proposed(s, line.Awaited())
			continue
		}
		p.blank()
		if release == nil {
			p.line(terminal.Green|terminal.Bold, "Picked onto %s on %s; not released.", plan.ShortRef(line.Branch), s.Remote)
			p.line(0, "Next: %s", a.typed("looprel tag --line "+line.Name))
			continue
		}
		p.line(terminal.Green|terminal.Bold, "Released %s %s (tag %s at %s on %s).", release.Component, release.Version,
			plan.ShortRef(release.Tag), release.Entry.Tagged.Commit.Short(), s.Remote)
		if line.Request != nil && line.Request.Issue == nil {
			p.line(0, "The deployment request, to be filed with operations:")
			p.blank()
			p.line(terminal.Bold, "%s", line.Request.Summary)
			p.blank()
			p.write(terminal.SanitizeLines(line.Request.Body) + "\n")
		}
		if next := firstPromotion(s, release.Version.String()); next != "" {
			p.line(0, "Next: %s", a.typed(next))
		}
	}
	return p.err
}

// conflictError is a commit that does not apply to a line.
type conflictError struct {
	// line is nil for a pull request that was left out, whose number pull is.
	line     *plan.LinePlan
	pull     int
	conflict *plan.PickConflict
	base     string
	commits  []string
	more     string // what of the other lines
	// others are those of the other lines.
	others []*conflictError
	// flags are those of the command that its likes are to have, too.
	flags string
	// dir is the worktree in which it can be resolved, "" without one.
	dir string
}

func (e *conflictError) Error() string {
	if e.line == nil {
		return fmt.Sprintf("pull request #%d is left out of %s: %s %q does not apply: conflicts in %s%s",
			e.pull, e.base, e.conflict.Commit.Short(), e.conflict.Subject, conflictPaths(e.conflict), e.more)
	}
	return fmt.Sprintf("%s %q does not apply to %s, and nothing was changed there: conflicts in %s%s",
		e.conflict.Commit.Short(), e.conflict.Subject, plan.ShortRef(e.line.Branch), conflictPaths(e.conflict), e.more)
}

// Details shows the lines in conflict, and the commits that it seems to build on; of
// the other release lines as well, where they are not the same.
func (e *conflictError) Details() string {
	own := e.details()
	text := own
	for _, other := range e.others {
		if its := other.details(); its != own {
			text += fmt.Sprintf("\nOn %s, %s %q:\n%s", plan.ShortRef(other.line.Branch), other.conflict.Commit.Short(), other.conflict.Subject, its)
		}
	}
	return text
}

func (e *conflictError) details() string {
	var text strings.Builder
	for _, file := range e.conflict.Files {
		fmt.Fprintf(&text, "\n%s: %s\n", file.Path, file.Why)
		for _, hunk := range file.Hunks {
			for line := range strings.SplitSeq(hunk, "\n") {
				fmt.Fprintf(&text, "  %s\n", line)
			}
		}
	}
	if len(e.conflict.Needs) > 0 {
		fmt.Fprintf(&text, "\nIt seems to build on, oldest first:\n")
		for _, needed := range e.conflict.Needs {
			fmt.Fprintf(&text, "  %s %s %s\n", needed.ID.Short(), needed.When.Format("2006-01-02"), needed.Subject)
		}
	}
	return text.String()
}

// Hint is what to type next.
func (e *conflictError) Hint() string {
	if e.dir == "" && len(e.others) > 0 {
		return e.hints()
	}
	return e.hint()
}

// hints are those of several lines.
func (e *conflictError) hints() string {
	var texts []string
	for _, one := range append([]*conflictError{e}, e.others...) {
		texts = append(texts, fmt.Sprintf("on %s, %s", plan.ShortRef(one.line.Branch), one.hint()))
	}
	return strings.Join(texts, "; ")
}

func (e *conflictError) hint() string {
	if e.dir != "" {
		return fmt.Sprintf("resolve it in %s, where git status says what is left; then looprel backport --continue takes it, and looprel backport --abort removes it", e.dir)
	}
	command := fmt.Sprintf("looprel backport %s", e.base)
	byHand := fmt.Sprintf("to resolve it by hand: %s %s --edit%s", command, strings.Join(e.commits, " "), e.flags)
	if len(e.conflict.Needs) == 0 {
		return byHand
	}
	needs := make([]string, len(e.conflict.Needs))
	for i, needed := range e.conflict.Needs {
		needs[i] = needed.ID.Short()
	}
	along := fmt.Sprintf("%s %s %s%s", command, strings.Join(needs, " "), strings.Join(e.commits, " "), e.flags)
	if e.conflict.Resolved {
		return fmt.Sprintf("with those it applies: %s (or add --with-prerequisites); %s", along, byHand)
	}
	return fmt.Sprintf("%s (with those alone it still conflicts: %s)", byHand, along)
}

// typedCommits are the names of commits as they are typed.
func typedCommits(names []string) []string {
	typed := make([]string, len(names))
	for i, name := range names {
		typed[i] = shellQuote(name)
	}
	return typed
}

// withLeftOut adds the pull requests that a person has to look at.
func withLeftOut(list []plan.LeftOut, first *conflictError, others, refused []string) (*conflictError, []string, []string) {
	for _, left := range list {
		name := fmt.Sprintf("#%d", left.Number)
		switch {
		case left.Waits:
		case left.Conflict == nil:
			refused = append(refused, fmt.Sprintf("%s for %s: %s", name, left.Line, left.Reason))
		case first == nil:
			first = &conflictError{pull: left.Number, conflict: left.Conflict, base: left.Line, commits: typedCommits([]string{name})}
		default:
			others = append(others, name+" for "+left.Line)
		}
	}
	return first, others, refused
}

// waiting is the error of pull requests that are left out for now alone, nil without.
func waiting(list []plan.LeftOut) error {
	var names []string
	advice := ""
	for _, left := range list {
		if left.Waits {
			names, advice = append(names, fmt.Sprintf("#%d for %s: %s", left.Number, left.Line, left.Reason)), left.Advice
		}
	}
	if len(names) == 0 {
		return nil
	}
	return &exitError{code: ExitOpen, reason: strings.Join(names, "; "), hint: advice}
}

// conflictsOf is the error of a plan with lines that a person has to look at, nil
// without.
func (a *app) conflictsOf(p *plan.BackportPlan, options backportOptions) error {
	var first *conflictError
	var refused, others []string
	for i, line := range p.Lines {
		if line.Refused != "" {
			refused = append(refused, fmt.Sprintf("%s: %s", line.Name, line.Refused))
			continue
		}
		if line.Conflict == nil {
			continue
		}
		base := line.Name
		if len(options.request.Bases) == len(p.Lines) {
			base = options.request.Bases[i]
		}
		one := &conflictError{line: line, conflict: line.Conflict, base: base, commits: typedCommits(options.wanted.Commits), flags: options.repeated()}
		if first == nil {
			first = one
			continue
		}
		first.others = append(first.others, one)
		others = append(others, line.Name)
	}
	first, others, refused = withLeftOut(p.LeftOut, first, others, refused)
	if first == nil && len(refused) == 0 {
		return waiting(p.LeftOut)
	}
	if first == nil {
		hint := "looprel status shows the lines' releases"
		for _, left := range p.LeftOut {
			hint = cmp.Or(left.Advice, hint)
		}
		return &exitError{code: ExitRefused, reason: strings.Join(refused, "; "), hint: hint}
	}
	if len(others) > 0 {
		first.more += "; likewise " + strings.Join(others, ", ")
	}
	if len(refused) > 0 {
		first.more += "; refused: " + strings.Join(refused, "; ")
	}
	return first
}
