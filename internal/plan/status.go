package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Seen is what was found on an environment by looking at it.
type Seen struct {
	// Looked is false where nothing was looked at: no URL, or no wish to.
	Looked   bool   `json:"looked"`
	Version  string `json:"version,omitempty"`
	Revision string `json:"revision,omitempty"`
	Name     string `json:"name,omitempty"` // of the service
	// Healthy is nil where there is no heartbeat to ask.
	Healthy *bool  `json:"healthy,omitempty"`
	Health  string `json:"health,omitempty"` // what the heartbeat complains of
	// ThirdParties says "real" or "mocked" of those that it shows, in small letters.
	ThirdParties map[string]string `json:"third_parties,omitempty"`
	// Switches are all the fields of its root that are true or false.
	Switches map[string]bool `json:"switches,omitempty"`
	Error    string          `json:"error,omitempty"`
}

// Agreement says whether the ledger and an environment tell the same.
type Agreement string

// The agreements between ledger and environment.
const (
	Agrees    Agreement = "agrees"
	Differs   Agreement = "differs"
	Unhealthy Agreement = "unhealthy"
	// NotSeen: the environment does not answer, or hides what it runs.
	NotSeen   Agreement = "not seen"
	NotLooked Agreement = "not looked at"
)

// EnvironmentStatus is an environment by ledger and by look.
type EnvironmentStatus struct {
	Name         string           `json:"environment"`
	Maintainer   string           `json:"maintainer"`
	Commissioned bool             `json:"commissioned"`
	Follows      string           `json:"follows,omitempty"`
	Running      *ledger.Running  `json:"running,omitempty"`
	Underway     *ledger.Underway `json:"underway,omitempty"`
	Broken       *ledger.Broken   `json:"broken,omitempty"`
	Seen         Seen             `json:"seen"`
	Agreement    Agreement        `json:"agreement"`
	// Request is the deployment request that is open at the forge, Deploying the
	// deployment that others carry out.
	Request   *RequestStatus   `json:"request,omitempty"`
	Deploying *DeployingStatus `json:"deploying,omitempty"`
	// Remark says in words what is not as it should be, and what to type.
	Remark string `json:"remark,omitempty"`
}

// ReleaseState is where a release stands.
type ReleaseState string

// The states of a release. One that is on an environment before the last says
// "on NAME".
const (
	StateTagged     ReleaseState = "tagged"
	StateReleased   ReleaseState = "released"
	StateSuperseded ReleaseState = "superseded"
	StateBackedOff  ReleaseState = "backed off"
)

// ReleaseStatus is a release that is on its way, or the last that arrived.
type ReleaseStatus struct {
	Version release.Version `json:"version"`
	Tag     string          `json:"-"` // full reference name
	State   ReleaseState    `json:"state"`
	Commit  object.ID       `json:"commit"`
	By      ledger.Person   `json:"by"`
	At      time.Time       `json:"at"`
	Cycle   release.Date    `json:"cycle,omitzero"`
	// DaysLate is how late it was tagged.
	DaysLate int  `json:"days_late,omitempty"`
	OffCycle bool `json:"off_cycle,omitempty"`
	// Adopted: By and At are those of the adoption.
	Adopted bool `json:"adopted,omitempty"`
	// SignOffs are those that hold, in order of time.
	SignOffs []ledger.SignOff `json:"sign_offs,omitempty"`
	// BackedOff says why it goes nowhere any more.
	BackedOff *ledger.Decision `json:"backed_off,omitempty"`
	// Draft is the page of its Release while that is a draft.
	Draft string `json:"draft,omitempty"`
	// Waived are the gates that were set aside on its way.
	Waived []WaivedOn `json:"waived,omitempty"`
}

// WaivedOn is a gate of an environment that was set aside.
type WaivedOn struct {
	Environment string `json:"environment"`
	ledger.Waiver
}

// Status is where the train stands.
type Status struct {
	Component    string              `json:"component"`
	Remote       string              `json:"remote"`
	At           time.Time           `json:"at"`
	Environments []EnvironmentStatus `json:"environments"`
	Releases     []ReleaseStatus     `json:"releases"`
	// Blocks are those that hold.
	Blocks []ledger.Block `json:"blocks"`
	// TagProblems are release tags that were moved or deleted.
	TagProblems []string `json:"tag_problems"`
	// Unknown are release tags that the ledger does not know.
	Unknown []string `json:"unknown_tags"`
	// Waiting are entries that this clone could not record yet.
	Waiting []WaitingEntry `json:"waiting,omitempty"`
	// Missed is what could not be seen at the forge.
	Missed []MissedLook `json:"missed,omitempty"`
	Next   Next         `json:"next"`
}

// WaitingEntry is an entry that only the clone that made it has.
type WaitingEntry struct {
	ID      string      `json:"id"`
	Kind    ledger.Kind `json:"kind"`
	Subject string      `json:"subject"`
	At      time.Time   `json:"at"`
}

// MakeStatus tells where the train stands, from the ledger and from what was
// seen of each environment (by name).
func MakeStatus(s *Snapshot, seen map[string]Seen) (*Status, error) {
	status := &Status{
		Component: s.Component.Name, Remote: s.Remote, At: s.Now,
		Environments: []EnvironmentStatus{}, Releases: []ReleaseStatus{}, TagProblems: []string{}, Unknown: []string{},
	}
	for _, environment := range s.Train.Environments {
		one, err := environmentStatus(s, environment, seen[environment.Name])
		if err != nil {
			return nil, err
		}
		status.Environments = append(status.Environments, one)
	}
	status.compareMirrors(s)
	var err error
	if status.Releases, err = inFlight(s); err != nil {
		return nil, err
	}
	blocks, err := s.Ledger.Blocks(s.Component.Name)
	if err != nil {
		return nil, err
	}
	status.Blocks = append([]ledger.Block{}, blocks.Open...)
	if err := status.checkTags(s); err != nil {
		return nil, err
	}
	next, err := MakeNext(s)
	if err != nil {
		return nil, err
	}
	status.Next = *next
	return status, nil
}

func environmentStatus(s *Snapshot, environment release.Environment, seen Seen) (EnvironmentStatus, error) {
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return EnvironmentStatus{}, err
	}
	status := EnvironmentStatus{
		Name: environment.Name, Maintainer: environment.Maintainer, Commissioned: environment.Commissioned,
		Follows: environment.Follows, Running: state.Running, Underway: state.Underway, Broken: state.Broken, Seen: seen,
	}
	status.Agreement, status.Remark = agree(s, status)
	switch remark := unfinished(s, status); {
	case remark == "":
	case status.Underway == nil && status.Agreement == Differs:
		// After an attempt that failed, both matter.
		status.Remark += "; " + remark
	default:
		status.Remark = remark
	}
	return status, nil
}

// agree compares the ledger with what was seen.
func agree(s *Snapshot, status EnvironmentStatus) (Agreement, string) {
	seen, running := status.Seen, status.Running
	switch {
	case !seen.Looked:
		return NotLooked, ""
	case seen.Error != "":
		return NotSeen, seen.Error
	case seen.Version == "" && seen.Revision == "":
		return NotSeen, "it shows neither version nor revision"
	case running == nil:
		return Differs, fmt.Sprintf("it runs %s and the ledger knows nothing of it%s", seen.shown(), recordCommand(s, status))
	case !seen.shows(running.Deployment):
		runs, recorded := seen.shown(), running.Version
		if runs == recorded {
			runs, recorded = runs+" at "+seen.Revision, recorded+" at "+running.Commit.Short()
		}
		return Differs, fmt.Sprintf("it runs %s and the ledger has %s%s", runs, recorded, recordCommand(s, status))
	case seen.Healthy != nil && !*seen.Healthy:
		return Unhealthy, "its heartbeat fails: " + seen.Health
	}
	return Agrees, ""
}

func (s Seen) shown() string {
	text := []rune(cmp.Or(s.Version, s.Revision))
	if len(text) > maxShownVersion {
		return string(text[:maxShownVersion]) + "…"
	}
	return string(text)
}

// maxShownVersion bounds, in characters, what a server's word takes of a sentence.
const maxShownVersion = 40

// shows reports whether what was seen is the deployment: by version, and where
// that is hidden, by revision. The commits of a branch share a version; of them
// the revision tells, where it is shown.
func (s Seen) shows(deployment ledger.Deployment) bool {
	version := strings.TrimPrefix(s.Version, "v") // as package probe reads it
	if version != "" && (version != deployment.Version || deployment.Tag != "" || s.Revision == "") {
		return version == deployment.Version
	}
	return len(s.Revision) >= 7 && strings.HasPrefix(deployment.Commit.String(), s.Revision)
}

// recordCommand is what to type when a known release was deployed elsewhere.
func recordCommand(s *Snapshot, status EnvironmentStatus) string {
	if status.Follows != "" {
		return "; looprel promote " + status.Name + " brings it to the head of " + status.Follows
	}
	version, err := release.ParseVersion(strings.TrimPrefix(status.Seen.Version, "v"))
	if err != nil {
		return ""
	}
	if _, known, err := s.Ledger.Release(s.Component.Name, version); err != nil || !known {
		return "; looprel adopt takes it over if it was released"
	}
	return fmt.Sprintf("; if that is meant: looprel promote %s %s --record-only --reason TEXT", status.Name, version)
}

func unfinished(s *Snapshot, status EnvironmentStatus) string {
	if underway := status.Underway; underway != nil {
		when := underway.Since.In(s.Train.Zone).Format("Mon 15:04 MST")
		if s.Now.Before(underway.Until) {
			return fmt.Sprintf("%s is promoting %s since %s", underway.By.Name, underway.Version, when)
		}
		return fmt.Sprintf("the promotion of %s that %s began %s never ended; %s finishes it",
			underway.Version, underway.By.Name, when, s.resume(ledger.Environment{Underway: underway}))
	}
	if broken := status.Broken; broken != nil {
		return fmt.Sprintf("the promotion of %s ended as %q; %s tries again",
			broken.Version, broken.Outcome, s.resume(ledger.Environment{Broken: broken}))
	}
	return ""
}

// promoteCommand is what brings the deployment about. One of a branch's head
// takes no version.
func promoteCommand(deployment ledger.Deployment) string {
	if deployment.Tag == "" {
		return "looprel promote " + deployment.Environment
	}
	return "looprel promote " + deployment.Environment + " " + deployment.Version
}

// resume is the command that goes on with the attempt which an environment was left with,
// at a release or at a set; "" if there is none.
func (s *Snapshot) resume(state ledger.Environment) string {
	var deployment ledger.Deployment
	goesBack := false
	switch underway, broken := state.Underway, state.Broken; {
	case underway != nil:
		deployment, goesBack = underway.Deployment, !underway.RollsBack.IsZero() || underway.RollsBackSet != ""
	case broken != nil:
		deployment, goesBack = broken.Deployment, !broken.RollsBack.IsZero() || broken.RollsBackSet != ""
	default:
		return ""
	}
	if goesBack {
		return "looprel rollback " + deployment.Environment + " --reason TEXT"
	}
	if _, isSet, err := s.Ledger.Set(deployment.Version); err == nil && isSet {
		return "looprel promote " + deployment.Environment + " " + deployment.Version
	}
	return promoteCommand(deployment)
}

// inFlight lists the releases that are on their way, newest first, down to the
// last one that the last environment ran before its present one: what was
// overtaken in between shows as superseded.
func inFlight(s *Snapshot) ([]ReleaseStatus, error) {
	last, lastRunning, err := lastEnvironment(s)
	if err != nil {
		return nil, err
	}
	lines, err := s.Ledger.Lines(s.Component.Name)
	if err != nil {
		return nil, err
	}
	releases := []ReleaseStatus{}
	for _, line := range slices.Backward(lines) {
		versions, err := s.Ledger.Versions(s.Component.Name, line)
		if err != nil {
			return nil, err
		}
		for _, version := range slices.Backward(versions) {
			known, _, err := s.Ledger.Release(s.Component.Name, version)
			if err != nil {
				return nil, err
			}
			below := version.Compare(lastRunning) < 0
			history := known.Adopted && len(known.Reached) == 0 && known.Cycle.IsZero()
			if history && !below && !lastRunning.IsZero() {
				continue // made by hand, and passed over: what runs comes further down
			}
			if history || below && known.WasOn(last) || len(releases) == maxInFlight {
				return releases, nil
			}
			releases = append(releases, ReleaseStatus{
				Version: version, Tag: known.Tag, State: stateOf(s, known, last, lastRunning), Commit: known.Commit,
				By: known.By, At: known.At, Cycle: known.Cycle, DaysLate: known.DaysLate, OffCycle: known.OffCycle, Adopted: known.Adopted,
				SignOffs: known.SignOffs, BackedOff: known.BackedOff, Waived: waivedOn(known),
			})
		}
	}
	return releases, nil
}

func waivedOn(known ledger.Release) []WaivedOn {
	var list []WaivedOn
	for _, reached := range known.Reached {
		for _, waiver := range reached.Waived {
			list = append(list, WaivedOn{Environment: reached.Environment, Waiver: waiver})
		}
	}
	return list
}

// OnTheirWay are the releases that are tagged, or on an environment before the
// last, and that nothing higher has overtaken and nobody has backed off; newest
// first.
func OnTheirWay(s *Snapshot) ([]ReleaseStatus, error) {
	releases, err := inFlight(s)
	return slices.DeleteFunc(releases, func(one ReleaseStatus) bool {
		return one.State == StateReleased || one.State == StateSuperseded || one.State == StateBackedOff
	}), err
}

// maxInFlight bounds the list for a train whose last environment runs nothing.
const maxInFlight = 20

// lastEnvironment is the last commissioned environment that takes releases, and
// the release that it runs.
func lastEnvironment(s *Snapshot) (name string, running release.Version, err error) {
	for _, environment := range slices.Backward(s.Train.Environments) {
		if environment.Follows != "" || !environment.Commissioned {
			continue
		}
		state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
		if err != nil || state.Running == nil {
			return environment.Name, release.Version{}, err
		}
		version, _ := state.Running.Release()
		return environment.Name, version, nil
	}
	return "", release.Version{}, nil
}

func stateOf(s *Snapshot, known ledger.Release, last string, lastRunning release.Version) ReleaseState {
	switch {
	case known.BackedOff != nil:
		return StateBackedOff
	case known.WasOn(last):
		return StateReleased
	case known.Version.Compare(lastRunning) < 0:
		return StateSuperseded
	}
	for _, environment := range slices.Backward(s.Train.Environments) {
		if known.WasOn(environment.Name) {
			return ReleaseState("on " + environment.Name)
		}
	}
	return StateTagged
}

// checkTags compares the recorded tags with those of the remote.
func (status *Status) checkTags(s *Snapshot) error {
	recorded, err := s.Ledger.Tags(s.Component.Name)
	if err != nil {
		return err
	}
	var versions []release.Version
	for version := range recorded {
		versions = append(versions, version)
	}
	slices.SortFunc(versions, release.Version.Compare)
	for _, version := range versions {
		if problem := s.tagProblem(recorded[version].Ref, recorded[version].ID); problem != "" {
			status.TagProblems = append(status.TagProblems, problem)
		}
	}
	if !s.Ledger.Exists() {
		return nil
	}
	unknown, _ := s.unknownTags(recorded)
	for _, tagged := range unknown {
		status.Unknown = append(status.Unknown, ShortRef(tagged.Tag))
	}
	return nil
}
