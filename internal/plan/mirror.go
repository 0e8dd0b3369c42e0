package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// mirrorGate wants a mirror to agree with the environment that it is a likeness of, in
// everything but the release: what was found good on it would be good there.
func mirrorGate(s *Snapshot, mirror release.Environment, answers, mirrored []Seen) Gate {
	const name = release.GateLive
	undecided := func(cure, format string, values ...any) Gate {
		return Gate{Name: name, Verdict: Undecided, Reason: fmt.Sprintf(format, values...), Cure: cure}
	}
	of, ok := s.Train.Environment(mirror.Mirrors)
	switch {
	case !ok || !of.Commissioned:
		return undecided("leave mirrors out of environments.yaml until it is", "%s mirrors %s, which is not in service", mirror.Name, mirror.Mirrors)
	case len(mirrored) == 0:
		return undecided("give "+of.Name+" a url in environments.yaml", "%s mirrors %s, which shows nothing to look at", mirror.Name, of.Name)
	}
	var evidence []string
	gate := pass(name, "and agrees with %s, which it mirrors", of.Name)
	for _, there := range mirrored {
		evidence = append(evidence, of.Name+" "+there.inWords())
		if !gate.passes() {
			continue
		}
		if there.Error != "" {
			gate = undecided("see to it that "+of.Name+" answers, then try again", "%s mirrors %s, which does not answer: %s", mirror.Name, of.Name, there.Error)
			continue
		}
		for _, here := range answers {
			if difference := here.differsFrom(there, mirror.Name, of.Name); difference != "" {
				gate = fail(name, fmt.Sprintf("configure %s as %s is", mirror.Name, of.Name), "%s mirrors %s, but %s", mirror.Name, of.Name, difference)
				break
			}
		}
	}
	gate.Evidence = evidence
	return gate
}

// differsFrom says in what an answer of a mirror differs from that of the other
// environment, "" if in nothing but the release. Texts are left aside, which tell of
// the place or the release, but for the service's name; and so are switches that one
// release has and the other has not. A third party must be told of by both.
func (s Seen) differsFrom(there Seen, mirror, of string) string {
	if s.Name != there.Name && s.Name != "" && there.Name != "" {
		return fmt.Sprintf("%s is %q and %s is %q", mirror, s.Name, of, there.Name)
	}
	parties := maps.Clone(there.ThirdParties)
	if parties == nil {
		parties = map[string]string{}
	}
	maps.Copy(parties, s.ThirdParties)
	for _, party := range slices.Sorted(maps.Keys(parties)) {
		if here, there := s.ThirdParties[party], there.ThirdParties[party]; here != there {
			return fmt.Sprintf("%s is %s on %s and %s on %s", party, orNotSaid(here), mirror, orNotSaid(there), of)
		}
	}
	others := there.otherSwitches()
	for _, name := range slices.Sorted(maps.Keys(s.otherSwitches())) {
		if value, shown := others[name]; shown && value != s.Switches[name] {
			return fmt.Sprintf("%s is %v on %s and %v on %s", name, s.Switches[name], mirror, value, of)
		}
	}
	return ""
}

func orNotSaid(state string) string {
	if state == "" {
		return "not told of"
	}
	return state
}

// otherSwitches are the switches that do not tell of a third party.
func (s Seen) otherSwitches() map[string]bool {
	others := map[string]bool{}
	for name, value := range s.Switches {
		party, fake := strings.CutPrefix(name, "fake")
		if _, told := s.ThirdParties[strings.ToLower(party)]; !fake || !told {
			others[name] = value
		}
	}
	return others
}

// compareMirrors adds to the status of a mirror in what it differs.
func (status *Status) compareMirrors(s *Snapshot) {
	for i := range status.Environments {
		mirror := &status.Environments[i]
		declared, _ := s.Train.Environment(mirror.Name)
		at := slices.IndexFunc(status.Environments, func(one EnvironmentStatus) bool { return one.Name == declared.Mirrors })
		if at < 0 || !mirror.Seen.answered() || !status.Environments[at].Seen.answered() || mirror.Remark != "" {
			continue
		}
		if difference := mirror.Seen.differsFrom(status.Environments[at].Seen, mirror.Name, declared.Mirrors); difference != "" {
			mirror.Remark = fmt.Sprintf("it mirrors %s, but %s", declared.Mirrors, difference)
		}
	}
}

func (s Seen) answered() bool { return s.Looked && s.Error == "" }
