package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// SetSelection is what the promotion of a set is about.
type SetSelection struct {
	// Selection is that of the set, as if it were a release.
	*Selection
	// Members are those of its releases, in the declared order.
	Members []*Selection
	set     ledger.Set
}

// FindSet finds a set by its id or title, or by the version of a member: then it is the
// newest that has it.
func (s *Snapshot) FindSet(text string) (ledger.Set, error) {
	id := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(text), " + ", "+"), " ", "-")
	known, ok, err := s.Ledger.Set(id)
	if err != nil || ok {
		return known, err
	}
	found, err := s.setsWith(id)
	if err != nil {
		return known, err
	}
	switch len(found) {
	case 1:
		known, _, err := s.Ledger.Set(found[0])
		return known, err
	case 0:
		open, err := s.Ledger.OpenTagging()
		switch {
		case err != nil:
			return known, err
		case open != nil && (open.ID == id || slices.ContainsFunc(open.Members, func(one ledger.Member) bool { return isCalled(one, id) })):
			return known, halfTagged(open)
		}
		return known, refuse("looprel status lists the sets; looprel tag --all makes one", "the ledger knows no set %s", text)
	}
	return known, misuse("say which: "+strings.Join(found, ", or "), "%s is in sets by several components", text)
}

// setsWith lists the newest set with a release for each component that has one of that
// version; the text may name the component: loop-server-0.10.0.
func (s *Snapshot) setsWith(text string) ([]string, error) {
	var found []string
	for _, component := range s.Train.Components {
		version, ok := memberVersion(component.Name, text)
		if !ok {
			continue
		}
		sets, err := s.Ledger.SetsOf(component.Name, version)
		if err != nil {
			return nil, err
		}
		if len(sets) > 0 && !slices.Contains(found, sets[len(sets)-1]) {
			found = append(found, sets[len(sets)-1])
		}
	}
	return found, nil
}

// memberVersion reads the version of a component: 0.10.0, or loop-server-0.10.0.
func memberVersion(component, text string) (version release.Version, ok bool) {
	version, err := release.ParseVersion(strings.TrimPrefix(text, component+"-"))
	return version, err == nil
}

func isCalled(member ledger.Member, text string) bool {
	version, ok := memberVersion(member.Component, text)
	return ok && version == member.Version
}

// SelectSet says which environment and which set a request is about. members are the
// snapshots of the components, in the declared order; set is "" for the one whose turn
// it is.
func SelectSet(whole *Snapshot, members []*Snapshot, set string, request PromoteRequest) (*SetSelection, error) {
	environment, ok := whole.Train.Environment(request.Environment)
	if !ok {
		return nil, misuse("the environments are "+strings.Join(environmentNames(whole.Train), ", "), "there is no environment %q", request.Environment)
	}
	if err := checkSetRequest(environment, set, request); err != nil {
		return nil, err
	}
	if err := whole.checkEmbargo(request.Embargo); err != nil {
		return nil, err
	}
	var chosen ledger.Set
	var err error
	if set != "" {
		chosen, err = whole.FindSet(set)
	} else {
		chosen, err = whole.setWhoseTurn(environment)
	}
	if err != nil {
		return nil, err
	}
	return whole.selectSet(environment, chosen, members)
}

// checkSetRequest is checkPromoteRequest, but for the version.
func checkSetRequest(environment release.Environment, set string, request PromoteRequest) error {
	switch {
	case !request.RecordOnly:
		return checkPromoteRequest(environment, request)
	case set == "":
		return misuse("looprel promote "+environment.Name+" SET --record-only --reason TEXT", "--record-only wants the set that was deployed")
	case len(request.Waive) > 0:
		return checkWaive(environment, request)
	}
	return checkReason("--record-only", true, request.Reason)
}

func (s *Snapshot) selectSet(environment release.Environment, set ledger.Set, members []*Snapshot) (*SetSelection, error) {
	sel := &SetSelection{Selection: &Selection{Environment: environment, Set: &set}, set: set}
	sel.Deployment = setDeployment(environment.Name, set.ID)
	var err error
	if sel.State, err = s.setEnvironment(environment.Name); err != nil {
		return nil, err
	}
	if before, ok := s.Train.Predecessor(environment); ok {
		if sel.Before, err = s.setEnvironment(before.Name); err != nil {
			return nil, err
		}
	}
	if sel.Blocks, err = s.Ledger.Blocks(ledger.AllComponents); err != nil {
		return nil, err
	}
	if sel.Release, err = s.setRelease(set); err != nil {
		return nil, err
	}
	for _, member := range members {
		pinned, ok := set.Member(member.Component.Name)
		if !ok {
			return nil, refuse("make a new one: looprel tag --all", "the set %s has no %s, which the train has by now", set.Title(), member.Component.Name)
		}
		one, err := member.selectMember(environment, pinned)
		if err != nil {
			return nil, err
		}
		sel.Members = append(sel.Members, one)
	}
	return sel, nil
}

// selectMember is the selection of a set's release.
func (s *Snapshot) selectMember(environment release.Environment, pinned ledger.Member) (*Selection, error) {
	sel := &Selection{Environment: environment}
	sel.Deployment.Environment = environment.Name
	var err error
	if sel.State, err = s.Ledger.Environment(environment.Name, s.Component.Name); err != nil {
		return nil, err
	}
	if before, ok := s.Train.Predecessor(environment); ok {
		if sel.Before, err = s.Ledger.Environment(before.Name, s.Component.Name); err != nil {
			return nil, err
		}
	}
	return sel, sel.selectVersion(s, pinned.Version)
}

// SelectPart is the selection of a member's part, from what was read last.
func SelectPart(s *Snapshot, part *PromotionPlan) (*Selection, error) {
	version, err := release.ParseVersion(part.Version)
	if err != nil {
		return nil, err
	}
	return s.selectMember(part.Target, ledger.Member{Component: s.Component.Name, Version: version})
}

// setWhoseTurn is the set that an environment takes next: the first one takes the
// current cycle's, later ones what their predecessor runs.
func (s *Snapshot) setWhoseTurn(environment release.Environment) (ledger.Set, error) {
	predecessor, ok := s.Train.Predecessor(environment)
	if !ok {
		return s.cycleSet(environment)
	}
	before, err := s.setEnvironment(predecessor.Name)
	if err != nil {
		return ledger.Set{}, err
	}
	switch {
	case before.Underway != nil:
		return ledger.Set{}, choose(environment, eitherOf(before.Underway.Deployment, before.Running), "a promotion to %s is under way", predecessor.Name)
	case before.Broken != nil:
		return ledger.Set{}, choose(environment, eitherOf(before.Broken.Deployment, before.Running), "the last promotion to %s ended as %q", predecessor.Name, before.Broken.Outcome)
	case before.Running == nil:
		return ledger.Set{}, refuse("looprel promote "+predecessor.Name, "%s runs no set yet, and %s comes after it", predecessor.Name, environment.Name)
	}
	return s.FindSet(before.Running.Version)
}

// cycleSet is the current cycle's set. It is ambiguous when another one was made since.
func (s *Snapshot) cycleSet(environment release.Environment) (ledger.Set, error) {
	var id string
	if cycle, ok := s.Calendar().Current(s.Today()); ok {
		var err error
		if id, err = s.Ledger.CycleSet(cycle.Planned); err != nil {
			return ledger.Set{}, err
		}
	}
	if id == "" {
		// Not another one in its place.
		open, err := s.Ledger.OpenTagging()
		if err == nil && open != nil {
			err = halfTagged(open)
		}
		if err != nil {
			return ledger.Set{}, err
		}
	}
	later, err := s.setsSince(id)
	if err != nil {
		return ledger.Set{}, err
	}
	known, _, err := s.Ledger.Set(id)
	if err != nil {
		return ledger.Set{}, err
	}
	switch {
	case id != "" && known.BackedOff == nil && len(later) == 0:
		return known, nil
	case id != "" && known.BackedOff != nil && len(later) == 1:
		return s.FindSet(later[0]) // it took the place of the one that was backed off
	case id != "" && known.BackedOff != nil && len(later) > 0:
		return ledger.Set{}, choose(environment, later, "this cycle's set %s is backed off", known.Title())
	case id != "" && len(later) > 0:
		return ledger.Set{}, choose(environment, append(later, id), "another set than this cycle's %s has been tagged since", known.Title())
	case id != "":
		return known, nil
	case len(later) > 0:
		return ledger.Set{}, choose(environment, later, "this cycle has no set yet")
	}
	return ledger.Set{}, refuse("looprel next says what is due", "this cycle has no set yet")
}

// halfTagged is the refusal to go on with a set of which a tag is missing.
func halfTagged(open *ledger.OpenTagging) error {
	return refuse("looprel tag --all finishes it", "the set %s is half-tagged, and goes nowhere before it is whole", open.Title())
}

// setsSince lists the sets made after one that nobody has backed off, newest first; after
// none, the newest alone.
func (s *Snapshot) setsSince(id string) ([]string, error) {
	recent, err := s.Ledger.RecentSets()
	if err != nil {
		return nil, err
	}
	var later []string
	for _, one := range recent {
		if one == id {
			break
		}
		known, _, err := s.Ledger.Set(one)
		if err != nil {
			return nil, err
		}
		if known.BackedOff == nil {
			later = append(later, one)
		}
		if id == "" {
			break
		}
	}
	return later, nil
}

// setOf is the set of that id, made of its members' releases if it was never pinned: what
// was adopted, or brought to an environment by hand.
func (s *Snapshot) setOf(id string) (ledger.Set, error) {
	known, ok, err := s.Ledger.Set(id)
	if err != nil || ok {
		return known, err
	}
	versions := ledger.SetVersions(id)
	for _, component := range s.Train.Components {
		release, ok, err := s.Ledger.Release(component.Name, versions[component.Name])
		if err != nil {
			return known, err
		}
		if !ok {
			return known, refuse(fmt.Sprintf("looprel adopt --component %s", component.Name), "the ledger does not know %s %s", component.Name, versions[component.Name])
		}
		known.Members = append(known.Members, ledger.Member{
			Component: component.Name, Version: release.Version, Tag: release.Tag, TagID: release.TagID, Commit: release.Commit,
		})
	}
	known.ID = ledger.SetID(known.Members)
	return known, nil
}
