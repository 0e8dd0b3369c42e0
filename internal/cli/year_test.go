package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/mozilla-services/looprel/internal/githubtest"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/mailtest"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

var yearSeed = flag.Uint64("year-seed", 11, "the seed of the simulated year; 0: a new one")

const yearTrain = `version: 1
timezone: America/Los_Angeles
train:
  first-tag: 2014-07-08
  every: 2 weeks
  tag: {day: tuesday}
  test: {until: friday}
  push: {day: monday, from: "10:00", to: "17:00"}
  freezes:
    - {from: 2014-12-22, to: 2015-01-04, reason: end of year}
  exceptions:
    - {cycle: 2014-10-14, tag: 2014-10-15, reason: a holiday}
    - {cycle: 2015-03-03, skip: true, reason: a conference}
  announce:
    to: [loop@lists.example.org]
    from: train@example.org
    mail: {server: "127.0.0.1:MAILPORT", security: none}
    webhook: {url: "HOOK"}
github: {repository: "FORGE/acme/loop-server", milestones: "{version}"}
contacts: {ops: {email: [ops@example.org]}}
components:
  loop-server: {branch: master, version-files: [{path: package.json, key: version}]}
environments:
  dev: {maintainer: ops, follows: master, deploy: [sh, ./deploy]}
  load-stage: {maintainer: ops, after: tag, deploy: [sh, ./deploy]}
  production: {maintainer: ops, after: load-stage, window: push, deploy: [sh, ./deploy], announce: true}
tick: {tag: true, from: "10:00", promote: [dev, load-stage, production], announce: true, late: true}
`

// yearDeploy fails once when the test wants it to, and keeps a list.
const yearDeploy = `if rm "$FAULTS/deploy" 2>/dev/null; then echo "no space left" >&2; exit 1; fi
echo "$LOOPREL_ENVIRONMENT $LOOPREL_VERSION $LOOPREL_ATTEMPT" >> "$FAULTS/deployed"
`

// yearHook refuses the next push. It is there only while one is to be refused: a hook
// for each push would take most of the time.
const yearHook = `#!/bin/sh
rm "$0" 2>/dev/null || exit 0
echo "the disk is full" >&2
exit 1
`

// TestYear runs a train for a year, hour by hour, without anybody but those who commit
// and those who look up what became of a mail in doubt. Three runners race at each hour
// at which anything may be due; pushes, deployments, mails, webhooks and GitHub fail at
// random; twice all runners are down for days. In the end every cycle has its release, on the
// first day on which it could, but for those that nobody was there for; each came once
// to each environment, and everything was told once, and is shown on GitHub once.
func TestYear(t *testing.T) {
	t.Parallel()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the program does
	seed := *yearSeed
	if seed == 0 {
		seed = mathrand.Uint64()
	}
	t.Logf("the same year again: go test ./internal/cli -run TestYear -year-seed %d", seed)
	y := newYear(t, seed)
	for at := y.from; at.Before(y.until); at = at.Add(time.Hour) {
		y.hour(at)
	}
	y.settle()
	y.check()
	t.Logf("%d hours, %d rounds of up to three runners, %d faults, %d releases, %d mails, %d calls",
		y.hours, y.rounds, y.faults, len(y.released), len(y.server.Mails()), len(y.calls.all()))
}

// year is the simulated world.
type year struct {
	t           *testing.T
	random      *mathrand.Rand
	zone        *time.Location
	from, until time.Time

	work     *gittest.Repo
	remote   *gittest.Repo
	runners  []*gittest.Repo
	faultsIn string
	hook     string
	server   *mailtest.Server
	calls    *calls
	forge    *githubtest.Server

	// observer sees what the runners leave; its clock is set by the test.
	observer *observe.Session
	// quietUntil is until when a refusal is not asked for again.
	quietUntil time.Time

	hours, rounds, faults int
	// commitAt is when somebody commits this week.
	commitAt time.Time
	// committed is the first hour at which the branch had something new since its last
	// release, zero if it has nothing.
	committed time.Time
	// released are the releases that the test has seen appear, with the hour.
	released map[string]time.Time
	// expected are the cycles and the day on which each could be tagged first.
	expected map[release.Date]release.Date
}

// down are the days on which no runner works: a few that make a tag late, and more
// than a cycle, so that one is missed.
var down = [][2]string{{"2014-09-02", "2014-09-05"}, {"2015-01-26", "2015-02-18"}}

// idle is a cycle for which nobody commits anything.
const idle = "2015-04-28"

func newYear(t *testing.T, seed uint64) *year {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	y := &year{
		t: t, random: mathrand.New(mathrand.NewPCG(seed, seed)), zone: zone,
		from: time.Date(2014, time.July, 7, 0, 0, 0, 0, zone), until: time.Date(2014, time.July, 7+yearDays, 0, 0, 0, 0, zone),
		faultsIn: t.TempDir(), released: map[string]time.Time{}, expected: map[release.Date]release.Date{},
		server: mailtest.Start(t), calls: startCalls(t),
	}
	y.work = gittest.New(t)
	y.work.Commit("Begin", gittest.Files{"app.js": "\n"})
	y.remote = y.work.Bare()
	y.forge = githubtest.New(t, yearForge, y.remote.Dir)
	y.work.Commit("Describe the train", gittest.Files{
		"environments.yaml": strings.NewReplacer("MAILPORT", strconv.Itoa(y.server.Port), "HOOK", y.calls.url, "FORGE", strings.TrimPrefix(y.forge.URL, "http://")).Replace(yearTrain),
		"package.json":      "{\n  \"version\": \"0.9.0\"\n}\n", "deploy": yearDeploy,
	})
	y.work.Tag("0.9.0")
	y.work.Git("push", "--quiet", "origin", "HEAD:master", "0.9.0")
	// What git does for a machine that may lose its power takes most of the time.
	y.remote.Git("config", "core.fsync", "none")
	y.remote.Git("config", "receive.autogc", "false")
	y.hook = filepath.Join(y.remote.Dir, "hooks", "pre-receive")
	if err := os.MkdirAll(filepath.Dir(y.hook), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		y.runners = append(y.runners, y.remote.Clone())
	}
	if code, text := y.run(y.runners[0], y.from, "adopt", "--yes", "--running", "load-stage=0.9.0", "--running", "production=0.9.0"); code != 0 {
		t.Fatal(text)
	}
	y.observe(y.remote.Clone())
	return y
}

// run runs looprel in a clone at a time.
func (y *year) run(clone *gittest.Repo, at time.Time, arguments ...string) (code int, output string) {
	streams, _, out, err := terminal.Test()
	env := Env{
		Streams: streams, Dir: clone.Dir, Now: time.Now, Random: rand.Reader,
		Environ: slices.Concat(clone.Environ(), y.forgeEnviron(), []string{"LOOPREL_NOW=" + at.UTC().Format(time.RFC3339), "LOOPREL_VERIFY_READS=0", "FAULTS=" + y.faultsIn, webhookSecretVariable + "=" + yearSecret}),
	}
	code = run(context.Background(), env, arguments)
	return code, out.String() + err.String()
}

const yearSecret = "a secret of both sides"

func (y *year) observe(clone *gittest.Repo) {
	session, err := observe.Open(y.t.Context(), observe.Options{Dir: clone.Dir, Environ: slices.Concat(clone.Environ(), y.forgeEnviron()), Now: y.from, ClockOverridden: true})
	if err != nil {
		y.t.Fatal(err)
	}
	y.t.Cleanup(session.Close)
	y.observer = session
}

// hour is one hour of the year.
func (y *year) hour(at time.Time) {
	y.hours++
	y.commit(at)
	s := y.observer.Snapshot()
	s.Now = at
	y.expect(at)
	if y.isDown(at) || at.Before(y.quietUntil) {
		return
	}
	p, err := plan.MakeTick(s, nil)
	if err != nil {
		y.t.Fatalf("%s: %v", at, err)
	}
	due := len(p.Acts) > 0 || p.Tells() || y.owesForge(p)
	if !due {
		y.sleep(at, p) // a commit wakes it up
	}
	// Now and then they look although nothing is due, to see that nothing happens.
	idleLook := y.random.IntN(60) == 0
	if !due && !idleLook {
		return
	}
	injected := y.inject(at)
	before := s.Ledger.Tip()
	outputs := y.race(at, y.racers(p))
	y.repair()
	y.refresh()
	refused := slices.ContainsFunc(outputs, func(text string) bool { return strings.Contains(text, "nothing to release") })
	if due && (refused || !injected) && s.Ledger.Tip() == before {
		y.sleep(at, p)
	}
	if !due && s.Ledger.Tip() != before {
		y.t.Errorf("%s: nothing was due, and the ledger has moved", at)
	}
	y.resolve(at)
}

// sleep skips the hours of which the plan says that nothing more will be due: until the
// first thing that waits for a time, and at most until tomorrow.
func (y *year) sleep(at time.Time, p *plan.TickPlan) {
	y.quietUntil = at.Add(24 * time.Hour)
	for _, waiting := range p.Waiting {
		if !waiting.From.IsZero() && waiting.From.Before(y.quietUntil) {
			y.quietUntil = waiting.From
		}
	}
}

// refresh reads what the runners left. After a release there is nothing new on the
// branch: those who commit do so between the rounds.
func (y *year) refresh() {
	before := len(y.observer.Snapshot().Refs.Peeled)
	if err := y.observer.Refresh(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
	if len(y.observer.Snapshot().Refs.Peeled) > before {
		y.committed = time.Time{}
	}
}

func (y *year) isDown(at time.Time) bool {
	day := release.DateOf(at.In(y.zone)).String()
	return slices.ContainsFunc(down, func(span [2]string) bool { return day >= span[0] && day < span[1] })
}

// commit adds a change every other week, at some hour of a working day, but for one
// cycle.
func (y *year) commit(at time.Time) {
	idleFrom, _ := release.ParseDate(idle)
	local := at.In(y.zone)
	if y.commitAt.IsZero() || local.Weekday() == time.Sunday && local.Hour() == 0 && at.Sub(y.commitAt) > 8*24*time.Hour {
		y.commitAt = at.AddDate(0, 0, 1+y.random.IntN(5)).Add(time.Duration(9+y.random.IntN(8)) * time.Hour)
	}
	sinceIdle := release.DateOf(local).DaysSince(idleFrom)
	if !at.Equal(y.commitAt) || sinceIdle >= -14 && sinceIdle < 14 {
		return
	}
	y.work.Git("pull", "--quiet", "--rebase", "origin", "master")
	y.work.Commit(fmt.Sprintf("Bug %d - Change something", 1000000+y.hours), gittest.Files{"app.js": at.String() + "\n"})
	y.work.Git("push", "--quiet", "origin", "HEAD:master")
	y.refresh()
	y.quietUntil = time.Time{}
	if y.committed.IsZero() {
		y.committed = at
	}
}

// expect notes the first day on which the current cycle could be tagged: its day has
// come, it is ten o'clock, a runner is up, and there is something new.
func (y *year) expect(at time.Time) {
	s := y.observer.Snapshot()
	judgement := s.Calendar().JudgeTag(at)
	if !judgement.Verdict.Allows() || y.isDown(at) || y.committed.IsZero() || at.In(y.zone).Hour() < 10 {
		return
	}
	if _, known := y.expected[judgement.Cycle.Planned]; known {
		return
	}
	version, err := s.Ledger.CycleRelease("loop-server", judgement.Cycle.Planned)
	if err != nil {
		y.t.Fatal(err)
	}
	if version.IsZero() {
		y.expected[judgement.Cycle.Planned] = release.DateOf(at.In(y.zone))
	}
}

// inject makes something fail in this round, perhaps.
func (y *year) inject(at time.Time) bool {
	before := y.faults
	fail := func(one bool, act func()) {
		if one {
			y.faults++
			act()
		}
	}
	write := func(name, content string) func() {
		return func() {
			if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
				y.t.Fatal(err)
			}
		}
	}
	fail(y.random.IntN(8) == 0, write(y.hook, yearHook))
	fail(y.random.IntN(12) == 0, write(y.deployFault(), ""))
	kinds := []mailtest.Fault{mailtest.RefuseSender, mailtest.RefuseRecipient, mailtest.TryLater, mailtest.RefuseMessage, mailtest.DropBefore, mailtest.DropWithin, mailtest.DropAfter, mailtest.DropAtEnd}
	fail(y.random.IntN(4) == 0, func() { y.server.Fail(kinds[y.random.IntN(len(kinds))]) })
	fail(y.random.IntN(5) == 0, func() { y.calls.fail(y.random.IntN(4)) })
	forgeKinds := forgeFaults()
	// In the end there is time to finish what is left: attempts wait for up to a day.
	fail(y.random.IntN(3) == 0 && at.Before(y.until.Add(-4*24*time.Hour)), func() { y.failForge(forgeKinds[y.random.IntN(len(forgeKinds))], 1+y.random.Int64N(12)) })
	return y.faults > before
}

// repair takes away what did not fail in its round.
func (y *year) repair() {
	y.server.Fail(mailtest.None)
	y.calls.fail(callsWork)
	y.forge.Interfere(nil)
	for _, name := range []string{y.hook, y.deployFault()} {
		_ = os.Remove(name) // mostly it is gone
	}
}

// deployFault is the file that makes the next deployment fail.
func (y *year) deployFault() string { return filepath.Join(y.faultsIn, "deploy") }

// racers are all runners where a release is at stake, otherwise some: they are not
// always there in the same minute.
func (y *year) racers(p *plan.TickPlan) []*gittest.Repo {
	for _, act := range p.Acts {
		if act.Act == plan.ActTag && !y.committed.IsZero() || act.Environment == "production" {
			return y.runners
		}
	}
	shuffled := slices.Clone(y.runners)
	y.random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return shuffled[:1+y.random.IntN(len(shuffled))]
}

// race lets runners tick at once, and returns what they printed.
func (y *year) race(at time.Time, runners []*gittest.Repo) (outputs []string) {
	y.rounds++
	var group sync.WaitGroup
	outputs = make([]string, len(runners))
	codes := make([]int, len(runners))
	for i, runner := range runners {
		group.Go(func() { codes[i], outputs[i] = y.run(runner, at, "tick") })
	}
	group.Wait()
	for i, code := range codes {
		switch ExitCode(code) {
		case ExitDone, ExitFailure, ExitMoved, ExitNotAuthorised, ExitOpen:
		default:
			y.t.Errorf("%s: runner %d ended with %d:\n%s", at, i, code, outputs[i])
		}
	}
	return outputs
}

// resolve does what a person does about a mail or a call that may have been sent: look
// whether it is there.
func (y *year) resolve(at time.Time) {
	s := y.observer.Snapshot()
	s.Now = at
	open, err := s.Ledger.Outbox("loop-server")
	if err != nil {
		y.t.Fatal(err)
	}
	for _, one := range open {
		if !one.MaybeSent(at) {
			continue
		}
		arguments := []string{"announce", one.Key, "--again", "--yes"}
		if y.arrived(one) {
			arguments = []string{"announce", one.Key, "--sent", "--reason", "it is there", "--yes"}
		}
		if code, text := y.run(y.runners[0], at, arguments...); code != 0 && code != int(ExitOpen) && code != int(ExitNotAuthorised) {
			y.t.Errorf("%s: %v ended with %d:\n%s", at, arguments, code, text)
		}
	}
	y.refresh()
}

func (y *year) arrived(one ledger.Outgoing) bool {
	ids := y.calls.all()
	if one.Channel == ledger.ChannelMail {
		ids = y.mailIDs()
	}
	return slices.Contains(ids, one.Sending.MessageID)
}

func (y *year) mailIDs() []string {
	var ids []string
	for _, one := range y.server.Mails() {
		message, err := netmail.ReadMessage(bytes.NewReader(one.Data))
		if err != nil {
			y.t.Fatal(err)
		}
		ids = append(ids, strings.Trim(message.Header.Get("Message-Id"), "<>"))
	}
	return ids
}

// settle goes on without faults until nothing is open any more.
func (y *year) settle() {
	for i := range 4 {
		at := y.until.Add(time.Duration(i) * time.Hour)
		y.race(at, y.runners)
		y.refresh()
		y.resolve(at)
	}
}

// calls is who is called by webhook.
type calls struct {
	url   string
	mutex sync.Mutex
	ids   []string
	fault int
}

// callsWork: the next call is answered as it should be. Other faults are a refusal, a
// lost answer of a call that was heard, and one of a call that was not.
const callsWork = 3

func startCalls(t *testing.T) *calls {
	t.Helper()
	c := &calls{fault: callsWork}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *calls) fail(fault int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.fault = fault
}

func (c *calls) all() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.ids)
}

func (c *calls) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var call struct {
		ID string `json:"id"`
	}
	body, err := io.ReadAll(request.Body)
	if err != nil || json.Unmarshal(body, &call) != nil || call.ID == "" {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	c.mutex.Lock()
	fault := c.fault
	c.fault = callsWork
	if fault != 0 && fault != 2 {
		c.ids = append(c.ids, call.ID)
	}
	c.mutex.Unlock()
	switch fault {
	case 0:
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	case 1:
		panic(http.ErrAbortHandler)
	case 2:
		http.Error(w, "nobody behind the gateway", http.StatusBadGateway)
	}
}
