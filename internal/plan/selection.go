package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// PromoteRequest is what `promote` was asked for.
type PromoteRequest struct {
	Environment string
	Version     release.Version // zero: the one whose turn it is
	OffCycle    bool
	Reason      string
	// TakeOver replaces an attempt of somebody else before its lease ends.
	TakeOver bool
	// Waive are gates to be set aside, by name.
	Waive []string
	// RecordOnly records a deployment that was made elsewhere.
	RecordOnly bool
	// Embargo is until when nobody is told; zero: at once, or when that of the release
	// ends.
	Embargo time.Time
}

// Selection is what a promotion is about, before anything else is read.
type Selection struct {
	Environment release.Environment
	ledger.Deployment
	// Release is what the ledger knows of the release; nil for a branch's head,
	// and for a release that the ledger does not know.
	Release *ledger.Release
	// Set is the set that is selected in place of a release; nil: it is a release.
	Set *ledger.Set
	// State is what the ledger knows of the environment.
	State ledger.Environment
	// Before is what the ledger knows of the environment before it, if there is one.
	Before ledger.Environment
	// Blocks are those of the component.
	Blocks ledger.Blocks
}

// SelectRelease says which environment and which release a request is about.
func SelectRelease(s *Snapshot, request PromoteRequest) (*Selection, error) {
	environment, ok := s.Train.Environment(request.Environment)
	if !ok {
		return nil, misuse("the environments are "+strings.Join(environmentNames(s.Train), ", "), "there is no environment %q", request.Environment)
	}
	if err := checkPromoteRequest(environment, request); err != nil {
		return nil, err
	}
	if err := s.checkEmbargo(request.Embargo); err != nil {
		return nil, err
	}
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return nil, err
	}
	selection := &Selection{Environment: environment, State: state}
	if selection.Blocks, err = s.Ledger.Blocks(s.Component.Name); err != nil {
		return nil, err
	}
	selection.Deployment.Environment = environment.Name
	if environment.Follows != "" {
		return selection, selection.selectHead(s)
	}
	if before, ok := s.Train.Predecessor(environment); ok {
		if selection.Before, err = s.Ledger.Environment(before.Name, s.Component.Name); err != nil {
			return nil, err
		}
	}
	version := request.Version
	if version.IsZero() {
		if version, err = defaultRelease(s, environment); err != nil {
			return nil, err
		}
	}
	return selection, selection.selectVersion(s, version)
}

func environmentNames(train *release.Train) []string {
	var names []string
	for _, environment := range train.Environments {
		names = append(names, environment.Name)
	}
	return names
}

func checkPromoteRequest(environment release.Environment, request PromoteRequest) error {
	if environment.Follows != "" && !request.Version.IsZero() {
		return misuse("looprel promote "+environment.Name, "%s follows branch %s and takes no VERSION", environment.Name, environment.Follows)
	}
	if len(request.Waive) > 0 {
		if err := checkWaive(environment, request); err != nil {
			return err
		}
	}
	if request.RecordOnly {
		if request.Version.IsZero() && environment.Follows == "" {
			return misuse("looprel promote "+environment.Name+" VERSION --record-only --reason TEXT", "--record-only wants the VERSION that was deployed")
		}
		return checkReason("--record-only", true, request.Reason)
	}
	if len(request.Waive) > 0 {
		return checkReason("--waive", true, request.Reason)
	}
	return checkReason("--off-cycle", request.OffCycle, request.Reason)
}

func (sel *Selection) selectHead(s *Snapshot) error {
	ref := BranchRef(sel.Environment.Follows)
	head, ok := s.Refs.IDs[ref]
	if !ok {
		return misuse("correct \"follows\" in environments.yaml", "%s has no branch %s, which %s follows",
			s.Remote, sel.Environment.Follows, sel.Environment.Name)
	}
	if !s.Ledger.Exists() {
		return refuse("looprel adopt takes over the releases that exist; the first looprel tag begins one, too",
			"there is no ledger on %s yet to record a deployment in", s.Remote)
	}
	sel.Commit = head
	return nil
}

func (sel *Selection) selectVersion(s *Snapshot, version release.Version) error {
	sel.Version = version.String()
	sel.Tag = TagRef(s.Component.TagPattern.Tag(version))
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil {
		return err
	}
	if ok {
		sel.Release, sel.Commit, sel.Tag = &known, known.Commit, known.Tag
		return nil
	}
	sel.Commit, _ = s.Refs.Commit(sel.Tag)
	return nil
}

// defaultRelease is the release whose turn it is: the first environment takes
// the current cycle's, later ones what their predecessor runs.
func defaultRelease(s *Snapshot, environment release.Environment) (release.Version, error) {
	predecessor, ok := s.Train.Predecessor(environment)
	if !ok {
		return cycleRelease(s, environment)
	}
	before, err := s.Ledger.Environment(predecessor.Name, s.Component.Name)
	if err != nil {
		return release.Version{}, err
	}
	if before.Underway != nil {
		return release.Version{}, choose(environment, eitherOf(before.Underway.Deployment, before.Running), "a promotion to %s is under way", predecessor.Name)
	}
	if before.Broken != nil {
		return release.Version{}, choose(environment, eitherOf(before.Broken.Deployment, before.Running),
			"the last promotion to %s ended as %q", predecessor.Name, before.Broken.Outcome)
	}
	if before.Running == nil {
		return release.Version{}, refuse("looprel promote "+predecessor.Name, "%s runs no release yet, and %s comes after it", predecessor.Name, environment.Name)
	}
	version, isRelease := before.Running.Release()
	if !isRelease {
		return release.Version{}, misuse("looprel promote "+environment.Name+" VERSION", "%s runs %s, which is no release", predecessor.Name, before.Running.Version)
	}
	return version, nil
}

// eitherOf are the versions that an environment may run after an attempt.
func eitherOf(attempted ledger.Deployment, running *ledger.Running) []string {
	choices := []string{attempted.Version}
	if running != nil && running.Version != attempted.Version {
		choices = append(choices, running.Version)
	}
	return choices
}

// cycleRelease is the current cycle's release. It is ambiguous when something
// higher was released since, a patch of it or an off-cycle release.
func cycleRelease(s *Snapshot, environment release.Environment) (release.Version, error) {
	cycle, ok := s.Calendar().Current(s.Today())
	var version release.Version
	var err error
	if ok {
		if version, err = s.Ledger.CycleRelease(s.Component.Name, cycle.Planned); err != nil {
			return release.Version{}, err
		}
	}
	above, err := releasesAbove(s, version)
	if err != nil {
		return release.Version{}, err
	}
	known, _, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil {
		return release.Version{}, err
	}
	switch {
	case known.BackedOff != nil && len(above) == 1:
		return release.ParseVersion(above[0]) // it took the place of the one that was backed off
	case known.BackedOff != nil && len(above) > 0:
		return release.Version{}, choose(environment, above, "this cycle's %s is backed off", version)
	case len(above) > 0 && !version.IsZero():
		return release.Version{}, choose(environment, append([]string{version.String()}, above...), "something higher than this cycle's %s has been released", version)
	case !version.IsZero():
		return version, nil
	case len(above) > 0:
		return release.Version{}, choose(environment, above, "this cycle has released nothing yet")
	}
	return release.Version{}, refuse("looprel next says what is due", "this cycle has released nothing yet")
}

// releasesAbove lists the releases made by looprel above a version, lowest
// first; adopted ones are history and no candidates, nor are those backed off. Above no version, it lists
// the newest alone.
func releasesAbove(s *Snapshot, version release.Version) ([]string, error) {
	lines, err := s.Ledger.Lines(s.Component.Name)
	if err != nil {
		return nil, err
	}
	var above []string
	for _, line := range slices.Backward(lines) {
		if !version.IsZero() && line.Compare(version.Line()) < 0 {
			break
		}
		versions, err := s.Ledger.Versions(s.Component.Name, line)
		if err != nil {
			return nil, err
		}
		for _, candidate := range slices.Backward(versions) {
			if candidate.Compare(version) <= 0 {
				break
			}
			known, _, err := s.Ledger.Release(s.Component.Name, candidate)
			if err != nil {
				return nil, err
			}
			if !known.Adopted && known.BackedOff == nil {
				above = append(above, candidate.String())
			}
			if version.IsZero() {
				return above, nil
			}
		}
	}
	slices.Reverse(above)
	return above, nil
}

func choose(environment release.Environment, choices []string, format string, values ...any) error {
	commands := make([]string, len(choices))
	for i, version := range choices {
		commands[i] = "looprel promote " + environment.Name + " " + version
	}
	return misuse("say which: "+strings.Join(commands, ", or "), format, values...)
}
