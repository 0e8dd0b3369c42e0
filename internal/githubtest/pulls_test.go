package githubtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is a bare repository with a branch master and a branch fix of two
// commits, made by git.
func repository(t *testing.T) (dir string, git func(arguments ...string) string) {
	t.Helper()
	work, home := t.TempDir(), t.TempDir()
	dir = filepath.Join(t.TempDir(), "remote.git")
	git = func(arguments ...string) string {
		t.Helper()
		command := exec.Command("git", arguments...)
		command.Dir = work
		command.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1",
			"GIT_AUTHOR_NAME=Developer", "GIT_AUTHOR_EMAIL=dev@example.org", "GIT_COMMITTER_NAME=Developer", "GIT_COMMITTER_EMAIL=dev@example.org",
		}
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(arguments, " "), err, output)
		}
		return strings.TrimSpace(string(output))
	}
	write := func(name string) {
		if err := os.WriteFile(filepath.Join(work, name), []byte(name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", "--all")
		git("commit", "--quiet", "--message=Add "+name+"\n\nFor the "+name+".")
	}
	git("init", "--quiet", "--initial-branch=master")
	write("readme")
	git("checkout", "--quiet", "-b", "fix")
	write("one")
	write("two")
	git("checkout", "--quiet", "master")
	write("other")
	git("clone", "--quiet", "--bare", work, dir)
	git("remote", "add", "origin", dir)
	return dir, git
}

// asker asks the server as its clients do.
type asker struct {
	t *testing.T
	*Server
	token string
}

// ask asks, wants a status and reads the answer.
func (a *asker) ask(method, path, body string, status int, into any) {
	a.t.Helper()
	request, err := http.NewRequest(method, a.API()+"/repos/"+a.Owner+"/"+a.Name+path, bytes.NewReader([]byte(body)))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != status {
		a.t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			a.t.Fatal(err)
		}
	}
}

// shownPull is what the tests read of a pull request.
type shownPull struct {
	Number    int
	State     string
	Merged    bool
	Mergeable *bool
	MergedAs  string `json:"merge_commit_sha"`
	Head      struct{ Ref, SHA string }
	Reviewers []struct{ Login string } `json:"requested_reviewers"`
	Labels    []struct{ Name string }
}

func TestPullRequest(t *testing.T) {
	t.Parallel()
	dir, git := repository(t)
	a := &asker{t, New(t, "acme/loop", dir), Token}
	var made shownPull
	a.ask(http.MethodPost, "/pulls", `{"title": "Fix", "head": "fix", "base": "master", "body": "of it"}`, http.StatusCreated, &made)
	if made.Number != 1 || made.State != "open" || made.Mergeable == nil || !*made.Mergeable || made.Head.SHA != git("rev-parse", "fix") {
		t.Errorf("made %+v", made)
	}
	for name, refused := range map[string]string{
		"twice":         `{"title": "Fix", "head": "acme:fix", "base": "master"}`,
		"no head":       `{"title": "Fix", "head": "fixed", "base": "master"}`,
		"no base":       `{"title": "Fix", "head": "fix", "base": "main"}`,
		"no commits":    `{"title": "Fix", "head": "master", "base": "master"}`,
		"no title":      `{"head": "fix", "base": "master"}`,
		"body too long": `{"title": "Fix", "head": "fix", "base": "master", "body": "` + strings.Repeat("x", 65537) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			(&asker{t, a.Server, a.token}).ask(http.MethodPost, "/pulls", refused, http.StatusUnprocessableEntity, nil)
		})
	}
	a.ask(http.MethodPost, "/issues/1/labels", `{"labels": ["backport"]}`, http.StatusOK, nil)
	a.ask(http.MethodPost, "/issues/1/comments", `{"body": "here"}`, http.StatusCreated, nil)
	a.Change(func(state *State) { state.Outsiders = []string{"stranger"} })
	a.ask(http.MethodPost, "/pulls/1/requested_reviewers", `{"reviewers": ["alice", "stranger"]}`, http.StatusUnprocessableEntity, nil)
	a.ask(http.MethodPost, "/pulls/1/requested_reviewers", `{"reviewers": ["`+Login+`"]}`, http.StatusUnprocessableEntity, nil)
	a.ask(http.MethodPost, "/pulls/1/requested_reviewers", `{"reviewers": ["alice"]}`, http.StatusCreated, nil)
	var list []shownPull
	a.ask(http.MethodGet, "/pulls?head=acme:fix&base=master&state=all", "", http.StatusOK, &list)
	if len(list) != 1 || len(list[0].Reviewers) != 1 || len(list[0].Labels) != 1 {
		t.Errorf("listed %+v", list)
	}
	a.ask(http.MethodGet, "/pulls?head=acme:other", "", http.StatusOK, &list)
	if len(list) != 0 {
		t.Errorf("listed %+v", list)
	}
	a.Review(1, "alice")
	var reviews []struct{ User struct{ Login string } }
	a.ask(http.MethodGet, "/pulls/1/reviews", "", http.StatusOK, &reviews)
	if len(reviews) != 1 || reviews[0].User.Login != "alice" {
		t.Errorf("reviews %+v", reviews)
	}
	var issues []struct {
		Number int
		Pull   *struct{} `json:"pull_request"`
	}
	a.ask(http.MethodGet, "/issues?labels=backport", "", http.StatusOK, &issues)
	if len(issues) != 1 || issues[0].Pull == nil {
		t.Errorf("issues %+v", issues)
	}
	a.ask(http.MethodPatch, "/pulls/1", `{"title": "Fixes"}`, http.StatusOK, nil)
	if state := a.Snapshot(); state.Pulls[0].Title != "Fixes" || len(state.Pulls[0].Reviewers) != 0 {
		t.Errorf("kept %+v", state.Pulls)
	}
}

// Each way to merge makes the commits that GitHub makes.
func TestMerge(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		method, subjects string
		parents          int
	}{
		{"merge", "Merge pull request #1 from acme/fix|Add two|Add one|Add other|Add readme", 2},
		{"squash", "Fixes (#1)|Add other|Add readme", 1},
		{"rebase", "Add two|Add one|Add other|Add readme", 1},
	} {
		t.Run(one.method, func(t *testing.T) {
			t.Parallel()
			dir, git := repository(t)
			a := &asker{t, New(t, "acme/loop", dir), Token}
			a.OpenPull(Pull{Title: "Fixes", Head: "fix", Base: "master"})
			a.ask(http.MethodPut, "/pulls/1/merge", `{"merge_method": "`+one.method+`", "sha": "`+strings.Repeat("1", 40)+`"}`, http.StatusConflict, nil)
			a.ask(http.MethodGet, "/pulls/1/merge", "", http.StatusNotFound, nil)
			var merged struct{ SHA string }
			a.ask(http.MethodPut, "/pulls/1/merge", `{"merge_method": "`+one.method+`"}`, http.StatusOK, &merged)
			git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
			if at := git("rev-parse", "origin/master"); at != merged.SHA {
				t.Errorf("master is at %s, merged as %s", at, merged.SHA)
			}
			subjects := strings.ReplaceAll(git("log", "--topo-order", "--format=%s", "origin/master"), "\n", "|")
			if subjects != one.subjects {
				t.Errorf("master has %s", subjects)
			}
			if parents := len(strings.Fields(git("log", "-1", "--format=%P", "origin/master"))); parents != one.parents {
				t.Errorf("%d parents", parents)
			}
			if files := git("ls-tree", "--name-only", "origin/master"); files != "one\nother\nreadme\ntwo" {
				t.Errorf("files %s", files)
			}
			a.ask(http.MethodGet, "/pulls/1/merge", "", http.StatusNoContent, nil)
			var shown shownPull
			a.ask(http.MethodGet, "/pulls/1", "", http.StatusOK, &shown)
			if !shown.Merged || shown.State != "closed" || shown.MergedAs != merged.SHA {
				t.Errorf("shown %+v", shown)
			}
			a.DeleteBranch("fix")
			var commits []struct{ Commit struct{ Message string } }
			a.ask(http.MethodGet, "/pulls/1/commits", "", http.StatusOK, &commits)
			if len(commits) != 2 || commits[0].Commit.Message != "Add one\n\nFor the one." {
				t.Errorf("commits %+v", commits)
			}
			var of []shownPull
			a.ask(http.MethodGet, "/commits/"+merged.SHA+"/pulls", "", http.StatusOK, &of)
			if len(of) != 1 || of[0].Number != 1 {
				t.Errorf("pull requests of the merge: %+v", of)
			}
		})
	}
}

// A pull request follows its branch: what is pushed to it is of it, without the
// branch it is closed, and pushed to its base it is merged.
func TestPullRequestFollowsBranch(t *testing.T) {
	t.Parallel()
	dir, git := repository(t)
	a := &asker{t, New(t, "acme/loop", dir), Token}
	a.OpenPull(Pull{Title: "Fixes", Head: "fix", Base: "master"})
	git("push", "--quiet", "--force", "origin", "fix~1:fix")
	var shown shownPull
	a.ask(http.MethodGet, "/pulls/1", "", http.StatusOK, &shown)
	if shown.Head.SHA != git("rev-parse", "fix~1") {
		t.Errorf("shown %+v", shown)
	}
	git("checkout", "--quiet", "-b", "both", "master")
	git("merge", "--quiet", "--no-edit", "fix~1")
	git("push", "--quiet", "origin", "both:master")
	a.ask(http.MethodGet, "/pulls/1", "", http.StatusOK, &shown)
	if !shown.Merged {
		t.Errorf("shown %+v", shown)
	}
	git("push", "--quiet", "--force", "origin", "fix:fix")
	a.OpenPull(Pull{Title: "Fixes", Head: "fix", Base: "master"})
	a.DeleteBranch("fix")
	a.ask(http.MethodGet, "/pulls/2", "", http.StatusOK, &shown)
	if shown.State != "closed" || shown.Merged {
		t.Errorf("shown %+v", shown)
	}
	a.ask(http.MethodPatch, "/pulls/2", `{"state": "open"}`, http.StatusUnprocessableEntity, nil)
}

// What cannot be merged says so, and a token without the permission is let do nothing.
func TestPullRequestRefused(t *testing.T) {
	t.Parallel()
	dir, git := repository(t)
	a := &asker{t, New(t, "acme/loop", dir), Token}
	git("checkout", "--quiet", "fix")
	git("rm", "--quiet", "readme")
	git("commit", "--quiet", "--message=Remove readme")
	git("checkout", "--quiet", "master")
	git("rm", "--quiet", "--cached", "readme")
	blob := git("hash-object", "-w", "other")
	git("update-index", "--add", "--cacheinfo", "100644,"+blob+",readme")
	git("commit", "--quiet", "--message=Change readme")
	git("push", "--quiet", "origin", "fix", "master")
	a.OpenPull(Pull{Title: "Fixes", Head: "fix", Base: "master"})
	var shown shownPull
	a.ask(http.MethodGet, "/pulls/1", "", http.StatusOK, &shown)
	if shown.Mergeable == nil || *shown.Mergeable {
		t.Errorf("shown %+v", shown)
	}
	for _, method := range []string{"merge", "squash", "rebase"} {
		a.ask(http.MethodPut, "/pulls/1/merge", `{"merge_method": "`+method+`"}`, http.StatusMethodNotAllowed, nil)
	}
	a.Grant("reader", Grant{Login: "reader", Permissions: Permissions{"contents": "read", "pull_requests": "read"}})
	reader := &asker{t, a.Server, "reader"}
	reader.ask(http.MethodGet, "/pulls/1", "", http.StatusOK, nil)
	reader.ask(http.MethodPost, "/issues/1/comments", `{"body": "here"}`, http.StatusForbidden, nil)
	reader.ask(http.MethodPost, "/pulls", `{"title": "Fix", "head": "fix", "base": "master"}`, http.StatusForbidden, nil)
}
