package gitrepo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

const (
	// maxConfigSize bounds one configuration file, in bytes.
	maxConfigSize = 8 << 20
	// maxIncludeDepth is git's own bound for files that include files.
	maxIncludeDepth = 10
	// maxEnvironmentSettings bounds GIT_CONFIG_COUNT.
	maxEnvironmentSettings = 10_000
)

// readConfig merges git's configuration, the weakest source first (git-config(1),
// "Files"): the system's file, the user's in XDG_CONFIG_HOME and in HOME (or the
// one that GIT_CONFIG_GLOBAL names), the repository's, the worktree's, and
// GIT_CONFIG_COUNT in the environment.
func readConfig(found layout, env environ) (Config, error) {
	loader := configLoader{layout: found, environ: env}
	settings, err := loader.load()
	if err != nil {
		return Config{}, err
	}
	if loader.wantsRemotes {
		// The condition "hasconfig" asks for the addresses that the whole
		// configuration has without the files that it includes.
		loader.remotes = newConfig(settings, env).remoteURLs()
		if settings, err = loader.load(); err != nil {
			return Config{}, err
		}
	}
	return newConfig(settings, env), nil
}

type configLoader struct {
	layout  layout
	environ environ
	// wantsRemotes: some condition asks for the addresses of the remotes.
	wantsRemotes bool
	remotes      []string
}

func (l *configLoader) load() ([]setting, error) {
	var all []setting
	for _, file := range append(l.systemFiles(), l.userFiles()...) {
		settings, err := l.file(file, 0)
		if err != nil {
			return nil, err
		}
		all = append(all, settings...)
	}
	local, err := l.repositoryFiles()
	if err != nil {
		return nil, err
	}
	environment, err := l.fromEnvironment()
	if err != nil {
		return nil, err
	}
	return append(append(all, local...), environment...), nil
}

func (l *configLoader) systemFiles() []string {
	off := setting{value: l.environ.get("GIT_CONFIG_NOSYSTEM")}
	if skip, err := off.bool(); skip || err != nil {
		return nil
	}
	if file, set := l.environ.lookup("GIT_CONFIG_SYSTEM"); set {
		return []string{file}
	}
	if runtime.GOOS == "windows" {
		return []string{filepath.Join(l.environ.get("PROGRAMFILES"), "Git", "etc", "gitconfig")}
	}
	return []string{"/etc/gitconfig"}
}

func (l *configLoader) userFiles() []string {
	if file, set := l.environ.lookup("GIT_CONFIG_GLOBAL"); set {
		return []string{file}
	}
	var files []string
	home := l.environ.home()
	if xdg := l.environ.get("XDG_CONFIG_HOME"); xdg != "" {
		files = append(files, filepath.Join(xdg, "git", "config"))
	} else if home != "" {
		files = append(files, filepath.Join(home, ".config", "git", "config"))
	}
	if home != "" {
		files = append(files, filepath.Join(home, ".gitconfig"))
	}
	return files
}

func (l *configLoader) repositoryFiles() ([]setting, error) {
	if l.layout.commonDir == "" {
		return nil, nil
	}
	settings, err := l.file(filepath.Join(l.layout.commonDir, "config"), 0)
	if err != nil {
		return nil, err
	}
	perWorktree, _, err := newConfig(settings, l.environ).Bool("extensions.worktreeConfig")
	if err != nil || !perWorktree {
		return settings, err
	}
	worktree, err := l.file(filepath.Join(l.layout.gitDir, "config.worktree"), 0)
	return append(settings, worktree...), err
}

// file reads a configuration file and those that it includes, each at the place
// where it is included. A file that does not exist is empty, as for git.
func (l *configLoader) file(path string, depth int) ([]setting, error) {
	if path == "" {
		return nil, nil
	}
	if depth > maxIncludeDepth {
		return nil, &Error{
			Kind:   ErrConfig,
			What:   fmt.Sprintf("%s is included more than %d files deep", path, maxIncludeDepth),
			Advice: "look for a file that includes itself: git config --list --show-origin",
		}
	}
	data, err := readBounded(path, maxConfigSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Kind: ErrConfig, What: "cannot read git's configuration", Cause: err,
			Advice: "make the file readable, or point GIT_CONFIG_GLOBAL elsewhere"}
	}
	settings, err := parseConfig(data, path)
	if err != nil {
		return nil, err
	}
	return l.withIncludes(settings, path, depth)
}

// withIncludes puts the settings of included files behind the variables that
// include them.
func (l *configLoader) withIncludes(settings []setting, from string, depth int) ([]setting, error) {
	var all []setting
	for _, s := range settings {
		all = append(all, s)
		if s.key != "path" || s.bare || !l.includes(s, from) {
			continue
		}
		path := l.environ.expandHome(s.value)
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(from), path)
		}
		included, err := l.file(path, depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, included...)
	}
	return all, nil
}

func (l *configLoader) includes(s setting, from string) bool {
	switch s.section {
	case "include":
		return s.subsection == ""
	case "includeif":
		return l.holds(s.subsection, from)
	default:
		return false
	}
}

// fromEnvironment reads GIT_CONFIG_COUNT, GIT_CONFIG_KEY_0, GIT_CONFIG_VALUE_0, …
func (l *configLoader) fromEnvironment() ([]setting, error) {
	text := l.environ.get("GIT_CONFIG_COUNT")
	if text == "" {
		return nil, nil
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 || count > maxEnvironmentSettings {
		return nil, &Error{Kind: ErrConfig, What: fmt.Sprintf("GIT_CONFIG_COUNT is %q: expected a number of variables", text),
			Advice: "correct or unset GIT_CONFIG_COUNT"}
	}
	var settings []setting
	for i := range count {
		key, hasKey := l.environ.lookup(fmt.Sprintf("GIT_CONFIG_KEY_%d", i))
		value, hasValue := l.environ.lookup(fmt.Sprintf("GIT_CONFIG_VALUE_%d", i))
		first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
		if !hasKey || !hasValue || first <= 0 || last == len(key)-1 {
			return nil, &Error{Kind: ErrConfig, What: fmt.Sprintf("GIT_CONFIG_KEY_%d or GIT_CONFIG_VALUE_%d is missing or names no variable", i, i),
				Advice: "set both, or correct GIT_CONFIG_COUNT"}
		}
		s := setting{section: strings.ToLower(key[:first]), key: strings.ToLower(key[last+1:]), value: value, origin: "environment"}
		if last > first {
			s.subsection = key[first+1 : last]
		}
		settings = append(settings, s)
	}
	return l.withIncludes(settings, "", 0)
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if info, err := file.Stat(); err != nil || info.IsDir() {
		return nil, errors.Join(err, fmt.Errorf("%s is not a file", path))
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
