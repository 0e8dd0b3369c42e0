package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// # Sets
//
// A train whose components are released together (train: {sets: true}) pins their
// releases as a set. What concerns a set and no single component is written under the
// component AllComponents: its attempts on an environment, its blocks.
//
//	sets/<id>                         a Set, as JSON
//	set-cycles/<planned tagging day>  the last set of this cycle
//	sets-of/<component>/<version>     the sets that have this release, a line each, oldest first
//	recent-sets                       the newest sets, a line each, newest first
//	tagging                           the Tagging that is open, as JSON: a set whose members
//	                                  elsewhere are not all known to be tagged
//	environments/<environment>/*      an Environment whose deployments are sets
//
// A set whose members are all tagged in the train's home comes into being by one push.
// A member elsewhere is written ahead: KindSetTagging holds all that is going to be
// pushed there, so that anybody can push it again; KindSetTagged or KindSetAbandoned
// ends it.

// AllComponents is the component of entries that are about a set. No component can be
// called so.
const AllComponents = "*"

// maxRecentSets is how many sets a state lists as recent.
const maxRecentSets = 50

// Member is the release of a component in a set.
type Member struct {
	Component string          `json:"component"`
	Version   release.Version `json:"version"`
	Tag       string          `json:"tag"` // full reference name
	TagID     object.ID       `json:"tag_id"`
	Commit    object.ID       `json:"commit"`
	// Repository is where the tag is, "" for the train's home.
	Repository string `json:"repository,omitempty"`
}

// Pins are the releases of a set, one of each component, in the declared order.
type Pins struct {
	ID      string   `json:"set"`
	Members []Member `json:"members"`
	// Follows is the set whose place it takes, "" for the first.
	Follows string `json:"follows,omitempty"`
	// Cycle is the planned tagging day of the cycle whose set this is; none for a set
	// with a patch, and an off-cycle one.
	Cycle release.Date `json:"cycle,omitzero"`
	// Patch: what is new in it are patches, to which the calendar does not apply.
	Patch bool `json:"patch,omitempty"`
}

// SetID names the set of some members: the same for everybody, and fit for a path.
func SetID(members []Member) string { return joinMembers(members, "-", "+") }

// Title is the set for people.
func (p Pins) Title() string { return joinMembers(p.Members, " ", " + ") }

// SetTitle is the title of the set of that id; a component and its version, as in a title,
// stays as it is.
func SetTitle(id string) string {
	var parts []string
	for part := range strings.SplitSeq(id, "+") {
		at := strings.LastIndexByte(part, '-')
		if _, err := release.ParseVersion(part[at+1:]); err == nil && at > 0 {
			part = part[:at] + " " + part[at+1:]
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " + ")
}

// SetVersions are the versions in an id, by component; what is no version is left out.
func SetVersions(id string) map[string]release.Version {
	versions := map[string]release.Version{}
	for part := range strings.SplitSeq(id, "+") {
		if at := strings.LastIndexByte(part, '-'); at >= 0 {
			if version, err := release.ParseVersion(part[at+1:]); err == nil {
				versions[part[:at]] = version
			}
		}
	}
	return versions
}

func joinMembers(members []Member, inside, between string) string {
	parts := make([]string, len(members))
	for i, member := range members {
		parts[i] = member.Component + inside + member.Version.String()
	}
	return strings.Join(parts, between)
}

// Member is the release of a component in the set; ok is false if it has none.
func (p Pins) Member(component string) (member Member, ok bool) {
	at := slices.IndexFunc(p.Members, func(one Member) bool { return one.Component == component })
	if at < 0 {
		return Member{}, false
	}
	return p.Members[at], true
}

// Tagging says that a set is going to be tagged in other repositories than the
// train's home.
type Tagging struct {
	Pins
	// Open are the releases that are made elsewhere.
	Open []OpenRelease `json:"open"`
}

// OpenRelease is a release that is to be pushed to a repository of its own, with all
// that the push needs.
type OpenRelease struct {
	Component string         `json:"component"`
	Refs      []RefChange    `json:"refs"`
	Objects   []RawObject    `json:"objects"`
	Tagged    Tagged         `json:"tagged"`
	Owes      []Announcement `json:"owes,omitempty"`
}

// RefChange is a reference with the values that it must have had and gets; the zero
// id is none.
type RefChange struct {
	Ref string    `json:"ref"`
	Old object.ID `json:"old,omitzero"`
	New object.ID `json:"new"`
}

// RawObject is an object as it is going to be pushed.
type RawObject struct {
	Kind object.Kind `json:"kind"`
	Data []byte      `json:"data"`
}

// SetTagged makes a set known: all its members are tagged.
type SetTagged struct{ Pins }

// SetAbandoned gives up a set that could not be tagged everywhere. Releases that were
// made stand; the entry's Reason says why it was given up.
type SetAbandoned struct {
	ID string `json:"set"`
}

// Set is what the ledger knows of a set.
type Set struct {
	Pins
	By        Person    `json:"by"`
	At        time.Time `json:"at"`
	OffCycle  bool      `json:"off_cycle,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	SignOffs  []SignOff `json:"sign_offs,omitempty"` // those that hold, in order of time
	BackedOff *Decision `json:"backed_off,omitempty"`
}

// OpenTagging is a tagging without an end yet.
type OpenTagging struct {
	Tagging
	By       Person    `json:"by"`
	At       time.Time `json:"at"`
	OffCycle bool      `json:"off_cycle,omitempty"`
	Reason   string    `json:"reason,omitempty"`
}

// Set returns what is known of a set; ok is false if the ledger does not know it.
func (s *State) Set(id string) (known Set, ok bool, err error) {
	if id == "" || strings.Contains(id, "/") {
		return Set{}, false, nil
	}
	err = s.read(setPath(id), &known)
	return known, err == nil, ignoreMissing(err)
}

// SetsOf lists the sets that have a release, the oldest first.
func (s *State) SetsOf(component string, version release.Version) ([]string, error) {
	return s.lines(setsOfPath(component, version))
}

// RecentSets lists the newest sets, the newest first.
func (s *State) RecentSets() ([]string, error) { return s.lines(recentSetsPath) }

// CycleSet is the last set of the cycle planned for that day, "" if it has none yet.
func (s *State) CycleSet(planned release.Date) (string, error) {
	lines, err := s.lines(setCyclePath(planned))
	if err != nil || len(lines) == 0 {
		return "", err
	}
	return lines[0], nil
}

// OpenTagging is the set whose tagging has no end yet, nil if there is none.
func (s *State) OpenTagging() (*OpenTagging, error) {
	var open OpenTagging
	if err := s.read(taggingPath, &open); err != nil {
		return nil, ignoreMissing(err)
	}
	return &open, nil
}

// lines reads a file of lines; a missing one is empty.
func (s *State) lines(path string) ([]string, error) {
	text, err := s.file(path)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	return strings.Fields(string(text)), nil
}

const (
	taggingPath    = "tagging"
	recentSetsPath = "recent-sets"
)

func setPath(id string) string { return "sets/" + id }

func setCyclePath(planned release.Date) string { return "set-cycles/" + planned.String() }

func setsOfPath(component string, version release.Version) string {
	return "sets-of/" + component + "/" + version.String()
}

// what is a release or a set in a subject.
func what(component, version string) string {
	if component == AllComponents {
		return SetTitle(version)
	}
	return fmt.Sprintf("%s %s", component, version)
}
