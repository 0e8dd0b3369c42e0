package plan_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Which version is next: section "Which version" of the rules.
func TestNextVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(w *world)
		request plan.TagRequest
		want    string // the version
		why     string
		err     string
	}{
		"the file announces it": {want: "0.10.0", why: "package.json announces 0.10.0-dev"},
		"the file announces more than the bump": {
			prepare: func(w *world) { w.commit("master", "Towards 1.0", files{"package.json": packageFile("1.0.0-dev")}) },
			want:    "1.0.0", why: "package.json announces 1.0.0-dev",
		},
		"the file announces no more than the base": {
			prepare: func(w *world) { w.commit("master", "Back", files{"package.json": packageFile("0.9.0-dev")}) },
			want:    "0.10.0", why: "0.9.0 with the minor number raised",
		},
		"a file without pre-release announces nothing": {
			prepare: func(w *world) { w.commit("master", "Forward", files{"package.json": packageFile("3.0.0")}) },
			want:    "0.10.0", why: "0.9.0 with the minor number raised",
		},
		"the component's bump": {
			prepare: func(w *world) {
				w.Component.Bump = release.BumpMajor
				w.commit("master", "Back", files{"package.json": packageFile("0.9.0")})
			},
			want: "1.0.0", why: "0.9.0 with the major number raised",
		},
		"--bump counts from the base": {
			prepare: func(w *world) { w.commit("master", "Towards 1.0", files{"package.json": packageFile("1.0.0-dev")}) },
			request: plan.TagRequest{Bump: release.BumpMinor}, want: "0.10.0", why: "0.9.0 with the minor number raised, as asked for",
		},
		"--bump major": {request: plan.TagRequest{Bump: release.BumpMajor}, want: "1.0.0"},
		"--bump patch without --line": {
			request: plan.TagRequest{Bump: release.BumpPatch},
			err:     "misuse: a patch of master itself, 0.9.1, wants --line master\nlooprel tag --line master",
		},
		"--bump patch": {request: plan.TagRequest{Bump: release.BumpPatch, Line: "master"}, want: "0.9.1"},
		"VERSION":      {request: plan.TagRequest{Version: version("0.12.0")}, want: "0.12.0", why: "as asked for"},
		"VERSION and --bump": {
			request: plan.TagRequest{Version: version("0.12.0"), Bump: release.BumpMinor}, err: "misuse: VERSION and --bump",
		},
		"the highest tag counts, not the newest": {
			prepare: func(w *world) { w.tag("0.8.7", "master") }, want: "0.10.0",
		},
		"a tag that the branch does not contain is no base": {
			prepare: func(w *world) {
				w.branchFrom("elsewhere", "refs/tags/0.9.0")
				w.commit("elsewhere", "Aside", files{"app.js": "aside\n"})
				w.tag("0.11.0", "elsewhere")
			},
			want: "0.10.0",
		},
		"no tag: the file's pre-release": {
			prepare: func(w *world) { w.untag("0.9.0") }, want: "0.10.0", why: "package.json announces 0.10.0-dev",
		},
		"no tag: the file as it is": {
			prepare: func(w *world) {
				w.untag("0.9.0")
				w.commit("master", "First", files{"package.json": packageFile("0.3.0")})
			},
			want: "0.3.0", why: "the first release, as package.json has it",
		},
		"no tag and no file: asks": {
			prepare: func(w *world) { w.untag("0.9.0"); w.Component.VersionFiles = nil },
			err:     "misuse: there is no release yet and no version file that says what the first one is\nlooprel tag 0.1.0",
		},
		"no file: the bump": {
			prepare: func(w *world) { w.Component.VersionFiles = nil }, want: "0.10.0", why: "0.9.0 with the minor number raised",
		},
		"the file is missing": {
			prepare: func(w *world) { w.commit("master", "Remove it", files{"package.json": ""}) },
			err:     "misuse: version file package.json does not exist in ",
		},
		"the file is missing, with VERSION": {
			prepare: func(w *world) { w.commit("master", "Remove it", files{"package.json": ""}) },
			request: plan.TagRequest{Version: version("0.10.0")}, err: "misuse: version file package.json does not exist in ",
		},
		"the file has no version": {
			prepare: func(w *world) { w.commit("master", "Damage it", files{"package.json": "{}\n"}) }, err: "misuse: package.json",
		},
		"the changelog is missing": {
			prepare: func(w *world) { w.commit("master", "Remove it", files{"CHANGELOG": ""}) },
			err:     "misuse: changelog CHANGELOG does not exist in ",
		},
		"another pattern": {
			prepare: func(w *world) {
				w.Component.TagPattern = "v{version}"
				w.tag("v0.9.5", "master")
				w.commit("master", "More", files{"app.js": "more\n"})
			},
			want: "0.10.0",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			p, err := w.planTag(c.request)
			check(t, err, c.err)
			if err != nil {
				return
			}
			if p.Version.String() != c.want || c.why != "" && p.Why != c.why {
				t.Errorf("got %s (%s), want %s (%s)", p.Version, p.Why, c.want, c.why)
			}
		})
	}
}

// Releases of lines, and of patches of the train's own branch.
func TestLineVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(w *world)
		request plan.TagRequest
		want    string // version and branch
		err     string
	}{
		"--line":                      {request: plan.TagRequest{Line: "0.9.x"}, want: "0.9.1 of refs/heads/0.9.x"},
		"--line in capitals":          {request: plan.TagRequest{Line: "0.9.X"}, want: "0.9.1 of refs/heads/0.9.x"},
		"VERSION":                     {request: plan.TagRequest{Version: version("0.9.1")}, want: "0.9.1 of refs/heads/0.9.x"},
		"VERSION that leaves one out": {request: plan.TagRequest{Version: version("0.9.5")}, want: "0.9.5 of refs/heads/0.9.x"},
		"both":                        {request: plan.TagRequest{Line: "0.9.x", Version: version("0.9.2")}, want: "0.9.2 of refs/heads/0.9.x"},
		"--bump patch":                {request: plan.TagRequest{Line: "0.9.x", Bump: release.BumpPatch}, want: "0.9.1 of refs/heads/0.9.x"},
		"--bump minor":                {request: plan.TagRequest{Line: "0.9.x", Bump: release.BumpMinor}, err: "misuse: on line 0.9.x only the patch number rises"},
		"not of the line":             {request: plan.TagRequest{Line: "0.9.x", Version: version("0.10.1")}, err: "misuse: version 0.10.1 does not belong to line 0.9.x"},
		"no line":                     {request: plan.TagRequest{Line: "nine"}, err: "misuse: \"nine\" is not a release line\nthe lines are 0.9.x"},
		"a branch spelled in capitals": {
			prepare: func(w *world) { delete(w.Refs.IDs, "refs/heads/0.9.x"); w.branchFrom("0.9.X", "refs/heads/master") },
			request: plan.TagRequest{Line: "0.9.x"}, want: "0.9.1 of refs/heads/0.9.X",
		},
		"two spellings": {
			prepare: func(w *world) { w.branchFrom("0.9.X", "refs/heads/0.9.x") },
			request: plan.TagRequest{Line: "0.9.x"}, err: "misuse: line 0.9.x has two branches on origin: refs/heads/0.9.X and refs/heads/0.9.x",
		},
		"no branch": {
			request: plan.TagRequest{Line: "0.8.x"}, err: "refused: line 0.8.x has no branch on origin\nthe lines are 0.9.x",
		},
		"no branch, VERSION": {
			request: plan.TagRequest{Version: version("0.8.1")},
			err:     "refused: line 0.8.x has no branch on origin\nto release a patch of master itself: looprel tag 0.8.1 --line master",
		},
		"no release yet": {
			prepare: func(w *world) { w.branchFrom("2.0.x", "refs/heads/master") },
			request: plan.TagRequest{Line: "2.0.x"}, err: "refused: line 2.0.x has no release yet\nlooprel tag 2.0.0 --line 2.0.x",
		},
		"no branch of the train": {
			prepare: func(w *world) { delete(w.Refs.IDs, "refs/heads/master") },
			request: plan.TagRequest{}, err: "misuse: origin has no branch master",
		},
		"the default branch": {
			prepare: func(w *world) { w.Component.Branch = "" }, request: plan.TagRequest{}, want: "0.10.0 of refs/heads/master",
		},
		"no default branch": {
			prepare: func(w *world) { w.Component.Branch, w.Refs.Default = "", "" },
			request: plan.TagRequest{}, err: "misuse: origin has no default branch",
		},
		"a patch of master":                    {request: plan.TagRequest{Line: "master"}, want: "0.9.1 of refs/heads/master"},
		"a patch of master by VERSION":         {request: plan.TagRequest{Line: "master", Version: version("0.9.3")}, want: "0.9.3 of refs/heads/master"},
		"a train release of master by --bump":  {request: plan.TagRequest{Line: "master", Bump: release.BumpMinor}, want: "0.10.0 of refs/heads/master"},
		"the ledger remembers a deleted patch": {prepare: releaseAndUntag, request: plan.TagRequest{Line: "0.9.x"}, want: "0.9.2 of refs/heads/0.9.x"},
		"a component of another repository": {
			prepare: func(w *world) { w.Component.Repository = "https://example.org/client" },
			request: plan.TagRequest{}, err: "misuse: loop-server is released in https://example.org/client",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			w.commit("0.9.x", "Bug 1000003 - Fix the crash.", files{"app.js": "fixed\n"})
			if c.prepare != nil {
				c.prepare(w)
			}
			p, err := w.planTag(c.request)
			check(t, err, c.err)
			if err == nil && p.Version.String()+" of "+p.Branch != c.want {
				t.Errorf("got %s of %s, want %s", p.Version, p.Branch, c.want)
			}
		})
	}
}

// releaseAndUntag releases 0.9.1, deletes its tag, and adds a commit.
func releaseAndUntag(w *world) {
	w.release(plan.TagRequest{Line: "0.9.x"})
	w.untag("0.9.1")
	w.commit("0.9.x", "Bug 1000004 - Fix another one.", files{"app.js": "fixed again\n"})
}

// A version is used once, and rises.
func TestUnusedVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(w *world)
		version string
		err     string
	}{
		"in the ledger, of an older cycle": {
			prepare: func(w *world) { w.release(plan.TagRequest{}); w.at("2014-08-19 11:00") },
			version: "0.10.0", err: "refused: 0.10.0 exists: tagged by Release Manager on 2014-08-05\nchoose a higher version: looprel tag VERSION",
		},
		"in the ledger, its tag deleted": {
			prepare: func(w *world) { w.release(plan.TagRequest{}); w.untag("0.10.0"); w.at("2014-08-19 11:00") },
			version: "0.10.0", err: "refused: 0.10.0 was tagged by Release Manager on 2014-08-05 and its tag has been deleted since",
		},
		"a tag that the ledger does not know": {
			version: "0.9.0", err: "refused: tag 0.9.0 exists on origin",
		},
		"a light tag that the ledger does not know": {
			prepare: func(w *world) { w.Refs.IDs["refs/tags/0.11.0"] = w.Refs.IDs["refs/heads/master"] },
			version: "0.11.0", err: "refused: and the ledger does not know it\nto take it over as it is: looprel adopt",
		},
		"adopted": {
			prepare: func(w *world) { w.adopt(nil) }, version: "0.9.0", err: "refused: 0.9.0 exists: adopted by",
		},
		"not above the last of its line": {
			prepare: func(w *world) {
				w.branchFrom("0.9.x", "refs/tags/0.9.0")
				w.commit("0.9.x", "Fix", files{"app.js": "fixed\n"})
				w.tag("0.9.7", "0.9.x")
				w.commit("0.9.x", "Fix again", files{"app.js": "fixed again\n"})
			},
			version: "0.9.5", err: "refused: 0.9.5 is not above 0.9.7, the last release of line 0.9.x\nthe next one is 0.9.8",
		},
		"not above what the branch contains": {
			version: "0.8.0", err: "refused: 0.8.0 is not above 0.9.0, which master contains\ngive a version above 0.9.0",
		},
		"nothing has changed": {
			prepare: func(w *world) { w.release(plan.TagRequest{}); w.at("2014-08-19 11:00") },
			version: "0.11.0", err: "refused: nothing has changed on master since 0.10.0",
		},
		"the ledger's tag counts when the pattern has changed": {
			prepare: func(w *world) {
				w.release(plan.TagRequest{})
				w.Component.TagPattern = "v{version}"
				w.at("2014-08-19 11:00")
			},
			version: "0.10.0", err: "refused: 0.10.0 exists: tagged by",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			_, err := w.planTag(plan.TagRequest{Version: version(c.version)})
			check(t, err, c.err)
		})
	}
}
