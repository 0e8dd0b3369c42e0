package gitrepo

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// holds reports whether the condition of an [includeIf "…"] section is met
// (git-config(1), "Conditional includes"). An unknown condition is not.
func (l *configLoader) holds(condition, from string) bool {
	kind, pattern, _ := strings.Cut(condition, ":")
	switch kind {
	case "gitdir":
		return l.inGitDir(pattern, from, false)
	case "gitdir/i":
		return l.inGitDir(pattern, from, true)
	case "onbranch":
		branch, found := strings.CutPrefix(headTarget(l.layout.gitDir), "refs/heads/")
		return found && matchGlob(withSubdirectories(pattern), branch, false)
	case "hasconfig":
		key, glob, _ := strings.Cut(pattern, ":")
		if key != "remote.*.url" {
			return false
		}
		l.wantsRemotes = true
		return slices.ContainsFunc(l.remotes, func(url string) bool { return matchGlob(glob, url, false) })
	default:
		return false
	}
}

// inGitDir matches the repository's directory, both as it was found and with
// symbolic links resolved.
func (l *configLoader) inGitDir(pattern, from string, fold bool) bool {
	if l.layout.gitDir == "" || pattern == "" {
		return false
	}
	pattern = filepath.ToSlash(l.environ.expandHome(pattern))
	prefix := ""
	switch {
	case strings.HasPrefix(pattern, "./"):
		if from == "" {
			return false
		}
		prefix, pattern = filepath.ToSlash(filepath.Dir(from)), pattern[1:]
	case !filepath.IsAbs(filepath.FromSlash(pattern)):
		pattern = "**/" + pattern
	}
	pattern = escapeGlob(prefix) + withSubdirectories(pattern)
	directories := []string{l.layout.gitDir}
	if resolved, err := filepath.EvalSymlinks(l.layout.gitDir); err == nil {
		directories = append(directories, resolved)
	}
	return slices.ContainsFunc(directories, func(directory string) bool {
		return matchGlob(pattern, filepath.ToSlash(directory), fold)
	})
}

// withSubdirectories makes a pattern that ends in a slash match all below it.
func withSubdirectories(pattern string) string {
	if strings.HasSuffix(pattern, "/") {
		return pattern + "**"
	}
	return pattern
}

func escapeGlob(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(text)
}

// matchGlob matches as git's path patterns do: "*" and "?" stop at a slash, "**"
// between slashes does not.
func matchGlob(pattern, text string, fold bool) bool {
	expression := globExpression(pattern)
	if fold {
		expression = "(?i)" + expression
	}
	compiled, err := regexp.Compile("(?s)" + expression)
	return err == nil && compiled.MatchString(text)
}

func globExpression(pattern string) string {
	var out strings.Builder
	out.WriteString("^")
	for i := 0; i < len(pattern); i++ {
		rest, atStart := pattern[i:], i == 0 || pattern[i-1] == '/'
		switch {
		case atStart && strings.HasPrefix(rest, "**/"):
			out.WriteString("(?:.*/)?")
			i += 2
		case atStart && rest == "**":
			out.WriteString(".*")
			i++
		case rest[0] == '*':
			out.WriteString("[^/]*")
		case rest[0] == '?':
			out.WriteString("[^/]")
		case rest[0] == '[' && globClass(rest) > 0:
			end := globClass(rest)
			class := rest[1:end]
			if class[0] == '!' {
				class = "^/" + class[1:]
			}
			out.WriteString("[" + class + "]")
			i += end
		case rest[0] == '\\' && len(rest) > 1:
			out.WriteString(regexp.QuoteMeta(rest[1:2]))
			i++
		default:
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		}
	}
	return out.String() + "$"
}

// globClass is the position of the bracket that ends a character class, 0 when
// there is none.
func globClass(pattern string) int {
	if len(pattern) < 3 {
		return 0
	}
	if end := strings.IndexByte(pattern[2:], ']'); end >= 0 {
		return end + 2
	}
	return 0
}
