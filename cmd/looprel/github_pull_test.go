package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mozilla-services/looprel/internal/githubtest"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// methods are the ways to merge a pull request.
var methods = []string{"merge", "squash", "rebase"}

// merger merges the only open pull request in one of them.
func (h *hub) merge(method string) githubtest.Pull {
	h.t.Helper()
	for _, one := range h.server.Snapshot().Pulls {
		if one.Open {
			h.server.Merge(one.Number, method, "", "")
			return one
		}
	}
	h.t.Fatal("no pull request is open")
	return githubtest.Pull{}
}

// want runs looprel, which must end with a code.
func (h *hub) want(code int, arguments ...string) string {
	h.t.Helper()
	got, output := h.run(arguments...)
	if got != code {
		h.t.Fatalf("looprel %s ended with %d, expected %d:\n%s", strings.Join(arguments, " "), got, code, output)
	}
	return output
}

// However a pull request is merged, the tag is on the branch, on the first commit that
// has the version; and what opens the next version is proposed.
func TestReleaseMerged(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {}\nrelease: {via: pull-request}\n")
	for _, method := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, template)
			h.server.Protect("refs/heads/master")
			before := h.remote.ID("master")
			h.want(7, "tag", "--yes")
			if now := h.remote.ID("master"); now != before {
				t.Fatalf("master moved to %s", now)
			}
			h.merge(method)
			h.want(0, "tag", "--yes")
			h.checkTagged("master", "0.10.0")
			opened := h.merge(method)
			if opened.Head != "looprel/after-0.10.0" || opened.Base != "master" {
				t.Errorf("opened %+v", opened)
			}
			if version := h.remote.Git("show", "master:package.json"); !strings.Contains(version, `"0.11.0-dev"`) {
				t.Errorf("master has %s", version)
			}
			h.want(0, "tag", "--yes")
			if pulls := h.server.Snapshot().Pulls; len(pulls) != 2 {
				t.Errorf("pull requests %+v", pulls)
			}
		})
	}
}

// checkTagged fails the test unless a version's tag is where the branch has that
// version for the first time.
func (h *hub) checkTagged(branch, version string) {
	h.t.Helper()
	tagged := h.remote.Git("rev-parse", version+"^{commit}")
	first := ""
	for commit := range strings.FieldsSeq(h.remote.Git("rev-list", "--first-parent", "--reverse", branch)) {
		if strings.Contains(h.remote.Git("show", commit+":package.json"), `"version": "`+version+`"`) {
			first = commit
			break
		}
	}
	if first != tagged {
		h.t.Errorf("%s is tagged at %s, and %s has it from %s on:\n%s", version, tagged, branch, first, h.remote.Git("log", "--oneline", "--graph", "-8", branch))
	}
}

// picks are those of the ledger's last entry.
func (h *hub) picks() []struct{ Commit, Source string } {
	h.t.Helper()
	_, text, _ := strings.Cut(h.remote.Git("log", "-1", "--format=%B", "refs/looprel/ledger"), "\n\n")
	var entry struct {
		Tagged struct {
			Picks []struct{ Commit, Source string }
		}
	}
	if err := json.Unmarshal([]byte(text), &entry); err != nil {
		h.t.Fatal(err)
	}
	return entry.Tagged.Picks
}

// Two fixes go to a line, and are in the ledger as the line has them.
func TestBackportMerged(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {}\n")
	first := template.remote.ID("master~1").String()
	second := template.clone.Commit("Limit the number of rooms", gittest.Files{"loop/limits.js": "limit(100)\n"}).String()
	template.clone.Git("push", "--quiet", "origin", "master")
	for _, method := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, template)
			command := []string{"backport", "0.8.0", first, second, "--pr", "--yes"}
			h.want(7, command...)
			h.server.Protect("refs/heads/0.8.x")
			pull := h.merge(method)
			h.server.DeleteBranch(pull.Head)
			h.want(0, command...)
			h.checkTagged("0.8.x", "0.8.1")
			picks := h.picks()
			if len(picks) != 2 || picks[0].Source != first || picks[1].Source != second || (picks[0].Commit == picks[1].Commit) != (method == "squash") {
				t.Errorf("picks %+v", picks)
			}
			for _, one := range picks {
				h.remote.Git("merge-base", "--is-ancestor", one.Commit, "0.8.1")
			}
			if output := h.want(0, command...); !strings.Contains(output, "There is nothing left to do") {
				t.Errorf("again:\n%s", output)
			}
			if output := h.want(0, "backport", "0.8.x", first, "--yes"); !strings.Contains(output, "released in 0.8.1") {
				t.Errorf("by a push:\n%s", output)
			}
			if pulls := h.server.Snapshot().Pulls; len(pulls) != 1 {
				t.Errorf("pull requests %+v", pulls)
			}
		})
	}
}

// Of several who propose at once one does, and one pull request is there, whoever opens
// it.
func TestProposalRace(t *testing.T) {
	t.Parallel()
	h := newHub(t, makeHub(t, "\ngithub: {}\nrelease: {via: pull-request}\n"))
	var racers sync.WaitGroup
	for range 4 {
		racers.Go(func() {
			if code, output := h.run("tag", "--yes"); code != 7 && code != 5 {
				t.Errorf("ended with %d:\n%s", code, output)
			}
		})
	}
	racers.Wait()
	h.want(7, "tag", "--yes")
	if pulls := h.server.Snapshot().Pulls; len(pulls) != 1 {
		t.Errorf("pull requests %+v", pulls)
	}
	if entries := h.remote.Git("rev-list", "--count", "refs/looprel/ledger"); entries != "1" {
		t.Errorf("%s entries", entries)
	}
}

// Where no file says which version it is of, the release is tagged where GitHub says
// that the pull request was merged, or where git shows it.
func TestBackportMergedWithoutFiles(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {}\n")
	config, err := os.ReadFile(filepath.Join(template.clone.Dir, "environments.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files := regexp.MustCompile(`(?m)^    (version-files|changelog):.*\n`)
	template.clone.Commit("Drop the files", gittest.Files{"environments.yaml": files.ReplaceAllString(string(config), "")})
	fix := template.clone.Commit("Limit the number of rooms", gittest.Files{"loop/limits.js": "limit(100)\n"}).String()
	template.clone.Git("push", "--quiet", "origin", "master")
	for _, method := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, template)
			command := []string{"backport", "0.9.0", fix, "--pr", "--yes"}
			h.want(7, command...)
			h.want(7, command...)
			pull := h.merge(method)
			merged := h.remote.ID("0.9.x")
			later := h.remote.Clone()
			later.Git("checkout", "--quiet", "0.9.x")
			later.Commit("Something else", gittest.Files{"later.js": "later\n"})
			later.Git("push", "--quiet", "origin", "0.9.x")
			h.server.DeleteBranch(pull.Head)
			h.want(0, command...)
			if tagged := h.remote.ID("0.9.1^{commit}"); tagged != merged {
				t.Errorf("tagged at %s, merged as %s", tagged, merged)
			}
		})
	}
}
