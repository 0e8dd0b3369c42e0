package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Want is the release that is expected.
type Want struct {
	// Version is MAJOR.MINOR.PATCH. It is empty when a branch's head is expected:
	// many commits share the version of a development branch, so that the commit
	// alone tells.
	Version string
	// Revision is the release's commit; zero: unknown.
	Revision object.ID
}

// Verdict is what an answer says about the expected release.
type Verdict int

// The verdicts.
const (
	// Unreachable: there is no usable answer, be it that nothing answers, or
	// something other than the service, such as a page that is not JSON.
	Unreachable Verdict = iota
	// RunsOther: another version or commit runs.
	RunsOther
	// Unhealthy: the expected release runs, or it cannot be told what runs, and
	// the heartbeat is not 200.
	Unhealthy
	// Unverified: the service answers but shows nothing to compare, which is no
	// failure.
	Unverified
	// Runs: the expected release runs.
	Runs
)

// String gives the verdict in words.
func (v Verdict) String() string {
	switch v {
	case RunsOther:
		return "another version"
	case Unhealthy:
		return "unhealthy"
	case Unverified:
		return "unverified"
	case Runs:
		return "running"
	default:
		return "unreachable"
	}
}

// agrees reports whether the verdict may end a wait in success.
func (v Verdict) agrees() bool { return v == Runs || v == Unverified }

// Judge compares an answer with what is expected, and gives the reason in one
// printable line.
//
// The version decides when both sides have one. Then the commit that the service
// names is supporting evidence only: packaging may build from a commit of its
// own, so another commit with the right version is said in the reason, and the
// right commit with another version (a wrong version inside) is not the release.
// Without a version to compare the commit decides.
func Judge(want Want, answer Answer) (Verdict, string) {
	if answer.Err != nil {
		return Unreachable, "no usable answer: " + words(answer.Err)
	}
	verdict, reason := compare(want, answer)
	heartbeat := answer.Heartbeat
	if !heartbeat.Known || !verdict.agrees() {
		return verdict, reason
	}
	if !heartbeat.Healthy {
		verdict = Unhealthy
	}
	return verdict, reason + "; " + heartbeat.String()
}

func compare(want Want, answer Answer) (Verdict, string) {
	wanted := strings.TrimPrefix(want.Version, "v")
	shown := strings.TrimPrefix(answer.Version, "v")
	named := namesCommit(answer.Revision) && !want.Revision.IsZero()
	same := named && strings.HasPrefix(want.Revision.String(), strings.ToLower(answer.Revision))
	switch {
	case wanted != "" && shown == wanted && named && !same:
		return Runs, fmt.Sprintf("runs %s, built from another commit (%s, the release is %s)", shown, answer.Revision, want.Revision.Short())
	case wanted != "" && shown == wanted:
		return Runs, "runs " + shown
	case wanted != "" && shown != "" && same:
		return RunsOther, fmt.Sprintf("runs the commit of %s (%s), but calls itself %s", wanted, want.Revision.Short(), shown)
	case wanted != "" && shown != "":
		return RunsOther, fmt.Sprintf("runs %s, not %s", shown, wanted)
	case same:
		return Runs, "runs commit " + want.Revision.Short()
	case named:
		return RunsOther, fmt.Sprintf("runs commit %s, not %s", answer.Revision, want.Revision.Short())
	case shown != "" || answer.Revision != "":
		return Unverified, fmt.Sprintf("shows nothing to compare (version %q, commit %q)", shown, answer.Revision)
	}
	return Unverified, "shows neither version nor commit"
}

// namesCommit reports whether the text can be a commit's identifier, whole or
// shortened to no less than git's seven digits.
func namesCommit(revision string) bool { return commitID.MatchString(revision) }

var commitID = lazyregexp.New(`^[0-9A-Fa-f]{7,40}$`)

// Down lists the checks that are false, by name.
func (h Heartbeat) Down() []string {
	var down []string
	for _, name := range slices.Sorted(maps.Keys(h.Checks)) {
		if !h.Checks[name] {
			down = append(down, name)
		}
	}
	return down
}

// String says in one printable line what the health check said.
func (h Heartbeat) String() string {
	switch {
	case !h.Known:
		return "no heartbeat"
	case h.Err != nil:
		return "no heartbeat: " + words(h.Err)
	}
	said := fmt.Sprintf("heartbeat %d", h.Status)
	if down := h.Down(); len(down) > 0 {
		said += ", down: " + strings.Join(down, ", ")
	}
	if h.Message != "" {
		said += " (" + h.Message + ")"
	}
	return printable.Bounded(said, maxReason)
}

// maxReason bounds what is said about one answer, in bytes.
const maxReason = 400

// words gives an error's text, which may come from a server, made printable.
func words(err error) string { return printable.Bounded(err.Error(), maxReason) }
