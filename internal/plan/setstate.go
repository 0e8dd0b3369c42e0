package plan

import (
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// Whole is the snapshot under which acts that are about sets are planned and recorded.
func (s *Snapshot) Whole() *Snapshot {
	whole := *s
	whole.Component = release.Component{Name: ledger.AllComponents}
	whole.Forge = "" // of a set nothing is kept there
	return &whole
}

// setEnvironment is what the ledger knows of all components on an environment, with
// sets as its deployments. What runs is told by the components: the set of what each
// runs, since the last of them came; nothing if one runs no release. An attempt at a set
// goes before one at a component.
func (s *Snapshot) setEnvironment(environment string) (ledger.Environment, error) {
	known, err := s.Ledger.Environment(environment, ledger.AllComponents)
	if err != nil {
		return known, err
	}
	arrived := known.Running
	running := &ledger.Running{}
	var members []ledger.Member
	for _, component := range s.Train.Components {
		state, err := s.Ledger.Environment(environment, component.Name)
		if err != nil {
			return known, err
		}
		if known.Underway == nil && state.Underway != nil {
			underway := *state.Underway
			underway.Version, underway.Tag = component.Name+" "+underway.Version, ""
			known.Underway = &underway
		}
		if known.Broken == nil && state.Broken != nil {
			broken := *state.Broken
			broken.Version, broken.Tag = component.Name+" "+broken.Version, ""
			known.Broken = &broken
		}
		if state.Running == nil {
			continue
		}
		if version, isRelease := state.Running.Release(); isRelease {
			members = append(members, ledger.Member{Component: component.Name, Version: version})
		}
		if state.Running.Since.After(running.Since) {
			running.Since, running.By, running.Outcome = state.Running.Since, state.Running.By, state.Running.Outcome
		}
	}
	known.Running = nil
	if len(members) < len(s.Train.Components) {
		return known, nil
	}
	running.Deployment = setDeployment(environment, ledger.SetID(members))
	if arrived != nil && arrived.Version == running.Version {
		running.RollsBackSet, running.Waived = arrived.RollsBackSet, arrived.Waived
	}
	known.Running = running
	return known, nil
}

// setDeployment is a set on an environment.
func setDeployment(environment, id string) ledger.Deployment {
	return ledger.Deployment{Environment: environment, Version: id}
}

// setRelease is a set as a release: where it has been is where all its members have been
// at the same time.
func (s *Snapshot) setRelease(set ledger.Set) (*ledger.Release, error) {
	known := &ledger.Release{
		Component: ledger.AllComponents, By: set.By, At: set.At, OffCycle: set.OffCycle, Reason: set.Reason,
		SignOffs: set.SignOffs, BackedOff: set.BackedOff,
	}
	known.Tag, known.Cycle = set.ID, set.Cycle
	for _, environment := range s.Train.Environments {
		if environment.Follows != "" {
			continue
		}
		reached, err := s.setStays(set, environment.Name)
		if err != nil {
			return nil, err
		}
		known.Reached = append(known.Reached, reached...)
	}
	return known, nil
}

// setStays are the spans of time in which all members of a set were on an environment.
func (s *Snapshot) setStays(set ledger.Set, environment string) ([]ledger.Reached, error) {
	var common []ledger.Reached
	for i, member := range set.Members {
		known, ok, err := s.Ledger.Release(member.Component, member.Version)
		if err != nil || !ok {
			return nil, err
		}
		state, err := s.Ledger.Environment(environment, member.Component)
		if err != nil {
			return nil, err
		}
		spans := memberStays(known, state, environment)
		if i == 0 {
			common = spans
		} else {
			common = overlaps(common, spans)
		}
	}
	return common, nil
}

// memberStays are the spans of a release on an environment, as far as they are known. A
// redeployment of the same release does not end one.
func memberStays(known ledger.Release, state ledger.Environment, environment string) []ledger.Reached {
	var spans []ledger.Reached
	for _, reached := range known.Reached {
		if reached.Environment != environment {
			continue
		}
		if last := len(spans) - 1; last >= 0 && spans[last].Until.Equal(reached.At) {
			spans[last].Until, spans[last].Outcome = reached.Until, reached.Outcome
			continue
		}
		spans = append(spans, reached)
	}
	running := state.Running
	there := running != nil && state.Broken == nil && running.Commit == known.Commit && running.Tag == known.Tag
	return slices.DeleteFunc(spans, func(one ledger.Reached) bool {
		// What became of it was not recorded, or it is not the last.
		return one.Until.IsZero() && (!there || one.At.Before(spans[len(spans)-1].At))
	})
}

// overlaps are the spans that both lists have in common.
func overlaps(a, b []ledger.Reached) []ledger.Reached {
	var common []ledger.Reached
	for _, one := range a {
		for _, other := range b {
			both := one
			if other.At.After(both.At) {
				both.At, both.Outcome = other.At, other.Outcome
			}
			both.Until = earliest(one.Until, other.Until)
			if both.Until.IsZero() || both.Until.After(both.At) {
				common = append(common, both)
			}
		}
	}
	slices.SortFunc(common, func(x, y ledger.Reached) int { return x.At.Compare(y.At) })
	return common
}

// earliest is the earlier of two ends; the zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// isBelow reports whether a set is a step back from another: no member is higher, and
// one is lower.
func isBelow(set, other ledger.Set) bool {
	lower := false
	for _, member := range set.Members {
		than, ok := other.Member(member.Component)
		if !ok || member.Version.Compare(than.Version) > 0 {
			return false
		}
		lower = lower || member.Version.Compare(than.Version) < 0
	}
	return lower
}

// title is what an attempt brings, for people: of a set, the set's title.
func (s *Snapshot) title(version string) string {
	if s.Component.Name == ledger.AllComponents {
		return ledger.SetTitle(version)
	}
	return version
}

// releaseTitle is a release, or a set, for people.
func releaseTitle(known ledger.Release) string {
	if known.Component == ledger.AllComponents {
		return ledger.SetTitle(known.Tag)
	}
	return known.Version.String()
}
