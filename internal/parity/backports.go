package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// measuredBackports are how many backports are made from beginning to end.
	measuredBackports = 20
	// wantedFactor is how many times faster than git's they should be.
	wantedFactor = 5
)

// train is the environments.yaml of the backports that are measured.
const train = `version: 1
timezone: UTC
train: {first-tag: 2014-07-08, every: 2 weeks, tag: {day: tuesday}, push: {day: monday}}
contacts: {ops: {}}
components: {measured: {branch: master}}
environments: {production: {maintainer: ops, after: tag}}
`

// workshop is where backports are made whole: by git in a worktree that has all
// files, and by looprel, whose dry run makes the commit and pushes nothing, in a
// clone with a remote that has the two branches it looks at.
type workshop struct {
	worktree, remote, clone string
	looprel                 string
	// costs are the medians for each backport: git's, looprel's, and what the remote
	// takes of that to say which branches it has.
	costs [3][]spent
}

func newWorkshop(ctx context.Context, dir, repository, looprel string) (*workshop, error) {
	w := &workshop{
		worktree: filepath.Join(dir, "worktree"), remote: filepath.Join(dir, "remote.git"), clone: filepath.Join(dir, "clone"), looprel: looprel,
	}
	objects, err := filepath.Abs(filepath.Join(gitDir(repository), "objects"))
	if err != nil {
		return nil, err
	}
	for _, place := range []struct {
		directory, git string
		options        []string
	}{
		{w.worktree, w.worktree + "/.git", nil}, {w.remote, w.remote, []string{"--bare"}}, {w.clone, w.clone + "/.git", nil},
	} {
		if err := os.MkdirAll(filepath.Join(place.git, "objects", "info"), 0o750); err != nil {
			return nil, err
		}
		if _, err := git(ctx, place.directory, "", append([]string{"init", "--quiet"}, place.options...)...); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(place.git, "objects", "info", "alternates"), []byte(objects+"\n"), 0o600); err != nil {
			return nil, err
		}
		for _, setting := range [][2]string{
			{"user.name", "Developer"}, {"user.email", "developer@example.org"}, {"remote.origin.url", w.remote},
			{"remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"}, {"gc.auto", "0"},
		} {
			if _, err := git(ctx, place.directory, "", "config", setting[0], setting[1]); err != nil {
				return nil, err
			}
		}
	}
	return w, os.WriteFile(filepath.Join(dir, "environments.yaml"), []byte(train), 0o600)
}

// measure makes backports in both ways, in turn. Those that git does not pick
// cleanly, and those that the line has already, are passed over.
func (w *workshop) measure(ctx context.Context, rows []row) error {
	for _, row := range rows {
		if len(w.costs[0]) == measuredBackports {
			return nil
		}
		if err := w.measureOne(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func (w *workshop) measureOne(ctx context.Context, row row) error {
	for ref, commit := range map[string]string{"refs/heads/master": row.theirs, "refs/heads/1.0.x": row.ours} {
		if _, err := git(ctx, w.remote, "", "update-ref", ref, commit); err != nil {
			return err
		}
	}
	var costs [3][]spent
	// The first round fills the system's caches and does not count.
	for round := range rounds + 1 {
		byGit, tree, err := w.pick(ctx, row)
		if err != nil || tree == "" {
			return err
		}
		own, made, err := w.backport(ctx, row)
		if err != nil || made == "" {
			return err
		}
		if made != tree {
			return fmt.Errorf("the pick of %s onto %s is tree %s, git's is %s", row.theirs, row.ours, made, tree)
		}
		remote, err := w.askRemote(ctx)
		if err != nil {
			return err
		}
		if round > 0 {
			costs[0], costs[1], costs[2] = append(costs[0], byGit), append(costs[1], own), append(costs[2], remote)
		}
	}
	for i := range costs {
		w.costs[i] = append(w.costs[i], median(costs[i]))
	}
	return nil
}

// pick has git pick a commit; there is no tree where it does not do so cleanly.
func (w *workshop) pick(ctx context.Context, row row) (cost spent, tree string, err error) {
	if _, err := git(ctx, w.worktree, "", "checkout", "--quiet", "--force", "--detach", row.ours); err != nil {
		return cost, "", nil //nolint:nilerr // a clone may lack large files; another backport serves
	}
	if cost, err = spend(gitCommand(ctx, w.worktree, "cherry-pick", "--quiet", row.theirs), ""); err != nil {
		return cost, "", nil //nolint:nilerr // a merge, say; another backport serves
	}
	if unmerged, err := git(ctx, w.worktree, "", "ls-files", "--unmerged"); err != nil || unmerged != "" {
		_, quitErr := git(ctx, w.worktree, "", "cherry-pick", "--quit")
		return cost, "", firstOf(err, quitErr)
	}
	text, err := git(ctx, w.worktree, "", "rev-parse", "HEAD^{tree}")
	return cost, strings.TrimSpace(text), err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// backport has looprel make the commit; there is no tree if the line has it.
func (w *workshop) backport(ctx context.Context, row row) (cost spent, tree string, err error) {
	command := exec.CommandContext(ctx, w.looprel, "--config", filepath.Join(filepath.Dir(w.clone), "environments.yaml"),
		"backport", "1.0.x", row.theirs, "--no-release", "--dry-run", "--output", "json")
	command.Dir = w.clone
	command.Env = gitCommand(ctx, w.clone).Env
	var output strings.Builder
	command.Stdout = &output
	if cost, err = spend(command, ""); err != nil {
		return cost, "", err
	}
	var plan struct {
		Lines []struct{ Commits []struct{ Tree string } }
	}
	if err := json.Unmarshal([]byte(output.String()), &plan); err != nil {
		return cost, "", fmt.Errorf("the plan of %s: %w", row.theirs, err)
	}
	if len(plan.Lines) == 1 && len(plan.Lines[0].Commits) == 1 {
		tree = plan.Lines[0].Commits[0].Tree
	}
	return cost, tree, nil
}

// askRemote runs what answers looprel at the other end: git picks without asking
// anybody.
func (w *workshop) askRemote(ctx context.Context) (spent, error) {
	const flush = "0000"
	return spend(gitCommand(ctx, w.remote, "upload-pack", w.remote), flush)
}

// report prints what the backports cost.
func (w *workshop) report() {
	if len(w.costs[0]) == 0 {
		fmt.Println("\nNo backport could be made from beginning to end.")
		return
	}
	git, own, remote := median(w.costs[0]), median(w.costs[1]), median(w.costs[2])
	fmt.Printf("\nA backport from its arguments to the commit, %d of them, medians:\n\n", len(w.costs[0]))
	fmt.Println("| | `git cherry-pick` in a worktree | `looprel backport --dry-run` | times as fast |")
	fmt.Println("|---|--:|--:|--:|")
	line := func(what string, git, own time.Duration, wanted string) {
		fmt.Printf("| %s, ms | %s | %s | %.1f%s |\n", what, milliseconds(git), milliseconds(own), float64(git)/float64(own), wanted)
	}
	line("by the clock", git.wall, own.wall, "")
	line("by the clock, but for the remote's answer", git.wall, own.wall-remote.wall, fmt.Sprintf(" (wanted: %d)", wantedFactor))
	line("CPU", git.cpu, own.cpu, "")
	line("CPU, but for the remote's", git.cpu, own.cpu-remote.cpu, "")
	fmt.Printf("| peak of memory, MB | %s | %s | |\n", megabytes(git.peak), megabytes(own.peak))
}
