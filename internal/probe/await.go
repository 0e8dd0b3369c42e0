package probe

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Outcome is how a wait ended, in the words of the ledger.
type Outcome string

// The outcomes.
const (
	// Verified: enough answers in a row showed the expected release, healthy.
	Verified Outcome = "verified"
	// NotVerifiable: enough answers in a row, healthy, showed neither a version
	// nor a commit that could be compared. It is no failure.
	NotVerifiable Outcome = "unverified"
	// WrongVersion: when the deadline came, something else ran, be it on a part
	// of the fleet only.
	WrongVersion Outcome = "wrong version"
	// NotHealthy: when the deadline came, the heartbeat was not 200.
	NotHealthy Outcome = "unhealthy"
	// NotReachable: when the deadline came, there was no usable answer.
	NotReachable Outcome = "unreachable"
	// Interrupted: the context ended before anything was certain.
	Interrupted Outcome = "interrupted"
)

// Failed reports whether the release could not be seen running. An interrupted
// wait has not succeeded either, and counts.
func (o Outcome) Failed() bool { return o != Verified && o != NotVerifiable }

// Result is how a wait ended.
type Result struct {
	Outcome Outcome
	Reason  string // one printable line
	Answer  Answer // the last one
	Looks   int
	// Evidence is what the last answers said, the newest at the end: few, short,
	// printable lines.
	Evidence []string
}

// longestPause bounds the pause between answers that do not agree.
const longestPause = 15 * time.Second

// Await looks at the target until as many answers in a row as its probe demands
// show the expected release, healthy, or until the deadline. A service that shows
// nothing to compare is taken at its word just as often. Progress, if given,
// learns of each answer.
//
// The deadline bounds the wait for the release to show: a row of agreeing
// answers that has begun by then is looked at to its end, once. Time counts by
// the Prober's clock or by the pauses made, whichever is more, so that a clock
// that stands still does not make the wait endless.
func (p *Prober) Await(ctx context.Context, target Target, want Want, progress func(Answer, Verdict)) Result {
	if target.isEmpty() {
		return Result{Outcome: NotVerifiable, Reason: ErrNothingToProbe.Error()}
	}
	wait := newWait(target.Probe, p.Now())
	for {
		answer := p.Look(ctx, target)
		if ctx.Err() != nil {
			return wait.interrupted()
		}
		verdict, reason := Judge(want, answer)
		wait.note(answer, verdict, reason)
		if progress != nil {
			progress(answer, verdict)
		}
		if result, over := wait.over(p.Now()); over {
			return result
		}
		if p.Sleep(ctx, wait.pause(p.Now(), p.Random())) != nil {
			return wait.interrupted()
		}
	}
}

// wait is the state of an Await.
type wait struct {
	probe  release.Probe
	begin  time.Time
	paused time.Duration // all pauses together

	answer   Answer
	verdict  Verdict
	reason   string
	inARow   int // answers with the present verdict
	counts   map[Verdict]int
	looks    int
	backOff  time.Duration
	overdue  bool // the deadline had passed at the look before
	evidence evidence
}

func newWait(probe release.Probe, begin time.Time) *wait {
	probe.Agree = max(cmp.Or(probe.Agree, release.DefaultProbeAgree), 1)
	probe.Interval = cmp.Or(probe.Interval, release.DefaultProbeInterval)
	probe.Deadline = cmp.Or(probe.Deadline, release.DefaultProbeDeadline)
	return &wait{probe: probe, begin: begin, counts: map[Verdict]int{}, backOff: probe.Interval}
}

// note takes one more answer into account.
func (w *wait) note(answer Answer, verdict Verdict, reason string) {
	if w.looks > 0 && verdict == w.verdict {
		w.inARow++
	} else {
		w.inARow = 1
	}
	w.answer, w.verdict, w.reason = answer, verdict, reason
	w.counts[verdict]++
	w.looks++
	w.evidence.add(answer.When, reason)
}

// over reports whether the wait has come to its end.
func (w *wait) over(now time.Time) (Result, bool) {
	if w.verdict.agrees() && w.inARow >= w.probe.Agree {
		return w.result(success(w.verdict), w.reason), true
	}
	if w.elapsed(now) < w.probe.Deadline {
		return Result{}, false
	}
	if w.verdict.agrees() && (!w.overdue || w.inARow > 1) {
		w.overdue = true
		return Result{}, false
	}
	return w.result(failure(w.verdict), w.failureReason()), true
}

func (w *wait) elapsed(now time.Time) time.Duration { return max(now.Sub(w.begin), w.paused) }

// pause is how long to wait before the next look: the probe's interval while
// answers agree, otherwise longer each time and spread at random, so that many
// waits do not look in step. The deadline shortens it.
func (w *wait) pause(now time.Time, random float64) time.Duration {
	pause := w.probe.Interval
	if w.verdict.agrees() {
		w.backOff = w.probe.Interval
	} else {
		pause = w.backOff/2 + time.Duration(random*float64(w.backOff/2))
		w.backOff = min(2*w.backOff, max(longestPause, w.probe.Interval))
		pause = max(0, min(pause, w.probe.Deadline-w.elapsed(now)))
	}
	w.paused += pause
	return pause
}

func success(verdict Verdict) Outcome {
	if verdict == Runs {
		return Verified
	}
	return NotVerifiable
}

// failure is the outcome of a wait whose deadline came. Answers that agree with
// what is expected, but not with each other, come from a fleet that is not of
// one version.
func failure(verdict Verdict) Outcome {
	switch verdict {
	case Unreachable:
		return NotReachable
	case Unhealthy:
		return NotHealthy
	default:
		return WrongVersion
	}
}

func (w *wait) failureReason() string {
	reason := fmt.Sprintf("%s (answers: %d", w.reason, w.looks)
	if right := w.counts[Runs]; right > 0 {
		reason += fmt.Sprintf(", of the expected release: %d; the machines do not agree", right)
	}
	return reason + ")"
}

func (w *wait) interrupted() Result {
	return w.result(Interrupted, "interrupted before it was certain what runs")
}

func (w *wait) result(outcome Outcome, reason string) Result {
	return Result{Outcome: outcome, Reason: reason, Answer: w.answer, Looks: w.looks, Evidence: w.evidence.lines()}
}
