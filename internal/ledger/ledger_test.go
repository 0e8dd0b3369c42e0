package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// memory is a Store that holds what is appended.
type memory map[object.ID]object.Object

func (m memory) Tree(id object.ID) (object.Tree, error) {
	o, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("no tree %s", id)
	}
	return object.DecodeTree(o.Data)
}

func (m memory) Blob(id object.ID) ([]byte, error) {
	o, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("no blob %s", id)
	}
	return o.Data, nil
}

// add appends an entry and returns the state after it.
func (m memory) add(state *ledger.State, entry ledger.Entry) (*ledger.State, object.Commit, error) {
	commit, objects, err := ledger.Append(state, entry)
	if err != nil {
		return nil, object.Commit{}, err
	}
	for _, o := range objects {
		m[o.ID()] = o
	}
	next, err := ledger.At(commit.Object().ID(), commit.Tree, m)
	return next, commit, err
}

var start = time.Date(2014, 8, 5, 18, 0, 0, 0, time.UTC)

func version(t *testing.T, text string) release.Version {
	t.Helper()
	v, err := release.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func entry(kind ledger.Kind, minutes int) ledger.Entry {
	return ledger.Entry{
		ID: fmt.Sprintf("%016x", minutes), Kind: kind, At: start.Add(time.Duration(minutes) * time.Minute),
		By:        ledger.Person{Name: "Release Manager", Email: "release-manager@example.org"},
		Component: "loop-server",
	}
}

func id(text string) object.ID { return object.Blob([]byte(text)).ID() }

func tagged(t *testing.T, text string, cycle release.Date, minutes int) ledger.Entry {
	e := entry(ledger.KindTagged, minutes)
	e.Tagged = &ledger.Tagged{
		Version: version(t, text), Tag: "refs/tags/" + text, TagID: id("tag " + text), Commit: id(text),
		Branch: "refs/heads/master", Cycle: cycle,
	}
	return e
}

func deployment(environment, text string) ledger.Deployment {
	return ledger.Deployment{Environment: environment, Version: text, Tag: "refs/tags/" + text, Commit: id(text)}
}

func started(environment, text, attempt, takesOver string, minutes int) ledger.Entry {
	e := entry(ledger.KindPromotionStarted, minutes)
	e.Started = &ledger.Started{Deployment: deployment(environment, text), Attempt: attempt, TakesOver: takesOver, Until: e.At.Add(time.Hour)}
	return e
}

func finished(environment, text, attempt string, outcome ledger.Outcome, minutes int) ledger.Entry {
	e := entry(ledger.KindPromotionFinished, minutes)
	e.Finished = &ledger.Finished{Deployment: deployment(environment, text), Attempt: attempt, Outcome: outcome, Detail: "because"}
	return e
}

var cycle = release.Date{Year: 2014, Month: 8, Day: 5}

// A release goes its way; after each entry the state says what was recorded.
func TestFold(t *testing.T) {
	t.Parallel()
	store, state := memory{}, ledger.Empty()
	add := func(e ledger.Entry) {
		t.Helper()
		next, commit, err := store.add(state, e)
		if err != nil {
			t.Fatal(err)
		}
		if state.Exists() != (len(commit.Parents) == 1) {
			t.Errorf("the entry has parents %v on top of %s", commit.Parents, state.Tip())
		}
		state = next
	}
	add(tagged(t, "0.10.0", cycle, 0))
	if got, err := state.CycleRelease("loop-server", cycle); err != nil || got != version(t, "0.10.0") {
		t.Errorf("the cycle's release is %s, %v", got, err)
	}
	add(started("load-stage", "0.10.0", "one", "", 1))
	environment, err := state.Environment("load-stage", "loop-server")
	if err != nil || environment.Underway == nil || environment.Underway.Attempt != "one" || environment.Running != nil {
		t.Fatalf("under way: %+v, %v", environment, err)
	}
	add(finished("load-stage", "0.10.0", "one", ledger.Failed, 2))
	environment, _ = state.Environment("load-stage", "loop-server")
	if environment.Underway != nil || environment.Running != nil || environment.Broken == nil || environment.Broken.Outcome != ledger.Failed {
		t.Fatalf("after a failure: %+v", environment)
	}
	add(started("load-stage", "0.10.0", "two", "", 3))
	add(started("load-stage", "0.10.0", "three", "two", 4))
	add(finished("load-stage", "0.10.0", "three", ledger.Verified, 5))
	add(tagged(t, "0.10.1", release.Date{}, 6))
	add(started("load-stage", "0.10.1", "four", "", 7))
	add(finished("load-stage", "0.10.1", "four", ledger.Unverified, 8))

	environment, _ = state.Environment("load-stage", "loop-server")
	want := ledger.Environment{
		Running: &ledger.Running{Deployment: deployment("load-stage", "0.10.1"), Since: start.Add(8 * time.Minute),
			By: entry("", 0).By, Outcome: ledger.Unverified},
		Previous: &ledger.Running{Deployment: deployment("load-stage", "0.10.0"), Since: start.Add(5 * time.Minute),
			By: entry("", 0).By, Outcome: ledger.Verified},
	}
	want.Earlier = []ledger.Running{*want.Previous}
	if diff := cmp.Diff(want, environment, cmpopts.EquateComparable(release.Version{})); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	known, ok, err := state.Release("loop-server", version(t, "0.10.0"))
	if err != nil || !ok || !known.WasOn("load-stage") || known.WasOn("production") {
		t.Errorf("0.10.0: %+v, %v, %v", known, ok, err)
	}
	tags, err := state.Tags("loop-server")
	if err != nil || len(tags) != 2 || tags[version(t, "0.10.1")].ID != id("tag 0.10.1") {
		t.Errorf("tags: %v, %v", tags, err)
	}
}

// What contradicts the state is not folded.
func TestFoldRefuses(t *testing.T) {
	t.Parallel()
	store := memory{}
	state, _, err := store.add(ledger.Empty(), tagged(t, "0.10.0", cycle, 0))
	if err != nil {
		t.Fatal(err)
	}
	state, _, err = store.add(state, started("load-stage", "0.10.0", "one", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		entry ledger.Entry
		want  string
	}{
		"a version twice":           {tagged(t, "0.10.0", release.Date{}, 2), "is in the ledger already"},
		"two releases of a cycle":   {tagged(t, "0.11.0", cycle, 2), "has released 0.10.0 already"},
		"a second attempt":          {started("load-stage", "0.10.0", "two", "", 2), `attempt "one" is under way`},
		"taking over another one":   {started("load-stage", "0.10.0", "two", "zero", 2), `attempt "one" is under way`},
		"an outcome of nothing":     {finished("production", "0.10.0", "one", ledger.Verified, 2), "is not under way on production"},
		"an outcome of another one": {finished("load-stage", "0.10.0", "two", ledger.Verified, 2), "is not under way on load-stage"},
	}
	for name, c := range cases {
		if _, _, err := ledger.Append(state, c.entry); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestEncodeDecode(t *testing.T) {
	t.Parallel()
	adopted := entry(ledger.KindAdopted, 3)
	adopted.Adopted = &ledger.Adopted{
		Releases: []ledger.Tagged{*tagged(t, "0.9.0", release.Date{}, 0).Tagged},
		Running:  []ledger.Deployment{deployment("production", "0.9.0")},
	}
	for _, want := range []ledger.Entry{
		tagged(t, "0.10.0", cycle, 0),
		started("load-stage", "0.10.0", "one", "", 1),
		finished("load-stage", "0.10.0", "one", ledger.Verified, 2),
		adopted,
	} {
		message, err := ledger.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		subject, _, _ := strings.Cut(message, "\n")
		if subject != want.Subject() {
			t.Errorf("the message begins with %q, want %q", subject, want.Subject())
		}
		got, err := ledger.Decode(message)
		if err != nil {
			t.Fatal(err)
		}
		want.Format, want.Needs = ledger.Format, ledger.FormatSince
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(release.Version{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// A newer ledger stops an older looprel, which says what it needs.
func TestNewerLedger(t *testing.T) {
	t.Parallel()
	newer := map[string]string{
		`{"format": 2, "needs": "0.4.0", "kind": "tagged", "tagged": "something else"}`:                                     "needs looprel 0.4.0 or newer",
		`{"format": 2, "kind": "tagged"}`:                                                                                   "needs a newer looprel",
		`{"format": 1, "needs": "0.3.0", "kind": "of-tomorrow", "id": "x", "component": "c", "at": "2014-08-05T18:00:00Z"}`: "needs looprel 0.3.0 or newer",
	}
	for text, want := range newer {
		_, err := ledger.Decode("subject\n\n" + text)
		var newerError *ledger.NewerError
		if !errors.As(err, &newerError) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	blob := object.Blob([]byte("7 0.9.0\n"))
	tree := object.Tree{{Mode: object.ModeFile, Name: "format", ID: blob.ID()}}.Object()
	_, err := ledger.At(id("tip"), tree.ID(), memory{blob.ID(): blob, tree.ID(): tree})
	if err == nil || !strings.Contains(err.Error(), "needs looprel 0.9.0 or newer") {
		t.Errorf("a state of format 7: %v", err)
	}
}

// An entry costs what it changes, however long the ledger is.
func TestEntryCostDoesNotGrow(t *testing.T) {
	t.Parallel()
	store, state := memory{}, ledger.Empty()
	var first, last int
	for n := range 300 {
		before := len(store)
		next, _, err := store.add(state, tagged(t, fmt.Sprintf("0.%d.0", n+1), release.Date{}, n))
		if err != nil {
			t.Fatal(err)
		}
		state = next
		if n == 0 {
			first = len(store) - before
		}
		last = len(store) - before
	}
	if last > first {
		t.Errorf("the first entry made %d objects, the 300th %d", first, last)
	}
}

// reading counts the directories that are read.
type reading struct {
	memory
	trees *int
}

func (r reading) Tree(id object.ID) (object.Tree, error) {
	*r.trees++
	return r.memory.Tree(id)
}

// Reading all tags must not read each directory anew for each line.
func TestTagsReadsDirectoriesOnce(t *testing.T) {
	t.Parallel()
	const lines = 100
	store, state := memory{}, ledger.Empty()
	for n := range lines {
		next, _, err := store.add(state, tagged(t, fmt.Sprintf("0.%d.0", n+1), release.Date{}, n))
		if err != nil {
			t.Fatal(err)
		}
		state = next
	}
	trees := 0
	state, err := ledger.At(state.Tip(), state.Root(), reading{store, &trees})
	if err != nil {
		t.Fatal(err)
	}
	tags, err := state.Tags("loop-server")
	if err != nil || len(tags) != lines {
		t.Fatalf("%d tags, %v", len(tags), err)
	}
	const most = 10
	if trees > most {
		t.Errorf("%d directories were read for %d lines, want at most %d", trees, lines, most)
	}
}

func FuzzDecode(f *testing.F) {
	message, err := ledger.Encode(ledger.Entry{ID: "1", Kind: ledger.KindRecorded, At: start, Component: "c", Recorded: &ledger.Deployment{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add("x\n\n{\"format\":1}")
	f.Fuzz(func(t *testing.T, message string) {
		decoded, err := ledger.Decode(message)
		if err != nil {
			return
		}
		if _, err := ledger.Encode(decoded); err != nil {
			t.Errorf("decoded, and does not encode: %v", err)
		}
	})
}
