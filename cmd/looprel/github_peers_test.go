//go:build peers

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// emulator is a GitHub that nobody here wrote (npm emulate), with one repository.
type emulator struct {
	t   *testing.T
	url string
}

const (
	emulatorToken = "emulated_token"
	emulatorSeed  = `tokens:
  emulated_token: {login: octocat, scopes: [repo, user]}
github:
  users: [{login: octocat, name: The Octocat, email: octocat@example.org}]
  repos: [{owner: octocat, name: loop-server, auto_init: true}]
`
)

// startEmulator starts what make test-peers-github has installed.
func startEmulator(t *testing.T) *emulator {
	t.Helper()
	modules, err := filepath.Abs(filepath.Join("..", "..", "testdata", "peers", "github", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := filepath.Glob(filepath.Join(modules, "node-*", "bin", "node"))
	if err != nil || len(nodes) == 0 {
		t.Fatalf("the emulator is not installed in %s: make test-peers-github", modules)
	}
	port := strconv.Itoa(freePort(t))
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seed, []byte(emulatorSeed), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(nodes[0], filepath.Join(modules, ".bin", "emulate"), "start", "--service", "github", "--port", port, "--seed", seed)
	command.Dir, command.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	e := &emulator{t: t, url: "http://127.0.0.1:" + port}
	for deadline := time.Now().Add(scriptPatience); ; time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get(e.url + "/repos/octocat/loop-server"); err == nil {
			_ = answer.Body.Close()
			return e
		}
		if time.Now().After(deadline) {
			t.Fatal("the emulator does not answer")
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // it was only asked for a port
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("%s is no address of TCP", listener.Addr())
	}
	return address.Port
}

// ask makes a request of the emulator, as anybody would.
func (e *emulator) ask(method, path, body string, into any) {
	e.t.Helper()
	request, err := http.NewRequest(method, e.url+"/repos/octocat/loop-server/"+path, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+emulatorToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		e.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode >= http.StatusBadRequest {
		e.t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			e.t.Fatal(err)
		}
	}
}

// Whole runs of tag and backport against a GitHub of somebody else's: what they make is
// there, once, also when they are run again.
func TestGitHubPeer(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	host := strings.TrimPrefix(e.url, "http://")
	section := fmt.Sprintf("\ngithub: {repository: %q, milestones: \"{version}\", deployments: false}\n", host+"/octocat/loop-server")
	template := makeHub(t, section)
	run := func(arguments ...string) {
		t.Helper()
		e.run(template, 0, arguments...)
	}
	e.ask(http.MethodPost, "milestones", `{"title": "0.10.0"}`, nil)
	run("tag", "--yes")
	run("tag", "--yes")
	fix := template.remote.Git("rev-parse", "master~3")
	run("backport", "0.8.0", fix, "--yes")
	run("backport", "0.8.0", fix, "--yes")

	var releases []struct {
		Tag   string `json:"tag_name"`
		Name  string `json:"name"`
		Body  string `json:"body"`
		Draft bool   `json:"draft"`
	}
	e.ask(http.MethodGet, "releases", "", &releases)
	tags := map[string]int{}
	for _, one := range releases {
		tags[one.Tag]++
		if one.Draft || one.Name != "loop-server "+one.Tag || !strings.Contains(one.Body, "/compare/") {
			t.Errorf("%+v", one)
		}
	}
	if len(releases) != 2 || tags["0.10.0"] != 1 || tags["0.8.1"] != 1 {
		t.Errorf("releases %v", tags)
	}
	var milestones []struct {
		Title string `json:"title"`
		State string `json:"state"`
	}
	e.ask(http.MethodGet, "milestones?state=all", "", &milestones)
	states := map[string]string{}
	for _, one := range milestones {
		states[one.Title] = one.State
	}
	if len(milestones) != 2 || states["0.10.0"] != "closed" || states["0.11.0"] != "open" {
		t.Errorf("milestones %v", milestones)
	}
	var issues []struct {
		Title  string                  `json:"title"`
		Labels []struct{ Name string } `json:"labels"`
	}
	e.ask(http.MethodGet, "issues?state=all", "", &issues)
	if len(issues) != 1 || issues[0].Title != "Please deploy loop-server 0.8.1 to STAGE" {
		t.Errorf("issues %+v", issues)
	}
}

// A whole run of backport --pr against a GitHub of somebody else's, which has no git:
// branches are made there, and merges here, beside those of the remote.
func TestGitHubPeerPull(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	host := strings.TrimPrefix(e.url, "http://")
	template := makeHub(t, fmt.Sprintf("\ngithub: {repository: %q, deployments: false, requests: none}\n", host+"/octocat/loop-server"))
	e.branch("0.8.x", "looprel/release-0.8.1")
	fix := template.remote.Git("rev-parse", "master~1")
	run := func(want int) {
		t.Helper()
		e.run(template, want, "backport", "0.8.0", fix, "--pr", "--yes")
	}
	run(7)
	run(7)
	var pulls []struct {
		Number int
		Title  string
		Body   string
		State  string
		Head   struct{ Ref string }
		Base   struct{ Ref string }
	}
	e.ask(http.MethodGet, "pulls?state=all", "", &pulls)
	if len(pulls) != 1 || pulls[0].State != "open" || pulls[0].Head.Ref != "looprel/release-0.8.1" || pulls[0].Base.Ref != "0.8.x" ||
		!strings.HasPrefix(pulls[0].Title, "[0.8.x] Bug 1024490") || !strings.Contains(pulls[0].Body, "<!-- looprel: proposal looprel/release-0.8.1 -->") {
		t.Fatalf("pull requests %+v", pulls)
	}
	e.ask(http.MethodPut, fmt.Sprintf("pulls/%d/merge", pulls[0].Number), `{"merge_method": "squash"}`, nil)
	merged := template.remote.Clone()
	merged.Git("checkout", "--quiet", "0.8.x")
	merged.Git("merge", "--quiet", "--squash", "origin/looprel/release-0.8.1")
	merged.Git("commit", "--quiet", "--message=Squashed (#1)")
	merged.Git("push", "--quiet", "origin", "0.8.x")
	run(0)
	run(0)
	var releases []struct {
		Tag string `json:"tag_name"`
	}
	e.ask(http.MethodGet, "releases", "", &releases)
	e.ask(http.MethodGet, "pulls?state=all", "", &pulls)
	if len(releases) != 1 || releases[0].Tag != "0.8.1" || len(pulls) != 1 {
		t.Errorf("releases %+v, pull requests %+v", releases, pulls)
	}
	if tagged, tip := template.remote.ID("0.8.1^{commit}"), template.remote.ID("0.8.x"); tagged != tip {
		t.Errorf("0.8.1 is at %s, and 0.8.x at %s", tagged, tip)
	}
}

// branch makes branches in the emulator: the first where its own is, the others at a
// commit on top.
func (e *emulator) branch(first string, others ...string) {
	e.t.Helper()
	var ref struct{ Object struct{ SHA string } }
	e.ask(http.MethodGet, "git/ref/heads/main", "", &ref)
	var tip, top struct {
		SHA  string
		Tree struct{ SHA string }
	}
	e.ask(http.MethodGet, "git/commits/"+ref.Object.SHA, "", &tip)
	e.ask(http.MethodPost, "git/commits", fmt.Sprintf(`{"message": "Change", "tree": %q, "parents": [%q]}`, tip.Tree.SHA, tip.SHA), &top)
	e.ask(http.MethodPost, "git/refs", fmt.Sprintf(`{"ref": "refs/heads/%s", "sha": %q}`, first, tip.SHA), nil)
	for _, other := range others {
		e.ask(http.MethodPost, "git/refs", fmt.Sprintf(`{"ref": "refs/heads/%s", "sha": %q}`, other, top.SHA), nil)
	}
}

// run runs looprel in a hub's clone, which must end with a code, and gives what it says.
func (e *emulator) run(template hubTemplate, want int, arguments ...string) string {
	e.t.Helper()
	command := exec.Command("looprel", arguments...)
	command.Dir = template.clone.Dir
	command.Env = append(template.clone.Environ(), "LOOPREL_NOW=2014-08-05T18:00:00Z", "GORACE=atexit_sleep_ms=0",
		"GITHUB_SERVER_URL="+e.url, "GITHUB_API_URL="+e.url, "GITHUB_TOKEN="+emulatorToken)
	output, err := command.CombinedOutput()
	if command.ProcessState == nil || command.ProcessState.ExitCode() != want {
		e.t.Fatalf("looprel %s: %v, expected %d\n%s", strings.Join(arguments, " "), err, want, output)
	}
	return string(output)
}

// A pull request is read at a GitHub of somebody else's, which has no git: by which commit
// it was merged is known there, and missing here. (It lists no pull requests among
// issues, as GitHub does, so that none is found by its label.)
func TestGitHubPeerMergedPull(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	host := strings.TrimPrefix(e.url, "http://")
	template := makeHub(t, fmt.Sprintf("\ngithub: {repository: %q}\n", host+"/octocat/loop-server"))
	e.branch("master", "fix")
	e.ask(http.MethodPost, "pulls", `{"title": "Fix it", "head": "fix", "base": "master"}`, nil)
	says := func(want string, code int, arguments ...string) {
		t.Helper()
		if output := e.run(template, code, arguments...); !strings.Contains(strings.Join(strings.Fields(output), " "), want) {
			t.Errorf("says nothing of %q:\n%s", want, output)
		}
	}
	says(`pull request #1 "Fix it" is not merged yet`, 3, "backport", "0.8.0", "#1", "--yes")
	says("there is no pull request #2", 2, "backport", "0.8.0", "#2", "--yes")
	var merged struct{ SHA string }
	e.ask(http.MethodPut, "pulls/1/merge", `{"merge_method": "squash"}`, &merged)
	says(merged.SHA[:7]+", by which #1 was merged into master, is neither in this clone nor on master", 3, "backport", "0.8.0", "1", "--yes")
	says("No merged pull request asks for a backport", 0, "backport", "--labelled", "--yes")
}
