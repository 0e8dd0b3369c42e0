package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// setTrain is a train of two components in two repositories, which can be told to stop
// in the middle of a push.
type setTrain struct {
	t                   *testing.T
	dir                 string
	home, client, clone *gittest.Repo
	services, proxy     string
	// stopped is where the references were when a run was killed.
	stopped string
}

const setTrainFile = `version: 1
timezone: UTC
train: {first-tag: 2014-07-08, every: 2 weeks, tag: {day: tuesday}, push: {day: monday}, sets: true}
contacts: {ops: {}}
components:
  server:
    branch: master
    version-files: [{path: package.json, key: version}]
    probe: {path: /server/, heartbeat: /server/__heartbeat__, agree: 1, interval: 10ms}
  client:
    repository: CLIENT
    branch: master
    version-files: [{path: package.json, key: version}]
    probe: {path: /client/, heartbeat: /client/__heartbeat__, agree: 1, interval: 10ms}
environments:
  load-stage: {maintainer: ops, after: tag, url: "http://load-stage.example.org/", deploy: {command: [deploytool]}}
`

// stoppingHook counts the pushes of both repositories. At the one whose number is in the
// file "at" it says so with the file "hanging" and waits for the file "go": before the
// push takes effect ("lost" refuses it afterwards, "late" lets it through), or after it.
const stoppingHook = `#!/bin/sh
DIR='%s'
stop() {
	touch "$DIR/hanging"
	while ! test -e "$DIR/go"; do sleep 0.02; done
	touch "$DIR/gone"
}
`

const beforeHook = `count=$(($(cat "$DIR/count") + 1))
echo $count >"$DIR/count"
test $count = "$(cat "$DIR/at")" || exit 0
case $(cat "$DIR/mode") in
lost) stop; exit 1 ;;
late) stop ;;
esac
`

const afterHook = `test "$(cat "$DIR/count") $(cat "$DIR/mode")" = "$(cat "$DIR/at") after" && stop
exit 0
`

func newSetTrain(t *testing.T) *setTrain {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Fatalf("hooks want a shell, which git brings along: %v", err)
	}
	s := &setTrain{t: t, dir: t.TempDir()}
	client := gittest.New(t)
	client.Commit("Bug 1 - Add the client\n", gittest.Files{"package.json": packageJSON("0.5.0-dev")})
	s.client = client.Bare()
	server := gittest.New(t)
	server.Commit("Add the server\n", gittest.Files{
		"package.json": packageJSON("0.10.0-dev"), "environments.yaml": strings.Replace(setTrainFile, "CLIENT", s.client.URL(), 1),
	})
	server.Tag("0.1.0")
	server.Commit("Bug 2 - Add calls\n", gittest.Files{"calls.js": "call()\n"})
	s.home = server.Bare()
	s.clone = s.home.Clone()
	s.services = filepath.Join(s.dir, "services")
	for _, component := range []string{"server", "client"} {
		if err := (serviceState{Version: "0.1.0"}).write(filepath.Join(s.services, "load-stage."+component)); err != nil {
			t.Fatal(err)
		}
	}
	environment := httptest.NewServer(environments(s.services))
	t.Cleanup(environment.Close)
	s.proxy = environment.URL
	head := fmt.Sprintf(stoppingHook, s.dir)
	for _, repo := range []*gittest.Repo{s.home, s.client} {
		s.write(filepath.Join(repo.Dir, "hooks", "pre-receive"), head+beforeHook, 0o755)
		s.write(filepath.Join(repo.Dir, "hooks", "post-receive"), head+afterHook, 0o755)
	}
	s.stopAt(0, "")
	// The push that makes a ledger is rehearsed first, which is another push.
	s.run(0, s.clone, "adopt", "--component", "server", "--yes")
	return s
}

func (s *setTrain) write(path, text string, mode os.FileMode) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), mode)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// stopAt has the push of that number, counted from now, stop; 0: none.
func (s *setTrain) stopAt(number int, mode string) {
	s.t.Helper()
	s.write(filepath.Join(s.dir, "count"), "0\n", 0o644)
	s.write(filepath.Join(s.dir, "at"), strconv.Itoa(number)+"\n", 0o644)
	s.write(filepath.Join(s.dir, "mode"), mode+"\n", 0o644)
}

func (s *setTrain) command(clone *gittest.Repo, now string, arguments ...string) (*exec.Cmd, *bytes.Buffer) {
	command := exec.Command("looprel", arguments...)
	command.Dir = clone.Dir
	command.Env = append(clone.Environ(), "LOOPREL_NOW="+now, "GORACE=atexit_sleep_ms=0", "HTTP_PROXY="+s.proxy, servicesVariable+"="+s.services)
	if clone != s.clone {
		command.Env = append(command.Env, "GIT_COMMITTER_NAME="+somebodyElse, "GIT_AUTHOR_NAME="+somebodyElse)
	}
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	command.WaitDelay = time.Second
	return command, &both
}

// run runs looprel, which must end with the code.
func (s *setTrain) run(code int, clone *gittest.Repo, arguments ...string) string {
	s.t.Helper()
	command, output := s.command(clone, "2014-08-05T19:00:00Z", arguments...)
	_ = command.Run() // the exit code is looked at
	if got := command.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("looprel %s ended with %d, expected %d:\n%s", strings.Join(arguments, " "), got, code, output)
	}
	return output.String()
}

// kill runs looprel, kills it where it was told to stop, and lets the push go on.
func (s *setTrain) kill(arguments ...string) {
	s.t.Helper()
	command, output := s.command(s.clone, "2014-08-05T18:00:00Z", arguments...)
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	if !s.appears("hanging", ended) {
		s.t.Fatalf("looprel %s was not stopped:\n%s", strings.Join(arguments, " "), output)
	}
	_ = command.Process.Kill()
	<-ended
	s.stopped = s.refs()
	s.write(filepath.Join(s.dir, "go"), "", 0o644)
	if !s.appears("gone", nil) {
		s.t.Fatal("the push did not go on")
	}
	s.stopAt(0, "")
}

// appears waits for a file, unless something ends before.
func (s *setTrain) appears(name string, ended <-chan struct{}) bool {
	for deadline := time.Now().Add(scriptPatience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			return true
		}
		select {
		case <-ended:
			return false
		default:
		}
	}
	return false
}

// refs are where the references of both repositories are.
func (s *setTrain) refs() string { return s.home.Git("for-each-ref") + s.client.Git("for-each-ref") }

// killAt kills a run at the push of that number, and waits for one that takes effect all
// the same.
func (s *setTrain) killAt(number int, mode string, arguments ...string) {
	s.t.Helper()
	s.stopAt(number, mode)
	s.kill(arguments...)
	if mode != "late" {
		return
	}
	for deadline := time.Now().Add(scriptPatience); s.refs() == s.stopped; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("the push that was let go has no effect")
		}
	}
}

// status is what status says of the train, as far as it is looked at.
type setTrainStatus struct {
	Environments []struct {
		Set      string `json:"set"`
		Underway any    `json:"underway"`
		Broken   any    `json:"broken"`
	} `json:"environments"`
	Sets []struct {
		Set string `json:"set"`
	} `json:"sets"`
	HalfTagged  any      `json:"half_tagged"`
	TagProblems []string `json:"tag_problems"`
	Unknown     []string `json:"unknown_tags"`
}

func (s *setTrain) status() (status setTrainStatus) {
	s.t.Helper()
	text := s.run(0, s.clone, "status", "-o", "json")
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		s.t.Fatalf("%v:\n%s", err, text)
	}
	return status
}

// somebodyElse is the operator of other clones.
const somebodyElse = "Somebody Else"

const wholeSet = "server-0.10.0+client-0.5.0"

// checkTagged makes sure that the set is whole, and made once.
func (s *setTrain) checkTagged() {
	s.t.Helper()
	status := s.status()
	if status.HalfTagged != nil || len(status.Sets) != 1 || status.Sets[0].Set != wholeSet || len(status.TagProblems)+len(status.Unknown) > 0 {
		s.t.Errorf("the status is %+v", status)
	}
	for _, one := range []struct {
		repo *gittest.Repo
		tags string
	}{{s.home, "0.1.0\n0.10.0"}, {s.client, "0.5.0"}} {
		if tags := one.repo.Git("tag", "--list"); strings.TrimSpace(tags) != one.tags {
			s.t.Errorf("the tags are %q", tags)
		}
		if subjects := one.repo.Git("log", "--format=%s", "master"); strings.Count(subjects, "Release ") != 1 || strings.Count(subjects, "Back to development") != 1 {
			s.t.Errorf("the branch has %q", subjects)
		}
		one.repo.Git("fsck", "--strict")
	}
	if log := s.run(0, s.clone, "log"); strings.Count(log, "pin the set") != 1 || strings.Count(log, "tag client 0.5.0") != 1 {
		s.t.Errorf("the ledger has\n%s", log)
	}
	if again := s.run(0, s.clone, "tag", "--all", "--yes"); !strings.Contains(again, "already tagged") {
		s.t.Errorf("another run says\n%s", again)
	}
}

// pushesOf is how many pushes an undisturbed run makes.
func (s *setTrain) pushesOf(arguments ...string) int {
	s.t.Helper()
	s.stopAt(0, "")
	s.run(0, s.clone, arguments...)
	text, err := os.ReadFile(filepath.Join(s.dir, "count"))
	if err != nil {
		s.t.Fatal(err)
	}
	count, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	return count
}

// eachPush calls kill for each push of a command, in each way.
func eachPush(t *testing.T, pushes int, kill func(t *testing.T, number int, mode string)) {
	for number := 1; number <= pushes; number++ {
		for _, mode := range []string{"lost", "late", "after"} {
			t.Run(fmt.Sprintf("%d-%s", number, mode), func(t *testing.T) {
				t.Parallel()
				kill(t, number, mode)
			})
		}
	}
}

// The pushes of tag --all: the home with the intent, the client, the outcome.
const setTagPushes = 3

// A set whose tagging is killed at any push is finished by whoever comes next, with the
// very objects that were planned; nothing of it is promoted before.
func TestKilledSet(t *testing.T) {
	t.Parallel()
	undisturbed := newSetTrain(t)
	if pushes := undisturbed.pushesOf("tag", "--all", "--yes"); pushes != setTagPushes {
		t.Fatalf("tag --all made %d pushes, expected %d", pushes, setTagPushes)
	}
	undisturbed.checkTagged()
	eachPush(t, setTagPushes, func(t *testing.T, number int, mode string) {
		s := newSetTrain(t)
		s.killAt(number, mode, "tag", "--all", "--yes")
		begun := number > 1 || mode != "lost"
		if whole := number == 3 && mode != "lost"; begun && !whole {
			if refused := s.run(3, s.clone, "promote", "load-stage", "--yes"); !strings.Contains(refused, "half-tagged") {
				t.Errorf("it may be promoted:\n%s", refused)
			}
		}
		other := s.home.Clone()
		s.run(0, other, "tag", "--all", "--yes")
		s.checkTagged()
		tagger := strings.TrimSpace(s.client.Git("for-each-ref", "--format=%(taggername)", "refs/tags/0.5.0"))
		if (tagger == somebodyElse) == begun {
			t.Errorf("the client was tagged by %s", tagger)
		}
	})
}

// The pushes of a promotion: the start of the set, start and outcome of each member,
// and the outcome of the set.
const setPromotePushes = 6

// A promotion of a set that is killed at any push is gone on with, and no member that
// runs already is deployed again.
func TestKilledSetPromotion(t *testing.T) {
	t.Parallel()
	undisturbed := newSetTrain(t)
	undisturbed.run(0, undisturbed.clone, "tag", "--all", "--yes")
	if pushes := undisturbed.pushesOf("promote", "load-stage", "--yes"); pushes != setPromotePushes {
		t.Fatalf("promote made %d pushes, expected %d", pushes, setPromotePushes)
	}
	eachPush(t, setPromotePushes, func(t *testing.T, number int, mode string) {
		s := newSetTrain(t)
		s.run(0, s.clone, "tag", "--all", "--yes")
		s.killAt(number, mode, "promote", "load-stage", "--yes")
		s.run(0, s.clone, "promote", "load-stage", "--yes")
		if on := s.status().Environments[0]; on.Set != wholeSet || on.Underway != nil || on.Broken != nil {
			t.Errorf("load-stage is %+v", on)
		}
		for _, component := range []string{"server", "client"} {
			runs, err := os.ReadFile(filepath.Join(s.services, "load-stage."+component, "runs"))
			if err != nil || bytes.Count(runs, []byte("\n")) != 1 {
				t.Errorf("%s was deployed by\n%s%v", component, runs, err)
			}
		}
	})
}
