package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
)

// stay is a span of time that a release was on an environment without a break.
type stay struct {
	from, until time.Time
	// lasts: the release is there still, and nothing is being done to it.
	lasts bool
}

// stays are the spans of a release on the environment before, as far as they are
// known. A redeployment of the same release does not end one.
func stays(s *Snapshot, sel *Selection, environment string) []stay {
	var list []stay
	for i, reached := range sel.Release.Reached {
		if reached.Environment != environment {
			continue
		}
		one := stay{from: reached.At, until: reached.Until}
		if one.until.IsZero() {
			if !staysOn(sel, environment, i) {
				continue // what became of it was not recorded
			}
			one.until, one.lasts = s.Now, sel.Before.Underway == nil
			if underway := sel.Before.Underway; underway != nil {
				one.until = underway.Since
			}
		}
		if last := len(list) - 1; last >= 0 && list[last].until.Equal(one.from) {
			one.from = list[last].from
			list = list[:last]
		}
		list = append(list, one)
	}
	return list
}

// staysOn reports whether the stay is the last one of the release on the
// environment, and the environment runs it.
func staysOn(sel *Selection, environment string, at int) bool {
	for _, later := range sel.Release.Reached[at+1:] {
		if later.Environment == environment {
			return false
		}
	}
	running := sel.Before.Running
	return running != nil && sel.Before.Broken == nil && running.Version == sel.Version && running.Tag == sel.Tag
}

// soakGate wants the release to have been on the environment before for so long.
func soakGate(s *Snapshot, sel *Selection, wanted release.Soak) Gate {
	const name = release.GateSoak
	before, ok := s.Train.Predecessor(sel.Environment)
	switch {
	case !ok:
		// The environment before it was taken out of service.
		return Gate{Name: name, Verdict: Undecided, Reason: "no environment before " + sel.Environment.Name + " is in service, so that nothing soaks there",
			Cure: "say in environments.yaml what comes before it"}
	case sel.Release == nil || !sel.Release.WasOn(before.Name):
		return fail(name, fmt.Sprintf("looprel promote %s %s", before.Name, sel.Version), "it has not been on %s", before.Name)
	}
	spans := stays(s, sel, before.Name)
	soaked := s.soaked(spans, wanted)
	gate := s.soakVerdict(sel, before.Name, spans, soaked, wanted)
	for _, span := range spans {
		until := "until " + s.local(span.until)
		if span.lasts {
			until = "until now"
		}
		gate.Evidence = append(gate.Evidence, fmt.Sprintf("on %s from %s %s: %s", before.Name, s.local(span.from), until, spanText(s.counted(span, wanted), wanted)))
	}
	return gate
}

func (s *Snapshot) soakVerdict(sel *Selection, on string, spans []stay, soaked time.Duration, wanted release.Soak) Gate {
	const name = release.GateSoak
	interrupted := ""
	if len(spans) > 1 {
		interrupted = ", interrupted"
	}
	progress := fmt.Sprintf("%s of %s on %s%s", spanText(soaked, wanted), spanText(wanted.For, wanted), on, interrupted)
	if soaked >= wanted.For {
		return pass(name, "%s on %s%s, and %s are wanted", spanText(soaked, wanted), on, interrupted, spanText(wanted.For, wanted))
	}
	if len(spans) == 0 || !spans[len(spans)-1].lasts {
		why, cure := s.soakPause(sel, on)
		return fail(name, cure, "%s; it pauses: %s", progress, why)
	}
	missing := wanted.For - soaked
	if wanted.Contiguous {
		missing = wanted.For - s.counted(spans[len(spans)-1], wanted)
	}
	done, ok := s.Now.Add(missing), true
	if wanted.Working {
		done, ok = s.Calendar().AfterWorkTime(s.Now, missing)
	}
	if !ok {
		return fail(name, "correct the holidays in environments.yaml", "%s; there are no working days ahead", progress)
	}
	gate := fail(name, "wait until "+s.local(done), "%s; done %s", progress, s.local(done))
	gate.from = done
	return gate
}

// soakPause is why a release does not soak at the moment, and what brings it back.
func (s *Snapshot) soakPause(sel *Selection, on string) (why, cure string) {
	cure = fmt.Sprintf("looprel promote %s %s brings it back", on, sel.Version)
	before := sel.Before
	switch {
	case before.Underway != nil:
		return fmt.Sprintf("%s is promoting %s to %s", before.Underway.By.Name, s.title(before.Underway.Version), on), "wait for it, then: " + cure
	case before.Broken != nil:
		return fmt.Sprintf("the promotion of %s to %s ended as %q", s.title(before.Broken.Version), on, before.Broken.Outcome), cure
	case before.Running == nil:
		return "nothing is known to run on " + on, cure
	}
	if runs, isRelease := before.Running.Release(); isRelease && sel.Release != nil && runs.Compare(sel.Release.Version) > 0 {
		cure = fmt.Sprintf("looprel promote %s %s, once that has soaked", sel.Environment.Name, runs)
	}
	return fmt.Sprintf("%s runs %s", on, s.title(before.Running.Version)), cure
}

// soaked is how much of the stays counts: all of them, or, contiguous, the longest.
func (s *Snapshot) soaked(spans []stay, wanted release.Soak) time.Duration {
	var total time.Duration
	for i, span := range spans {
		counts := s.counted(span, wanted)
		switch {
		case !wanted.Contiguous:
			total += counts
		case counts >= wanted.For || i == len(spans)-1 && span.lasts:
			total = max(total, counts)
		}
	}
	return total
}

// counted is how much of a stay counts.
func (s *Snapshot) counted(span stay, wanted release.Soak) time.Duration {
	if wanted.Working {
		return s.Calendar().WorkTime(span.from, span.until)
	}
	return max(0, span.until.Sub(span.from))
}

// local is a time in the train's zone and the operator's.
func (s *Snapshot) local(at time.Time) string {
	return calendar.Local(at, s.Train.Zone, s.Now.Location())
}

// spanText writes a duration in days, hours and minutes, without those that are zero.
func spanText(d time.Duration, wanted release.Soak) string {
	day := "day"
	if wanted.Working {
		day = "working day"
	}
	var parts []string
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{day, 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := d / unit.size; n > 0 {
			text := fmt.Sprintf("%d %s", n, unit.name)
			if n > 1 {
				text += "s"
			}
			parts = append(parts, text)
			d -= n * unit.size
		}
	}
	if len(parts) == 0 {
		return "0 " + day + "s"
	}
	return strings.Join(parts, " ")
}
