package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// layout is where the parts of a repository are. All paths are absolute.
type layout struct {
	gitDir    string
	commonDir string
	// worktree is where the worktree would be; bare says that there is none.
	worktree string
	bare     bool
}

// maxPointerSize bounds the one-line files that name a directory or a reference.
const maxPointerSize = 64 << 10

// discover looks for a repository as git does: GIT_DIR, or in each directory
// from dir upwards a .git (directory or file) or the files of a bare repository.
func discover(dir string, env environ) (layout, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, err
	}
	if info, err := os.Stat(start); err != nil || !info.IsDir() {
		return layout{}, &Error{Kind: ErrNotRepository, What: fmt.Sprintf("%s is not a directory", start),
			Advice: "give a directory of the clone: -C DIR"}
	}
	if gitDir := env.get("GIT_DIR"); gitDir != "" {
		return explicitLayout(absolute(start, gitDir), start, env)
	}
	ceilings := filepath.SplitList(env.get("GIT_CEILING_DIRECTORIES"))
	for current := start; ; current = filepath.Dir(current) {
		found, ok, err := layoutAt(current, env)
		if ok || err != nil {
			return found, err
		}
		parent := filepath.Dir(current)
		if parent == current || slices.Contains(ceilings, parent) {
			return layout{}, notRepository(start)
		}
	}
}

func notRepository(dir string) error {
	return &Error{Kind: ErrNotRepository, What: fmt.Sprintf("%s is in no git repository", dir),
		Advice: "change into the clone, or name it: -C DIR"}
}

func explicitLayout(gitDir, start string, env environ) (layout, error) {
	gitDir, err := followGitFile(gitDir)
	if err != nil {
		return layout{}, err
	}
	found, ok, err := asGitDir(gitDir, env)
	if err != nil {
		return layout{}, err
	}
	if !ok {
		return layout{}, &Error{Kind: ErrNotRepository, What: fmt.Sprintf("GIT_DIR is %s, which is not a git repository", gitDir),
			Advice: "correct or unset GIT_DIR, or name the clone: -C DIR"}
	}
	found.worktree = start
	return found, nil
}

// layoutAt looks at one directory on the way up.
func layoutAt(directory string, env environ) (layout, bool, error) {
	dotGit := filepath.Join(directory, ".git")
	if pathExists(dotGit) {
		gitDir, err := followGitFile(dotGit)
		if err != nil {
			return layout{}, false, err
		}
		found, ok, err := asGitDir(gitDir, env)
		found.worktree = directory
		if ok || err != nil {
			return found, ok, err
		}
	}
	found, ok, err := asGitDir(directory, env)
	if filepath.Base(directory) == ".git" {
		found.worktree = filepath.Dir(directory)
	}
	return found, ok, err
}

// followGitFile resolves a .git file ("gitdir: PATH"), which linked worktrees
// and submodules have; a directory is returned as it is.
func followGitFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return path, nil //nolint:nilerr // what does not exist is not a repository, which the caller finds
	}
	data, err := readBounded(path, maxPointerSize)
	if err != nil {
		return "", &Error{Kind: ErrNotRepository, What: "cannot read " + path, Cause: err, Advice: "make it readable"}
	}
	target, found := strings.CutPrefix(strings.TrimRight(string(data), "\r\n"), "gitdir: ")
	if !found {
		return "", &Error{Kind: ErrNotRepository, What: fmt.Sprintf("%s is a file that does not begin with \"gitdir: \"", path),
			Advice: "repair the worktree: git worktree repair"}
	}
	target = absolute(filepath.Dir(path), target)
	if !pathExists(target) {
		return "", &Error{Kind: ErrNotRepository, What: fmt.Sprintf("%s points at %s, which does not exist", path, target),
			Advice: "repair the worktree: git worktree repair"}
	}
	return target, nil
}

// asGitDir reports whether the directory is a repository's own: it has a HEAD,
// and objects and refs there or in the common directory.
func asGitDir(directory string, env environ) (layout, bool, error) {
	found := layout{gitDir: directory, commonDir: directory}
	if !pathExists(filepath.Join(directory, "HEAD")) {
		return found, false, nil
	}
	if common := env.get("GIT_COMMON_DIR"); common != "" {
		found.commonDir = absolute(directory, common)
	} else if data, err := readBounded(filepath.Join(directory, "commondir"), maxPointerSize); err == nil {
		found.commonDir = absolute(directory, strings.TrimRight(string(data), "\r\n"))
	} else if !errors.Is(err, os.ErrNotExist) {
		return found, false, &Error{Kind: ErrNotRepository, What: "cannot read the worktree's commondir", Cause: err,
			Advice: "repair the worktree: git worktree repair"}
	}
	return found, isDirectory(filepath.Join(found.commonDir, "objects")) && isDirectory(filepath.Join(found.commonDir, "refs")), nil
}

// isBare decides whether the repository has a worktree, and where.
func isBare(found layout, config Config, env environ) (bool, error) {
	if env.get("GIT_WORK_TREE") != "" || found.gitDir != found.commonDir {
		return false, nil
	}
	bare, set, err := config.Bool("core.bare")
	if err != nil {
		return false, err
	}
	if set {
		return bare && config.Get("core.worktree") == "", nil
	}
	return filepath.Base(found.gitDir) != ".git" && found.worktree == "", nil
}

// placeWorktree applies what the configuration and the environment say about
// the worktree's place.
func (l *layout) placeWorktree(config Config, env environ) {
	if worktree := env.get("GIT_WORK_TREE"); worktree != "" {
		l.worktree = absolute(l.worktree, worktree)
	} else if worktree := config.Get("core.worktree"); worktree != "" && l.gitDir == l.commonDir {
		l.worktree = absolute(l.gitDir, worktree)
	}
}

// checkFormat refuses repositories whose format looprel would misread
// (gitrepository-layout(5), core.repositoryFormatVersion).
func checkFormat(found layout, config Config) error {
	version := config.Get("core.repositoryFormatVersion")
	if version != "" && version != "0" && version != "1" {
		return unsupported(found, "has format version "+version, "looprel reads versions 0 and 1; use a clone made by git without --ref-format and --object-format")
	}
	if format := config.Get("extensions.objectFormat"); format != "" && format != "sha1" {
		return unsupported(found, "uses "+format+" object ids", "looprel reads SHA-1 repositories only; use a clone made with --object-format=sha1")
	}
	if storage := config.Get("extensions.refStorage"); storage != "" && storage != "files" {
		return unsupported(found, "keeps its references as "+storage, "convert it: git refs migrate --ref-format=files")
	}
	if version != "1" {
		return nil
	}
	for _, s := range config.settings {
		if s.section == "extensions" && !slices.Contains(knownExtensions(), s.key) {
			return unsupported(found, fmt.Sprintf("uses the extension %q", s.key), "looprel does not know it; use another clone")
		}
	}
	return nil
}

// knownExtensions are those that change nothing for looprel, or that it heeds.
func knownExtensions() []string {
	return []string{"noop", "noop-v1", "partialclone", "preciousobjects", "worktreeconfig", "objectformat", "refstorage", "relativeworktrees"}
}

func unsupported(found layout, what, advice string) error {
	return &Error{Kind: ErrUnsupported, What: fmt.Sprintf("the repository %s %s", found.commonDir, what), Advice: advice}
}

// headTarget is the full name of the branch that HEAD stands on, "" when it
// stands on none.
func headTarget(gitDir string) string {
	data, err := readBounded(filepath.Join(gitDir, "HEAD"), maxPointerSize)
	if err != nil {
		return ""
	}
	target, found := strings.CutPrefix(string(data), "ref:")
	if !found {
		return ""
	}
	return strings.TrimSpace(target)
}

// pathExists reports whether there is something of that name, even if it is a
// symbolic link that leads nowhere.
func pathExists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func absolute(base, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}
