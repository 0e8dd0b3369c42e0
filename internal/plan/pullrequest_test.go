package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// pullWorld is a world with GitHub, whose pull requests are told of their backports.
func pullWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Forge = "acme/loop-server"
	w.Train.GitHub = &release.GitHub{Releases: release.ReleasesNone, Backports: release.Backports{Label: release.DefaultBackportLabel, Done: "has {line}", Comment: true}}
	return w
}

func pullOf(number int, commits ...object.ID) plan.PullFacts {
	return plan.PullFacts{PullRequest: plan.PullRequest{Number: number, Title: "A fix", Author: "octo-dev", Page: "https://github.com/acme/loop-server/pull/1", Commits: commits}}
}

// TestGoldenBackportPulls holds the plans of backports of pull requests: one that is
// named, and those that ask by their labels, of which one conflicts, one was told
// before, and one cannot be taken.
func TestGoldenBackportPulls(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world) (plan.BackportRequest, *plan.BackportFacts, error){
		"backport-pull": func(w *world) (plan.BackportRequest, *plan.BackportFacts, error) {
			request, fix := plan.BackportRequest{Bases: []string{"0.9.0"}}, w.fix()
			facts, err := w.facts(request, fix)
			facts.Pulls, facts.Lines[0].Pulls = []plan.PullFacts{pullOf(7, fix)}, []int{7}
			return request, facts, err
		},
		"backport-labelled": func(w *world) (plan.BackportRequest, *plan.BackportFacts, error) {
			fix, other, clash := w.fix(), w.commit("master", "Another fix", files{"lib/other.js": "other()\n"}), w.clash()
			facts, err := w.facts(plan.BackportRequest{Bases: []string{"0.9.0"}}, fix, other)
			first, second, third := pullOf(7, fix), pullOf(8, other), pullOf(9, clash)
			first.Labels = []string{"bug", "Backport 0.9.X", "backport 0.8.x"}
			second.Labels = []string{"backport 0.9.x", "has 0.9.x"}
			second.Comments = []string{"thanks", "done\n<!-- looprel: backport loop-server #8 to 0.9.x: done -->"}
			facts.Pulls, facts.Lines[0].Pulls = []plan.PullFacts{first, second, third}, []int{7, 8}
			conflict := &plan.PickConflict{Commit: clash, Subject: "Clash", Files: []plan.ConflictFile{{Path: "app.js"}}}
			facts.LeftOut = []plan.LeftOut{
				{Number: 9, Line: "0.9.x", Conflict: conflict},
				{Number: 10, Line: "0.9.x", Reason: "it was merged into 0.8.x, not into master", Advice: "take its label off"},
			}
			return plan.BackportRequest{Labelled: true}, facts, err
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pullWorld(t)
			request, facts, err := prepare(w)
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.MakeBackport(w.Snapshot, facts, request)
			if err != nil {
				t.Fatal(err)
			}
			compareGolden(t, name, golden{Plan: p, Entry: entryOf(p.Lines[0].Entry)})
		})
	}
}

// The comment says the same whether this run or an earlier one brought the changes; the
// next plan finds it by its key, and then has nothing to tell.
func TestTellingOfPull(t *testing.T) {
	t.Parallel()
	w := pullWorld(t)
	request, fix := plan.BackportRequest{Bases: []string{"0.9.0"}}, w.fix()
	facts, err := w.facts(request, fix)
	if err != nil {
		t.Fatal(err)
	}
	facts.Pulls, facts.Lines[0].Pulls = []plan.PullFacts{pullOf(7, fix)}, []int{7}
	p, err := plan.MakeBackport(w.Snapshot, facts, request)
	if err != nil || len(p.Tellings) != 1 {
		t.Fatalf("%d tellings, %v", len(p.Tellings), err)
	}
	picked := p.Lines[0].Commits[0].ID
	want := fmt.Sprintf("Backported to `0.9.x`:\n\n- %s as %s, in 0.9.1\n\n<!-- looprel: backport loop-server #7 to 0.9.x: done -->\n", fix, picked)
	if got := p.Tellings[0].Text(); got != want {
		t.Errorf("says %q, want %q", got, want)
	}
	if p.Command() != "looprel backport 0.9.x 7" {
		t.Errorf("to be finished by %q", p.Command())
	}

	later := &plan.BackportFacts{Asked: facts.Asked, Pulls: facts.Pulls, Lines: []*plan.LineFacts{{
		Choice: facts.Lines[0].Choice, Branch: &plan.Branch{}, Pulls: []int{7},
		Present: []plan.Present{{ID: fix, By: picked, How: "its message says so", Release: version("0.9.1")}},
	}}}
	again, err := plan.MakeBackport(w.Snapshot, later, request)
	if err != nil || len(again.Tellings) != 1 || again.Tellings[0].Text() != want {
		t.Errorf("a later run has %+v, %v, want %q", again.Tellings, err, want)
	}
	later.Pulls[0].Comments = []string{want}
	again, err = plan.MakeBackport(w.Snapshot, later, request)
	if err != nil || len(again.Tellings) != 0 || len(again.Steps) != 0 {
		t.Errorf("tells once more: %+v, %v", again.Tellings, err)
	}
}

// Names of files are shown as they are and do nothing else, in whatever they are called;
// who is told nothing is not.
func TestConflictOfPull(t *testing.T) {
	t.Parallel()
	w := pullWorld(t)
	request, clash := plan.BackportRequest{Bases: []string{"0.9.0"}}, w.clash()
	facts, err := w.facts(request, clash)
	if err != nil {
		t.Fatal(err)
	}
	facts.Pulls, facts.Lines[0].Pulls = []plan.PullFacts{pullOf(7, clash), pullOf(8, w.fix())}, []int{7, 8}
	facts.Lines[0].Conflict.Files = []plan.ConflictFile{{Path: "a\n```\n@octo-org/all"}, {Path: "b`````"}, {Path: "c\x1b[2J"}}
	p, err := plan.MakeBackport(w.Snapshot, facts, request)
	if err != nil || len(p.Tellings) != 1 || p.Tellings[0].Pull.Number != 7 {
		t.Fatalf("%+v, %v", p.Tellings, err)
	}
	text := p.Tellings[0].Text()
	for _, want := range []string{"The backport to `0.9.x` needs a person: " + clash.String(), "``````\n\"a\\n```\\n@octo-org/all\"\nb`````\n\"c\\x1b[2J\"\n``````", "looprel backport 0.9.x 7 --edit",
		"<!-- looprel: backport loop-server #7 to 0.9.x: conflict -->"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	w.Train.GitHub.Backports.Comment = false
	if p, err = plan.MakeBackport(w.Snapshot, facts, request); err != nil || len(p.Tellings) != 0 {
		t.Errorf("tells without being asked to: %+v, %v", p.Tellings, err)
	}
}
