package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// onItsWay is the later environment to which a release passes through an environment: one
// that runs an earlier patch of the same line. It is "" where there is none.
func (s *Snapshot) onItsWay(through release.Environment, version release.Version) (to string, runs release.Version, err error) {
	for _, environment := range s.Train.Environments {
		if !environment.Commissioned || !s.comesAfter(environment, through) {
			continue
		}
		state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
		if err != nil || state.Running == nil {
			return "", runs, err
		}
		running, isRelease := state.Running.Release()
		if isRelease && running.Line() == version.Line() && running.Compare(version) < 0 {
			return environment.Name, running, nil
		}
	}
	return "", release.Version{}, nil
}

// comesAfter reports whether a release comes to an environment by way of another.
func (s *Snapshot) comesAfter(environment, through release.Environment) bool {
	// The bound guards against a circle, which the configuration refuses.
	for range s.Train.Environments {
		before, ok := s.Train.Predecessor(environment)
		if !ok || before.Name == through.Name {
			return ok
		}
		environment = before
	}
	return false
}

// passesThrough says why what runs on an environment is not to be replaced unasked: it
// is a fix on its way, below the release that was tried there. It is "" for any other.
func (s *Snapshot) passesThrough(name string, instead release.Version) (string, error) {
	environment, ok := s.Train.Environment(name)
	if !ok {
		return "", nil
	}
	state, err := s.Ledger.Environment(name, s.Component.Name)
	if err != nil || state.Running == nil {
		return "", err
	}
	running, isRelease := state.Running.Release()
	if !isRelease || running.Compare(instead) >= 0 {
		return "", nil
	}
	known, ok, err := s.Ledger.Release(s.Component.Name, running)
	if err != nil || !ok || known.BackedOff != nil || !s.stepsBack(state, running) {
		return "", err
	}
	to, _, err := s.onItsWay(environment, running)
	if err != nil || to == "" {
		return "", err
	}
	return fmt.Sprintf("%s is there, on its way to %s", running, to), nil
}

// stepsBack reports whether what runs took the place of a higher release.
func (s *Snapshot) stepsBack(state ledger.Environment, running release.Version) bool {
	if state.Previous == nil {
		return false
	}
	before, isRelease := state.Previous.Release()
	return isRelease && before.Compare(running) > 0
}
