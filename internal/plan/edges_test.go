package plan_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// unreadable is a store that fails once it has shown the ledger's format.
type unreadable struct {
	memory
	broken bool
}

var errUnreadable = errors.New("the disk is on strike")

func (u *unreadable) Tree(id object.ID) (object.Tree, error) {
	if u.broken {
		return nil, errUnreadable
	}
	return u.memory.Tree(id)
}

// A ledger that cannot be read is a failure, and never taken for an empty one.
func TestUnreadableLedger(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world) error{
		"tag":         func(w *world) error { _, err := w.planTag(plan.TagRequest{}); return err },
		"tag VERSION": func(w *world) error { _, err := w.planTag(plan.TagRequest{Version: version("0.11.0")}); return err },
		"tag, off-cycle": func(w *world) error {
			_, err := w.planTag(plan.TagRequest{OffCycle: true, Reason: "a breach"})
			return err
		},
		"tag --line": func(w *world) error { _, err := w.planTag(plan.TagRequest{Line: "0.9.x"}); return err },
		"promote": func(w *world) error {
			_, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage"}, plan.Target{})
			return err
		},
		"promote production": func(w *world) error {
			_, err := w.planPromotion(plan.PromoteRequest{Environment: "production"}, plan.Target{})
			return err
		},
		"adopt": func(w *world) error {
			_, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{TaggedAt: w.Now})
			return err
		},
		"status": func(w *world) error { _, err := plan.MakeStatus(w.Snapshot, nil); return err },
		"next":   func(w *world) error { _, err := plan.MakeNext(w.Snapshot); return err },
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			w.commit("0.9.x", "Fix", files{"app.js": "fixed\n"})
			store := &unreadable{memory: maps.Clone(w.objects)}
			var err error
			if w.Ledger, err = ledger.At(w.Ledger.Tip(), w.Ledger.Root(), store); err != nil {
				t.Fatal(err)
			}
			store.broken = true
			if err := run(w); !errors.Is(err, errUnreadable) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Files that were removed after the commit that is released stay removed.
func TestTagAtWithoutFilesOnTip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.Refs.IDs["refs/heads/master"]
	w.commit("master", "Remove them", files{"package.json": "", "CHANGELOG": ""})
	p, err := w.planTagAt(plan.TagRequest{}, at)
	if err != nil {
		t.Fatal(err)
	}
	w.push(p)
	head := w.filesOf(w.Refs.IDs["refs/heads/master"])
	if _, back := head["package.json"]; back || len(p.Commits[1].Files) != 0 || p.Commits[1].Files == nil {
		t.Errorf("the branch has %q by %+v", head, p.Commits[1])
	}
}

// All version files carry the version, two values of one file as well.
func TestSeveralVersionFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Component.VersionFiles = append(w.Component.VersionFiles,
		release.VersionFile{Path: "package.json", Key: "config.release"}, release.VersionFile{Path: "lib/version.js", Pattern: `^exports\.version = "(.*)";$`})
	w.commit("master", "Say it often", files{
		"package.json":   "{\n  \"version\": \"0.10.0-dev\",\n  \"config\": {\"release\": \"0.10.0-dev\"}\n}\n",
		"lib/version.js": "exports.version = \"0.10.0-dev\";\n",
	})
	p := w.release(plan.TagRequest{})
	for commit, want := range map[object.ID]string{p.Entry.Tagged.Commit: "0.10.0", w.Refs.IDs["refs/heads/master"]: "0.11.0-dev"} {
		got := w.filesOf(commit)
		if got["package.json"] != "{\n  \"version\": \""+want+"\",\n  \"config\": {\"release\": \""+want+"\"}\n}\n" || got["lib/version.js"] != "exports.version = \""+want+"\";\n" {
			t.Errorf("commit %s has %q, want %s", commit.Short(), got, want)
		}
	}
}

// With a train of patches VERSION means the line where there is one, otherwise
// the train's branch.
func TestPatchTrainAndLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Component.Bump = release.BumpPatch
	for _, want := range []string{"refs/heads/master", "refs/heads/0.9.x"} {
		choice, err := plan.SelectBranch(w.Snapshot, plan.TagRequest{Version: version("0.9.1")})
		if err != nil || choice.Ref != want {
			t.Errorf("0.9.1 is of %s, %v; want %s", choice.Ref, err, want)
		}
		w.branchFrom("0.9.x", "refs/tags/0.9.0")
	}
}

// Lines may be named by their branch, and are listed when another one is asked for.
func TestLineNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.planTag(plan.TagRequest{Line: "nine"})
	check(t, err, "misuse: a line is named as in 0.9.x; there is none yet")
	w.Component.BranchPattern = "release/{major}.{minor}"
	w.branchFrom("release/0.9", "refs/tags/0.9.0")
	w.commit("release/0.9", "Fix", files{"app.js": "fixed\n"})
	for _, name := range []string{"release/0.9", "0.9.x"} {
		if p := w.mustTag(plan.TagRequest{Line: name}); p.Branch != "refs/heads/release/0.9" {
			t.Errorf("--line %s is %s", name, p.Branch)
		}
	}
}

// What runs on a predecessor that follows a branch is no release.
func TestPredecessorFollowsBranch(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.promote("dev", "", ledger.Verified)
	w.environment("load-stage").After = "dev"
	_, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage"}, plan.Target{})
	check(t, err, "misuse: dev runs 0.11.0-dev, which is no release\nlooprel promote load-stage VERSION")
}

// Whatever a branch's head holds, it can be shown.
func TestShownVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := map[string]string{packageFile("0.10.0-dev"): "0.10.0-dev", "{}\n": "", packageFile("next"): ""}
	for content, want := range cases {
		id := w.commit("master", "Version", files{"package.json": content})
		if want == "" {
			want = id.Short()
		}
		if got := plan.ShownVersion(w.Component, w.revision(id)); got != want {
			t.Errorf("%s shows as %q, want %q", strings.TrimSpace(content), got, want)
		}
	}
	w.Component.VersionFiles = nil
	if got, id := plan.ShownVersion(w.Component, w.revision(w.Refs.IDs["refs/heads/master"])), w.Refs.IDs["refs/heads/master"]; got != id.Short() {
		t.Errorf("without version files it shows as %q", got)
	}
}

// After the last cycle that can be written there is none to wait for.
func TestEndOfCalendar(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("9999-12-20 11:00")
	w.release(plan.TagRequest{})
	addChange(w)
	_, err := w.planTag(plan.TagRequest{Version: version("0.11.0")})
	check(t, err, "refused: this cycle has released 0.10.0, and no tagging day lies ahead")
	next, err := plan.MakeNext(w.Snapshot)
	if err != nil || !next.NextTag.IsZero() || len(next.Waiting) != 0 {
		t.Errorf("next: %+v, %v", next, err)
	}
}
