package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// AdoptRequest is what `adopt` was asked for, and what was seen.
type AdoptRequest struct {
	// Running says what runs where, as the operator has it.
	Running map[string]release.Version
	// Seen is what the environments show: the version by environment.
	Seen map[string]string
	// TaggedAt is the date of the newest release that is not in the ledger; zero
	// if there is none. It decides whether the current cycle has been released.
	TaggedAt time.Time
}

// AdoptionPlan takes over releases that exist.
type AdoptionPlan struct {
	Verb      string              `json:"verb"`
	Component string              `json:"component"`
	Releases  []ledger.Tagged     `json:"releases"`
	Lines     []string            `json:"lines"`
	Running   []ledger.Deployment `json:"running"`
	// Ignored are tags that look like versions and are not releases.
	Ignored []string `json:"ignored"`
	Notes   []string `json:"notes"`
	Already string   `json:"already,omitempty"`
	Steps   []Step   `json:"steps"`

	Entry ledger.Entry `json:"-"`
}

// Unknown lists the release tags of the remote that the ledger does not know,
// lowest first, and the tags that look like versions and are none.
func Unknown(s *Snapshot) (unknown []ledger.Tagged, ignored []string, err error) {
	known, err := s.Ledger.Tags(s.Component.Name)
	if err != nil {
		return nil, nil, err
	}
	unknown, ignored = s.unknownTags(known)
	return unknown, ignored, nil
}

// unknownTags are the remote's release tags that are not among the known ones.
func (s *Snapshot) unknownTags(known map[release.Version]ledger.Tag) (unknown []ledger.Tagged, ignored []string) {
	for _, ref := range slices.Sorted(maps.Keys(s.Refs.IDs)) {
		name, isTag := strings.CutPrefix(ref, TagRef(""))
		if !isTag {
			continue
		}
		version, isRelease := s.Component.TagPattern.ParseTag(name)
		if !isRelease {
			if LooksLikeVersion(name) {
				ignored = append(ignored, name)
			}
			continue
		}
		if _, inLedger := known[version]; inLedger {
			continue
		}
		commit, _ := s.Refs.Commit(ref)
		unknown = append(unknown, ledger.Tagged{Version: version, Tag: ref, TagID: s.Refs.IDs[ref], Commit: commit})
	}
	slices.SortFunc(unknown, func(a, b ledger.Tagged) int { return a.Version.Compare(b.Version) })
	return unknown, ignored
}

// LooksLikeVersion reports whether a tag that is no release could be taken for
// one: 0.2 beside 0.2.0, v1.0.0 beside 1.0.0, 1.0.0-rc.1.
func LooksLikeVersion(name string) bool {
	_, isFileVersion := release.ParseFileVersion(strings.TrimPrefix(name, "v"))
	return isFileVersion || strings.Trim(name, "v0123456789.") == "" && strings.ContainsAny(name, "0123456789")
}

// MakeAdoption plans to take over the releases that exist, the lines, and what
// runs where. The newest train release counts as the current cycle's if it was
// tagged within it: the train does not start with a release that nobody wants.
func MakeAdoption(s *Snapshot, request AdoptRequest) (*AdoptionPlan, error) {
	unknown, ignored, err := Unknown(s)
	if err != nil {
		return nil, err
	}
	p := &AdoptionPlan{
		Verb: "adopt", Component: s.Component.Name, Releases: unknown, Ignored: ignored,
		Lines: []string{}, Running: []ledger.Deployment{}, Notes: []string{}, Steps: []Step{},
	}
	if p.Releases == nil {
		p.Releases = []ledger.Tagged{}
	}
	if p.Ignored == nil {
		p.Ignored = []string{}
	}
	for _, line := range s.Lines() {
		p.Lines = append(p.Lines, line.Ref)
	}
	if err := p.assignCycle(s, request.TaggedAt); err != nil {
		return nil, err
	}
	if err := p.addRunning(s, request); err != nil {
		return nil, err
	}
	if len(p.Releases) == 0 && len(p.Running) == 0 {
		p.Already = "the ledger knows every release, and what runs where; there is nothing to adopt"
		return p, nil
	}
	p.Entry = s.entry(ledger.KindAdopted)
	p.Entry.Adopted = &ledger.Adopted{Releases: p.Releases, Lines: p.Lines, Running: p.Running}
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: s.Train.LedgerRef, Want: p.Entry.Subject(),
		Reason: "so that these releases count as known"})
	return p, nil
}

// assignCycle gives the newest train release to the current cycle, if it was
// tagged within it and the cycle has none yet.
func (p *AdoptionPlan) assignCycle(s *Snapshot, taggedAt time.Time) error {
	cycle, ok := s.Calendar().Current(s.Today())
	if !ok || cycle.Skipped || taggedAt.IsZero() {
		return nil
	}
	released, err := s.Ledger.CycleRelease(s.Component.Name, cycle.Planned)
	if err != nil || !released.IsZero() {
		return err
	}
	if of, ok := s.Calendar().Current(s.civil(taggedAt)); !ok || of.Planned != cycle.Planned {
		return nil
	}
	for i := range slices.Backward(p.Releases) {
		if s.isTrainVersion(p.Releases[i].Version) {
			p.Releases[i].Cycle = cycle.Planned
			p.note("%s is this cycle's release: it was tagged on %s", p.Releases[i].Version, s.civil(taggedAt))
			return nil
		}
	}
	return nil
}

func (p *AdoptionPlan) addRunning(s *Snapshot, request AdoptRequest) error {
	for _, name := range slices.Sorted(maps.Keys(request.Running)) {
		environment, ok := s.Train.Environment(name)
		switch {
		case !ok:
			return misuse("the environments are "+strings.Join(environmentNames(s.Train), ", "), "there is no environment %q", name)
		case environment.Follows != "":
			return misuse("leave it out", "%s follows branch %s and runs no release", name, environment.Follows)
		case !environment.Commissioned:
			return misuse("set \"commissioned: true\" in environments.yaml once it exists", "%s is not commissioned", name)
		}
	}
	for _, environment := range s.Train.Environments {
		if environment.Follows != "" || !environment.Commissioned {
			continue
		}
		if err := p.addEnvironment(s, environment, request); err != nil {
			return err
		}
	}
	return nil
}

// addEnvironment adds what the environment runs, by what was said or else seen,
// if the ledger does not have it.
func (p *AdoptionPlan) addEnvironment(s *Snapshot, environment release.Environment, request AdoptRequest) error {
	known, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return err
	}
	version, said := request.Running[environment.Name]
	if !said {
		version = p.seenOn(environment, request.Seen[environment.Name], known.Running != nil)
	}
	if version.IsZero() {
		return nil
	}
	ref := TagRef(s.Component.TagPattern.Tag(version))
	commit, tagged := s.Refs.Commit(ref)
	if !tagged && said {
		return misuse("give a version that has a tag", "%s has no tag %s", s.Remote, ShortRef(ref))
	}
	deployment := ledger.Deployment{Environment: environment.Name, Version: version.String(), Tag: ref, Commit: commit}
	switch {
	case !tagged:
		p.note("%s shows version %s, which has no tag on %s", environment.Name, version, s.Remote)
	case known.Running != nil && known.Running.Deployment == deployment:
	case known.Underway != nil:
		p.note("a promotion to %s is under way; what it runs is not adopted", environment.Name)
	case known.Running == nil || said:
		p.Running = append(p.Running, deployment)
	default:
		p.note("%s shows %s and the ledger has %s; to record it: looprel promote %s %s --record-only --reason TEXT",
			environment.Name, version, known.Running.Version, environment.Name, version)
	}
	return nil
}

// seenOn reads the version that an environment shows; no version, with a note, if
// that is not the one of a release.
func (p *AdoptionPlan) seenOn(environment release.Environment, seen string, known bool) release.Version {
	version, err := release.ParseVersion(seen)
	switch {
	case seen != "" && err != nil:
		p.note("%s shows version %q, which is no release", environment.Name, seen)
	case seen == "" && !known:
		p.note("what %s runs is not known; say it with --running %s=VERSION", environment.Name, environment.Name)
	}
	return version
}

func (p *AdoptionPlan) note(format string, values ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, values...))
}

// Newest is the highest train release among those not in the ledger; ok is false
// if there is none. Its date decides about the cycle.
func Newest(s *Snapshot, unknown []ledger.Tagged) (newest ledger.Tagged, ok bool) {
	for _, tagged := range slices.Backward(unknown) {
		if s.isTrainVersion(tagged.Version) {
			return tagged, true
		}
	}
	return ledger.Tagged{}, false
}

// isTrainVersion reports whether a version can be a train release: no patch,
// unless each release of the train is one.
func (s *Snapshot) isTrainVersion(version release.Version) bool {
	return !version.IsPatch() || s.Component.Bump == release.BumpPatch
}

// SameFacts reports whether a plan made later would adopt the same.
func (p *AdoptionPlan) SameFacts(later *AdoptionPlan) bool {
	return slices.EqualFunc(p.Releases, later.Releases, ledger.Tagged.Same) && slices.Equal(p.Running, later.Running)
}
