package config

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

var driveLetter = lazyregexp.New(`^[A-Za-z]:`)

// cleanPath takes a path within a repository, "." for the whole of it, and gives
// it without "./", doubled slashes and a slash at its end.
func cleanPath(text string) (string, error) {
	segments := strings.Split(text, "/")
	switch {
	case strings.HasPrefix(text, "/"), driveLetter.MatchString(text):
		return "", fmt.Errorf("the path %s is absolute, expected one relative to the repository's root", quoted(text))
	case strings.Contains(text, `\`):
		return "", fmt.Errorf("the path %s has a backslash, expected \"/\" between directories", quoted(text))
	case slices.Contains(segments, ".."):
		return "", fmt.Errorf("the path %s may leave the repository, expected one without \"..\"", quoted(text))
	case slices.ContainsFunc(segments, func(segment string) bool { return strings.EqualFold(segment, ".git") }):
		return "", fmt.Errorf("the path %s lies in git's own directory, expected a path of the repository's content", quoted(text))
	}
	return path.Clean(text), nil
}

// cleanFile takes the path of a file within a repository.
func cleanFile(text string) (string, error) {
	clean, err := cleanPath(text)
	switch {
	case err != nil:
		return "", err
	case clean == ".", strings.HasSuffix(text, "/"):
		return "", fmt.Errorf("the path %s is a directory, expected that of a file", quoted(text))
	}
	return clean, nil
}

// cleanGlob takes a pattern of path.Match. A slash at its beginning, which says that it
// is no name at any depth, stays.
func cleanGlob(text string) (string, error) {
	if _, err := path.Match(text, ""); err != nil {
		return "", fmt.Errorf("%s is not a pattern of paths, expected one such as \"*.map\": close each bracket", quoted(text))
	}
	if strings.HasPrefix(text, "!") {
		return "", fmt.Errorf("%s takes nothing back, expected a pattern of what is left out", quoted(text))
	}
	below, anchored := strings.CutPrefix(text, "/")
	clean, err := cleanPath(below)
	switch {
	case err != nil:
		return "", err
	case clean == ".":
		return "", fmt.Errorf("%s leaves out all that is mapped, expected a pattern of what is below", quoted(text))
	case anchored:
		return "/" + clean, nil
	}
	return clean, nil
}

// parseProbePath takes a path to be resolved against an environment's URL.
func parseProbePath(text string) (string, error) {
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "" || address.Host != "" || address.User != nil || address.Fragment != "" || strings.HasPrefix(text, "//") {
		return "", fmt.Errorf("%s is not a path of the environment, expected one to append to its URL, such as __heartbeat__", quoted(text))
	}
	return text, nil
}
