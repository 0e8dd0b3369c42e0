package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/mozilla-services/looprel/internal/object"
)

// maxIgnoreSize bounds the files that say what git ignores, in bytes.
const maxIgnoreSize = 1 << 20

// untracked lists what git neither tracks nor ignores.
func (s *editScan) untracked(ctx context.Context) ([]string, error) {
	walk := &untrackedWalk{scan: s, pace: pace{ctx: ctx}, tracked: map[string]object.Mode{}, directories: map[string]bool{}}
	for _, entry := range s.entries {
		walk.tracked[entry.Path] = entry.Mode
		for directory := parentOf(entry.Path); directory != "." && !walk.directories[directory]; directory = parentOf(directory) {
			walk.directories[directory] = true
		}
	}
	for _, file := range []string{s.edit.repository.globalIgnore(), filepath.Join(s.edit.place.commonDir, "info", "exclude")} {
		walk.ignore(file, nil)
	}
	_, err := walk.directory("", nil, false)
	return walk.found, err
}

// globalIgnore is the file of what the user ignores everywhere (core.excludesFile).
func (r *Repository) globalIgnore() string {
	if file := r.config.Path("core.excludesFile"); file != "" {
		return file
	}
	if directory := r.environ.get("XDG_CONFIG_HOME"); directory != "" {
		return filepath.Join(directory, "git", "ignore")
	}
	return r.environ.expandHome("~/.config/git/ignore")
}

// untrackedWalk goes through the worktree.
type untrackedWalk struct {
	scan        *editScan
	pace        pace
	tracked     map[string]object.Mode
	directories map[string]bool // those with tracked files
	patterns    []gitignore.Pattern
	found       []string
}

// ignore adds the patterns of a file, which hold below a directory. One that cannot
// be read has none, as in git.
func (w *untrackedWalk) ignore(path string, directory []string) {
	if path == "" {
		return
	}
	data, err := readBounded(path, maxIgnoreSize)
	if err != nil {
		return
	}
	for line := range bytes.Lines(data) {
		text := strings.TrimRight(string(line), "\r\n")
		if text != "" && text[0] != '#' {
			w.patterns = append(w.patterns, gitignore.ParsePattern(text, directory))
		}
	}
}

// directory looks into one. Of a directory without tracked files it is enough to
// know that there is something, which it returns.
func (w *untrackedWalk) directory(path string, parts []string, briefly bool) (something bool, err error) {
	if err := w.pace.step(); err != nil {
		return false, err
	}
	before := len(w.patterns)
	defer func() { w.patterns = w.patterns[:before] }()
	full := w.scan.fullPath(path)
	w.ignore(filepath.Join(full, ".gitignore"), parts)
	entries, err := os.ReadDir(full)
	if errors.Is(err, fs.ErrPermission) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, entry := range entries {
		below := entry.Name()
		if path != "" {
			below = path + "/" + below
		}
		found, err := w.entry(below, append(parts[:len(parts):len(parts)], entry.Name()), entry, briefly)
		if err != nil {
			return false, err
		}
		if found && briefly {
			return true, nil
		}
		something = something || found
	}
	return something, nil
}

func (w *untrackedWalk) entry(path string, parts []string, entry fs.DirEntry, briefly bool) (something bool, err error) {
	mode, tracked := w.tracked[path]
	inPlace := tracked && (mode == object.ModeSubmodule || !entry.IsDir())
	if inPlace || path == ".git" {
		return false, nil
	}
	if entry.IsDir() && w.directories[path] {
		return w.directory(path, parts, briefly)
	}
	if gitignore.NewMatcher(w.patterns).Match(parts, entry.IsDir()) {
		return false, nil
	}
	if entry.IsDir() {
		if something, err := w.directory(path, parts, true); err != nil || !something {
			return something, err
		}
		path += "/"
	}
	if !briefly {
		w.found = append(w.found, path)
	}
	return true, nil
}
