package ledger_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// An adoption makes releases known and says where they run, in one entry.
func TestFoldAdoption(t *testing.T) {
	t.Parallel()
	store := memory{}
	adopted := entry(ledger.KindAdopted, 0)
	adopted.Adopted = &ledger.Adopted{
		Releases: []ledger.Tagged{
			*tagged(t, "0.9.0", release.Date{}, 0).Tagged, *tagged(t, "0.9.1", release.Date{}, 0).Tagged, *tagged(t, "0.10.0", cycle, 0).Tagged,
		},
		Lines:   []string{"refs/heads/0.9.x"},
		Running: []ledger.Deployment{deployment("production", "0.9.1"), deployment("load-stage", "0.10.0"), deployment("attic", "0.1.0")},
	}
	state, _, err := store.add(ledger.Empty(), adopted)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := state.Lines("loop-server")
	if err != nil || !slices.Equal(lines, []release.Line{{Minor: 9}, {Minor: 10}}) {
		t.Errorf("lines %v, %v", lines, err)
	}
	versions, err := state.Versions("loop-server", release.Line{Minor: 9})
	if err != nil || !slices.Equal(versions, []release.Version{version(t, "0.9.0"), version(t, "0.9.1")}) {
		t.Errorf("versions %v, %v", versions, err)
	}
	known, ok, err := state.Release("loop-server", version(t, "0.9.1"))
	if err != nil || !ok || !known.Adopted || !known.WasOn("production") || known.WasOn("load-stage") || known.Reached[0].Outcome != ledger.AdoptedAs {
		t.Errorf("0.9.1 is %+v, %v", known, err)
	}
	if got, err := state.CycleRelease("loop-server", cycle); err != nil || got != version(t, "0.10.0") {
		t.Errorf("the cycle's release is %s, %v", got, err)
	}
	tags, err := state.Tags("loop-server")
	if err != nil || len(tags) != 3 || tags[version(t, "0.9.1")].ID != id("tag 0.9.1") {
		t.Errorf("tags %v, %v", tags, err)
	}
	attic, err := state.Environment("attic", "loop-server")
	if err != nil || attic.Running == nil || attic.Running.Version != "0.1.0" {
		t.Errorf("what runs an unknown release: %+v, %v", attic, err)
	}
	if _, _, err := store.add(state, adopted); err == nil || !strings.Contains(err.Error(), "0.9.0 is in the ledger already") {
		t.Errorf("adopted twice: %v", err)
	}
	twice := entry(ledger.KindAdopted, 1)
	twice.Adopted = &ledger.Adopted{Releases: []ledger.Tagged{*tagged(t, "0.7.0", release.Date{}, 0).Tagged, *tagged(t, "0.7.0", release.Date{}, 0).Tagged}}
	if _, _, err := store.add(state, twice); err == nil || !strings.Contains(err.Error(), "0.7.0 is in the ledger already") {
		t.Errorf("a release twice in one entry: %v", err)
	}
}

// A deployment made elsewhere ends whatever was under way, or had failed.
func TestFoldRecorded(t *testing.T) {
	t.Parallel()
	store := memory{}
	state := ledger.Empty()
	recorded := entry(ledger.KindRecorded, 4)
	elsewhere := deployment("production", "0.10.0")
	recorded.Recorded = &elsewhere
	for _, e := range []ledger.Entry{
		tagged(t, "0.10.0", cycle, 0), started("production", "0.10.0", "one", "", 1), finished("production", "0.10.0", "one", ledger.Failed, 2),
		started("production", "0.10.0", "two", "", 3), recorded,
	} {
		var err error
		if state, _, err = store.add(state, e); err != nil {
			t.Fatal(err)
		}
	}
	environment, err := state.Environment("production", "loop-server")
	if err != nil || environment.Underway != nil || environment.Broken != nil || environment.Running.Outcome != ledger.RecordedOnly {
		t.Errorf("production is %+v, %v", environment, err)
	}
	if _, _, err := store.add(state, finished("production", "0.10.0", "two", ledger.Verified, 5)); err == nil {
		t.Error("an attempt that was ended has an outcome")
	}
}

// The head of a branch is no release, whatever its version file says.
func TestDeploymentOfHead(t *testing.T) {
	t.Parallel()
	head := ledger.Deployment{Environment: "dev", Version: "0.10.0", Commit: id("head")}
	if got, ok := head.Release(); ok {
		t.Errorf("the head is release %s", got)
	}
	store := memory{}
	state, _, err := store.add(ledger.Empty(), tagged(t, "0.10.0", cycle, 0))
	if err != nil {
		t.Fatal(err)
	}
	recorded := entry(ledger.KindRecorded, 1)
	recorded.Recorded = &head
	if state, _, err = store.add(state, recorded); err != nil {
		t.Fatal(err)
	}
	if known, _, err := state.Release("loop-server", version(t, "0.10.0")); err != nil || known.WasOn("dev") {
		t.Errorf("0.10.0 is %+v, %v", known, err)
	}
}

// Nothing is known of what the ledger has not seen, and asking is no error.
func TestEmptyState(t *testing.T) {
	t.Parallel()
	state := ledger.Empty()
	_, known, err := state.Release("loop-server", version(t, "0.10.0"))
	environment, environmentErr := state.Environment("production", "loop-server")
	lines, linesErr := state.Lines("loop-server")
	versions, versionsErr := state.Versions("loop-server", release.Line{})
	tags, tagsErr := state.Tags("loop-server")
	released, cycleErr := state.CycleRelease("loop-server", cycle)
	for _, err := range []error{err, environmentErr, linesErr, versionsErr, tagsErr, cycleErr} {
		if err != nil {
			t.Error(err)
		}
	}
	if known || !reflect.DeepEqual(environment, ledger.Environment{}) || len(lines)+len(versions)+len(tags) != 0 || !released.IsZero() || state.Exists() {
		t.Errorf("%v, %v, %v, %v, %v, %v", known, environment, lines, versions, tags, released)
	}
}

// A damaged state is an error that says so, and nothing is made of it.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	broken := "broken"
	cases := map[string]struct {
		path string
		read func(state *ledger.State) error
	}{
		"a release":      {"state/loop-server/0.10.x/0.10.0", func(s *ledger.State) error { _, _, err := s.Release("loop-server", version(t, "0.10.0")); return err }},
		"a line":         {"state/loop-server/broken/x", func(s *ledger.State) error { _, err := s.Lines("loop-server"); return err }},
		"a version":      {"state/loop-server/0.10.x/broken", func(s *ledger.State) error { _, err := s.Versions("loop-server", release.Line{Minor: 10}); return err }},
		"an environment": {"environments/production/loop-server", func(s *ledger.State) error { _, err := s.Environment("production", "loop-server"); return err }},
		"a cycle":        {"cycles/loop-server/2014-08-05", func(s *ledger.State) error { _, err := s.CycleRelease("loop-server", cycle); return err }},
		"tags":           {"tags/loop-server/0.10.x", func(s *ledger.State) error { _, err := s.Tags("loop-server"); return err }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := memory{}
			state, commit, err := store.add(ledger.Empty(), tagged(t, "0.10.0", cycle, 0))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.read(state); err != nil {
				t.Fatalf("before: %v", err)
			}
			root, objects, err := object.Edit(store, commit.Tree, map[string][]byte{c.path: []byte(broken)})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range objects {
				store[o.ID()] = o
			}
			if state, err = ledger.At(id("tip"), root, store); err != nil {
				t.Fatal(err)
			}
			if err := c.read(state); err == nil || !strings.Contains(err.Error(), "damaged ledger state") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What is no entry is refused with the reason.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"a subject alone": "it has no body",
		"subject\n\n{":    "not a ledger entry",
		`s` + "\n\n" + `{"format": 1, "id": "x", "kind": "tagged", "component": "c", "at": "2014-08-05T18:00:00Z"}`:                               "has the wrong parts",
		`s` + "\n\n" + `{"format": 1, "id": "x", "kind": "tagged", "component": "c", "at": "2014-08-05T18:00:00Z", "tagged": {}, "recorded": {}}`: "has the wrong parts",
		`s` + "\n\n" + `{"format": 1, "kind": "tagged", "component": "c", "at": "2014-08-05T18:00:00Z", "tagged": {}}`:                            "lacks its id",
	} {
		if _, err := ledger.Decode(message); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", message, err, want)
		}
	}
	if _, err := ledger.Encode(entry(ledger.KindTagged, 0)); err == nil {
		t.Error("an entry without its part is encoded")
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	adopted := entry(ledger.KindAdopted, 0)
	adopted.Adopted = &ledger.Adopted{}
	recorded := entry(ledger.KindRecorded, 0)
	elsewhere := deployment("production", "0.10.0")
	recorded.Recorded = &elsewhere
	for want, one := range map[string]ledger.Entry{
		"tag loop-server 0.10.0":                             tagged(t, "0.10.0", cycle, 0),
		"promote loop-server 0.10.0 to production: started":  started("production", "0.10.0", "one", "", 0),
		"promote loop-server 0.10.0 to production: verified": finished("production", "0.10.0", "one", ledger.Verified, 0),
		"record loop-server 0.10.0 on production":            recorded,
		"adopt what runs of loop-server":                     adopted,
	} {
		if got := one.Subject(); got != want {
			t.Errorf("subject %q, want %q", got, want)
		}
	}
	if got := entry("", 0).By.String(); got != "Release Manager <release-manager@example.org>" {
		t.Errorf("the operator is %q", got)
	}
}
