package plan

import (
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// setFallback is the set that would be gone back to if the promotion failed, "" if that
// is not known.
func setFallback(whole *Snapshot, members []*Snapshot, sel *SetSelection) (string, error) {
	raw, err := whole.Ledger.Environment(sel.Environment.Name, ledger.AllComponents)
	if err != nil {
		return "", err
	}
	good, err := lastGoodSet(whole, members, sel.Environment, raw, sel.State, sel.set.ID)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return "", nil
	}
	return good, err
}

// lastGoodSet is the set that ran on an environment last, the bad one and those that are
// backed off aside; where no set did, what each component ran before.
func lastGoodSet(whole *Snapshot, members []*Snapshot, environment release.Environment, raw, state ledger.Environment, bad string) (string, error) {
	var candidates []ledger.Running
	if state.Running != nil && state.Broken == nil && state.Underway == nil {
		candidates = append(candidates, *state.Running)
	}
	if raw.Running != nil {
		candidates = append(candidates, *raw.Running)
	}
	for _, candidate := range append(candidates, raw.Earlier...) {
		if candidate.Version == bad {
			continue
		}
		known, err := whole.setOf(candidate.Version)
		var refusal *Refusal
		switch {
		case errors.As(err, &refusal) || known.BackedOff != nil:
		case err != nil:
			return "", err
		default:
			return candidate.Version, nil
		}
	}
	return lastGoodMembers(members, environment, bad)
}

// lastGoodMembers is the set of what each component ran before.
func lastGoodMembers(members []*Snapshot, environment release.Environment, bad string) (string, error) {
	versions := ledger.SetVersions(bad)
	var pinned []ledger.Member
	for _, member := range members {
		name := member.Component.Name
		state, err := member.Ledger.Environment(environment.Name, name)
		if err != nil {
			return "", err
		}
		good, err := lastGood(member, state, versions[name])
		if err != nil {
			return "", err
		}
		if running := state.Running; good.IsZero() && running != nil && state.Broken == nil && running.Version == versions[name].String() {
			good = versions[name] // it was there before the set came
		}
		if good.IsZero() {
			return "", refuse(fmt.Sprintf("looprel rollback %s --to SET --reason TEXT", environment.Name),
				"the ledger knows no other release of %s that was good on %s", name, environment.Name)
		}
		pinned = append(pinned, ledger.Member{Component: name, Version: good})
	}
	if id := ledger.SetID(pinned); id != bad {
		return id, nil
	}
	return "", refuse("looprel status", "the ledger knows nothing else that was good on %s", environment.Name)
}
