package notes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestSubjects(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"Bug 1048426 — Read the type. r=name,other": "other|Read the type|[1048426]|[]",
		"Bug 1039662 - Not correct. r=name":         "other|Not correct|[1039662]|[]",
		"bug 1039662: Not correct. r?name, other":   "other|Not correct|[1039662]|[]",
		"Bug 1120001-Split out (#12)":               "other|Split out|[1120001]|[12]",
		"Bug 1170150 Stop serving":                  "other|Stop serving|[1170150]|[]",
		"Bug 1071244, 1071248 – Log errors":         "other|Log errors|[1071244 1071248]|[]",
		"Use the master version. Fix bug 1014224":   "other|Use the master version. Fix bug 1014224|[1014224]|[]",
		"Bug 12":                                            "other|Bug 12|[12]|[]",
		"feat: echo messages":                               "feature|echo messages|[]|[]",
		"fix(api): Bug 1048426 — the type":                  "fix|the type|[1048426]|[]",
		"refactor!: drop Node 0.10":                         "breaking|drop Node 0.10|[]|[]",
		"perf: scan less":                                   "performance|scan less|[]|[]",
		"docs: say more":                                    "documentation|say more|[]|[]",
		"chore(deps): raise the library":                    "maintenance|raise the library|[]|[]",
		"Websockets: add the reason":                        "other|Websockets: add the reason|[]|[]",
		"[bugfix] 404 as JSON":                              "fix|404 as JSON|[]|[]",
		"[api-change] Bug 1047667 — Take it from the query": "breaking|Take it from the query|[1047667]|[]",
		"[WIP] Something":                                   "other|[WIP] Something|[]|[]",
		"Update ws module (#360)":                           "other|Update ws module|[]|[360]",
		"Pick it (#360) (#361)":                             "other|Pick it|[]|[360 361]",
		"Fixed the heartbeat":                               "fix|Fixed the heartbeat|[]|[]",
		"Add a counter":                                     "feature|Add a counter|[]|[]",
		"Upgrade the client (CVE-2016-10001)":               "security|Upgrade the client (CVE-2016-10001)|[]|[]",
		"@somebody review.":                                 "maintenance|@somebody review|[]|[]",
		"Wait for it...":                                    "other|Wait for it...|[]|[]",
		"a\x1b[31m\tb\u202e":                                "other|a[31m b|[]|[]",
	} {
		n := notes.Collect([]notes.Commit{{ID: id("a"), Subject: subject}})
		if len(n.Changes) != 1 {
			t.Errorf("%q: %+v", subject, n)
			continue
		}
		c := n.Changes[0]
		if got := fmt.Sprintf("%s|%s|%v|%v", c.Kind, c.Text, c.Bugs, c.PullRequests); got != want {
			t.Errorf("%q: %s, want %s", subject, got, want)
		}
	}
}

func TestReleaseMachineryIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{
		"v0.10.0", "0.9.1", "0.11.0", "Release 0.10.0", "Release v0.7.0", "Release Loop Server 0.17.8", "Prepare 0.19.2 release.",
		"prepare 0.17.5", "Tag 0.17.1", "Back to development", "Back to development.", "Back to dev", "Get back to dev", "Starting 0.10",
		"Bump version to 0.3.0", "Bump the version", "Bump to 1.2.3-dev", "chore(release): 1.2.3", "Update the changelog for 0.15 release.",
	} {
		if n := notes.Collect([]notes.Commit{{ID: id("a"), Subject: subject}}); !n.IsEmpty() || len(n.LeftOut) != 1 {
			t.Errorf("%q is taken for a change", subject)
		}
	}
	for _, subject := range []string{
		"Use request 2.45.0 since later versions are slow", "Bump the library to 0.0.4", "Release the lock", "Tag and Bug number of the CHANGELOG.",
	} {
		if n := notes.Collect([]notes.Commit{{ID: id("a"), Subject: subject}}); n.IsEmpty() {
			t.Errorf("%q is taken for machinery", subject)
		}
	}
}

func TestMergesStandForTheirCommits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ log, want string }{
		"title of the pull request": {
			"m < a c : rm\n  Merge pull request #7 from team/x\n\n  Feed the probe\n\nc < b : dev\n  typo\n\nb < a : dev\n  fix: feed\n\na < z : dev\n  docs: say",
			"fix: Feed the probe\ndocumentation: say",
		},
		"title that is the branch's name": {
			"m < a c : rm\n  Merge pull request #7 from team/feed_it\n\n  Feed it\n\nc < b : dev\n  @qa review\n\nb < a : dev\n  Feed the probe\n\na < z : dev\n  A",
			"other: Feed the probe\nother: A",
		},
		"GitLab and Bitbucket": {
			"n < m e : rm\n  Merged in feed (pull request #8)\n\n  Feed two\n\ne < m : dev\n  x\n\nm < a c : rm\n  Merge branch 'x' into 'main'\n\n  Feed one\n\n  See merge request team/x!7\n\nc < a : dev\n  y",
			"other: Feed two\nother: Feed one",
		},
		"merge without pull request": {
			"m < a c : rm\n  Merge branch 'x'\n\nc < b : dev\n  Two\n\nb < a : dev\n  One\n\na < z : dev\n  A",
			"other: Two\nother: One\nother: A",
		},
		"pull requests within a merged branch": {
			"m < a n : rm\n  Merge pull request #9 from team/develop\n\n  Develop\n\nn < b c : rm\n  Merge pull request #7 from team/x\n\n  Feed the probe\n\nc < b : dev\n  y\n\nb < a : dev\n  One",
			"other: Feed the probe\nother: One",
		},
		"release made by pull request": {
			"m < a c : rm\n  Merge pull request #9 from team/release\n\n  Release 1.0.0\n\nc < b : dev\n  Release 1.0.0\n\nb < a : dev\n  One",
			"other: One",
		},
		"title of its own": {
			"m < a c : rm\n  Bring the new protocol\n\nc < b : dev\n  y\n\nb < a : dev\n  One",
			"other: Bring the new protocol",
		},
		"commits that are elsewhere": {
			"m < a c : rm\n  Merge pull request #7 from team/feed\n\n  Feed",
			"other: Feed",
		},
	} {
		if got := summary(notes.Collect(commits(t, test.log))); got != test.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, test.want)
		}
	}
}

func TestReverts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ log, want string }{
		"by identifier": {
			"r < a : dev\n  Revert \"One\"\n\n  This reverts commit {a}.\n\na < z : dev\n  One", "reverted: One",
		},
		"by title": {
			"r < a : dev\n  Revert \"One (#1)\" (#2)\n\na < z : dev\n  One (#1)", "reverted: One",
		},
		"reverted revert": {
			"s < r : dev\n  Revert \"Revert \"One\"\"\n\n  This reverts commit {r}.\n\nr < a : dev\n  Revert \"One\"\n\n  This reverts commit {a}.\n\na < z : dev\n  One",
			"other: One\nreverted: Revert \"One\"",
		},
		"of an older release": {
			"r < a : dev\n  Revert \"Zero\"\n\n  This reverts commit 1234567890123456789012345678901234567890.\n\na < z : dev\n  One",
			"other: Revert \"Zero\"\nother: One",
		},
		"of a merge": {
			"r < m : dev\n  Revert \"Merge pull request #7 from team/x\"\n\n  This reverts commit {m}, reversing\n  changes made to {a}.\n\nm < a b : rm\n  Merge pull request #7 from team/x\n\n  Feed\n\nb < a : dev\n  One\n\na < z : dev\n  A",
			"other: A\nreverted: Feed",
		},
		"by pull request": {
			"m < a b : rm\n  Merge pull request #8 from team/revert-7-x\n\n  Revert \"One\"\n\nb < a : dev\n  Revert \"One (#7)\"\n\n  Reverts team/x#7\n\na < z : dev\n  One (#7)",
			"reverted: One",
		},
		"of part of a pull request": {
			"r < m : dev\n  Revert \"One\"\n\n  This reverts commit {b}.\n\nm < a c : rm\n  Merge pull request #7 from team/x\n\n  Feed\n\nc < b : dev\n  Two\n\nb < a : dev\n  One",
			"other: Revert \"One\"\nother: Feed",
		},
		"beside another change": {
			"m < a c : rm\n  Merge pull request #8 from team/x\n\n  Feed\n\nc < b : dev\n  Two\n\nb < a : dev\n  Revert \"One\"\n\n  This reverts commit {a}.\n\na < z : dev\n  One",
			"other: Feed\nreverted: One",
		},
	} {
		if got := summary(notes.Collect(commits(t, test.log))); got != test.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, test.want)
		}
	}
}

func TestAbbreviatedRevert(t *testing.T) {
	t.Parallel()
	n := notes.Collect([]notes.Commit{
		{ID: id("r"), Parents: []object.ID{id("a")}, Subject: "Take it back", Body: "This reverts commit " + id("a").String()[:9] + "."},
		{ID: id("a"), Subject: "One"},
	})
	if got := summary(n); got != "reverted: One" || n.Reverted[0].RevertedBy != id("r") {
		t.Errorf("%s, %+v", got, n.Reverted)
	}
}

func TestAuthorsAndForChangelog(t *testing.T) {
	t.Parallel()
	n := notes.Collect([]notes.Commit{{
		ID: id("a"), Subject: "fix: One (#7)", Author: "ops\x1b", Email: "OPS@example.org",
		Body: "Closes #3, resolves: #4\n\nCo-authored-by: ops again <ops@example.org>\nCo-Authored-By: QA <qa@example.org>",
	}})
	if got := n.Authors(); !slices.Equal(got, []string{"ops", "QA"}) {
		t.Errorf("authors %q", got)
	}
	want := changelog.Change{Kind: changelog.KindFix, Text: "One", PullRequests: []int{7, 3, 4}}
	if got := n.ForChangelog()[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("for the changelog: %+v", got)
	}
}

func TestFromObject(t *testing.T) {
	t.Parallel()
	c := notes.FromObject(id("a"), object.Commit{
		Parents: []object.ID{id("b")}, Author: object.Signature{Name: "ops", Email: "ops@example.org"}, Message: "One\nline\n\nBody\n",
	})
	if c.ID != id("a") || c.Parents[0] != id("b") || c.Subject != "One line" || c.Body != "Body" || c.Author != "ops" {
		t.Errorf("%+v", c)
	}
}

func TestCollectIsLinear(t *testing.T) {
	t.Parallel()
	// A branch of 10,000 merges, each of which reverts something by its title: a
	// quadratic search would take minutes.
	var list []notes.Commit
	for i := range 10_000 {
		name := func(n int, side string) object.ID { return id(fmt.Sprint(n, side)) }
		list = append(list,
			notes.Commit{ID: name(i, "m"), Parents: []object.ID{name(i+1, "m"), name(i, "s")}, Subject: fmt.Sprintf("Merge pull request #%d from team/x", i)},
			notes.Commit{ID: name(i, "s"), Parents: []object.ID{name(i+1, "m")}, Subject: `Revert "x"`, Body: strings.Repeat("x", 100)})
	}
	if n := notes.Collect(list); len(n.Changes) != 10_000 {
		t.Errorf("%d changes", len(n.Changes))
	}
}
