// Package release is the vocabulary of a release train: versions, tag and
// branch names, civil dates, and what environments.yaml declares (the train, its
// components, environments and contacts).
//
// It holds values and the rules that belong to one value alone (how a version
// is bumped, what a tag is called). It imports the standard library only, does no I/O and reads no clock. Every other package of looprel speaks in
// these types.
package release

import (
	"slices"
	"strings"
	"time"
)

// Train is what environments.yaml declares.
type Train struct {
	// Zone is the zone in which tagging and pushing days are days. Its name is
	// the one that the file gave.
	Zone *time.Location
	// Home is the remote (its name or URL) that holds the ledger; empty: the one
	// that the command line or the clone's configuration give.
	Home string
	// LedgerRef is the full name of the ledger's reference.
	LedgerRef string
	Schedule  Schedule
	// OffCycle are the gates that a promotion off the calendar may skip.
	OffCycle []string
	// AllowedSigners is the path, in the train's home, of the list of keys whose
	// signatures count; empty: the one that git's configuration names.
	AllowedSigners string
	// OpenPGPKeys is the path, in the train's home, of the public keys whose OpenPGP
	// signatures count; empty: none do.
	OpenPGPKeys string
	Announce    Announce
	// Sets: the components are released together, as sets of one release of each.
	Sets bool
	// Tick is what the train may do by itself.
	Tick Tick
	// Links turns numbers in commit messages into addresses.
	Links Links
	// ViaPullRequest: branches get the commits of releases and fixes by pull requests, and
	// not by pushes.
	ViaPullRequest bool
	// GitHub is what is kept up to date on GitHub; nil: nothing.
	GitHub       *GitHub
	Contacts     []Contact
	Components   []Component
	Environments []Environment
}

// DefaultLedgerRef is where the ledger is unless the file says otherwise.
const DefaultLedgerRef = "refs/looprel/ledger"

// AfterTag is the value of an environment's After that makes it the first: a
// release may go there as soon as it is tagged.
const AfterTag = "tag"

// Schedule is the train's timetable, in civil dates of its zone.
type Schedule struct {
	FirstTag Date // a tagging day; cycles count from here
	Every    int  // days from one tagging day to the next, a multiple of 7
	TagDay   time.Weekday
	// TestUntil is the last day of the load tests: the first such weekday after
	// the tag. HasTest is false when none is declared.
	TestUntil time.Weekday
	HasTest   bool
	// PushDay is the first such weekday after the planned tag.
	PushDay time.Weekday
	// PushFrom and PushTo bound the hours of a push, in the train's zone; PushTo
	// is exclusive. Both zero: the whole day.
	PushFrom, PushTo TimeOfDay
	Freezes          []Freeze
	Exceptions       []Exception
	// Holidays are the countries (ISO 3166-1 alpha-2, upper case) whose public
	// holidays are not working days.
	Holidays []string
}

// Freeze is a span of days on which nothing is pushed.
type Freeze struct {
	From, To  Date // inclusive
	Reason    string
	StopsTags bool // tags wait as well
}

// Exception changes one cycle, and that one alone.
type Exception struct {
	Cycle  Date // the tagging day that the cycle would have without exception
	Skip   bool
	Tag    Date // zero: as planned
	Push   Date // zero: as planned
	Reason string
}

// Links are templates of addresses: "{id}" is replaced by the number.
type Links struct {
	Bug         string
	PullRequest string
}

// Contact is a role; people and addresses behind it are optional.
type Contact struct {
	Role   string
	People []string
	Email  []string
	// GitHub are their logins there.
	GitHub []string
}

// Component is something that is released under its own version.
type Component struct {
	Name string
	// Repository is "." for the train's home, otherwise a URL.
	Repository string
	// Branch is the short name of the branch that releases are made from; empty:
	// the remote's default branch.
	Branch string
	// Path is the component's directory in a repository that it shares, without a
	// slash at its end; empty: the whole repository.
	Path          string
	TagPattern    Pattern
	BranchPattern Pattern
	// Bump is what a train release raises when nothing else is asked for.
	Bump         Bump
	VersionFiles []VersionFile
	// Changelog is nil when the component keeps none.
	Changelog *Changelog
	// NoDevelopment leaves out the commit that opens the next version after a
	// release.
	NoDevelopment bool
	// Checks are those that a commit must have passed to be released; nil: none.
	Checks  *Checks
	Extract *Extract
	// Probe, where given, replaces the environments' way to look at what runs.
	Probe *Probe
}

// VersionFile is a file that carries the component's version, under a key
// ("version", "project.version") or where a regular expression finds it.
type VersionFile struct {
	Path string
	// Key is the dotted path of the value in a JSON, YAML or TOML file.
	Key string
	// Pattern is a regular expression with one group that is the version.
	Pattern string
}

// Changelog is the component's list of changes for people.
type Changelog struct {
	Path string
	// Style is "loop" or "keep-a-changelog"; empty: as the file shows.
	Style string
}

// Extract says which parts of which repository make the component.
type Extract struct {
	From string
	Map  []Mapping
}

// Mapping is a file or directory of the other repository, its place in the
// component's, and the globs that are left out.
type Mapping struct {
	From, To string
	Except   []string
}

// Environment is a place where releases run.
type Environment struct {
	Name       string
	Maintainer string // a contact's role
	URL        string // empty: nothing to probe
	// Follows is the branch whose head is deployed here, instead of releases.
	Follows string
	// After is the environment that a release must have been on before, or
	// AfterTag.
	After string
	// Commissioned is false for an environment that is planned only.
	Commissioned bool
	Mirrors      string
	// PushWindow limits pushes to the train's push days and hours.
	PushWindow bool
	// ThirdParties says, for each third party, "real" or "mocked".
	ThirdParties map[string]string
	// Gates are what the file says of the conditions of a promotion, in its order.
	Gates  []Gate
	Deploy Deploy
	// RollsBack: a promotion that fails is rolled back without being asked.
	RollsBack bool
	Probe     Probe
	// Announce tells people what comes here.
	Announce bool
}

// Deploy is how a release is brought to an environment.
type Deploy struct {
	// Command is an argument vector, run without a shell; empty, and no other way: the
	// deployment happens elsewhere and is only recorded.
	Command []string
	// Way is how it is done without a command.
	Way DeployWay
	// Workflow is that of DeployByWorkflow.
	Workflow Workflow
	// Timeout bounds the command, or the wait for others.
	Timeout time.Duration
}

// DeployWay is a way to deploy by others than a command.
type DeployWay string

// The ways.
const (
	// DeployByRequest files an issue, and waits until somebody has done it.
	DeployByRequest DeployWay = "request"
	// DeployByDeployment makes a deployment at the forge, and waits for the statuses that
	// others give it.
	DeployByDeployment DeployWay = "deployment"
	// DeployByWorkflow runs a workflow, and waits for its end.
	DeployByWorkflow DeployWay = "workflow"
)

// Workflow is a workflow that deploys.
type Workflow struct {
	// File is its name below .github/workflows.
	File string
	// Ref is the branch or tag that it is taken from; empty: the train's branch.
	Ref string
	// Inputs are its inputs; {version} and the like are replaced.
	Inputs map[string]string
}

// Probe is how to see what runs in an environment.
type Probe struct {
	// Disabled: the component shows nothing that could be looked at.
	Disabled bool
	// Path is resolved against the environment's URL; empty: the URL itself.
	Path string
	// Heartbeat is the health check's path; "none": there is none.
	Heartbeat string
	// Agree is how many answers in a row must agree.
	Agree int
	// Interval is the pause between answers that agree.
	Interval time.Duration
	// Deadline bounds the wait for a release to show.
	Deadline time.Duration
}

// Defaults that the file may change.
const (
	DefaultDeployTimeout = 30 * time.Minute
	// DefaultRequestTimeout is how long a request may take: a working day.
	DefaultRequestTimeout = 8 * time.Hour
	DefaultHeartbeat      = "__heartbeat__"
	NoHeartbeat           = "none"
	DefaultProbeAgree     = 3
	DefaultProbeInterval  = time.Second
	DefaultProbeDeadline  = 5 * time.Minute
)

// Component returns the component of that name.
func (t *Train) Component(name string) (Component, bool) {
	at := slices.IndexFunc(t.Components, func(c Component) bool { return c.Name == name })
	if at < 0 {
		return Component{}, false
	}
	return t.Components[at], true
}

// Environment returns the environment of that name.
func (t *Train) Environment(name string) (Environment, bool) {
	at := slices.IndexFunc(t.Environments, func(e Environment) bool { return e.Name == name })
	if at < 0 {
		return Environment{}, false
	}
	return t.Environments[at], true
}

// Predecessor returns the environment that a release must have been on before
// it may go to e, passing over those that are not commissioned; ok is false for
// an environment that comes right after the tag, or follows a branch.
func (t *Train) Predecessor(e Environment) (predecessor Environment, ok bool) {
	// The bound guards against a circle, which the configuration refuses.
	for range t.Environments {
		if e.After == "" || e.After == AfterTag {
			return Environment{}, false
		}
		before, found := t.Environment(e.After)
		if !found {
			return Environment{}, false
		}
		if before.Commissioned {
			return before, true
		}
		e = before
	}
	return Environment{}, false
}

// ProbeFor is how to look at the component in the environment.
func (e Environment) ProbeFor(c Component) Probe {
	if c.Probe != nil {
		return *c.Probe
	}
	return e.Probe
}

// Contains reports whether a path of the repository belongs to the component.
func (c Component) Contains(path string) bool {
	return c.Path == "" || path == c.Path || strings.HasPrefix(path, c.Path+"/")
}

// Name names the train by its components: the same for everybody, however they
// reach its home.
func (t *Train) Name() string {
	names := make([]string, len(t.Components))
	for i, component := range t.Components {
		names[i] = component.Name
	}
	return strings.Join(names, ", ")
}
