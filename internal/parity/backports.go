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
	measuredBackports = 12
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
	// costs are the medians for each backport.
	costs [waysToPick][]spent
}

// The ways in which a backport is made, and what of it is asking the remote.
const (
	// gitSwitched is git's pick right after the worktree, in which the fix was made, was
	// switched to the line: git reads anew what has just been written.
	gitSwitched = iota
	// gitSettled is git's pick in a worktree that was on the line already.
	gitSettled
	// ownSeen is looprel's in a clone that has fetched from the remote, and ownUnseen in
	// one that has seen nothing of it.
	ownSeen
	ownUnseen
	// asking is what the remote takes to say which branches it has, which looprel asks and
	// git does not. In a clone that has fetched, looprel works meanwhile: there, the rest
	// is what the command takes beyond that; in one that has not, all that it does.
	asking
	waysToPick
)

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
	branches := map[string]string{"master": row.theirs, "1.0.x": row.ours}
	for branch, commit := range branches {
		if _, err := git(ctx, w.remote, "", "update-ref", "refs/heads/"+branch, commit); err != nil {
			return err
		}
	}
	_, tree, err := w.pick(ctx, row, row.ours)
	if err != nil || tree == "" {
		return err
	}
	made, err := w.backport(ctx, row)
	if err != nil || made == "" {
		return err
	}
	if made != tree {
		return fmt.Errorf("the pick of %s onto %s is tree %s, git's is %s", row.theirs, row.ours, made, tree)
	}
	var costs [waysToPick][]spent
	add := func(round, way int, cost spent) {
		if round > 0 { // the first one fills the system's caches
			costs[way] = append(costs[way], cost)
		}
	}
	for round := range rounds + 1 {
		cost, tree, err := w.pick(ctx, row, row.ours)
		if err != nil || tree == "" {
			return err
		}
		add(round, gitSettled, cost)
		for _, way := range []int{ownUnseen, ownSeen} {
			if err := w.see(ctx, branches, way == ownSeen); err != nil {
				return err
			}
			if cost, err = spend(w.looprelCommand(ctx, row), ""); err != nil {
				return err
			}
			add(round, way, cost)
		}
		if cost, err = w.askRemote(ctx); err != nil {
			return err
		}
		add(round, asking, cost)
	}
	// Last, since writing thousands of files leaves the processor's caches to nobody.
	for round := range rounds + 1 {
		cost, tree, err := w.pick(ctx, row, row.theirs+"^")
		if err != nil || tree == "" {
			return err
		}
		add(round, gitSwitched, cost)
	}
	for way := range costs {
		w.costs[way] = append(w.costs[way], median(costs[way]))
	}
	return nil
}

// see has the clone follow the remote's branches, or none of them.
func (w *workshop) see(ctx context.Context, branches map[string]string, seen bool) error {
	for branch, commit := range branches {
		arguments := []string{"update-ref", "-d", "refs/remotes/origin/" + branch}
		if seen {
			arguments = []string{"update-ref", "refs/remotes/origin/" + branch, commit}
		}
		if _, err := git(ctx, w.clone, "", arguments...); err != nil {
			return err
		}
	}
	return nil
}

// pick has git pick a commit onto a line to which the worktree is switched from another
// commit; there is no tree where it does not do so cleanly.
func (w *workshop) pick(ctx context.Context, row row, from string) (cost spent, tree string, err error) {
	for _, commit := range []string{from, row.ours} {
		if _, err := git(ctx, w.worktree, "", "checkout", "--quiet", "--force", "--detach", commit); err != nil {
			return cost, "", nil //nolint:nilerr // a clone may lack large files; another backport serves
		}
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

// looprelCommand has looprel make the commit.
func (w *workshop) looprelCommand(ctx context.Context, row row, options ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, w.looprel, append([]string{"--config", filepath.Join(filepath.Dir(w.clone), "environments.yaml"),
		"backport", "1.0.x", row.theirs, "--no-release", "--dry-run"}, options...)...)
	command.Dir = w.clone
	command.Env = gitCommand(ctx, w.clone).Env
	return command
}

// backport is the tree that looprel makes; there is none if the line has the fix, or it
// does not apply.
func (w *workshop) backport(ctx context.Context, row row) (tree string, err error) {
	command := w.looprelCommand(ctx, row, "--output", "json")
	var output strings.Builder
	command.Stdout = &output
	if _, err = spend(command, ""); err != nil {
		return "", err
	}
	var plan struct {
		Lines []struct{ Commits []struct{ Tree string } }
	}
	if err := json.Unmarshal([]byte(output.String()), &plan); err != nil {
		return "", fmt.Errorf("the plan of %s: %w", row.theirs, err)
	}
	if len(plan.Lines) == 1 && len(plan.Lines[0].Commits) == 1 {
		tree = plan.Lines[0].Commits[0].Tree
	}
	return tree, nil
}

// askRemote runs what answers looprel at the other end: git picks without asking
// anybody.
func (w *workshop) askRemote(ctx context.Context) (spent, error) {
	const flush = "0000"
	return spend(gitCommand(ctx, w.remote, "upload-pack", w.remote), flush)
}

// report prints what the backports cost.
func (w *workshop) report() {
	count := len(w.costs[0])
	if count == 0 {
		fmt.Println("\nNo backport could be made from beginning to end.")
		return
	}
	var costs [waysToPick]spent
	for way := range costs {
		costs[way] = median(w.costs[way])
	}
	switched, settled, asked := costs[gitSwitched], costs[gitSettled], costs[asking]
	fmt.Printf("\nA backport from its arguments to the commit, %d of them, medians. `git cherry-pick` in a\n"+
		"worktree takes %s ms right after the worktree was switched to the line, %s where it was\n"+
		"there already (CPU: %s, %s; %s MB).\n\n", count,
		milliseconds(switched.wall), milliseconds(settled.wall), milliseconds(switched.cpu), milliseconds(settled.cpu), megabytes(settled.peak))
	fmt.Println("| `looprel backport --dry-run` | ms | times as fast, switched | settled |")
	fmt.Println("|---|--:|--:|--:|")
	line := func(what string, own time.Duration, wanted string) {
		fmt.Printf("| %s | %s | %.1f%s | %.1f |\n", what, milliseconds(own), float64(switched.wall)/float64(own), wanted, float64(settled.wall)/float64(own))
	}
	wanted := fmt.Sprintf(" (wanted: %d)", wantedFactor)
	for _, one := range []struct {
		way  int
		what string
	}{{ownSeen, "in a clone that has fetched"}, {ownUnseen, "in one that has not"}} {
		own := costs[one.way]
		line("by the clock, "+one.what, own.wall, "")
		line("the same, beyond the remote's answer", own.wall-asked.wall, wanted)
	}
	own := costs[ownSeen]
	fmt.Printf("\nCPU: %s ms, but for the remote's %s; %s MB.\n", milliseconds(own.cpu), milliseconds(own.cpu-asked.cpu), megabytes(own.peak))
}
