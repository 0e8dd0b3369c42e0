package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Release is what the ledger knows of a release.
type Release struct {
	Tagged
	Component string    `json:"component"`
	By        Person    `json:"by"`
	At        time.Time `json:"at"`
	// Adopted: it was made before, or without, looprel; By and At are then those
	// of the adoption.
	Adopted  bool   `json:"adopted,omitempty"`
	OffCycle bool   `json:"off_cycle,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Reached are the environments that it has been on, in order of time.
	Reached []Reached `json:"reached,omitempty"`
	// SignOffs are those that hold, in order of time.
	SignOffs []SignOff `json:"sign_offs,omitempty"`
	// BackedOff, if set, says why it goes nowhere any more.
	BackedOff *Decision `json:"backed_off,omitempty"`
}

// Reached is an environment that a release got to.
type Reached struct {
	Environment string    `json:"environment"`
	At          time.Time `json:"at"`
	Outcome     Outcome   `json:"outcome"`
	// Until is when something else came there, or an attempt began after which it is
	// not sure what runs; zero: it is there still.
	Until  time.Time `json:"until,omitzero"`
	Waived []Waiver  `json:"waived,omitempty"`
}

// WasOn reports whether the release has been on the environment.
func (r Release) WasOn(environment string) bool {
	return slices.ContainsFunc(r.Reached, func(reached Reached) bool { return reached.Environment == environment })
}

// Environment is what the ledger knows of a component on an environment.
type Environment struct {
	Running  *Running `json:"running,omitempty"`
	Previous *Running `json:"previous,omitempty"`
	// Earlier is what ran before, each once, the latest first; at most as many as
	// somebody may want to go back to.
	Earlier []Running `json:"earlier,omitempty"`
	// Underway is an attempt without an outcome yet: a deployment goes on, or was
	// killed.
	Underway *Underway `json:"underway,omitempty"`
	// Broken is the last attempt, when it failed or its outcome is unknown.
	Broken *Broken `json:"broken,omitempty"`
}

// Running is a deployment that is, or was, on an environment.
type Running struct {
	Deployment
	Since   time.Time `json:"since"`
	By      Person    `json:"by"`
	Outcome Outcome   `json:"outcome"`
	// Waived are the gates that were set aside to bring it here.
	Waived []Waiver `json:"waived,omitempty"`
	// RollsBack is the release that it was rolled back from, none if it was promoted;
	// RollsBackSet likewise the set.
	RollsBack    release.Version `json:"rolls_back,omitzero"`
	RollsBackSet string          `json:"rolls_back_set,omitempty"`
}

// Underway is an attempt that has begun.
type Underway struct {
	Started
	Since time.Time `json:"since"`
	By    Person    `json:"by"`
}

// Broken is an attempt that did not end well.
type Broken struct {
	Deployment
	At      time.Time `json:"at"`
	By      Person    `json:"by"`
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail,omitempty"`
	Waived  []Waiver  `json:"waived,omitempty"`
	// RollsBack, RollsBackSet and Set are as in Started.
	RollsBack    release.Version `json:"rolls_back,omitzero"`
	RollsBackSet string          `json:"rolls_back_set,omitempty"`
	Set          string          `json:"set_attempt,omitempty"`
	// Tries is how many attempts at it in a row did not end well.
	Tries int `json:"tries,omitempty"`
}

// Store gives the objects behind a state. A missing object is an error.
type Store interface {
	object.Trees
	// Blob returns a file's content.
	Blob(object.ID) ([]byte, error)
}

// State is the folded ledger at one entry. It reads the files that are asked
// for and no others, so that its cost does not grow with the ledger.
type State struct {
	tip   object.ID
	root  object.ID
	store Store
}

// Empty is the state before the first entry.
func Empty() *State { return &State{} }

// At is the state at the entry tip, whose commit has the tree root. It fails
// with a NewerError when the state is of another format.
func At(tip, root object.ID, store Store) (*State, error) {
	state := &State{tip: tip, root: root, store: store}
	text, err := state.file("format")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a ledger entry: its tree has no file named format", tip)
	}
	if err != nil {
		return nil, err
	}
	var format int
	var needs string
	if _, err := fmt.Sscan(string(text), &format, &needs); err != nil || format != Format {
		return nil, &NewerError{What: fmt.Sprintf("a state of format %q", strings.TrimSpace(string(text))), Needs: needs}
	}
	return state, nil
}

// Tip is the entry that the state ends with; zero for the empty ledger.
func (s *State) Tip() object.ID { return s.tip }

// Root is the tree of the state's files; zero for the empty ledger.
func (s *State) Root() object.ID { return s.root }

// Exists reports whether the ledger has an entry at all.
func (s *State) Exists() bool { return !s.tip.IsZero() }

// Release returns what is known of a release; ok is false if the ledger does
// not know it.
func (s *State) Release(component string, version release.Version) (known Release, ok bool, err error) {
	err = s.read(releasePath(component, version), &known)
	return known, err == nil, ignoreMissing(err)
}

// Lines lists the release lines of a component, lowest first.
func (s *State) Lines(component string) ([]release.Line, error) {
	names, err := s.names("state/" + component)
	if err != nil {
		return nil, err
	}
	var lines []release.Line
	for _, name := range names {
		line, err := release.ParseLine(name)
		if err != nil {
			return nil, fmt.Errorf("damaged ledger state: %w", err)
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, release.Line.Compare)
	return lines, nil
}

// Versions lists the releases of a line, lowest first.
func (s *State) Versions(component string, line release.Line) ([]release.Version, error) {
	names, err := s.names("state/" + component + "/" + line.String())
	if err != nil {
		return nil, err
	}
	var versions []release.Version
	for _, name := range names {
		version, err := release.ParseVersion(name)
		if err != nil {
			return nil, fmt.Errorf("damaged ledger state: %w", err)
		}
		versions = append(versions, version)
	}
	slices.SortFunc(versions, release.Version.Compare)
	return versions, nil
}

// Tag is where the tag of a release was recorded to be.
type Tag struct {
	Ref string // full name
	ID  object.ID
}

// Tags returns the recorded tag of each release of a component. It reads one
// small file for each line, not one for each release.
func (s *State) Tags(component string) (map[release.Version]Tag, error) {
	lines, err := s.Lines(component)
	if err != nil {
		return nil, err
	}
	// The directory is read once: it has as many entries as there are lines.
	directory, err := s.directory("tags/" + component)
	if err != nil {
		return nil, err
	}
	files := map[string]object.TreeEntry{}
	for _, entry := range directory {
		files[entry.Name] = entry
	}
	tags := map[release.Version]Tag{}
	for _, line := range lines {
		text, err := s.content(tagsPath(component, line), files[line.String()])
		if err != nil {
			return nil, err
		}
		if err := readTags(tags, string(text)); err != nil {
			return nil, fmt.Errorf("damaged ledger state: tags of line %s: %w", line, err)
		}
	}
	return tags, nil
}

// readTags reads the rows of a line's file of tags.
func readTags(tags map[release.Version]Tag, text string) error {
	for row := range strings.Lines(text) {
		fields := strings.Fields(row)
		if len(fields) != 3 {
			return fmt.Errorf("%q: expected version, id and reference", strings.TrimSpace(row))
		}
		version, err := release.ParseVersion(fields[0])
		if err != nil {
			return err
		}
		id, err := object.ParseID(fields[1])
		if err != nil {
			return err
		}
		tags[version] = Tag{Ref: fields[2], ID: id}
	}
	return nil
}

// CycleRelease returns the version that the cycle planned for that day released;
// no version if it has released nothing yet.
func (s *State) CycleRelease(component string, planned release.Date) (release.Version, error) {
	text, err := s.file(cyclePath(component, planned))
	if err != nil {
		return release.Version{}, ignoreMissing(err)
	}
	version, err := release.ParseVersion(strings.TrimSpace(string(text)))
	if err != nil {
		return release.Version{}, fmt.Errorf("damaged ledger state: %w", err)
	}
	return version, nil
}

// Environment returns what is known of the component on an environment; the
// zero value if nothing is.
func (s *State) Environment(environment, component string) (Environment, error) {
	var known Environment
	err := s.read(environmentPath(environment, component), &known)
	return known, ignoreMissing(err)
}

func releasePath(component string, version release.Version) string {
	return "state/" + component + "/" + version.Line().String() + "/" + version.String()
}

func tagsPath(component string, line release.Line) string {
	return "tags/" + component + "/" + line.String()
}

func cyclePath(component string, planned release.Date) string {
	return "cycles/" + component + "/" + planned.String()
}

func environmentPath(environment, component string) string {
	return "environments/" + environment + "/" + component
}

func (s *State) read(path string, value any) error {
	text, err := s.file(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("damaged ledger state: %s: %w", path, err)
	}
	return nil
}

// file returns a file's content; fs.ErrNotExist if the state has none.
func (s *State) file(path string) ([]byte, error) {
	entry, err := s.entry(path)
	if err != nil {
		return nil, err
	}
	return s.content(path, entry)
}

// content returns the content of what a directory lists at a path.
func (s *State) content(path string, entry object.TreeEntry) ([]byte, error) {
	if !entry.Mode.IsFile() {
		return nil, fmt.Errorf("damaged ledger state: %s is not a file", path)
	}
	return s.store.Blob(entry.ID)
}

func (s *State) entry(path string) (object.TreeEntry, error) {
	entry := object.TreeEntry{Mode: object.ModeDirectory, ID: s.root}
	for name := range strings.SplitSeq(path, "/") {
		if entry.ID.IsZero() || entry.Mode != object.ModeDirectory {
			return object.TreeEntry{}, fs.ErrNotExist
		}
		tree, err := s.store.Tree(entry.ID)
		if err != nil {
			return object.TreeEntry{}, err
		}
		found := false
		if entry, found = tree.Find(name); !found {
			return object.TreeEntry{}, fs.ErrNotExist
		}
	}
	return entry, nil
}

// directory reads a directory; a missing one is empty.
func (s *State) directory(path string) (object.Tree, error) {
	entry, err := s.entry(path)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	return s.store.Tree(entry.ID)
}

// names lists a directory; a missing one is empty.
func (s *State) names(path string) ([]string, error) {
	tree, err := s.directory(path)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(tree))
	for i, entry := range tree {
		names[i] = entry.Name
	}
	return names, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
