package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// ReadSource reads an environments.yaml from a stream.
func ReadSource(from io.Reader, shown string) (*Source, error) {
	data, err := readAtMost(from, shown)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shown, err)
	}
	return newSource(shown, data)
}

// Facts are what a clone shows of itself, for a first environments.yaml, and the
// directory to write that to. Nothing is fetched.
func Facts(ctx context.Context, options Options, today release.Date, zone string) (root string, facts config.ScaffoldFacts, err error) {
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: options.Dir, Environ: options.Environ})
	if err != nil {
		return "", facts, err
	}
	defer repository.Close() //nolint:errcheck // it was only read
	root = repository.Worktree()
	if root == "" {
		return "", facts, &plan.Misuse{Reason: "this clone is bare, so there is no worktree to write " + ConfigName + " to",
			Advice: "run it in a clone with a worktree, or look at it: looprel init --dry-run, there"}
	}
	refs, err := repository.Refs("refs/")
	if err != nil {
		return "", facts, err
	}
	var tags, branches []string
	for _, ref := range sortedRefs(refs) {
		if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			tags = append(tags, name)
		} else if name, ok := branchName(ref); ok && !slices.Contains(branches, name) {
			branches = append(branches, name)
		}
	}
	head, commit, err := repository.Head()
	if err != nil {
		return "", facts, err
	}
	files, err := releaseFiles(repository, root, commit)
	if err != nil {
		return "", facts, err
	}
	name := repositoryName(repository, root)
	return root, config.Detect(tags, branches, mainBranch(plan.ShortRef(head), branches), files, name, today, zone), nil
}

// branchName is the short name of a branch, local or of a remote.
func branchName(ref string) (string, bool) {
	if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		return name, true
	}
	rest, ok := strings.CutPrefix(ref, "refs/remotes/")
	if !ok {
		return "", false
	}
	_, name, ok := strings.Cut(rest, "/")
	return name, ok && name != "HEAD"
}

// mainBranch is the branch that releases are likely made from: one of the usual
// names, whatever happens to be checked out.
func mainBranch(head string, branches []string) string {
	for _, usual := range []string{"main", "master", "trunk"} {
		if slices.Contains(branches, usual) {
			return usual
		}
	}
	return head
}

// releaseFiles reads the files that may carry a version, as committed; of a
// repository without commits, from the worktree.
func releaseFiles(repository *gitrepo.Repository, root string, commit object.ID) (map[string][]byte, error) {
	files := map[string][]byte{}
	if commit.IsZero() {
		for _, name := range config.DetectFiles() {
			if data, err := readBounded(filepath.Join(root, filepath.FromSlash(name))); err == nil {
				files[name] = data
			}
		}
		return files, nil
	}
	decoded, err := repository.Commit(commit)
	if err != nil {
		return nil, err
	}
	for _, name := range config.DetectFiles() {
		data, _, err := repository.ReadFile(decoded.Tree, name)
		switch {
		case err == nil:
			files[name] = data
		case errors.Is(err, gitrepo.ErrNotFound), errors.Is(err, gitrepo.ErrWrongKind), errors.Is(err, gitrepo.ErrTooLarge):
		default:
			return nil, err
		}
	}
	return files, nil
}

// repositoryName is what the repository is called: the last part of its remote's
// address, or its directory.
func repositoryName(repository *gitrepo.Repository, root string) string {
	remotes := repository.Config().Remotes()
	for _, remote := range remotes {
		if remote.Name == "origin" || len(remotes) == 1 {
			address := strings.TrimRight(filepath.ToSlash(remote.URL), "/")
			if name := strings.TrimSuffix(path.Base(strings.ReplaceAll(address, ":", "/")), ".git"); name != "" && name != "." {
				return name
			}
		}
	}
	return filepath.Base(root)
}
