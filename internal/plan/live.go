package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// liveGate wants the environment before to really run the release: all of the answers
// show it, are healthy, and show the third parties as they are declared.
// A mirror must also agree with what it is a likeness of.
func liveGate(s *Snapshot, sel *Selection, target *Target) Gate {
	const name = release.GateLive
	answers := target.Before
	before, ok := s.Train.Predecessor(sel.Environment)
	switch {
	case !ok:
		// The environment before it was taken out of service.
		return Gate{Name: name, Verdict: Undecided, Reason: "no environment before " + sel.Environment.Name + " is in service, so that there is nothing to look at",
			Cure: "say in environments.yaml what comes before it"}
	case len(answers) == 0:
		return Gate{Name: name, Verdict: Undecided, Reason: before.Name + " shows nothing to look at", Cure: "give " + before.Name + " a url in environments.yaml"}
	}
	gate := pass(name, "%s shows %s, %d times in a row", before.Name, sel.Version, len(answers))
	var evidence []string
	for _, seen := range answers {
		evidence = append(evidence, before.Name+" "+seen.inWords())
		if judged := liveAnswer(sel, before, seen); !judged.passes() && gate.passes() {
			gate = judged
		}
	}
	gate.Evidence = evidence
	if before.Mirrors == "" || !gate.passes() {
		return gate
	}
	mirror := mirrorGate(s, before, answers, target.Mirrored)
	mirror.Evidence = append(evidence, mirror.Evidence...)
	if mirror.passes() {
		mirror.Reason = gate.Reason + ", " + mirror.Reason
	}
	return mirror
}

// liveAnswer judges one answer of the environment before.
func liveAnswer(sel *Selection, before release.Environment, seen Seen) Gate {
	const name = release.GateLive
	undecided := func(format string, values ...any) Gate {
		return Gate{Name: name, Verdict: Undecided, Reason: fmt.Sprintf(format, values...), Cure: "see to it that " + before.Name + " says so, then try again"}
	}
	wanted := sel.Deployment
	wanted.Environment = before.Name
	switch {
	case seen.Error != "":
		return undecided("%s does not answer: %s", before.Name, seen.Error)
	case seen.Version == "" && seen.Revision == "":
		return undecided("%s shows neither version nor revision", before.Name)
	case !seen.shows(wanted):
		return fail(name, fmt.Sprintf("looprel promote %s %s, or find out who deployed there", before.Name, sel.Version), "%s runs %s, not %s", before.Name, seen.shown(), sel.Version)
	case seen.Healthy != nil && !*seen.Healthy:
		return fail(name, "make "+before.Name+" well, then try again", "the heartbeat of %s fails: %s", before.Name, seen.Health)
	}
	for _, party := range slices.Sorted(maps.Keys(before.ThirdParties)) {
		declared, shown := before.ThirdParties[party], seen.ThirdParties[strings.ToLower(party)]
		switch shown {
		case declared:
		case "":
			return undecided("%s does not say whether %s is real or mocked", before.Name, party)
		default:
			return fail(name, fmt.Sprintf("configure %s so, or correct third-parties in environments.yaml", before.Name), "%s is %s on %s, and declared as %s", party, shown, before.Name, declared)
		}
	}
	return pass(name, "it is there")
}

// inWords is an answer in a line.
func (s Seen) inWords() string {
	if s.Error != "" {
		return "does not answer: " + s.Error
	}
	text := "shows " + s.shown()
	if s.Version == "" && s.Revision == "" {
		text = "shows neither version nor revision"
	}
	switch {
	case s.Healthy == nil:
	case *s.Healthy:
		text += ", healthy"
	default:
		text += ", not healthy: " + s.Health
	}
	for _, party := range slices.Sorted(maps.Keys(s.ThirdParties)) {
		text += ", " + party + " " + s.ThirdParties[party]
	}
	for _, name := range slices.Sorted(maps.Keys(s.otherSwitches())) {
		text += fmt.Sprintf(", %s %v", name, s.Switches[name])
	}
	return text
}
