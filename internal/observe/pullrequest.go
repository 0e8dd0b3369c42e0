package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// MergedPulls is what a backport of pull requests asks of a forge.
type MergedPulls interface {
	Pull(ctx context.Context, number int) (forge.Pull, error)
	// PullHistory are its commits as they were before it was merged, oldest first.
	PullHistory(ctx context.Context, number int) ([]forge.PullCommit, error)
	// OwnComments are the texts of comments of those who belong to the repository.
	OwnComments(ctx context.Context, number int) ([]string, error)
	Labels(ctx context.Context) ([]string, error)
	// MergedWith are the numbers of merged pull requests that carry a label.
	MergedWith(ctx context.Context, label string) ([]int, error)
}

// chosen is a commit to be picked, and the parent that it is picked against if it is a
// merge; 0: that of the command line.
type chosen struct {
	id       object.ID
	mainline int
}

// pullNumber reads #123 (marked) or 123, 0 for what is neither. A number has no zeros
// before it, which an id may have.
func pullNumber(text string) (number int, marked bool) {
	digits, marked := strings.CutPrefix(text, "#")
	value, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || strings.HasPrefix(digits, "0") {
		return 0, marked
	}
	return int(value), marked
}

// maybePull reports whether a word may stand for a pull request.
func maybePull(text string) bool {
	number, marked := pullNumber(text)
	return marked || number > 0
}

// pullNamed finds the commits of the pull request that a word of the command line
// stands for. A bare number may be the beginning of a commit's id as well; which of them
// is meant is not guessed.
func (b *backport) pullNamed(ctx context.Context, text string) ([]chosen, error) {
	number, marked := pullNumber(text)
	if marked && number == 0 {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%q is not the number of a pull request", text), Advice: "write it as #123"}
	}
	commit, notCommit := object.ID{}, error(nil)
	if !marked {
		commit, notCommit = b.commitNamed(text)
	}
	if b.wayToForge == nil {
		if !marked {
			return []chosen{{id: commit}}, notCommit
		}
		return nil, b.noForge(text)
	}
	pull, err := b.wayToForge.Pull(ctx, number)
	switch {
	case marked && errors.Is(err, github.ErrNotFound):
		return nil, &plan.Misuse{Reason: fmt.Sprintf("there is no pull request #%d at %s that the token may see", number, b.snapshot.Forge), Advice: "look at the number once more; or name its commits"}
	case err != nil && !marked && notCommit == nil:
		return []chosen{{id: commit}}, nil // a forge that is down keeps nobody from a commit
	case !marked && errors.Is(err, github.ErrNotFound):
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%s is neither a commit nor a pull request at %s", text, b.snapshot.Forge), Advice: "look at it once more"}
	case err != nil:
		return nil, err
	case !marked && notCommit == nil:
		return nil, b.ambiguous(text, commit, pull)
	}
	commits, err := b.landed(ctx, pull)
	if err == nil {
		b.take(pull, commits)
	}
	return commits, err
}

// noForge says why a pull request cannot be asked for.
func (b *backport) noForge(text string) error {
	if b.forgeErr != nil {
		return b.forgeErr
	}
	return &plan.Misuse{Reason: text + " is a pull request, and environments.yaml has no section github",
		Advice: "add github: {} to it; or give the commits: git log --grep '" + text + "' may find them"}
}

func (b *backport) ambiguous(text string, id object.ID, pull forge.Pull) error {
	subject := ""
	if commit, err := b.repository.Commit(id); err == nil {
		subject = commit.Subject()
	}
	return &plan.Misuse{
		Reason: fmt.Sprintf("%s is commit %s %q, and pull request #%d %q as well", text, id.Short(), subject, pull.Number, pull.Title),
		Advice: fmt.Sprintf("write '#%d' for the pull request, %s for the commit", pull.Number, id),
	}
}

// take notes a pull request with its commits, once.
func (b *backport) take(pull forge.Pull, commits []chosen) {
	facts := plan.PullFacts{PullRequest: plan.PullRequest{Number: pull.Number, Title: pull.Title, Author: pull.Author, Page: pull.Page}, Labels: pull.Labels}
	for _, one := range commits {
		facts.Commits = append(facts.Commits, one.id)
	}
	if !slices.ContainsFunc(b.pulls, func(known plan.PullFacts) bool { return known.Number == pull.Number }) {
		b.pulls = append(b.pulls, facts)
	}
}

// landed are the commits by which a pull request came to its base, oldest first.
//
//   - By a merge commit: its own commits. Where merges are among them, whose conflicts
//     may have been resolved there, or where a mainline is asked for: the merge, as its
//     change to that parent (the first one).
//   - By a rebase: the commits that it became.
//   - By a squash: that one commit.
//   - By a push of its branch: its commits, as they are.
func (b *backport) landed(ctx context.Context, pull forge.Pull) ([]chosen, error) {
	if err := notMerged(pull); err != nil {
		return nil, err
	}
	commit, err := b.repository.Commit(pull.Merged)
	var missing *gitrepo.MissingError
	switch {
	case errors.As(err, &missing) && missing.Shallow:
		return nil, b.deepen(err)
	case errors.As(err, &missing), errors.Is(err, gitrepo.ErrNotFound):
		return nil, &plan.Refusal{
			Reason: fmt.Sprintf("%s, by which #%d was merged into %s, is neither in this clone nor on %s of %s", pull.Merged.Short(), pull.Number, pull.Base, plan.ShortRef(b.trunk), b.remoteName()),
			Advice: fmt.Sprintf("git fetch %s %s; or, if history was rewritten since, name the commits", b.remoteName(), pull.Base),
		}
	case err != nil:
		return nil, err
	case len(commit.Parents) > 1:
		return b.mergedBy(ctx, pull.Merged, commit)
	}
	history, err := b.wayToForge.PullHistory(ctx, pull.Number)
	if err != nil {
		return nil, err
	}
	return b.rebased(pull, history)
}

// notMerged refuses a pull request that is not merged.
func notMerged(pull forge.Pull) error {
	switch {
	case pull.State == forge.PullOpen:
		return &plan.Refusal{Reason: fmt.Sprintf("pull request #%d %q is not merged yet", pull.Number, pull.Title), Advice: "have it merged first (" + pull.Page + "), then the same command"}
	case pull.State != forge.PullMerged:
		return &plan.Refusal{Reason: fmt.Sprintf("pull request #%d %q was closed, and not merged", pull.Number, pull.Title), Advice: "name the commits that have the fix instead"}
	case pull.Merged.IsZero():
		return &plan.Refusal{Reason: fmt.Sprintf("the forge does not say by which commit #%d was merged", pull.Number), Advice: "name its commits"}
	}
	return nil
}

// mergedBy are the commits that a merge brought.
func (b *backport) mergedBy(ctx context.Context, id object.ID, merge object.Commit) ([]chosen, error) {
	whole := []chosen{{id: id, mainline: max(b.wanted.Mainline, 1)}}
	if b.wanted.Mainline > 0 {
		return whole, nil
	}
	commits, err := b.repository.Range(ctx, merge.Parents[1:], merge.Parents[:1], gitrepo.RangeOptions{Limit: maxSources + 1})
	if err != nil {
		return nil, b.deepen(err)
	}
	merges := slices.ContainsFunc(commits, func(one gitrepo.CommitInfo) bool { return len(one.Parents) > 1 })
	if merges || len(commits) == 0 {
		return whole, nil
	}
	var list []chosen
	for _, id := range oldestFirst(commits) {
		list = append(list, chosen{id: id})
	}
	return list, nil
}

// rebased are the commits that a history became, which ends with the merged commit: a
// rebase leaves messages and authors as they are, and drops merges and what its base has
// already. None of a history is there after a squash, whose commit is another.
func (b *backport) rebased(pull forge.Pull, history []forge.PullCommit) ([]chosen, error) {
	var own []forge.PullCommit
	asItIs := false
	for _, one := range history {
		asItIs = asItIs || one.ID == pull.Merged
		if !one.Merge {
			own = append(own, one)
		}
	}
	if asItIs {
		return pushed(pull, history, own)
	}
	var list []chosen
	for id, left := pull.Merged, own; len(own) > 1 && len(left) > 0; {
		commit, err := b.repository.Commit(id)
		if err != nil {
			return nil, b.deepen(err)
		}
		at := lastLike(left, commit)
		if at < 0 {
			break
		}
		list = append(list, chosen{id: id})
		if len(commit.Parents) != 1 {
			break
		}
		id, left = commit.Parents[0], left[:at]
	}
	if len(list) == 0 {
		return []chosen{{id: pull.Merged}}, nil
	}
	slices.Reverse(list)
	return list, nil
}

// pushed are the commits of a branch that its base got by a push.
func pushed(pull forge.Pull, history, own []forge.PullCommit) ([]chosen, error) {
	if len(own) != len(history) {
		return nil, &plan.Refusal{Reason: fmt.Sprintf("#%d was pushed to %s with merges in it, and which of its commits have the fix is not known", pull.Number, pull.Base), Advice: "name them"}
	}
	var list []chosen
	for _, one := range own {
		list = append(list, chosen{id: one.ID})
	}
	return list, nil
}

// lastLike is the place of the last commit of a history that a commit was made of by a
// rebase, -1 if it was made of none.
func lastLike(history []forge.PullCommit, commit object.Commit) int {
	for i, one := range slices.Backward(history) {
		if one.Authored.Equal(commit.Author.When) && strings.TrimSpace(one.Message) == strings.TrimSpace(commit.Message) {
			return i
		}
	}
	return -1
}

// readComments reads what the pull requests were told before, where they are going to
// be told something. Where the forge does not answer, that is found out once more before
// they are told.
func (b *backport) readComments(ctx context.Context) error {
	if b.wayToForge == nil || !b.request.Labelled && !b.snapshot.Train.GitHub.Backports.Comment {
		return nil
	}
	for i := range b.pulls {
		var err error
		b.pulls[i].Comments, err = b.wayToForge.OwnComments(ctx, b.pulls[i].Number)
		if err != nil && !errors.Is(err, forge.ErrUnreachable) {
			return err
		}
	}
	return nil
}
