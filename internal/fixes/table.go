package fixes

import (
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Table is the fixes of all release lines and where they are.
type Table struct {
	// Lines are the lines that have fixes or should have some, the lowest first.
	Lines []release.Line
	Fixes []Fix
	// Losses are the releases that lack fixes, by the time of their tags.
	Losses []Loss
	// Coming are what the heads lack: what is made of them would lose it.
	Coming []Loss
	// Complete is false where the clone's history ends early, so that fixes may not
	// have been found.
	Complete bool
}

// Fix is a change that a release line got after its first release.
type Fix struct {
	// Commit is the one on the lowest line; Others are the same change elsewhere on
	// lines.
	Commit Commit
	Others []object.ID
	Line   release.Line
	// First is the first release that has it, nil if none has yet.
	First *Point
	// Cells are the lines, by their place in the table's; nil for a line that owes
	// nothing.
	Cells     []*Cell
	at, first int
	standings map[int]Standing
}

// Cell is a fix on a line.
type Cell struct {
	// First is the line's first release that has it, no version if none has.
	First release.Version
	// Now is how the line's branch stands to it, or without one its newest release.
	Now Standing
	// Turns are the releases from which on the line had the fix or was without it, in
	// order; only one if that never changed.
	Turns []Turn
}

// Turn is a release from which on a line has a fix or lacks it.
type Turn struct {
	Release  release.Version
	Standing Standing
}

// Lacked reports whether a release of the line lacks the fix although it should have
// it.
func (c *Cell) Lacked() bool {
	return slices.ContainsFunc(c.Turns, func(turn Turn) bool { return turn.Standing.State.Lacks() })
}

// StandingAt is how a point stands to the fix, by its place in the survey's points;
// ok is false if it was not asked.
func (f *Fix) StandingAt(point int) (standing Standing, ok bool) {
	standing, ok = f.standings[point]
	return standing, ok
}

// Loss is a release, or a head, that lacks fixes which an earlier release has.
type Loss struct {
	Point Point
	// Holder is the last release before it that has them, or a line's tip where no
	// release has them yet.
	Holder Point
	Fixes  []Missed

	coming bool // the point is one of the heads
}

// Missed is a fix that is lost, by its place in the table, and how.
type Missed struct {
	Fix int
	Standing
}

// Table finds the fixes of all lines among the survey's points, and how the points
// stand to them. The heads are points that the next releases are made from: the
// tip of the train's branch, or of a line, or another branch; they are asked about
// beside the releases.
func (s *Survey) Table(heads []int) (*Table, error) { return s.table(heads, false, time.Time{}) }

// Coming is the table of the fixes that a head does not have; what has them all is
// looked at no further. A fix that was released by a time, zero for none, and that
// the history of the heads has never had, is left out: it was decided on before.
func (s *Survey) Coming(heads []int, since time.Time) (*Table, error) {
	return s.table(heads, true, since)
}

func (s *Survey) table(heads []int, onlyLacking bool, since time.Time) (*Table, error) {
	lines := s.findLines()
	candidates, err := s.findCandidates(lines)
	if err != nil {
		return nil, err
	}
	places := make([]int, len(candidates))
	for i, one := range candidates {
		places[i] = one.at
	}
	if err := s.want(places); err != nil {
		return nil, err
	}
	table := &Table{Complete: s.graph.complete}
	for _, line := range lines {
		table.Lines = append(table.Lines, line.Line)
	}
	groups := slices.DeleteFunc(s.groups(candidates), func(group []candidate) bool { return s.isDecided(group[0], heads, since) })
	if err := s.prepare(groups, lines, heads); err != nil {
		return nil, err
	}
	var fixes []Fix
	for _, group := range groups {
		fix := s.begin(group, lines)
		if onlyLacking {
			if has, err := s.haveAll(&fix, heads); err != nil {
				return nil, err
			} else if has {
				continue
			}
		}
		if err := s.askLines(&fix, group[0].line, lines); err != nil {
			return nil, err
		}
		for _, head := range heads {
			if _, err := s.standingOf(&fix, head); err != nil {
				return nil, err
			}
		}
		fixes = append(fixes, fix)
	}
	if fixes, err = s.withoutInverses(fixes, candidates); err != nil {
		return nil, err
	}
	table.Fixes = s.regroup(fixes)
	for _, loss := range s.losses(table.Fixes, lines, heads) {
		if loss.coming {
			table.Coming = append(table.Coming, loss)
		} else {
			table.Losses = append(table.Losses, loss)
		}
	}
	return table, nil
}

// isDecided reports whether a fix was released by a time, and is in the history of
// none of the heads.
func (s *Survey) isDecided(one candidate, heads []int, since time.Time) bool {
	if one.first < 0 || since.IsZero() || s.points[one.first].At.After(since) {
		return false
	}
	has := s.kin.has(one.at)
	return !slices.ContainsFunc(heads, has.has)
}

// prepare finds, in one pass for all, the commits that touch files which will be
// looked for: those of fixes that a later line's history does not have.
func (s *Survey) prepare(groups [][]candidate, lines []line, heads []int) error {
	var wanted []string
	for _, group := range groups {
		lead := group[0]
		has := s.kin.has(lead.at)
		points := slices.Clone(heads)
		for _, line := range lines[lead.line:] {
			points = append(points, line.all()...)
		}
		for _, point := range points {
			if has.has(point) {
				continue
			}
			paths, err := s.lookedFor(lead.at, point)
			if err != nil {
				return err
			}
			wanted = append(wanted, paths...)
		}
	}
	return s.indexPaths(wanted)
}

// lookedFor are the paths by which a change is looked for in a point's history: one
// for the search of its patch, and those that are not there any more.
func (s *Survey) lookedFor(at, point int) ([]string, error) {
	change, err := s.changeOf(at)
	if err != nil || change.isEmpty() {
		_, err = s.unread(err)
		return nil, err
	}
	paths := change.paths()[:1]
	root, err := s.treeOf(s.points[point].Commit)
	if err != nil {
		_, err = s.unread(err)
		return paths, err
	}
	for _, file := range change.files {
		version, err := s.lookUp(root, file.path)
		if _, err = s.unread(err); err != nil {
			return nil, err
		}
		if version.IsZero() {
			paths = append(paths, file.path)
		}
	}
	return paths, nil
}

// groups puts candidates of one family together, in the order of their first.
func (s *Survey) groups(candidates []candidate) [][]candidate {
	var found [][]candidate
	byFamily := map[int]int{}
	for _, one := range candidates {
		family := s.kin.family(one.at)
		number, known := byFamily[family]
		if !known {
			number = len(found)
			byFamily[family] = number
			found = append(found, nil)
		}
		found[number] = append(found[number], one)
	}
	return found
}

// regroup puts rows together that turned out to be one change while they were
// examined.
func (s *Survey) regroup(fixes []Fix) []Fix {
	var kept []Fix
	byFamily := map[int]int{}
	for _, fix := range fixes {
		family := s.kin.family(fix.at)
		if number, known := byFamily[family]; known {
			kept[number].Others = append(append(kept[number].Others, fix.Commit.ID), fix.Others...)
			continue
		}
		byFamily[family] = len(kept)
		kept = append(kept, fix)
	}
	return kept
}

// begin makes the row of a group.
func (s *Survey) begin(group []candidate, lines []line) Fix {
	lead := group[0]
	fix := Fix{
		Commit: s.graph.commits[lead.at], Line: lines[lead.line].Line, at: lead.at, first: lead.first,
		Cells: make([]*Cell, len(lines)), standings: map[int]Standing{},
	}
	for _, other := range group[1:] {
		fix.Others = append(fix.Others, s.graph.commits[other.at].ID)
	}
	if lead.first >= 0 {
		first := s.points[lead.first]
		fix.First = &first
	}
	return fix
}

// haveAll reports whether all of the heads have a fix.
func (s *Survey) haveAll(fix *Fix, heads []int) (bool, error) {
	for _, head := range heads {
		standing, err := s.standing(fix.at, head, nil)
		if err != nil || !standing.State.Has() {
			return false, err
		}
	}
	return true, nil
}

// askLines asks a fix's own line, and the higher ones.
func (s *Survey) askLines(fix *Fix, own int, lines []line) error {
	for number := own; number < len(lines); number++ {
		cell, err := s.cell(fix, lines[number], number == own)
		if err != nil {
			return err
		}
		fix.Cells[number] = cell
	}
	return nil
}

func (s *Survey) standingOf(fix *Fix, point int) (Standing, error) {
	if known, ok := fix.standings[point]; ok {
		return known, nil
	}
	standing, err := s.standing(fix.at, point, fix.standings)
	if err == nil {
		fix.standings[point] = standing
	}
	return standing, err
}

// standingBefore is standingOf for a release of a line whose end is known. Where the
// history has the fix, its content is not looked at again, unless something between
// is suspected: what the end has, the releases before it had, and what undid it for
// the end is either in a release or not.
func (s *Survey) standingBefore(fix *Fix, point int, end Standing) (Standing, error) {
	if known, ok := fix.standings[point]; ok {
		return known, nil
	}
	found, source := s.inHistory(fix.at, point)
	if found.State == "" || end.State == "" {
		return s.standingOf(fix, point)
	}
	suspected, err := s.suspected(fix.at, point, source)
	if err != nil {
		return Standing{}, err
	}
	if suspected {
		return s.standingOf(fix, point)
	}
	if by, known := s.graph.places[end.By]; known && (end.State == Lost || end.State == Reverted) && s.graph.reach[by].has(point) {
		found = end
	}
	fix.standings[point] = found
	return found, nil
}

// cell asks the releases and the branch of one line.
func (s *Survey) cell(fix *Fix, line line, own bool) (*Cell, error) {
	asked := slices.DeleteFunc(slices.Clone(line.releases), func(point int) bool {
		if own {
			return fix.first < 0 || s.points[point].Version.Compare(s.points[fix.first].Version) < 0
		}
		return !s.owes(point, fix)
	})
	if line.tip >= 0 {
		asked = append(asked, line.tip)
	}
	if len(asked) == 0 {
		return nil, nil
	}
	// What the history has is asked at the line's end first; of anything else the
	// releases tell one after the other.
	last := asked[len(asked)-1]
	var end Standing
	if s.kin.has(fix.at).has(last) {
		var err error
		if end, err = s.standingOf(fix, last); err != nil {
			return nil, err
		}
	}
	cell := &Cell{}
	for _, point := range asked {
		standing, err := s.standingBefore(fix, point, end)
		if err != nil {
			return nil, err
		}
		cell.Now = standing
		cell.add(s.points[point].Version, standing)
	}
	return cell, nil
}

// add notes how the line's next release stands to the fix.
func (c *Cell) add(version release.Version, standing Standing) {
	if version.IsZero() {
		return
	}
	if standing.State.Has() && c.First.IsZero() {
		c.First = version
	}
	if last := len(c.Turns) - 1; last >= 0 {
		before := c.Turns[last].Standing.State
		if before == standing.State || before.Has() && standing.State.Has() || before.Lacks() && standing.State.Lacks() {
			return
		}
	}
	c.Turns = append(c.Turns, Turn{version, standing})
}

// owes reports whether a release should have a fix: it has a higher version than the
// first release with it, and was tagged later.
func (s *Survey) owes(point int, fix *Fix) bool {
	if fix.first < 0 {
		return false
	}
	first, one := s.points[fix.first], s.points[point]
	return one.Version.Compare(first.Version) > 0 && !one.At.Before(first.At)
}
