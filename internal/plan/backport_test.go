package plan_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// BlobSize makes the memory one that merges read.
func (m memory) BlobSize(id object.ID) (int64, error) { return int64(len(m[id].Data)), nil }

// facts are what observe would find for commits of a backport.
func (w *world) facts(request plan.BackportRequest, sources ...object.ID) (*plan.BackportFacts, error) {
	w.t.Helper()
	choices, err := plan.SelectLines(w.Snapshot, request)
	if err != nil {
		return nil, err
	}
	facts := &plan.BackportFacts{}
	for _, id := range sources {
		commit := w.commitAt(id)
		facts.Asked = append(facts.Asked, plan.Asked{ID: id, Subject: commit.Subject(), Author: commit.Author.Name})
	}
	for _, choice := range choices {
		facts.Lines = append(facts.Lines, w.pickOnto(choice, sources))
	}
	return facts, nil
}

// pickOnto picks commits onto a line, and stops at a conflict.
func (w *world) pickOnto(choice plan.LineChoice, sources []object.ID) *plan.LineFacts {
	w.t.Helper()
	facts := &plan.LineFacts{Choice: choice, Branch: w.observe(choice.BranchChoice, object.ID{})}
	layer := pick.NewLayer(w.objects)
	tree := facts.Branch.At.Root
	for _, id := range sources {
		commit := w.commitAt(id)
		change := pick.Change{Base: w.commitAt(commit.Parents[0]).Tree, Theirs: commit.Tree}
		outcome, err := pick.Onto(layer, tree, change, pick.RulesOf(w.Component), merge.Options{Ours: "HEAD", Theirs: id.Short()})
		if err != nil {
			w.t.Fatal(err)
		}
		layer.Add(outcome.Objects...)
		if !outcome.Clean {
			files, err := plan.DescribeConflict(outcome.Result, layer, tree)
			if err != nil {
				w.t.Fatal(err)
			}
			return &plan.LineFacts{Choice: choice, Conflict: &plan.PickConflict{Commit: id, Subject: commit.Subject(), Files: files, Needs: []plan.NeededCommit{}}}
		}
		paths, err := layer.Paths(tree, outcome.Tree)
		if err != nil {
			w.t.Fatal(err)
		}
		tree = outcome.Tree
		facts.Branch.Picks = append(facts.Branch.Picks, plan.Pick{Source: id, Original: commit, Tree: tree, Files: paths, Kept: outcome.Kept})
	}
	if len(sources) > 0 {
		added, err := layer.Added(facts.Branch.At.Root, tree)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, id := range added {
			if made, ok := layer.Object(id); ok {
				facts.Branch.Made = append(facts.Branch.Made, made)
			}
		}
		w.objects.add(facts.Branch.Made...)
		revision := w.revisionOf(choice.Head, tree)
		facts.Branch.At, facts.Branch.Tip, facts.Branch.Unchanged = revision, revision, false
	}
	return facts
}

func (w *world) planBackport(request plan.BackportRequest, sources ...object.ID) (*plan.BackportPlan, error) {
	w.t.Helper()
	facts, err := w.facts(request, sources...)
	if err != nil {
		return nil, err
	}
	return plan.MakeBackport(w.Snapshot, facts, request)
}

// fix commits a fix to master that applies to 0.9.0.
func (w *world) fix() object.ID {
	return w.commit("master", "Bug 1000005 - Close the sockets.", files{"lib/sockets.js": "close()\n"})
}

// clash commits a change to master that builds on an earlier one.
func (w *world) clash() object.ID {
	return w.commit("master", "Bug 1000006 - Add callType once more.", files{"app.js": "three\n"})
}

// TestGoldenBackport holds the plans of backport.
func TestGoldenBackport(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world) (plan.BackportRequest, []object.ID){
		"backport-new-line": func(w *world) (plan.BackportRequest, []object.ID) {
			return plan.BackportRequest{Bases: []string{"0.9.0"}}, []object.ID{w.fix()}
		},
		"backport-collect": func(w *world) (plan.BackportRequest, []object.ID) {
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			return plan.BackportRequest{Bases: []string{"0.9.x"}, NoRelease: true, OffCycle: true, Reason: "a breach"}, []object.ID{w.fix()}
		},
		"backport-two-lines": func(w *world) (plan.BackportRequest, []object.ID) {
			fix := w.fix()
			w.commit("0.8.X", "Release 0.8.0", files{"package.json": packageFile("0.8.0"), "CHANGELOG": changelogText, "app.js": "one\n"})
			w.tag("0.8.0", "0.8.X")
			return plan.BackportRequest{Bases: []string{"0.9.0", "0.8.0"}, AllOrNone: true}, []object.ID{fix}
		},
		"backport-conflict": func(w *world) (plan.BackportRequest, []object.ID) {
			return plan.BackportRequest{Bases: []string{"0.9.0"}}, []object.ID{w.clash()}
		},
		"backport-signed": func(w *world) (plan.BackportRequest, []object.ID) {
			w.Sign = plan.Signing{Tags: true, Commits: true, Ledger: true}
			return plan.BackportRequest{Bases: []string{"0.9.0"}}, []object.ID{w.fix()}
		},
		"backport-no-such-release": func(w *world) (plan.BackportRequest, []object.ID) {
			return plan.BackportRequest{Bases: []string{"0.7.0"}}, []object.ID{w.fix()}
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			request, sources := prepare(w)
			p, err := w.planBackport(request, sources...)
			if err != nil {
				compareGolden(t, name, refusalOf(err))
				return
			}
			compareGolden(t, name, golden{Plan: p, Entry: entryOf(p.Lines[0].Entry)})
		})
	}
}

// A tag and a branch of one name are kept apart, and a line spelled in capitals is
// the line.
func TestBackportAddressesFullNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fix := w.fix()
	w.branchFrom("0.9.X", "refs/tags/0.9.0")
	w.branchFrom("0.9.0", "refs/heads/master")
	for _, base := range []string{"0.9.0", "0.9.x", "0.9.X", "refs/tags/0.9.0", "refs/heads/0.9.X"} {
		p, err := w.planBackport(plan.BackportRequest{Bases: []string{base}}, fix)
		if err != nil {
			t.Fatalf("%s: %v", base, err)
		}
		if line := p.Lines[0]; line.Branch != "refs/heads/0.9.X" || line.CutFrom != "" || line.Release.Tag != "refs/tags/0.9.1" {
			t.Errorf("%s: %+v", base, line)
		}
	}
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	if _, err := w.planBackport(plan.BackportRequest{Bases: []string{"0.9.0"}}, fix); err == nil || !strings.Contains(err.Error(), "has two branches") {
		t.Errorf("two branches of one line: %v", err)
	}
}

// Signed objects name each other: pick, release commit, tag and entry.
func TestSealBackport(t *testing.T) {
	t.Parallel()
	for _, noRelease := range []bool{false, true} {
		w := newWorld(t)
		w.Sign = plan.Signing{Tags: true, Commits: true, Ledger: true}
		p, err := w.planBackport(plan.BackportRequest{Bases: []string{"0.9.0"}, NoRelease: noRelease}, w.fix())
		if err != nil {
			t.Fatal(err)
		}
		line := p.Lines[0]
		if !line.Commits[0].ID.IsZero() {
			t.Errorf("the pick has id %s before it is signed", line.Commits[0].ID)
		}
		failing := func(context.Context, []byte) (string, error) { return "", errors.New("no key") }
		if err := line.Seal(context.Background(), &plan.Signers{Commit: failing, Tag: failing}); err == nil || err.Error() != "sign the pick commit: no key" {
			t.Errorf("a signer that fails: %v", err)
		}
		if err := line.Seal(context.Background(), &plan.Signers{Commit: sign("commit"), Tag: sign("tag")}); err != nil {
			t.Fatal(err)
		}
		var picks []ledger.Pick
		if noRelease {
			picks = line.Entry.Picked.Picks
		} else {
			checkAgreement(t, line.Release)
			picks = line.Entry.Tagged.Picks
			if line.Commits[1].Parents[0] != line.Commits[0].ID {
				t.Errorf("the release commit has parents %v, and the pick is %s", line.Commits[1].Parents, line.Commits[0].ID)
			}
		}
		if len(picks) != 1 || picks[0].Commit != line.Commits[0].ID || line.Refs[0].New != line.Commits[len(line.Commits)-1].ID || !line.Refs[0].Old.IsZero() {
			t.Errorf("picks %+v, references %+v, commits %+v", picks, line.Refs, line.Commits)
		}
		again, err := w.planBackport(plan.BackportRequest{Bases: []string{"0.9.0"}, NoRelease: noRelease}, w.Refs.IDs["refs/heads/master"])
		if err != nil || !line.SameFacts(again.Lines[0]) {
			t.Errorf("the same facts gave another plan: %v", err)
		}
	}
}

// With --all-or-none a line that is stuck holds the others back; without, it does not.
func TestBackportAllOrNone(t *testing.T) {
	t.Parallel()
	for _, together := range []bool{false, true} {
		w := newWorld(t)
		clash := w.clash()
		w.tag("0.11.0", "master")
		p, err := w.planBackport(plan.BackportRequest{Bases: []string{"0.9.0", "0.11.0"}, AllOrNone: together, NoRelease: true}, w.fix(), clash)
		if err != nil {
			t.Fatal(err)
		}
		if p.Lines[0].Conflict == nil || p.Lines[0].Changes() || p.Lines[1].Changes() == together {
			t.Errorf("all or none %v: lines %+v and %+v", together, p.Lines[0], p.Lines[1])
		}
	}
}

// What needs a reason is refused without one, and a commit that the train lacks is
// refused unless it is meant.
func TestBackportReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fix := w.fix()
	for _, request := range []plan.BackportRequest{
		{Bases: []string{"0.9.0"}, OffCycle: true},
		{Bases: []string{"0.9.0"}, NotOnBranch: true},
		{Bases: []string{"0.9.0"}, Reason: "why"},
		{Bases: []string{"0.9.0", "0.8.0"}, Line: "0.9.x"},
		{},
	} {
		var misuse *plan.Misuse
		if _, err := w.planBackport(request, fix); !errors.As(err, &misuse) {
			t.Errorf("%+v: %v", request, err)
		}
	}
	request := plan.BackportRequest{Bases: []string{"0.9.0"}}
	facts, err := w.facts(request, fix)
	if err != nil {
		t.Fatal(err)
	}
	facts.Asked[0].Stray, facts.Lines[0].Branch.Picks[0].Stray = true, true
	var refusal *plan.Refusal
	if _, err := plan.MakeBackport(w.Snapshot, facts, request); !errors.As(err, &refusal) || !strings.Contains(refusal.Advice, "--not-on-branch") {
		t.Errorf("a stray commit: %v", err)
	}
	request.NotOnBranch, request.Reason = true, "master has no sockets"
	p, err := plan.MakeBackport(w.Snapshot, facts, request)
	if err != nil {
		t.Fatal(err)
	}
	if entry := p.Lines[0].Entry; entry.Reason != request.Reason || !entry.Tagged.Picks[0].Stray {
		t.Errorf("the entry is %+v", entry)
	}
}

// A release's changelog section on a line goes into the next train's.
func TestTagCarriesSectionsOfLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	choice, err := plan.SelectBranch(w.Snapshot, plan.TagRequest{})
	if err != nil {
		t.Fatal(err)
	}
	branch := w.observe(choice, object.ID{})
	lined := changelogTitle + "0.9.1 (2014-07-24)\n------------------\n\n- Bug 1000009 - By hand.\n\n" + changelogText[len(changelogTitle):]
	later := strings.ReplaceAll(lined, "0.9.1", "0.12.1")
	branch.Elsewhere = []plan.LineRelease{{Version: version("0.9.1"), Changelog: []byte(lined)}, {Version: version("0.12.1"), Changelog: []byte(later)}}
	p, err := plan.MakeTag(w.Snapshot, branch, plan.TagRequest{})
	if err != nil {
		t.Fatal(err)
	}
	w.push(p)
	content := string(w.revision(p.Commits[0].ID).Files["CHANGELOG"])
	if !strings.Contains(content, "0.9.1 (2014-07-24)\n------------------\n\n- Bug 1000009 - By hand.\n") || strings.Contains(content, "0.12.1") {
		t.Errorf("the changelog is\n%s", content)
	}
	if !slices.ContainsFunc(p.Notes, func(note string) bool { return strings.HasSuffix(note, "0.9.1") }) {
		t.Errorf("notes %v", p.Notes)
	}
}

// What cannot be a base is told with what can, also while no line has a branch.
func TestBackportSuggestsBases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for base, want := range map[string]string{
		"master": "misuse: a tag or a line (0.9.x); the newest release is 0.9.0",
		"0.3.x":  "refused: the newest release is 0.9.0",
	} {
		_, err := plan.SelectLines(w.Snapshot, plan.BackportRequest{Bases: []string{base}})
		check(t, err, want)
	}
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	_, err := plan.SelectLines(w.Snapshot, plan.BackportRequest{Bases: []string{"0.3.x"}})
	check(t, err, "refused: the newest release is 0.9.0; the lines are 0.9.x")
}

// A line may be older than the files that a release is written into.
func TestBackportOntoLineWithoutReleaseFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		missing files
		changes []string
	}{
		{"no changelog", files{"CHANGELOG": ""}, []string{"package.json"}},
		{"no version file", files{"package.json": ""}, []string{"CHANGELOG"}},
		{"neither", files{"CHANGELOG": "", "package.json": ""}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fix := w.fix()
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			w.commit("0.9.x", "Have none", c.missing)
			p, err := w.planBackport(plan.BackportRequest{Bases: []string{"0.9.0"}}, fix)
			if err != nil || p.Lines[0].Release == nil {
				t.Fatalf("%+v, %v", p, err)
			}
			line := p.Lines[0]
			var changes []string
			for _, commit := range line.Commits {
				if commit.Role == plan.RoleRelease {
					changes = commit.Files
				}
			}
			if !slices.Equal(changes, c.changes) {
				t.Errorf("the release commit changes %q, want %q", changes, c.changes)
			}
			for path := range c.missing {
				if want := "0.9.x has no " + path; !strings.Contains(strings.Join(line.Release.Notes, "\n"), want) {
					t.Errorf("notes %q, want %q", line.Release.Notes, want)
				}
			}
		})
	}
}
