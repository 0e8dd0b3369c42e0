package gitrepo

import (
	"path/filepath"
	"runtime"
	"strings"
)

// environ is the environment that the command was started with, as os.Environ
// gives it.
type environ []string

// lookup returns the variable's last setting.
func (e environ) lookup(name string) (string, bool) {
	for i := len(e) - 1; i >= 0; i-- {
		key, value, _ := strings.Cut(e[i], "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// get returns the variable's value, "" when it is not set.
func (e environ) get(name string) string {
	value, _ := e.lookup(name)
	return value
}

// home is the user's home directory, "" when the environment names none.
func (e environ) home() string {
	if home := e.get("HOME"); home != "" || runtime.GOOS != "windows" {
		return home
	}
	return e.get("USERPROFILE")
}

// expandHome replaces a leading "~/" by the home directory.
func (e environ) expandHome(path string) string {
	rest, found := strings.CutPrefix(path, "~/")
	if home := e.home(); found && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}
