package main

import (
	"errors"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// sizes say how large the measured repository is.
type sizes struct {
	Commits int `json:"commits"` // on the train's branch, merged ones included
	Tags    int `json:"tags"`
	Entries int `json:"entries"` // of the large ledger
}

const (
	// fewEntries is the size of the small ledger.
	fewEntries = 10
	// tagsPerLine is how many releases each line has: X.Y.0 on the train's branch,
	// the patches on a branch of the line.
	tagsPerLine = 4
	// linesPerMajor is how many lines there are before the major number rises.
	linesPerMajor = 100
	// commitsPerCycle is the least number of commits from one release to the next.
	commitsPerCycle = 20
)

func (s sizes) check() error {
	switch {
	case s.Tags < 1:
		return errors.New("-tags: at least one release is needed")
	case s.Entries < fewEntries:
		return errors.New("-entries: the large ledger cannot be smaller than the small one")
	case s.Commits < commitsPerCycle*(timetable{s}.lines()+1):
		return errors.New("-commits: too few for so many tags")
	}
	return nil
}

// cycleDays is the train's rhythm.
const cycleDays = 14

// timetable says which releases there are, and when: one line each cycle, and a
// last cycle whose release is due now. Lines are numbered from 0.
type timetable struct{ sizes }

func (t timetable) lines() int { return (t.Tags + tagsPerLine - 1) / tagsPerLine }

// patches is how many patch releases a line has.
func (t timetable) patches(line int) int {
	return min(tagsPerLine, t.Tags-line*tagsPerLine) - 1
}

// version is a release of a line. The line after the last one gives the release
// that is due.
func (t timetable) version(line, patch int) release.Version {
	number := uint64(line) + 1 // 0.0.0 is no release
	return release.NewVersion(number/linesPerMajor, number%linesPerMajor, uint64(patch))
}

// position is where on the train's branch the release commit of a line is.
func (t timetable) position(line int) int { return (line + 1) * t.Commits / (t.lines() + 1) }

// firstTag is the train's first tagging day, a Tuesday.
func firstTag() release.Date { return release.Date{Year: 2000, Month: time.January, Day: 4} }

// tagDay is the planned tagging day of a line's cycle.
func (t timetable) tagDay(line int) release.Date { return firstTag().AddDays(cycleDays * line) }

// tagTime is when the release of a line is made: ten or eleven in the morning in
// the train's zone.
func (t timetable) tagTime(line int) time.Time {
	day := t.tagDay(line)
	return time.Date(day.Year, day.Month, day.Day, 18, 0, 0, 0, time.UTC)
}

// releaseTime is when a release of a line is made: patches on the days after the
// train's release.
func (t timetable) releaseTime(line, patch int) time.Time {
	return t.tagTime(line).AddDate(0, 0, patch)
}

// lineBranch is the full name of a line's branch.
func (t timetable) lineBranch(line int) string {
	return "refs/heads/" + t.version(line, 0).Line().String()
}

// now is when the measured commands run: on the tagging day after the last
// release.
func (t timetable) now() time.Time { return t.tagTime(t.lines()) }

// commitTime is when the commit at a position of the train's branch was made; the
// position t.Commits is now.
func (t timetable) commitTime(position int) time.Time {
	const cycle = cycleDays * 24 * time.Hour
	behind := int64(t.Commits-position) * int64(t.lines()+1) * int64(cycle/time.Second) / int64(t.Commits)
	return t.now().Add(-time.Duration(behind) * time.Second)
}

// last is the newest release of the train's branch.
func (t timetable) last() release.Version { return t.version(t.lines()-1, 0) }

// running is what production runs: the last patch of the newest line.
func (t timetable) running() release.Version {
	return t.version(t.lines()-1, t.patches(t.lines()-1))
}

// due is the release that "looprel tag" makes now.
func (t timetable) due() release.Version { return t.version(t.lines(), 0) }
