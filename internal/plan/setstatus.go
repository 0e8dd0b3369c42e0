package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// SetStatus is where a train stands that releases sets.
type SetStatus struct {
	Remote       string                 `json:"remote"`
	At           time.Time              `json:"at"`
	Environments []SetEnvironmentStatus `json:"environments"`
	// Sets are those on their way, newest first, down to the one that the last
	// environment runs.
	Sets []SetState `json:"sets"`
	// HalfTagged is the set whose tagging has no end yet; nil: there is none.
	HalfTagged *HalfTagged `json:"half_tagged,omitempty"`
	// Blocks are those that hold.
	Blocks []ledger.Block `json:"blocks"`
	// TagProblems are release tags that were moved or deleted, Unknown those that the
	// ledger does not know.
	TagProblems []string `json:"tag_problems"`
	Unknown     []string `json:"unknown_tags"`
	// Waiting are entries that this clone could not record yet.
	Waiting []WaitingEntry `json:"waiting,omitempty"`
	Next    Next           `json:"next"`
}

// SetEnvironmentStatus is an environment with all components.
type SetEnvironmentStatus struct {
	Name         string `json:"environment"`
	Maintainer   string `json:"maintainer"`
	Commissioned bool   `json:"commissioned"`
	Follows      string `json:"follows,omitempty"`
	// Set is what the components run together, by the ledger; "" if one runs nothing that
	// was released.
	Set   string    `json:"set,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Known: the set was tagged as one. Otherwise it just came together.
	Known     bool             `json:"known"`
	RollsBack string           `json:"rolls_back,omitempty"`
	Underway  *ledger.Underway `json:"underway,omitempty"`
	Broken    *ledger.Broken   `json:"broken,omitempty"`
	Remark    string           `json:"remark,omitempty"`
	Members   []MemberStatus   `json:"members"`
}

// MemberStatus is a component on an environment.
type MemberStatus struct {
	Component string `json:"component"`
	EnvironmentStatus
}

// SetState is a set that is on its way, or the last that arrived.
type SetState struct {
	ledger.Set
	State ReleaseState `json:"state"`
}

// HalfTagged is a set whose tagging has no end yet.
type HalfTagged struct {
	Set string        `json:"set"`
	By  ledger.Person `json:"by"`
	At  time.Time     `json:"at"`
	// Missing are the members whose tags have not reached their repositories.
	Missing []string `json:"missing"`
}

// MakeSetStatus tells where the train stands, from the ledger and from what was seen of
// each member's environments (by name).
func MakeSetStatus(whole *Snapshot, members []*Snapshot, seen []map[string]Seen) (*SetStatus, error) {
	status := &SetStatus{
		Remote: whole.Remote, At: whole.Now, Environments: []SetEnvironmentStatus{}, Sets: []SetState{}, Blocks: []ledger.Block{}, TagProblems: []string{}, Unknown: []string{},
	}
	of := make([]*Status, len(members))
	for i, member := range members {
		var err error
		if of[i], err = makeMemberStatus(member, seen[i]); err != nil {
			return nil, err
		}
		for _, problem := range of[i].TagProblems {
			status.TagProblems = append(status.TagProblems, member.Component.Name+": "+problem)
		}
		for _, tag := range of[i].Unknown {
			status.Unknown = append(status.Unknown, member.Component.Name+" "+tag)
		}
	}
	for i, environment := range whole.Train.Environments {
		one, err := whole.setEnvironmentStatus(environment)
		if err != nil {
			return nil, err
		}
		for j, member := range members {
			one.Members = append(one.Members, MemberStatus{member.Component.Name, of[j].Environments[i]})
		}
		status.Environments = append(status.Environments, one)
	}
	var err error
	if status.Sets, err = whole.setsInFlight(); err != nil {
		return nil, err
	}
	if status.HalfTagged, err = whole.halfTaggedNow(members); err != nil {
		return nil, err
	}
	blocks, err := whole.Ledger.Blocks(ledger.AllComponents)
	if err != nil {
		return nil, err
	}
	status.Blocks = append(status.Blocks, blocks.Open...)
	next, err := MakeSetNext(whole, members)
	if err != nil {
		return nil, err
	}
	status.Next = *next
	return status, nil
}

// makeMemberStatus is the part of a status that is a component's own.
func makeMemberStatus(s *Snapshot, seen map[string]Seen) (*Status, error) {
	status := &Status{}
	for _, environment := range s.Train.Environments {
		one, err := environmentStatus(s, environment, seen[environment.Name])
		if err != nil {
			return nil, err
		}
		status.Environments = append(status.Environments, one)
	}
	status.compareMirrors(s)
	return status, status.checkTags(s)
}

func (s *Snapshot) setEnvironmentStatus(environment release.Environment) (SetEnvironmentStatus, error) {
	state, err := s.setEnvironment(environment.Name)
	if err != nil {
		return SetEnvironmentStatus{}, err
	}
	one := SetEnvironmentStatus{
		Name: environment.Name, Maintainer: environment.Maintainer, Commissioned: environment.Commissioned, Follows: environment.Follows,
		Underway: state.Underway, Broken: state.Broken, Members: []MemberStatus{},
	}
	if environment.Follows != "" {
		return one, nil
	}
	one.Remark = s.unfinishedSet(environment.Name, state)
	running := state.Running
	if running == nil {
		return one, nil
	}
	one.Set, one.Since, one.RollsBack = running.Version, running.Since, running.RollsBackSet
	_, one.Known, err = s.Ledger.Set(running.Version)
	return one, err
}

// unfinishedSet says of an environment that an attempt at a set did not end, or ended
// badly, and what to type; "" if that is not so.
func (s *Snapshot) unfinishedSet(environment string, state ledger.Environment) string {
	switch {
	case state.Underway != nil:
		underway := state.Underway
		return fmt.Sprintf("%s is bringing %s there since %s; if that was interrupted, %s goes on", underway.By.Name, ledger.SetTitle(underway.Version),
			s.moment(underway.Since), s.resume(state))
	case state.Broken != nil:
		broken := state.Broken
		text := fmt.Sprintf("the attempt of %s to bring %s there ended as %q: %s; %s tries again", broken.By.Name, ledger.SetTitle(broken.Version),
			broken.Outcome, broken.Detail, s.resume(state))
		if _, isSet, err := s.Ledger.Set(broken.Version); err == nil && isSet && broken.RollsBackSet == "" {
			text += ", looprel rollback " + environment + " --reason TEXT goes back"
		}
		return text
	}
	return ""
}

// setsInFlight lists the sets on their way, newest first.
func (s *Snapshot) setsInFlight() ([]SetState, error) {
	recent, err := s.Ledger.RecentSets()
	if err != nil {
		return nil, err
	}
	last, _, err := lastEnvironment(s)
	if err != nil {
		return nil, err
	}
	state, err := s.setEnvironment(last)
	if err != nil {
		return nil, err
	}
	sets := []SetState{}
	passed := false // the set that the last environment runs is in the list
	for _, id := range recent[:min(len(recent), maxInFlight)] {
		known, _, err := s.Ledger.Set(id)
		if err != nil {
			return nil, err
		}
		where, err := s.stateOfSet(known, last, state.Running)
		if err != nil {
			return nil, err
		}
		if passed && where == StateReleased {
			break
		}
		sets = append(sets, SetState{Set: known, State: where})
		passed = passed || state.Running != nil && state.Running.Version == id
	}
	return sets, nil
}

func (s *Snapshot) stateOfSet(known ledger.Set, last string, running *ledger.Running) (ReleaseState, error) {
	as, err := s.setRelease(known)
	if err != nil {
		return "", err
	}
	switch {
	case known.BackedOff != nil:
		return StateBackedOff, nil
	case as.WasOn(last):
		return StateReleased, nil
	}
	if running != nil {
		if now, ok, err := s.Ledger.Set(running.Version); err != nil || ok && isBelow(known, now) {
			return StateSuperseded, err
		}
	}
	for _, environment := range slices.Backward(s.Train.Environments) {
		if as.WasOn(environment.Name) {
			return ReleaseState("on " + environment.Name), nil
		}
	}
	return StateTagged, nil
}

// halfTaggedNow is the set whose tagging has no end yet, by what the members' repositories
// show.
func (s *Snapshot) halfTaggedNow(members []*Snapshot) (*HalfTagged, error) {
	open, err := s.Ledger.OpenTagging()
	if err != nil || open == nil {
		return nil, err
	}
	half := &HalfTagged{Set: open.ID, By: open.By, At: open.At, Missing: []string{}}
	for _, one := range open.Open {
		there := slices.ContainsFunc(members, func(member *Snapshot) bool {
			return member.Component.Name == one.Component && member.Refs.IDs[one.Tagged.Tag] == one.Tagged.TagID
		})
		if !there {
			half.Missing = append(half.Missing, fmt.Sprintf("%s %s", one.Component, one.Tagged.Version))
		}
	}
	return half, nil
}
