package gitrepo

import (
	"fmt"
	"path/filepath"
	"strings"
)

// checkOwner refuses a repository that belongs to another user, as git does: its
// configuration names programs that looprel would run. A directory that
// safe.directory names, in the system's or the user's own configuration, is
// trusted; so is one that GIT_DIR points at.
func checkOwner(found layout, env environ) error {
	if env.get("GIT_DIR") != "" {
		return nil
	}
	for _, path := range []string{found.worktree, found.gitDir} {
		if path == "" || isOwn(path, env) {
			continue
		}
		// Without a layout only what the repository has no say in is read.
		config, err := readConfig(layout{}, env)
		if err != nil {
			return err
		}
		trusted := found.worktree
		if trusted == "" {
			trusted = found.gitDir
		}
		if isTrusted(trusted, config.GetAll("safe.directory"), env) {
			return nil
		}
		return &Error{Kind: ErrConfig, What: fmt.Sprintf("%s belongs to another user, whose configuration looprel would follow", path),
			Advice: "if you trust it: git config --global --add safe.directory " + trusted}
	}
	return nil
}

// isTrusted follows git-config(1), safe.directory: "*" is every directory, "/*"
// at the end all below, and an empty value forgets those before it.
func isTrusted(path string, values []string, env environ) bool {
	trusted := false
	for _, value := range values {
		value = filepath.ToSlash(env.expandHome(value))
		slashed := filepath.ToSlash(path)
		switch {
		case value == "":
			trusted = false
		case value == "*", strings.TrimSuffix(value, "/") == slashed:
			trusted = true
		case strings.HasSuffix(value, "/*") && strings.HasPrefix(slashed, strings.TrimSuffix(value, "*")):
			trusted = true
		}
	}
	return trusted
}
