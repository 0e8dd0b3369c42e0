package cli

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mozilla-services/looprel/internal/githubtest"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// yearForge is where the releases and deployments of the year are shown.
const yearForge = "acme/loop-server"

// forgeEnviron says where GitHub is, and as whom to ask it.
func (y *year) forgeEnviron() []string {
	return []string{"GITHUB_SERVER_URL=" + y.forge.URL, "GITHUB_API_URL=" + y.forge.API(), "GITHUB_TOKEN=" + githubtest.Token}
}

// forgeFault is what may come in the way at GitHub: of one request, or of that and all
// that follow until it is repaired.
type forgeFault struct {
	githubtest.Interference
	lasts bool
}

func forgeFaults() []forgeFault {
	answer := func(status int, name, value string) githubtest.Interference {
		header := http.Header{}
		if name != "" {
			header.Set(name, value)
		}
		return githubtest.Interference{Status: status, Header: header, Body: `{"message":"a fault of the year","documentation_url":"https://docs.github.com/rest"}`}
	}
	usedUp := answer(http.StatusForbidden, "X-RateLimit-Remaining", "0")
	usedUp.Header.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	return []forgeFault{
		{answer(http.StatusInternalServerError, "", ""), false},
		{answer(http.StatusServiceUnavailable, "", ""), false},
		{answer(http.StatusTooManyRequests, "Retry-After", "0"), false},
		{githubtest.Interference{DropBefore: true}, false},
		{githubtest.Interference{DropAfter: true}, false},
		{answer(http.StatusInternalServerError, "", ""), true},
		{usedUp, true},
	}
}

// failForge lets the request of that number, counted from now, and perhaps all that
// follow, run into a fault.
func (y *year) failForge(fault forgeFault, number int64) {
	var seen atomic.Int64
	y.forge.Interfere(func(githubtest.Request) githubtest.Interference {
		if n := seen.Add(1); n == number || fault.lasts && n > number {
			return fault.Interference
		}
		return githubtest.Interference{}
	})
}

// owesForge reports whether something is to be finished at GitHub that is not.
func (y *year) owesForge(p *plan.TickPlan) bool {
	if len(p.Owing) == 0 {
		return false
	}
	state := y.forge.Snapshot()
	return slices.ContainsFunc(p.Owing, func(one plan.Owing) bool {
		if one.Environment != "" {
			return !y.showsRunning(state, one.Environment)
		}
		published := slices.ContainsFunc(state.Releases, func(r githubtest.Release) bool { return r.Tag == one.Version.String() && !r.Draft })
		open := slices.ContainsFunc(state.Milestones, func(m githubtest.Milestone) bool { return m.Title == one.Version.String() && m.Open })
		next := slices.ContainsFunc(state.Milestones, func(m githubtest.Milestone) bool {
			return m.Title == one.Version.Bump(release.BumpMinor).String()
		})
		return !published || open || !next
	})
}

// showsRunning reports whether what runs on an environment is shown there as active.
func (y *year) showsRunning(state githubtest.State, environment string) bool {
	known, err := y.observer.Snapshot().Ledger.Environment(environment, "loop-server")
	if err != nil || known.Running == nil {
		y.t.Fatalf("%s runs %v, %v", environment, known.Running, err)
	}
	for _, deployment := range slices.Backward(state.Deployments) {
		if deployment.Environment == environment {
			return lastState(deployment) == "success" && deployment.Commit == known.Running.Commit.String()
		}
	}
	return false
}

func lastState(deployment githubtest.Deployment) string {
	if len(deployment.Statuses) == 0 {
		return ""
	}
	return deployment.Statuses[len(deployment.Statuses)-1].State
}

// checkForge: each release has its Release, each promotion its Deployment, once; what
// runs is shown as active and nothing else is.
func (y *year) checkForge(entries []ledger.Entry) {
	state := y.forge.Snapshot()
	releases := map[string]int{}
	for _, one := range state.Releases {
		if releases[one.Tag]++; one.Draft {
			y.t.Errorf("the Release %s is a draft", one.Tag)
		}
	}
	milestones := map[string]int{}
	for _, one := range state.Milestones {
		if milestones[one.Title]++; milestones[one.Title] > 1 {
			y.t.Errorf("the milestone %s was opened %d times", one.Title, milestones[one.Title])
		}
		if _, released := y.released[one.Title]; released == one.Open {
			y.t.Errorf("the milestone %s is open: %v", one.Title, one.Open)
		}
	}
	for text := range y.released {
		version, err := release.ParseVersion(text)
		if err != nil {
			y.t.Fatal(err)
		}
		if next := version.Bump(release.BumpMinor).String(); releases[text] != 1 || milestones[next] != 1 {
			y.t.Errorf("%s has %d Releases, and %d milestones follow it", text, releases[text], milestones[next])
		}
	}
	if len(releases) != len(y.released) {
		y.t.Errorf("%d Releases of %d releases", len(releases), len(y.released))
	}
	y.checkDeployments(entries, state)
}

func (y *year) checkDeployments(entries []ledger.Entry, state githubtest.State) {
	arrived, active := map[string]int{}, map[string][]string{}
	for _, one := range state.Deployments {
		what := one.Environment + " " + one.Description
		succeeded := 0
		for _, status := range one.Statuses {
			if status.State == "success" {
				succeeded++
			}
		}
		if arrived[what] += min(succeeded, 1); succeeded > 1 {
			y.t.Errorf("the deployment %d of %s has succeeded %d times", one.ID, what, succeeded)
		}
		switch state := lastState(one); state {
		case "success":
			active[one.Environment] = append(active[one.Environment], one.Description)
		case "inactive", "failure":
		default:
			y.t.Errorf("the deployment %d of %s was left as %q", one.ID, what, state)
		}
	}
	running := map[string]string{}
	for _, entry := range entries {
		finished := entry.Finished
		if finished == nil || !finished.Outcome.Reached() {
			continue
		}
		running[finished.Environment] = "loop-server " + finished.Version
		what := finished.Environment + " loop-server " + finished.Version
		if finished.Tag != "" && arrived[what] != 1 {
			y.t.Errorf("%s came there, and is shown as %d deployments that succeeded", what, arrived[what])
		}
	}
	for environment, what := range running {
		if !slices.Equal(active[environment], []string{what}) {
			y.t.Errorf("%s runs %s, and these are shown as active: %v", environment, what, active[environment])
		}
	}
}
