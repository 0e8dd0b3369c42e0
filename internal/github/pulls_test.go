package github_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/githubtest"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// withBranches is a bench whose repository has master and a branch fix of two commits.
func withBranches(t *testing.T) (b *bench, commits []object.ID) {
	t.Helper()
	work := gittest.New(t)
	work.Commit("Begin", gittest.Files{"readme": "read me\n"})
	work.Git("branch", "-M", "master")
	work.Git("checkout", "--quiet", "-b", "fix")
	commits = append(commits, work.Commit("Fix one", gittest.Files{"one": "1\n"}), work.Commit("Fix two", gittest.Files{"two": "2\n"}))
	b = newBench(t)
	work.Git("push", "--quiet", "file://"+b.dir, "master", "fix")
	return b, commits
}

func TestPulls(t *testing.T) {
	t.Parallel()
	b, commits := withBranches(t)
	ctx := t.Context()
	made, err := b.Client.OpenPull(ctx, forge.Pull{Title: "Fixes", Body: "Of two things.", Head: "fix", Base: "master"})
	if err != nil {
		t.Fatal(err)
	}
	want := forge.Pull{
		Number: 1, Title: "Fixes", Body: "Of two things.", Head: "fix", Base: "master", Commit: commits[1],
		State: forge.PullOpen, Author: githubtest.Login, Page: b.URL + "/acme/loop-server/pull/1",
	}
	if difference := cmp.Diff(want, made); difference != "" {
		t.Error(difference)
	}
	if _, err := b.Client.OpenPull(ctx, forge.Pull{Title: "Fixes", Head: "fix", Base: "master"}); !errors.Is(err, github.ErrRejected) {
		t.Errorf("opened twice: %v", err)
	}
	b.Change(func(state *githubtest.State) { state.Outsiders = []string{"outsider"} })
	if err := b.AskForReview(ctx, 1, []string{"alice", "outsider"}); !errors.Is(err, github.ErrRejected) {
		t.Errorf("an outsider was asked: %v", err)
	}
	for _, err := range []error{
		b.AskForReview(ctx, 1, []string{"alice", "bob"}), b.AddLabels(ctx, 1, []string{"backport", "bug"}), b.ChangeBody(ctx, 1, "Of three things."),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	b.Review(1, "bob")
	want.Body, want.Labels, want.Reviewers = "Of three things.", []string{"backport", "bug"}, []string{"alice"}
	read, err := b.Pull(ctx, 1)
	if difference := cmp.Diff(want, read); difference != "" || err != nil {
		t.Error(difference, err)
	}
	if logins, err := b.Reviewers(ctx, read); err != nil || !cmp.Equal(logins, []string{"bob"}) {
		t.Errorf("reviewers %v, %v", logins, err)
	}
	history, err := b.PullHistory(ctx, 1)
	if err != nil || len(history) != 2 || history[0].ID != commits[0] || history[1].ID != commits[1] ||
		strings.TrimSpace(history[1].Message) != "Fix two" || history[0].Authored.IsZero() || history[0].Merge {
		t.Errorf("commits %+v, %v", history, err)
	}
	b.Merge(1, "rebase", "", "")
	list, err := b.PullsFrom(ctx, "fix", "master")
	if err != nil || len(list) != 1 || list[0].State != forge.PullMerged || list[0].Merged.IsZero() || list[0].Merged == commits[1] {
		t.Errorf("from fix: %+v, %v", list, err)
	}
	if of, err := b.PullsOf(ctx, list[0].Merged); err != nil || len(of) != 1 || of[0].Number != 1 {
		t.Errorf("of the merge: %+v, %v", of, err)
	}
	if list, err := b.PullsFrom(ctx, "fix", "other"); err != nil || len(list) != 0 {
		t.Errorf("for another base: %+v, %v", list, err)
	}
	if _, err := b.Pull(ctx, 2); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("pull request 2: %v", err)
	}
}

func TestClosedPull(t *testing.T) {
	t.Parallel()
	b, _ := withBranches(t)
	b.Server.OpenPull(githubtest.Pull{Title: "Fixes", Head: "fix", Base: "master"})
	b.ClosePull(1)
	if read, err := b.Pull(t.Context(), 1); err != nil || read.State != forge.PullClosed {
		t.Errorf("%+v, %v", read, err)
	}
}
