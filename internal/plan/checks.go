package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Checks are what the forge says of a commit.
type Checks struct {
	// Commit is the one that was asked about; Parent: it is the parent of the one that
	// is judged, which has no checks of its own and changes release files alone.
	Commit object.ID
	Parent bool
	List   []forge.Check
	// Error is why they are not known, "" if they are.
	Error string
}

// Issues are open issues at the forge that keep a release back.
type Issues struct {
	List []forge.Issue
	// Error is why they are not known, "" if they are.
	Error string
}

// checksGate wants that the forge's checks have passed. One that is still running is
// waited for: it has not failed.
func checksGate(wanted release.Checks, checks *Checks) Gate {
	const name = release.GateChecks
	if checks == nil {
		return Gate{Name: name, Verdict: Undecided, Reason: "the forge has not been asked"}
	}
	if checks.Error != "" {
		return Gate{Name: name, Verdict: Undecided, Reason: "they are not known: " + checks.Error, Cure: "the same command asks again"}
	}
	of := checks.Commit.Short()
	if checks.Parent {
		of = "the parent " + of
	}
	list, missing := wantedChecks(wanted, checks.List)
	gate := Gate{Name: name}
	var failed, pending []string
	for _, check := range list {
		gate.Evidence = append(gate.Evidence, lineOf(check))
		switch check.State {
		case forge.CheckFailed:
			failed = append(failed, check.Name)
		case forge.CheckPending:
			pending = append(pending, check.Name)
		case forge.CheckPassed:
		}
	}
	switch {
	case len(failed) > 0:
		gate.Verdict, gate.Reason = Fail, fmt.Sprintf("of %s failed: %s", of, joinSome(failed))
	case len(pending)+len(missing) > 0:
		gate.Verdict, gate.Cure = Undecided, "wait for them, then the same command"
		gate.Reason = fmt.Sprintf("of %s are not done yet: %s", of, joinSome(slices.Concat(pending, missing)))
	case len(list) == 0:
		gate.Verdict, gate.Reason = Undecided, fmt.Sprintf("%s has no checks", of)
	default:
		gate.Verdict, gate.Reason = Pass, fmt.Sprintf("all %d of %s passed", len(list), of)
	}
	return gate
}

// wantedChecks are those that count, and the names of those that are not there yet.
func wantedChecks(wanted release.Checks, list []forge.Check) (counting []forge.Check, missing []string) {
	if len(wanted.Required) == 0 {
		return list, nil
	}
	for _, name := range wanted.Required {
		before := len(counting)
		for _, check := range list {
			if check.Name == name {
				counting = append(counting, check)
			}
		}
		if len(counting) == before {
			missing = append(missing, name)
		}
	}
	return counting, missing
}

func lineOf(check forge.Check) string {
	text := fmt.Sprintf("%s: %s", check.Name, check.State)
	if check.Detail != "" && check.Detail != string(check.State) {
		text += " (" + check.Detail + ")"
	}
	if check.Page != "" {
		text += ", " + check.Page
	}
	return text
}

// HoldToChecks refuses a release of a commit whose checks have not passed, where the
// component asks for them.
func (p *TagPlan) HoldToChecks(s *Snapshot, checks *Checks, request TagRequest) error {
	if s.Component.Checks == nil {
		return nil
	}
	gate := checksGate(*s.Component.Checks, checks)
	switch {
	case gate.passes():
		return nil
	case request.OffCycle && s.Train.MaySkip(release.GateChecks):
		p.Notes = append(p.Notes, "checks are skipped, off the calendar; "+gate.Reason)
		return nil
	}
	advice := gate.Cure
	if advice == "" {
		advice = "release a commit that has passed: looprel tag --at COMMIT"
	}
	return refuse(advice, "%s may not be released: its checks %s", p.Version, strings.TrimSpace(gate.Reason))
}

// blockedByIssues adds to the gate no-blockers what open issues say.
func blockedByIssues(gate Gate, wanted release.Blockers, issues *Issues) Gate {
	switch {
	case wanted.IsZero() || issues == nil:
		return gate
	case issues.Error != "":
		if gate.Verdict == Pass {
			gate.Verdict, gate.Reason, gate.Cure = Undecided, "whether open issues block it is not known: "+issues.Error, "the same command asks again"
		}
		return gate
	case len(issues.List) == 0:
		return gate
	}
	var numbers, cures []string
	for _, issue := range issues.List {
		numbers = append(numbers, fmt.Sprintf("#%d %s", issue.Number, issue.Title))
		gate.Evidence = append(gate.Evidence, fmt.Sprintf("#%d %s, %s", issue.Number, issue.Title, issue.Page))
	}
	if gate.Verdict == Fail {
		cures = append(cures, gate.Cure)
		gate.Reason += "; open issues block it: " + joinSome(numbers)
	} else {
		gate.Verdict, gate.Reason = Fail, "open issues block it: "+joinSome(numbers)
	}
	gate.Cure = strings.Join(append(cures, "close them, or take them off the list"), "; ")
	return gate
}
