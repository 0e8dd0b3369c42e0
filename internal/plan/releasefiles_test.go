package plan_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// What stands in the version file after a release.
func TestDevelopmentVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		before  string // the branch's version file
		request plan.TagRequest
		change  func(w *world)
		want    string
	}{
		"the next minor":                  {before: "0.10.0-dev", want: "0.11.0-dev"},
		"its own pre-release":             {before: "0.10.0-alpha.1", want: "0.11.0-alpha.1"},
		"none before":                     {before: "0.9.0", want: "0.11.0-dev"},
		"VERSION above what is announced": {before: "0.10.0-dev", request: plan.TagRequest{Version: version("0.12.0")}, want: "0.13.0-dev"},
		"VERSION below what is announced": {before: "1.0.0-dev", request: plan.TagRequest{Version: version("0.10.0")}, want: "1.0.0-dev"},
		"a patch of master":               {before: "0.10.0-dev", request: plan.TagRequest{Line: "master"}, want: "0.10.0-dev"},
		"another bump":                    {before: "0.9.0", change: func(w *world) { w.Component.Bump = release.BumpMajor }, want: "2.0.0-dev"},
		"no development":                  {before: "0.10.0-dev", change: func(w *world) { w.Component.NoDevelopment = true }, want: "0.10.0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.commit("master", "Version", files{"package.json": packageFile(c.before)})
			if c.change != nil {
				c.change(w)
			}
			p := w.release(c.request)
			if got := w.filesOf(p.Entry.Tagged.Commit)["package.json"]; got != packageFile(p.Version.String()) {
				t.Errorf("inside tag %s: %s", p.Version, got)
			}
			if got := w.filesOf(w.Refs.IDs["refs/heads/master"])["package.json"]; got != packageFile(c.want) {
				t.Errorf("afterwards: %s, want %s", got, c.want)
			}
		})
	}
}

// What a release makes of the changelog, and what it leaves for the next one.
func TestChangelog(t *testing.T) {
	t.Parallel()
	older := changelogText[len(changelogTitle):]
	section := func(title, underline, body string) string { return title + "\n" + underline + "\n\n" + body + "\n" }
	cases := map[string]struct {
		before   string
		request  plan.TagRequest
		released string // the section of the release
		open     string // the section above it, afterwards
		omitted  int
	}{
		"written by people": {
			released: section("0.10.0 (2014-08-05)", "-------------------", "- Bug 1000001 - Add callType to the calls.\n"),
			open:     section("0.11.0 (unreleased)", "-------------------", "- No changes yet.\n"), omitted: 1,
		},
		"--fill-changelog": {
			request: plan.TagRequest{FillChangelog: true},
			released: section("0.10.0 (2014-08-05)", "-------------------",
				"- Bug 1000001 - Add callType to the calls.\n- Bug 1000002 - Let people delete their account.\n"),
			open: section("0.11.0 (unreleased)", "-------------------", "- No changes yet.\n"),
		},
		"a patch of master": {
			request:  plan.TagRequest{Line: "master"},
			released: section("0.9.1 (2014-08-05)", "------------------", "- Bug 1000001 - Add callType to the calls.\n"),
			open:     section("0.10.0 (unreleased)", "-------------------", "- No changes yet.\n"), omitted: 1,
		},
		"empty": {
			before: changelogTitle + section("0.10.0 (unreleased)", "-------------------", "- No changes yet.\n") + older,
			released: section("0.10.0 (2014-08-05)", "-------------------",
				"- Bug 1000002 - Let people delete their account.\n- Bug 1000001 - Add callType to the calls.\n"),
			open: section("0.11.0 (unreleased)", "-------------------", "- No changes yet.\n"),
		},
		"missing": {
			before: changelogTitle + older,
			released: section("0.10.0 (2014-08-05)", "-------------------",
				"- Bug 1000002 - Let people delete their account.\n- Bug 1000001 - Add callType to the calls.\n"),
			open: section("0.11.0 (unreleased)", "-------------------", "- No changes yet.\n"),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.before != "" {
				w.commit("master", "Back to development", files{"CHANGELOG": c.before})
			}
			p := w.release(c.request)
			if len(p.Omitted) != c.omitted {
				t.Errorf("omitted: %q", p.Omitted)
			}
			released := w.filesOf(p.Entry.Tagged.Commit)["CHANGELOG"]
			if want := changelogTitle + c.released + older; released != want {
				t.Errorf("released:\n%s\nwant\n%s", released, want)
			}
			after := w.filesOf(w.Refs.IDs["refs/heads/master"])["CHANGELOG"]
			if want := changelogTitle + c.open + c.released + older; after != want {
				t.Errorf("afterwards:\n%s\nwant\n%s", after, want)
			}
		})
	}
}

// The date in the changelog is the train's, not the operator's.
func TestChangelogDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("2014-08-05 20:00")
	w.Now = w.Now.UTC()
	p := w.release(plan.TagRequest{})
	if got := w.filesOf(p.Entry.Tagged.Commit)["CHANGELOG"]; !strings.Contains(got, "0.10.0 (2014-08-05)\n") {
		t.Errorf("changelog:\n%s", got)
	}
}

// A release touches nothing but its files, and each commit says which.
func TestReleaseTouchesItsFilesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.filesOf(w.Refs.IDs["refs/heads/master"])
	p := w.release(plan.TagRequest{})
	for _, commit := range p.Commits {
		after := w.filesOf(commit.ID)
		for _, path := range commit.Files {
			if after[path] == before[path] {
				t.Errorf("%q does not change %s", commit.Subject, path)
			}
		}
		left := maps.Clone(after)
		for _, path := range commit.Files {
			left[path] = before[path]
		}
		if !maps.Equal(left, before) {
			t.Errorf("%q changes more than %v", commit.Subject, commit.Files)
		}
		before = after
	}
}

// tipWorld is a branch on which work went on after the commit that is to be
// released.
func tipWorld(t *testing.T) (w *world, at object.ID) {
	t.Helper()
	w = newWorld(t)
	at = w.Refs.IDs["refs/heads/master"]
	w.commit("master", "Bug 1000004 - Later.", files{"app.js": "later\n",
		"CHANGELOG": strings.Replace(openSection, "\n\n- Bug", "\n\n- Bug 1000004 - Later.\n- Bug", 1) + changelogText[len(changelogTitle):]})
	return w, at
}

// The release of an earlier commit is merged into the branch, whose later work
// stays, and stays unreleased.
func TestTagAtMerges(t *testing.T) {
	t.Parallel()
	w, at := tipWorld(t)
	tip := w.Refs.IDs["refs/heads/master"]
	p, err := w.planTagAt(plan.TagRequest{}, at)
	if err != nil {
		t.Fatal(err)
	}
	w.push(p)
	if len(p.Commits) != 2 || p.Commits[0].Parents[0] != at {
		t.Fatalf("commits %+v, want a release on top of %s", p.Commits, at)
	}
	merge := w.commitAt(w.Refs.IDs["refs/heads/master"])
	if len(merge.Parents) != 2 || merge.Parents[0] != tip || merge.Parents[1] != p.Entry.Tagged.Commit {
		t.Errorf("the branch's head has parents %v, want %s and the release", merge.Parents, tip)
	}
	if released := w.filesOf(p.Entry.Tagged.Commit); released["app.js"] != "two\n" || strings.Contains(released["CHANGELOG"], "Later") {
		t.Errorf("released: %q", released)
	}
	older := changelogText[len(changelogTitle):]
	want := files{
		"app.js": "later\n", "lib/account.js": "one\n", "package.json": packageFile("0.11.0-dev"),
		"CHANGELOG": changelogTitle + "0.11.0 (unreleased)\n-------------------\n\n- Bug 1000004 - Later.\n\n" +
			"0.10.0 (2014-08-05)\n-------------------\n\n- Bug 1000001 - Add callType to the calls.\n\n" + older,
	}
	if got := w.filesOf(w.Refs.IDs["refs/heads/master"]); !maps.Equal(got, want) {
		t.Errorf("the branch has\n%q\nwant\n%q", got, want)
	}
}

// On a line nothing is reopened; the merge still keeps the branch's later work.
// A commit from before the branch's last release is no place for the next one.
func TestTagAtBeforeLastRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	earlier := w.Refs.IDs["refs/heads/master"]
	w.commit("master", "Later", files{"app.js": "later\n"})
	w.release(plan.TagRequest{})
	w.commit("master", "Newest", files{"app.js": "newest\n"})
	w.at("2014-08-19 12:00")
	_, err := w.planTagAt(plan.TagRequest{Version: version("0.11.0")}, earlier)
	check(t, err, "refused: "+earlier.Short()+" is older than 0.10.0, the last release of master")
}

// Running it again on a line that has nothing new finds its release.
func TestLineAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	w.commit("0.9.x", "Bug 1000003 - Fix.", files{"app.js": "fixed\n"})
	first := w.release(plan.TagRequest{Line: "0.9.x"})
	again := w.mustTag(plan.TagRequest{Line: "0.9.x"})
	if again.Already == "" || again.Version != first.Version || len(again.Commits) != 0 {
		t.Errorf("the second run plans %s: %q", again.Version, again.Already)
	}
}

func TestTagAtOnLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	at := w.commit("0.9.x", "Bug 1000003 - Fix.", files{"app.js": "fixed\n"})
	w.commit("0.9.x", "Bug 1000005 - Fix more.", files{"app.js": "fixed more\n"})
	p, err := w.planTagAt(plan.TagRequest{Line: "0.9.x"}, at)
	if err != nil {
		t.Fatal(err)
	}
	w.push(p)
	if p.Commits[1].Subject != "Merge release 0.9.1" {
		t.Errorf("the merge is %q", p.Commits[1].Subject)
	}
	head := w.filesOf(w.Refs.IDs["refs/heads/0.9.x"])
	if head["app.js"] != "fixed more\n" || head["package.json"] != packageFile("0.9.1") || strings.Contains(head["CHANGELOG"], "unreleased") {
		t.Errorf("the line has %q", head)
	}
}

// A commit that has version and date already, as made by hand, is tagged as it
// is. What the branch's files say since then is kept.
func TestTagAtReleaseCommitMadeByHand(t *testing.T) {
	t.Parallel()
	dated := strings.Replace(openSection, "unreleased", "2014-08-05", 1) + changelogText[len(changelogTitle):]
	cases := map[string]struct {
		later files
		want  files // of the branch, afterwards
	}{
		"nothing was opened": {
			later: files{"app.js": "later\n"},
			want: files{"app.js": "later\n", "package.json": packageFile("0.11.0-dev"),
				"CHANGELOG": changelogTitle + "0.11.0 (unreleased)\n-------------------\n\n- No changes yet.\n\n" + dated[len(changelogTitle):]},
		},
		"the next version was opened": {
			later: files{"app.js": "later\n", "package.json": packageFile("0.12.0-dev"),
				"CHANGELOG": changelogTitle + "0.12.0 (unreleased)\n-------------------\n\n- Later.\n\n" + dated[len(changelogTitle):]},
			want: files{"app.js": "later\n", "package.json": packageFile("0.12.0-dev"),
				"CHANGELOG": changelogTitle + "0.12.0 (unreleased)\n-------------------\n\n- Later.\n\n" + dated[len(changelogTitle):]},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			at := w.commit("master", "0.10.0", files{"package.json": packageFile("0.10.0"), "CHANGELOG": dated})
			tip := w.commit("master", "Later", c.later)
			p, err := w.planTagAt(plan.TagRequest{}, at)
			if err != nil {
				t.Fatal(err)
			}
			w.push(p)
			if p.Entry.Tagged.Commit != at {
				t.Errorf("tagged %s, want %s itself", p.Entry.Tagged.Commit, at)
			}
			head := w.Refs.IDs["refs/heads/master"]
			if head != tip && w.commitAt(head).Parents[0] != tip {
				t.Errorf("the branch went on from %v, want %s", w.commitAt(head).Parents, tip)
			}
			got := w.filesOf(head)
			for path, content := range c.want {
				if got[path] != content {
					t.Errorf("%s is\n%s\nwant\n%s", path, got[path], content)
				}
			}
		})
	}
}

// Without version files and changelog the head itself is tagged.
func TestTagWithoutFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Component.VersionFiles, w.Component.Changelog = nil, nil
	head := w.Refs.IDs["refs/heads/master"]
	p := w.release(plan.TagRequest{})
	if len(p.Commits) != 0 || p.Entry.Tagged.Commit != head || w.Refs.IDs["refs/heads/master"] != head {
		t.Errorf("tagged %s with commits %+v, want the head %s alone", p.Entry.Tagged.Commit, p.Commits, head)
	}
	// The push still rests on the branch being where it was.
	if p.Refs[0] != (plan.Change{Ref: "refs/heads/master", Old: head, New: head}) {
		t.Errorf("the push has %+v", p.Refs)
	}
}
