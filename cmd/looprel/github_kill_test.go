package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/githubtest"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// hub is the Loop service's repository on a GitHub of the test's own, and a clone of
// an operator.
type hub struct {
	t      *testing.T
	server *githubtest.Server
	remote *gittest.Repo
	clone  *gittest.Repo
	now    string
	// config is the file of the template's environments.
	config string
	// services is where the environments keep what they show, and proxy leads to them.
	services, proxy string
	// running is the process that the server may kill.
	running atomic.Pointer[os.Process]
}

const killSection = `
github:
  assets: [dist/*.txt]
  milestones: "{version}"
`

// hubTemplate is what hubs are copies of: a bare repository and a clone of it.
type hubTemplate struct {
	remote, clone *gittest.Repo
	// url is what the clone calls the remote.
	url string
	// state is what GitHub has to begin with.
	state githubtest.State
	// environments is an environments.yaml of the hub's own, "" for that of the branch.
	environments string
	// others act on requests; nil: nobody does.
	others func(h *hub, request githubtest.Request)
}

// makeHub makes a template whose environments.yaml has the section.
func makeHub(t *testing.T, section string) hubTemplate {
	t.Helper()
	files, err := loopFiles()
	if err != nil {
		t.Fatal(err)
	}
	files["environments.yaml"] += section
	made := hubTemplate{remote: gittest.New(t).At(makeLoop(t, files))}
	made.clone, made.url = made.remote.Clone(), made.remote.URL()
	made.state = githubtest.State{NextID: 1, Milestones: []githubtest.Milestone{{ID: 1, Number: 1, Title: "0.10.0", Open: true}}}
	made.clone.Write("dist/notes.txt", "read me\n")
	for _, samples := range []string{filepath.Join(made.remote.Dir, "hooks"), filepath.Join(made.clone.Dir, ".git", "hooks")} {
		if err := os.RemoveAll(samples); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// newHub copies a template.
func newHub(t *testing.T, template hubTemplate) *hub {
	t.Helper()
	dir := t.TempDir()
	h := &hub{t: t, now: "2014-08-05T18:00:00Z"}
	for _, one := range []struct {
		repo **gittest.Repo
		from *gittest.Repo
		name string
	}{{&h.remote, template.remote, "remote.git"}, {&h.clone, template.clone, "clone"}} {
		*one.repo = one.from.At(filepath.Join(dir, one.name))
		if err := os.CopyFS((*one.repo).Dir, os.DirFS(one.from.Dir)); err != nil {
			t.Fatal(err)
		}
	}
	h.server = githubtest.New(t, "acme/loop-server", h.remote.Dir)
	h.server.Change(func(state *githubtest.State) { *state = template.state.Copied() })
	h.services, h.config = filepath.Join(dir, "services"), filepath.Join(dir, "environments.yaml")
	if err := os.WriteFile(h.config, []byte(template.environments), 0o644); err != nil {
		t.Fatal(err)
	}
	if template.others != nil {
		h.server.React(func(request githubtest.Request) { template.others(h, request) })
	}
	environment := httptest.NewServer(environments(h.services))
	t.Cleanup(environment.Close)
	h.proxy = environment.URL
	config := filepath.Join(h.clone.Dir, ".git", "config")
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, []byte(strings.ReplaceAll(string(text), template.url, h.server.Remote())), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// run runs looprel, and returns its exit code: -1 if it was killed.
func (h *hub) run(arguments ...string) (code int, output string) {
	h.t.Helper()
	command := exec.Command("looprel", arguments...)
	command.Dir = h.clone.Dir
	command.Env = append(h.clone.Environ(), "LOOPREL_NOW="+h.now, "GORACE=atexit_sleep_ms=0", "GITHUB_SERVER_URL="+h.server.URL,
		"GITHUB_API_URL="+h.server.API(), "GITHUB_TOKEN="+githubtest.Token, "HTTP_PROXY="+h.proxy, servicesVariable+"="+h.services)
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	if err := command.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.running.Store(command.Process)
	_ = command.Wait()
	h.running.Store(nil)
	return command.ProcessState.ExitCode(), both.String()
}

// end is where a run has led to: what GitHub has, the references, what the ledger says
// last, and how often something was deployed. What is random is left out: ids of
// entries and of attempts.
type end struct {
	Forge       githubtest.State
	Refs        string
	Ledger      string
	Deployments int
}

// seen is what a closed issue says of what was seen, and when.
var seen = regexp.MustCompile("### Deployed\n\n```\n[0-9TZ:-]+ to [0-9TZ:-]+, 2 answers: runs 0\\.10\\.0; heartbeat 200\n```")

// address stands for the server's own, which differs from test to test.
const address = "http://forge.example.org"

func (h *hub) end() end {
	h.t.Helper()
	state := h.server.Snapshot()
	for i := range state.Releases {
		state.Releases[i].Body = strings.ReplaceAll(state.Releases[i].Body, h.server.URL, address)
	}
	for i := range state.Issues {
		body := strings.ReplaceAll(state.Issues[i].Body, h.server.URL, address)
		state.Issues[i].Body = seen.ReplaceAllString(body, "### Deployed\n\n```\n(what was seen)\n```")
	}
	for i := range state.Pulls {
		state.Pulls[i].Body = strings.ReplaceAll(state.Pulls[i].Body, h.server.URL, address)
	}
	for i := range state.Deployments {
		for j := range state.Deployments[i].Statuses {
			one := &state.Deployments[i].Statuses[j]
			one.LogURL = strings.ReplaceAll(one.LogURL, h.server.URL, address)
		}
		if carried, ok := state.Deployments[i].Payload.(map[string]any); ok {
			told := maps.Clone(carried["looprel"].(map[string]any)) // other hubs share what they began with
			told["attempt"] = ""
			carried = maps.Clone(carried)
			carried["looprel"] = told
			state.Deployments[i].Payload = carried
		}
	}
	for i := range state.Runs {
		state.Runs[i].Title = ""
		state.Runs[i].Inputs = maps.Clone(state.Runs[i].Inputs)
		state.Runs[i].Inputs["key"] = ""
	}
	runs, err := os.ReadFile(filepath.Join(h.services, "load-stage", "runs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.t.Fatal(err)
	}
	return end{
		Forge: state, Refs: h.remote.Git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"),
		Ledger: h.remote.Git("log", "--max-count=1", "--format=%s", "refs/looprel/ledger"), Deployments: bytes.Count(runs, []byte("\n")),
	}
}

// killAtEach runs what do asks for on a fresh hub, killing it at each request of the
// API, and at each push, in turn, before it is handled and after (which is the same
// for a request that only reads); then again, undisturbed. The end must be the one that a
// run without a kill comes to. It returns how many requests that made of the API.
func killAtEach(t *testing.T, template hubTemplate, do func(h *hub) (code int, output string)) int {
	t.Helper()
	return kill(t, template, true, do)
}

// killAfterWrites is killAtEach after what changes something alone, for what shares its
// requests with commands that are killed at each: a run that is killed earlier has done
// what it had done after the change before.
func killAfterWrites(t *testing.T, template hubTemplate, do func(h *hub) (code int, output string)) int {
	t.Helper()
	return kill(t, template, false, do)
}

func kill(t *testing.T, template hubTemplate, everywhere bool, do func(h *hub) (code int, output string)) int {
	t.Helper()
	undisturbed := newHub(t, template)
	var numbers []int
	reads := map[int]bool{}
	undisturbed.server.Interfere(func(request githubtest.Request) githubtest.Interference {
		if !request.Git || strings.HasSuffix(request.Path, "/git-receive-pack") {
			numbers = append(numbers, request.Number)
			reads[request.Number] = request.Method == http.MethodGet
		}
		return githubtest.Interference{}
	})
	if code, output := do(undisturbed); code != 0 {
		t.Fatalf("ended with %d:\n%s", code, output)
	}
	want := undisturbed.end()
	asked := len(undisturbed.server.Requests())
	for _, number := range numbers {
		for _, before := range []bool{true, false} {
			if before && reads[number] || !everywhere && (before || reads[number]) {
				continue
			}
			t.Run(fmt.Sprintf("%d-before=%v", number, before), func(t *testing.T) {
				t.Parallel()
				h := newHub(t, template)
				h.server.Interfere(githubtest.KillAt(number, before, h.running.Load))
				if code, output := do(h); code != -1 {
					t.Fatalf("was not killed at request %d, and ended with %d:\n%s", number, code, output)
				}
				h.server.Interfere(nil)
				if code, output := do(h); code != 0 {
					t.Fatalf("the second run ended with %d:\n%s", code, output)
				}
				if difference := cmp.Diff(want, h.end()); difference != "" {
					t.Errorf("killed at request %d, another end (-without a kill +after one):\n%s", number, difference)
				}
			})
		}
	}
	return asked
}

// tagRequests is how many requests `tag` makes of GitHub, with two assets (one of them
// the checksums) and milestones: the list of releases, the draft, the assets, the
// list of milestones, one closed and one opened, the publication.
const tagRequests = 8

func TestKilledTag(t *testing.T) {
	t.Parallel()
	asked := killAtEach(t, makeHub(t, killSection), func(h *hub) (int, string) { return h.run("tag", "--yes") })
	if asked != tagRequests {
		t.Errorf("tag made %d requests, expected %d", asked, tagRequests)
	}
}

// backportRequests is how many requests `backport` makes of GitHub: the list of
// releases, the draft, the list of issues, the deployment request, the publication.
const backportRequests = 5

func TestKilledBackport(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {}\n")
	fix := template.remote.ID("master~1").String()
	asked := killAfterWrites(t, template, func(h *hub) (int, string) { return h.run("backport", "0.8.0", fix, "--yes") })
	if asked != backportRequests {
		t.Errorf("backport made %d requests, expected %d", asked, backportRequests)
	}
}

// namedPullRequests is how many requests a backport of a pull request makes of GitHub
// beside those: the pull request, its commits, its comments twice (what there is, and
// whether somebody was faster), the comment, and the labels.
const namedPullRequests = backportRequests + 7

func TestKilledBackportOfPull(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {backports: {comment: true, done: \"backported {line}\"}}\n")
	template.pull("fix", 7, "backport 0.8.x")
	asked := killAfterWrites(t, template, func(h *hub) (int, string) { return h.run("backport", "0.8.0", "#7", "--yes") })
	if asked != namedPullRequests {
		t.Errorf("backport made %d requests, expected %d", asked, namedPullRequests)
	}
}

// labelledRequests is how many requests `backport --labelled` makes of GitHub for one
// pull request: the labels, who has the one that asks, the pull request, its commits, its
// comments twice, the comment, the other label, and the one that asked taken off.
const labelledRequests = 9

func TestKilledLabelledBackport(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {releases: none, requests: none, backports: {done: \"backported {line}\"}}\n")
	template.pull("fix", 7, "backport 0.8.x")
	asked := killAfterWrites(t, template, func(h *hub) (int, string) { return h.run("backport", "--labelled", "--yes") })
	if asked != labelledRequests {
		t.Errorf("backport made %d requests, expected %d", asked, labelledRequests)
	}
}

// pull adds a pull request with a file of its own that was squashed onto master.
func (h *hubTemplate) pull(name string, number int, labels ...string) {
	before := h.remote.ID("master").String()
	h.clone.Git("fetch", "--quiet", "origin")
	h.clone.Git("switch", "--quiet", "--detach", before)
	h.clone.Write(name+".js", name+"()\n")
	h.clone.Git("add", name+".js")
	h.clone.Git("commit", "--quiet", "--message=Add "+name+fmt.Sprintf(" (#%d)", number))
	merged := h.clone.ID("HEAD").String()
	h.clone.Git("push", "--quiet", "origin", "HEAD:refs/heads/master")
	h.clone.Git("switch", "--quiet", "master")
	h.state.NextID++
	h.state.Pulls = append(h.state.Pulls, githubtest.Pull{
		ID: h.state.NextID, Number: number, Title: "Add " + name, Head: name, Base: "master", From: before, Commit: merged, Merged: merged, Author: "octo-dev", Labels: labels,
	})
}

// promoteRequests is how many requests `promote` makes of GitHub: the list of
// deployments, the status of the newest, the new deployment, its statuses queued, in
// progress and success, and that of the one that it replaces; and the list of issues,
// since one may ask for it.
const promoteRequests = 8

func TestKilledPromote(t *testing.T) {
	t.Parallel()
	template := makeTagged(t)
	asked := killAtEach(t, template, func(h *hub) (int, string) {
		return h.run("promote", "load-stage", "--yes")
	})
	if asked != promoteRequests {
		t.Errorf("promote made %d requests, expected %d", asked, promoteRequests)
	}
	for name, way := range waysOfOthers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template := template
			template.environments = strings.Replace(template.environments, "after: tag\n    deploy: [deploytool]", "after: tag\n    deploy: "+way.deploy, 1)
			template.others = way.others
			asked := killAfterWrites(t, template, func(h *hub) (int, string) {
				return h.run("--config", h.config, "promote", "load-stage", "--yes")
			})
			if asked != way.requests {
				t.Errorf("promote made %d requests, expected %d", asked, way.requests)
			}
		})
	}
}

// makeTagged makes a template whose release waits for its promotion.
func makeTagged(t *testing.T) hubTemplate {
	t.Helper()
	tagged := newHub(t, makeHub(t, "\ngithub: {releases: none}\n"))
	if code, output := tagged.run("tag", "--yes"); code != 0 {
		t.Fatalf("tag ended with %d:\n%s", code, output)
	}
	template := hubTemplate{remote: tagged.remote, clone: tagged.clone, url: tagged.server.Remote()}
	template.environments = template.remote.Git("show", "master:environments.yaml")
	// What the release replaces was deployed in the same way.
	template.state = githubtest.State{NextID: 2, Deployments: []githubtest.Deployment{{
		ID: 1, Ref: "0.9.0", Commit: tagged.remote.ID("0.9.0^{commit}").String(), Task: "deploy", Environment: "load-stage",
		Payload:  map[string]any{"looprel": map[string]any{"component": "loop-server", "version": "0.9.0", "attempt": ""}},
		Statuses: []githubtest.Status{{ID: 2, State: "success"}},
	}}}
	return template
}

// wayOfOthers is a way to deploy that is not looprel's own.
type wayOfOthers struct {
	deploy string
	// requests is how many requests promote makes, with each answer as others act.
	requests int
	// others do their part.
	others func(h *hub, request githubtest.Request)
}

// waysOfOthers are people who read an issue, a workflow that is run, and one that runs
// on deployments. Each is done as soon as it can be known of, but the workflow, which
// takes until it is looked at.
func waysOfOthers() map[string]wayOfOthers {
	const repository = "/repos/acme/loop-server"
	is := func(request githubtest.Request, method, path string) bool {
		return request.Method == method && request.Path == repository+path
	}
	return map[string]wayOfOthers{
		"request": {deploy: "request", requests: promoteRequests + 2, others: func(h *hub, request githubtest.Request) {
			if is(request, http.MethodPost, "/issues") {
				h.deploy("0.10.0")
			}
		}},
		"workflow": {deploy: `{workflow: deploy.yml, inputs: {release: "{version}", key: "{attempt}"}}`, requests: promoteRequests + 3,
			others: func(h *hub, request githubtest.Request) {
				runs := h.server.Snapshot().Runs
				if len(runs) > 0 && runs[0].Conclusion == "" && is(request, http.MethodGet, fmt.Sprintf("/actions/runs/%d", runs[0].ID)) {
					h.deploy(runs[0].Inputs["release"])
					h.server.EndRun("success")
				}
			}},
		"deployment": {deploy: "deployment", requests: promoteRequests - 2, others: func(h *hub, request githubtest.Request) {
			if is(request, http.MethodPost, "/deployments") {
				h.deploy("0.10.0")
				h.server.SetStatus("success", "rolled out")
			}
		}},
	}
}

// deploy makes load-stage show a version.
func (h *hub) deploy(version string) {
	if err := (serviceState{Version: version}).write(filepath.Join(h.services, "load-stage")); err != nil {
		h.t.Error(err)
	}
}
