package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
)

// pathNames writes paths of a tree as git does: relative to the directory that
// the command runs in, and between quotes where they have unusual characters.
type pathNames struct {
	prefix    []string // the directory's names below the worktree's root
	quoteHigh bool     // core.quotePath
}

func newPathNames(repository *gitrepo.Repository, dir string) pathNames {
	names := pathNames{quoteHigh: true}
	if quote, set, err := repository.Config().Bool("core.quotePath"); err == nil && set {
		names.quoteHigh = quote
	}
	if repository.Worktree() == "" {
		return names
	}
	relative, err := filepath.Rel(realPath(repository.Worktree()), realPath(dir))
	if err != nil || relative == "." || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return names
	}
	names.prefix = strings.Split(filepath.ToSlash(relative), "/")
	return names
}

// realPath is a path without symbolic links, as far as it can be had.
func realPath(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(absolute); err == nil {
		return real
	}
	return absolute
}

// quoted writes a path.
func (n pathNames) quoted(path string) string {
	path = n.relative(path)
	if strings.IndexFunc(path, func(r rune) bool { return r >= 0x80 }) < 0 || !n.quoteHigh {
		if !strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '"' || r == '\\' }) {
			return path
		}
	}
	var quoted strings.Builder
	quoted.WriteByte('"')
	for i := range len(path) {
		n.quoteByte(&quoted, path[i])
	}
	quoted.WriteByte('"')
	return quoted.String()
}

func (n pathNames) quoteByte(quoted *strings.Builder, c byte) {
	const meanings, letters = "\a\b\t\n\v\f\r\"\\", `abtnvfr"\`
	switch i := strings.IndexByte(meanings, c); {
	case i >= 0:
		quoted.WriteByte('\\')
		quoted.WriteByte(letters[i])
	case c < ' ' || c == 0x7f || c >= 0x80 && n.quoteHigh:
		fmt.Fprintf(quoted, `\%03o`, c)
	default:
		quoted.WriteByte(c)
	}
}

func (n pathNames) relative(path string) string {
	names := strings.Split(path, "/")
	common := 0
	for common < len(n.prefix) && common < len(names)-1 && n.prefix[common] == names[common] {
		common++
	}
	return strings.Repeat("../", len(n.prefix)-common) + strings.Join(names[common:], "/")
}
