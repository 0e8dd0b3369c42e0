package plan_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// TestGoldenStatusForge holds what a status shows of the forge: for each environment the
// newest request of this component, by its key alone, and the deployment; for each
// release that it is a draft, unless it was published beside one.
func TestGoldenStatusForge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Train.GitHub, w.Forge = &release.GitHub{Releases: release.ReleasesDraft, Requests: &release.Requests{Labels: []string{"deployment-request"}}}, "acme/loop-server"
	w.release(plan.TagRequest{})
	w.promote("load-stage", "0.10.0", ledger.Unknown)
	status, err := plan.MakeStatus(w.Snapshot, nil)
	if err != nil {
		t.Fatal(err)
	}
	questions := status.AskForge(w.Snapshot)
	if !questions.Requests || !questions.Releases || len(questions.Environments) != 1 || questions.Environments[0].Name != "load-stage" {
		t.Errorf("asks %+v", questions)
	}
	issue := func(number int, body string) forge.Issue {
		return forge.Issue{Number: number, Body: body, Filed: w.Now, Page: "https://github.com/acme/loop-server/issues/1"}
	}
	status.AddForge(w.Snapshot, plan.ForgeLook{
		Requests: []forge.Issue{
			issue(9, "<!-- looprel: deploy loop-client 3.0.0 to production -->"),
			issue(8, "<!-- looprel: deploy loop-server \x1b[2J to production -->\n<!-- looprel: deploy loop-server 0.9.0 to production elsewhere -->"),
			issue(7, "loop-server to production <!-- looprel: deploy loop-server 0.10.0 to production -->"),
			issue(6, "<!-- looprel: deploy loop-server 0.9.0 to production -->"),
		},
		Deployments: map[string]plan.DeployingStatus{"load-stage": {Version: "0.10.0", State: forge.StateInProgress, Run: plan.RunRunning}},
		Releases:    []forge.Release{{Tag: "0.10.0", Draft: true, Page: "https://github.com/acme/loop-server/releases/tag/untitled"}, {Tag: "0.9.0"}},
		Missed:      []plan.MissedLook{{What: "something", Reason: "it does not answer"}},
	})
	compareGolden(t, "status-github", golden{Plan: status})

	status.Releases[0].Draft = ""
	status.AddForge(w.Snapshot, plan.ForgeLook{Releases: []forge.Release{{Tag: "0.10.0", Draft: true, Page: "here"}, {Tag: "0.10.0"}}})
	if status.Releases[0].Draft != "" {
		t.Error("a published Release is shown as a draft")
	}
}
