package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Where is where changes have got to.
type Where struct {
	Component string `json:"component"`
	// Asked is what was asked for.
	Asked   string        `json:"asked"`
	Changes []WhereChange `json:"changes"`
	Notes   []string      `json:"notes"`
}

// WhereChange is where one change has got to.
type WhereChange struct {
	Commit  object.ID `json:"commit"`
	Subject string    `json:"subject"`
	Author  string    `json:"author"`
	// Same are the other commits of the same change.
	Same []object.ID `json:"same,omitempty"`
	// Branch is how the train's branch stands to it.
	Branch FixAt       `json:"branch"`
	Lines  []WhereLine `json:"lines"`
	// Releases are those that have it, lowest first.
	Releases     []release.Version  `json:"releases"`
	Environments []WhereEnvironment `json:"environments"`
	// Due says when the last environment is to get it.
	Due WhereDue `json:"due"`
}

// WhereLine is a release line, and what it has of a change.
type WhereLine struct {
	Line  string          `json:"line"`
	First release.Version `json:"first"`
	FixStanding
}

// WhereEnvironment is an environment, what it runs by the ledger, and whether that
// has a change.
type WhereEnvironment struct {
	Name string `json:"environment"`
	// Version is what runs there, "" where the ledger does not know.
	Version string `json:"version,omitempty"`
	FixStanding
}

// WhereDue is when a change is to reach the last environment.
type WhereDue struct {
	Environment string `json:"environment,omitempty"`
	// Version is the release that carries it, if there is one.
	Version release.Version `json:"version"`
	// Push is the day on which that is to be pushed.
	Push release.Date `json:"push,omitzero"`
	// Text says it in words.
	Text string `json:"text"`
}

// WhereQuery is what `where` was asked for: exactly one of the fields is set.
type WhereQuery struct {
	Commit string
	// Number is a pull request, or an issue of the forge.
	Number int
	Bug    string
}

var (
	askedNumber = lazyregexp.New(`^(?:#|(?i:pr|gh)[ #-]*)(\d{1,9})$`)
	askedBug    = lazyregexp.New(`^(?i:bug)[ #-]*(\d{1,9})$`)
	onlyDigits  = lazyregexp.New(`^\d{1,9}$`)
)

// ReadWhere reads what was asked for. A number alone may be a bug or the beginning of
// a commit; maybe says that the query is the bug and that the commit has to be looked
// for as well.
func ReadWhere(text string) (query WhereQuery, maybe bool, err error) {
	if parts := askedNumber.FindStringSubmatch(text); parts != nil {
		number, _ := strconv.Atoi(parts[1])
		return WhereQuery{Number: number}, false, nil
	}
	if parts := askedBug.FindStringSubmatch(text); parts != nil {
		return WhereQuery{Bug: parts[1]}, false, nil
	}
	if onlyDigits.MatchString(text) {
		return WhereQuery{Bug: text}, true, nil
	}
	if strings.TrimSpace(text) == "" {
		return WhereQuery{}, false, misuse("looprel where COMMIT, or looprel where \"#12\"", "nothing is asked for")
	}
	return WhereQuery{Commit: text}, false, nil
}

// NothingFound is the answer where no commit is meant.
func NothingFound(s *Snapshot, text string, query WhereQuery) error {
	what := "bug " + query.Bug
	if query.Number > 0 {
		what = fmt.Sprintf("#%d", query.Number)
	}
	advice := "give a commit, a pull request as \"#12\", or a bug as it stands in the title"
	if query.Number == 0 && query.Bug == text {
		return misuse(advice, "no commit of %s begins with %s, and none names bug %s", s.Remote, text, text)
	}
	return misuse(advice, "no commit on the branches and releases of %s names %s", s.Remote, what)
}

// AmbiguousWhere refuses a number that is both a bug and the beginning of a commit.
func AmbiguousWhere(text string, commit object.ID) error {
	return misuse(fmt.Sprintf("looprel where \"bug %s\", or looprel where %s", text, commit),
		"%s is a bug that commits name, and the beginning of commit %s", text, commit.Short())
}

// MakeWhere tells of traces. running are the places among the points of what the
// environments run, by name, trunk is the place of the train's branch, and more is
// how many changes were left out.
func MakeWhere(s *Snapshot, text string, traces []*fixes.Trace, points []fixes.Point, trunk int, running map[string]int, more int) (*Where, error) {
	where := &Where{Component: s.Component.Name, Asked: text, Changes: []WhereChange{}, Notes: []string{}}
	if more > 0 {
		where.Notes = append(where.Notes, fmt.Sprintf("%d more commits are not told of; ask for one by its id", more))
	}
	for _, trace := range traces {
		change := WhereChange{
			Commit: trace.Commit.ID, Subject: trace.Commit.Subject, Author: trace.Commit.Author,
			Branch: FixAt{points[trunk].Name, standingOf(trace.Standings[trunk])},
			Lines:  []WhereLine{}, Releases: []release.Version{}, Environments: []WhereEnvironment{},
		}
		for _, same := range trace.Same {
			change.Same = append(change.Same, same.ID)
		}
		for _, line := range trace.Lines {
			change.Lines = append(change.Lines, WhereLine{line.Line.String(), line.First, standingOf(line.Now)})
		}
		for at, point := range points {
			if point.IsRelease() && trace.Standings[at].State.Has() {
				change.Releases = append(change.Releases, point.Version)
			}
		}
		slices.SortFunc(change.Releases, release.Version.Compare)
		if err := change.place(s, trace, running); err != nil {
			return nil, err
		}
		where.Changes = append(where.Changes, change)
	}
	return where, nil
}

// place says which environments have the change, and when the last one is due to.
func (c *WhereChange) place(s *Snapshot, trace *fixes.Trace, running map[string]int) error {
	last := -1
	for _, environment := range s.Train.Environments {
		if !environment.Commissioned {
			continue
		}
		state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
		if err != nil {
			return err
		}
		one := WhereEnvironment{Name: environment.Name, FixStanding: FixStanding{State: fixes.Unclear, Reason: "the ledger does not know what runs there"}}
		if state.Running != nil {
			one.Version = state.Running.Version
			one.Reason = "this clone does not have what runs there"
			if at, known := running[environment.Name]; known {
				one.FixStanding = standingOf(trace.Standings[at])
			}
		}
		c.Environments = append(c.Environments, one)
		if environment.Follows == "" {
			last = len(c.Environments) - 1
		}
	}
	if last < 0 {
		c.Due.Text = "no environment takes releases"
		return nil
	}
	var err error
	c.Due, err = c.due(s, c.Environments[last])
	return err
}

// due is when an environment is to get the change: with the lowest release above the
// one that runs there and on its way, else with the next one that is made.
func (c *WhereChange) due(s *Snapshot, environment WhereEnvironment) (WhereDue, error) {
	due := WhereDue{Environment: environment.Name}
	if environment.State.Has() {
		due.Text = fmt.Sprintf("%s has it, with %s", environment.Name, environment.Version)
		return due, nil
	}
	runs, _ := release.ParseVersion(environment.Version) // a branch's head, or nothing, is below all
	for _, version := range c.Releases {
		if version.Compare(runs) <= 0 {
			continue
		}
		known, inLedger, err := s.Ledger.Release(s.Component.Name, version)
		if err != nil {
			return due, err
		}
		if !inLedger || known.WasOn(environment.Name) {
			continue
		}
		due.Version = version
		due.Push, due.Text = s.pushOf(known)
		return due, nil
	}
	if len(c.Releases) > 0 && !s.Ledger.Exists() {
		due.Version = c.Releases[0]
		due.Text = fmt.Sprintf("it is in %s; there is no ledger that says what runs where", due.Version)
		return due, nil
	}
	return s.dueLater(c, due)
}

// pushOf is when a release is to be pushed, and in words.
func (s *Snapshot) pushOf(known ledger.Release) (release.Date, string) {
	cycle, ok := s.Calendar().ByPlanned(known.Cycle)
	if known.Cycle.IsZero() || !ok {
		return release.Date{}, fmt.Sprintf("with %s, which follows no calendar", known.Version)
	}
	late := ""
	if cycle.Push.Compare(s.Today()) < 0 {
		late = ", which is late"
	}
	return cycle.Push, fmt.Sprintf("with %s on %s%s", known.Version, calendar.Day(cycle.Push), late)
}

// dueLater is for a change that no release carries yet.
func (s *Snapshot) dueLater(c *WhereChange, due WhereDue) (WhereDue, error) {
	if c.Branch.State.Has() {
		next, err := MakeNext(s)
		if err != nil {
			return due, err
		}
		cycle, ok, err := s.nextToTag()
		if err != nil || !ok {
			due.Text = "with the next release of " + c.Branch.Name
			return due, err
		}
		due.Push = cycle.Push
		due.Text = fmt.Sprintf("with the next release of %s, to be tagged on %s and pushed on %s", c.Branch.Name, calendar.Day(cycle.Tag), calendar.Day(cycle.Push))
		if len(next.Due) > 0 && cycle.Tag.Compare(next.Today) < 0 {
			due.Text += " (the tag is late)"
		}
		return due, nil
	}
	for _, line := range slices.Backward(c.Lines) {
		if line.State.Has() {
			due.Text = fmt.Sprintf("it is on line %s alone; looprel tag --line %s releases it", line.Line, line.Line)
			if !line.First.IsZero() {
				due.Text = fmt.Sprintf("it is on line %s alone, and %s is not on its way there", line.Line, line.First)
			}
			return due, nil
		}
	}
	due.Text = fmt.Sprintf("it is neither on %s nor on a release line", c.Branch.Name)
	return due, nil
}

// nextToTag is the cycle whose release is made next: the current one, unless that has
// its release.
func (s *Snapshot) nextToTag() (calendar.Cycle, bool, error) {
	if cycle, ok := s.Calendar().Current(s.Today()); ok {
		version, err := s.Ledger.CycleRelease(s.Component.Name, cycle.Planned)
		if err != nil {
			return calendar.Cycle{}, false, err
		}
		if version.IsZero() {
			return cycle, true, nil
		}
	}
	cycle, ok := s.Calendar().Next(s.Today())
	return cycle, ok, nil
}
