package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/githubtest"
)

// statusRequests is how many requests `status` makes of GitHub at most: open requests,
// drafts, deployments; and of the deployments that are under way their statuses, and of
// a workflow its run.
const statusRequests = 6

// The status shows what others have been asked for and do; each answer that has not
// changed costs nothing; and what GitHub does not answer is named, and nothing else
// missing.
func TestStatusAtGitHub(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {releases: draft, requests: {labels: [deployment-request]}}\n")
	template.environments = template.remote.Git("show", "master:environments.yaml")
	replace := func(before, after string) {
		template.environments = strings.Replace(template.environments, before, after, 1)
	}
	replace("follows: master\n    deploy: [deploytool]", "follows: master\n    deploy: deployment")
	replace("after: tag\n    deploy: [deploytool]", `after: tag`+"\n"+`    deploy: {workflow: deploy.yml, inputs: {release: "{version}", key: "{attempt}"}}`)
	h := newHub(t, template)
	if code, output := h.run("tag", "--yes"); code != 0 {
		t.Fatalf("tag ended with %d:\n%s", code, output)
	}
	h.server.FileIssue(githubtest.Issue{
		Title: "Please deploy loop-server 0.10.0 to PRODUCTION", Open: true, Labels: []string{"deployment-request"}, Assignees: []string{"octo-ops"},
		Body: "## loop-server\n\n<!-- looprel: deploy loop-server 0.10.0 to production -->\n",
	})
	h.server.FileStrangeIssue("Please deploy loop-server 6.6.6 to STAGE", "<!-- looprel: deploy loop-server 6.6.6 to load-stage -->")
	h.killWhen("promote", "load-stage", http.MethodGet, "/actions/runs/")
	h.killWhen("promote", "dev", http.MethodGet, "/statuses")
	h.server.SetStatus("in_progress", "rolling out\x1b[2J")
	h.server.Requests()
	status := func(unchanged string) {
		t.Helper()
		code, output := h.run("--config", h.config, "status", "-v")
		if code != 0 {
			t.Fatalf("status ended with %d:\n%s", code, output)
		}
		for _, want := range []string{
			"production: 0.10.0 is asked for by #1, assigned to octo-ops, since Tue 2014-08-05 11:00: " + h.server.URL + "/acme/loop-server/issues/1",
			"load-stage: the deployment of 0.10.0: in_progress, the workflow: running: " + h.server.URL + "/acme/loop-server/actions/runs/",
			"in_progress, rolling out", "0.10.0: its Release is still a draft: " + h.server.URL, "asked 127.0.0.1", unchanged,
		} {
			if !strings.Contains(output, want) {
				t.Errorf("the status lacks %q:\n%s", want, output)
			}
		}
		if asked := len(h.server.Requests()); asked != statusRequests || strings.Contains(output, "6.6.6") || strings.Contains(output, "\x1b") {
			t.Errorf("%d requests, expected %d:\n%s", asked, statusRequests, output)
		}
	}
	status("6 times")
	status(`6 times, 6 of them answered by "not modified"`)

	h.server.Interfere(func(request githubtest.Request) githubtest.Interference {
		if request.Git {
			return githubtest.Interference{}
		}
		return githubtest.Interference{Status: http.StatusServiceUnavailable}
	})
	code, output := h.run("--config", h.config, "status")
	if want := "acme/loop-server: open deployment requests, drafts of Releases, deployments (cannot list the issues"; code != 0 || !strings.Contains(output, want) ||
		!strings.Contains(output, "Waiting") {
		t.Errorf("status ended with %d, and lacks %q:\n%s", code, want, output)
	}
	code, output = h.run("--config", h.config, "status", "--no-probe")
	if code != 0 || strings.Contains(output, "Not seen on") {
		t.Errorf("status --no-probe ended with %d:\n%s", code, output)
	}
}

// killWhen begins a command and kills it when it asks for something.
func (h *hub) killWhen(verb, environment, method, part string) {
	h.t.Helper()
	h.server.Interfere(func(request githubtest.Request) githubtest.Interference {
		if request.Method != method || !strings.Contains(request.Path, part) {
			return githubtest.Interference{}
		}
		return githubtest.KillAt(request.Number, false, h.running.Load)(request)
	})
	if code, output := h.run("--config", h.config, verb, environment, "--yes"); code != -1 {
		h.t.Fatalf("%s %s was not killed, and ended with %d:\n%s", verb, environment, code, output)
	}
	h.server.Interfere(nil)
}
