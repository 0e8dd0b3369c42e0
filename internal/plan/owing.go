package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// Owing is an act of which not all may have reached the forge: whoever did it is
// through, or was cut off. Whether anything is left is to be seen there.
type Owing struct {
	// Key names it for ever.
	Key  string `json:"key"`
	What string `json:"what"`
	// Version is that of the release; Environment, if set, is where it was brought to.
	Version     release.Version `json:"version,omitzero"`
	Environment string          `json:"environment,omitempty"`
	// Command finishes it.
	Command string `json:"command"`
}

const (
	// deliveryLease is how long whoever did something is given to show it at the forge,
	// and whoever finishes that; each further attempt waits twice as long, up to
	// longestPause.
	deliveryLease = 10 * time.Minute
	// owingLines and owingVersions bound the releases that are looked at: the newest
	// of the newest lines.
	owingLines, owingVersions = 8, 3
)

// Owings are the acts of the last two cycles that the forge may not have all of, and
// that nobody is at now. What is older is left to people.
func Owings(s *Snapshot) ([]Owing, error) {
	if s.Train.GitHub == nil || s.Forge == "" || !s.Ledger.Exists() {
		return nil, nil
	}
	owings, err := s.owingReleases()
	if err != nil {
		return nil, err
	}
	for _, environment := range s.Train.Environments {
		owing, ok, err := s.owingPromotion(environment)
		if err != nil {
			return nil, err
		}
		if ok {
			owings = append(owings, owing)
		}
	}
	busy, err := s.Ledger.Finishings(s.Component.Name)
	return slices.DeleteFunc(owings, func(one Owing) bool {
		at := slices.IndexFunc(busy, func(other ledger.Finishing) bool { return other.Key == one.Key })
		return at >= 0 && s.Now.Before(busy[at].Until)
	}), err
}

// mayFinish reports whether what happened at that time, and was held back until
// another, zero for not at all, may be finished by others now.
func (s *Snapshot) mayFinish(at, held time.Time) bool {
	if s.Now.Before(at.Add(deliveryLease)) || s.Now.Before(held) {
		return false
	}
	if held.After(at) {
		at = held
	}
	return s.Now.Sub(at) <= 2*time.Duration(s.Train.Schedule.Every)*24*time.Hour
}

func (s *Snapshot) owingReleases() ([]Owing, error) {
	lines, err := s.Ledger.Lines(s.Component.Name)
	if err != nil {
		return nil, err
	}
	var owings []Owing
	for _, line := range lines[max(0, len(lines)-owingLines):] {
		versions, err := s.Ledger.Versions(s.Component.Name, line)
		if err != nil {
			return nil, err
		}
		for _, version := range versions[max(0, len(versions)-owingVersions):] {
			known, ok, err := s.Ledger.Release(s.Component.Name, version)
			if err != nil {
				return nil, err
			}
			if !ok || known.Adopted || !s.mayFinish(known.At, known.Embargo) {
				continue
			}
			owings = append(owings, Owing{Key: "release-" + version.String(), What: fmt.Sprintf("release %s", version),
				Version: version, Command: fmt.Sprintf("looprel tag %s", version)})
		}
	}
	return owings, nil
}

// owingPromotion is what an environment runs, if looprel brought it there and nothing
// else goes on. Of a branch it is its head alone: an older one has nothing to go on with.
func (s *Snapshot) owingPromotion(environment release.Environment) (owing Owing, ok bool, err error) {
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	running := state.Running
	if err != nil || running == nil || state.Underway != nil || state.Broken != nil || running.Outcome == ledger.AdoptedAs || !s.mayFinish(running.Since, time.Time{}) {
		return Owing{}, false, err
	}
	owing = Owing{
		Key:     fmt.Sprintf("deployment-%s-%d", environment.Name, running.Since.Unix()),
		What:    fmt.Sprintf("%s on %s", running.Version, environment.Name),
		Command: "looprel promote " + environment.Name, Environment: environment.Name,
	}
	if version, isRelease := running.Release(); isRelease {
		owing.Version = version
		owing.Command += " " + version.String()
		return owing, environment.Follows == "", nil
	}
	return owing, running.Commit == s.Refs.IDs[BranchRef(environment.Follows)], nil
}

// MakeDelivering plans to finish something at the forge: an entry that keeps others
// off it. A Moved error says that somebody is at it.
func MakeDelivering(s *Snapshot, owing Owing) (ledger.Entry, error) {
	list, err := s.Ledger.Finishings(s.Component.Name)
	if err != nil {
		return ledger.Entry{}, err
	}
	pause := deliveryLease
	if at := slices.IndexFunc(list, func(one ledger.Finishing) bool { return one.Key == owing.Key }); at >= 0 {
		if before := list[at]; s.Now.Before(before.Until) {
			return ledger.Entry{}, &Moved{Reason: fmt.Sprintf("%s finishes %s at %s", before.By.Name, owing.What, s.Forge), Advice: "see: looprel log"}
		}
		for range list[at].Tries {
			pause = min(2*pause, longestPause)
		}
	}
	entry := s.entry(ledger.KindDelivering)
	entry.Delivering = &ledger.Delivering{Key: owing.Key, What: owing.What, Until: entry.At.Add(pause)}
	return entry, nil
}
