package plan

import (
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// FixReport is the fixes of the release lines, and which of them were lost or would
// be.
type FixReport struct {
	Component string `json:"component"`
	// Lines are the release lines, the lowest first.
	Lines []string `json:"lines"`
	// Asked are the branches or the release that Coming is about.
	Asked []string `json:"asked"`
	Fixes []FixRow `json:"fixes"`
	// Losses are releases that lack what an earlier one has.
	Losses []FixLoss `json:"losses"`
	// Coming is what the next release from an asked branch would lose, or what the
	// asked release lacks.
	Coming []FixLoss `json:"coming"`
	Notes  []string  `json:"notes"`
}

// FixRow is a fix and where it is.
type FixRow struct {
	Commit       object.ID `json:"commit"`
	Subject      string    `json:"subject"`
	Bugs         []string  `json:"bugs,omitempty"`
	PullRequests []int     `json:"pull_requests,omitempty"`
	// Same are the commits of the same change elsewhere on lines.
	Same []object.ID `json:"same,omitempty"`
	Line string      `json:"line"`
	// Release is the first that has it, no version if none has yet.
	Release release.Version `json:"release"`
	On      []FixOnLine     `json:"on"`
	// At is how the asked branches, or the asked release, stand to it.
	At []FixAt `json:"at"`
}

// FixOnLine is a fix on a release line.
type FixOnLine struct {
	Line string `json:"line"`
	// First is the line's first release that has it.
	First release.Version `json:"first"`
	FixStanding
	// Turns are the releases at which that changed, in order.
	Turns []FixTurn `json:"turns"`
}

// FixAt is a fix on an asked branch or release.
type FixAt struct {
	Name string `json:"name"`
	FixStanding
}

// FixTurn is a release from which on a line has a fix, or lacks it.
type FixTurn struct {
	Release release.Version `json:"release"`
	FixStanding
}

// FixStanding is fixes.Standing for programs.
type FixStanding struct {
	State fixes.State `json:"state"`
	// Rule is how an equivalent was recognised.
	Rule fixes.Rule `json:"rule,omitempty"`
	// By is the commit that brought the equivalent, or that undid the fix.
	By     object.ID `json:"by,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// FixLoss is a release or branch that lacks fixes, and the last release before it
// that has them.
type FixLoss struct {
	Lacks  string      `json:"lacks"`
	Holder string      `json:"holder"`
	Fixes  []FixMissed `json:"fixes"`
}

// FixMissed is a fix that is lacking.
type FixMissed struct {
	Commit  object.ID `json:"commit"`
	Subject string    `json:"subject"`
	FixStanding
}

// FixRequest is what `fixes` was asked for.
type FixRequest struct {
	// Line limits the report to what concerns one line.
	Line string
	// MissingFrom is a version, a line, or a branch.
	MissingFrom string
}

// FixHead is a point that is asked about, besides the releases and the lines.
type FixHead struct {
	Name    string
	Ref     string // full reference name
	Commit  object.ID
	Version release.Version // zero for a branch
	Line    *release.Line   // of a release, or of a line's branch
}

// SelectFixHeads says which branches, or which release, a report is to ask about:
// those that the next releases are made from, or the one that was named.
func SelectFixHeads(s *Snapshot, request FixRequest) ([]FixHead, error) {
	if request.Line != "" && request.MissingFrom != "" {
		return nil, misuse("give one of the two", "--line and --missing-from ask about different things")
	}
	if request.MissingFrom != "" {
		head, err := s.namedHead(request.MissingFrom)
		return []FixHead{head}, err
	}
	train, err := s.TrainBranch()
	if err != nil {
		return nil, err
	}
	choice, err := s.branch(train, nil)
	if err != nil {
		return nil, err
	}
	heads := []FixHead{{Name: ShortRef(train), Ref: train, Commit: choice.Head}}
	if request.Line == "" {
		return heads, nil
	}
	line, err := s.parseLine(request.Line)
	if err != nil {
		return nil, err
	}
	known := false
	for _, branch := range s.Lines() {
		if branch.Line == line {
			known = true
			heads = append(heads, FixHead{Name: ShortRef(branch.Ref), Ref: branch.Ref, Commit: branch.Head, Line: &branch.Line})
		}
	}
	if !known && !slices.ContainsFunc(s.taggedVersions(), line.Contains) {
		return nil, misuse(s.linesHint(), "%s has neither a branch nor a release of line %s", s.Remote, line)
	}
	return heads, nil
}

// namedHead is the release, or the branch, that a text means.
func (s *Snapshot) namedHead(text string) (FixHead, error) {
	if version, err := release.ParseVersion(text); err == nil {
		tag := TagRef(s.Component.TagPattern.Tag(version))
		if commit, ok := s.Refs.Commit(tag); ok {
			line := version.Line()
			return FixHead{Name: text, Ref: tag, Commit: commit, Version: version, Line: &line}, nil
		}
		return FixHead{}, misuse("give a version with a tag, a line, or a branch", "%s has no release %s", s.Remote, text)
	}
	for _, ref := range []string{BranchRef(text), text} {
		if id, ok := s.Refs.IDs[ref]; ok {
			head := FixHead{Name: ShortRef(ref), Ref: ref, Commit: id}
			if line, ok := s.Component.BranchPattern.ParseBranch(head.Name); ok {
				head.Line = &line
			}
			return head, nil
		}
	}
	if line, err := s.parseLine(text); err == nil {
		choice, err := s.lineBranch(line, release.Version{})
		return FixHead{Name: ShortRef(choice.Ref), Ref: choice.Ref, Commit: choice.Head, Line: &line}, err
	}
	return FixHead{}, misuse("give a version, a line such as 0.9.x, or a branch", "%s has no release, line or branch %q", s.Remote, text)
}

// MakeFixReport tells of a table of fixes. heads are the places of the asked points
// among those of the survey.
func MakeFixReport(s *Snapshot, request FixRequest, table *fixes.Table, points []fixes.Point, heads []int) *FixReport {
	report := &FixReport{
		Component: s.Component.Name, Lines: []string{}, Asked: []string{}, Fixes: []FixRow{}, Notes: []string{},
		Losses: lossesOf(table, table.Losses), Coming: lossesOf(table, table.Coming),
	}
	for _, line := range table.Lines {
		report.Lines = append(report.Lines, line.String())
	}
	for _, head := range heads {
		report.Asked = append(report.Asked, points[head].Name)
	}
	for i := range table.Fixes {
		row := rowOf(table, &table.Fixes[i], points, heads)
		if report.concerns(s, &row, request) {
			report.Fixes = append(report.Fixes, row)
		}
	}
	if request.Line != "" || request.MissingFrom != "" {
		report.Losses = report.lossesShown(report.Losses)
		report.Coming = report.lossesShown(report.Coming)
	}
	if !table.Complete {
		report.Notes = append(report.Notes, fmt.Sprintf("this clone's history ends early, so fixes may be missing here: git fetch --unshallow %s", s.Remote))
	}
	return report
}

// lossesShown keeps what is about fixes of the report.
func (r *FixReport) lossesShown(losses []FixLoss) []FixLoss {
	shown := []FixLoss{}
	for _, loss := range losses {
		loss.Fixes = slices.DeleteFunc(slices.Clone(loss.Fixes), func(missed FixMissed) bool {
			return !slices.ContainsFunc(r.Fixes, func(row FixRow) bool { return row.Commit == missed.Commit })
		})
		if len(loss.Fixes) > 0 {
			shown = append(shown, loss)
		}
	}
	return shown
}

// concerns reports whether a fix is among those that were asked for: of a line, what
// it has made, got or lacks; of a branch or release, what it should have and does not.
func (r *FixReport) concerns(s *Snapshot, row *FixRow, request FixRequest) bool {
	if request.MissingFrom != "" {
		return r.comes(row.Commit) || slices.ContainsFunc(row.At, func(at FixAt) bool { return at.State == fixes.Unclear })
	}
	if request.Line == "" {
		return true
	}
	line, err := s.parseLine(request.Line)
	if err != nil || row.Line == line.String() {
		return err == nil
	}
	return slices.ContainsFunc(row.On, func(on FixOnLine) bool {
		return on.Line == line.String() && (!on.State.Has() || on.lacked() || on.First.IsPatch())
	})
}

// comes reports whether a fix is among those that would be lost.
func (r *FixReport) comes(commit object.ID) bool {
	return slices.ContainsFunc(r.Coming, func(loss FixLoss) bool {
		return slices.ContainsFunc(loss.Fixes, func(missed FixMissed) bool { return missed.Commit == commit })
	})
}

// lacked reports whether a release of the line lacks the fix although it should have
// it.
func (o *FixOnLine) lacked() bool {
	return slices.ContainsFunc(o.Turns, func(turn FixTurn) bool { return turn.State.Lacks() })
}

func rowOf(table *fixes.Table, fix *fixes.Fix, points []fixes.Point, heads []int) FixRow {
	mention := notes.MentionOf(fix.Commit.Commit)
	row := FixRow{
		Commit: fix.Commit.ID, Subject: fix.Commit.Subject, Bugs: mention.Bugs, PullRequests: mention.PullRequests,
		Same: fix.Others, Line: fix.Line.String(), On: []FixOnLine{}, At: []FixAt{},
	}
	if mention.Merged > 0 {
		row.PullRequests = append(row.PullRequests, mention.Merged)
	}
	if fix.First != nil {
		row.Release = fix.First.Version
	}
	for number, cell := range fix.Cells {
		if cell == nil {
			continue
		}
		on := FixOnLine{Line: table.Lines[number].String(), First: cell.First, FixStanding: standingOf(cell.Now), Turns: []FixTurn{}}
		for _, turn := range cell.Turns {
			on.Turns = append(on.Turns, FixTurn{turn.Release, standingOf(turn.Standing)})
		}
		row.On = append(row.On, on)
	}
	for _, head := range heads {
		if standing, ok := fix.StandingAt(head); ok {
			row.At = append(row.At, FixAt{points[head].Name, standingOf(standing)})
		}
	}
	return row
}

func standingOf(standing fixes.Standing) FixStanding {
	return FixStanding{State: standing.State, Rule: standing.Rule, By: standing.By, Reason: standing.Reason}
}

func lossesOf(table *fixes.Table, losses []fixes.Loss) []FixLoss {
	made := []FixLoss{}
	for _, loss := range losses {
		one := FixLoss{Lacks: loss.Point.Name, Holder: loss.Holder.Name}
		for _, missed := range loss.Fixes {
			commit := table.Fixes[missed.Fix].Commit
			one.Fixes = append(one.Fixes, FixMissed{commit.ID, commit.Subject, standingOf(missed.Standing)})
		}
		made = append(made, one)
	}
	return made
}

// Rank orders rows by how much they ask for attention: what would be lost, what was
// lost, what is not clear, what was taken back, and the rest.
func (r *FixReport) Rank(row FixRow) int {
	if r.comes(row.Commit) {
		return 0
	}
	rank := 4
	for _, on := range row.On {
		switch {
		case on.lacked():
			rank = min(rank, 1)
		case on.State == fixes.Unclear:
			rank = min(rank, 2)
		case on.State == fixes.Reverted:
			rank = min(rank, 3)
		}
	}
	return rank
}

// Refusal says what would be lost, nil if nothing would.
func (r *FixReport) Refusal(s *Snapshot, request FixRequest) error {
	if len(r.Coming) == 0 {
		return nil
	}
	var names []string
	for _, loss := range r.Coming {
		for _, missed := range loss.Fixes {
			names = append(names, fmt.Sprintf("%s %q of %s", missed.Commit.Short(), missed.Subject, loss.Holder))
		}
	}
	first := r.Coming[0]
	cure := bringCommand(s, first.Lacks, first.Fixes[0].Commit)
	if request.MissingFrom != "" {
		return refuse(cure, "%s lacks %s", first.Lacks, joinSome(names))
	}
	return refuse(cure, "the next release from %s would lose %s", first.Lacks, joinSome(names))
}

// bringCommand is what brings a fix to a branch, or to the line of a release. The
// train's own branch gets it as any change.
func bringCommand(s *Snapshot, name string, commit object.ID) string {
	if line, ok := s.Component.BranchPattern.ParseBranch(name); ok {
		return fmt.Sprintf("looprel backport %s %s", line, commit.Short())
	}
	if version, err := release.ParseVersion(name); err == nil && s.hasLine(version.Line()) {
		return fmt.Sprintf("looprel backport %s %s", version.Line(), commit.Short())
	}
	return fmt.Sprintf("bring it to %s: git cherry-pick -x %s", name, commit.Short())
}
