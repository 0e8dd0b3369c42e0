// Package internal_test holds the structure of the project: who may import whom.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/mozilla-services/looprel/"

// arrows lists, for each package below internal, the packages of the project
// that it may import. What is not listed is not allowed; a new package has to be
// given its place here.
var arrows = map[string][]string{
	// The core: pure, no I/O, no clock.
	"object":      {},
	"lazyregexp":  {},
	"release":     {},
	"holiday":     {"release"},
	"calendar":    {"release", "holiday"},
	"config":      {"release", "holiday", "lazyregexp"},
	"versionfile": {"release", "lazyregexp"},
	"changelog":   {"release", "lazyregexp"},
	"notes":       {"object", "release", "changelog", "lazyregexp"},
	"ledger":      {"object", "release"},
	"merge":       {"object"},
	"pick":        {"object", "release", "merge", "versionfile", "lazyregexp"},
	"extract":     {"object", "release", "pick"},
	"plan":        {"object", "extract", "release", "calendar", "changelog", "versionfile", "notes", "ledger", "merge", "pick", "fixes", "forge", "lazyregexp", "announcement"},
	"blame":       {"object", "merge"},
	"index":       {"object"},
	"signers":     {},
	"forge":       {"object"},
	"fixes":       {"object", "release", "notes", "merge", "pick", "lazyregexp"},
	// The words of what people are told, pure as well.
	"announcement": {"release", "calendar", "notes", "ledger", "ics", "terminal/printable"},
	// Outlets, each for one thing outside.
	"gitrepo":                 {"object", "index", "lazyregexp", "objectstore", "objectstore/commitgraph", "objectstore/filemap", "objectstore/idtable"},
	"objectstore":             {"object", "objectstore/filemap", "objectstore/inflate", "objectstore/idtable"},
	"objectstore/commitgraph": {"object", "objectstore/filemap", "objectstore/idtable"},
	"objectstore/idtable":     {"object", "objectstore/filemap"},
	"objectstore/filemap":     {},
	"objectstore/inflate":     {},
	"probe":                   {"object", "release", "terminal/printable", "lazyregexp"},
	"deploy":                  {"terminal/printable", "lazyregexp"},
	"github":                  {"object", "forge", "lazyregexp", "terminal/printable"},
	"mail":                    {"terminal/printable"},
	"webhook":                 {"terminal/printable"},
	"ics":                     {"calendar", "release"},
	"terminal":                {"terminal/printable"},
	"terminal/printable":      {},
	// Reading the world, changing it, and the command line.
	"observe": {"object", "extract", "forge", "release", "config", "ledger", "plan", "notes", "merge", "pick", "blame", "gitrepo", "github", "probe", "fixes",
		"lazyregexp", "signers", "announcement"},
	"apply": {"object", "release", "ledger", "forge", "plan", "gitrepo", "deploy", "probe", "observe", "terminal/printable"},
	"cli": {"object", "extract", "release", "calendar", "config", "ledger", "merge", "plan", "notes", "gitrepo", "observe", "apply", "deploy", "forge",
		"github", "probe", "ics", "terminal", "demo", "fixes", "lazyregexp", "announcement", "mail", "webhook"},
	// Support for tests, benchmarks and the demonstration.
	"gittest":    {"object"},
	"githubtest": {},
	"openapi":    {},
	"demo":       {"release"},
	"mailtest":   {},
	// Of use to programs alone.
	"benchmark":          {"object", "release", "ledger", "gitrepo", "benchmark/usage"},
	"benchmark/reads":    {"object", "release", "gitrepo", "collector", "benchmark/usage"},
	"benchmark/extracts": {"benchmark/usage"},
	"parity":             {"benchmark/usage"},
	"collector":          {},
	"benchmark/usage":    {},
}

// pure are the packages that may not reach outside by the standard library.
var pure = []string{"object", "release", "holiday", "calendar", "config", "versionfile", "changelog", "notes", "ledger", "merge", "pick", "blame", "index", "fixes", "extract", "forge", "signers", "announcement", "plan"}

// impure are the doors to the outside.
var impure = []string{"os", "os/exec", "net", "net/http", "io/ioutil", "syscall", "math/rand", "math/rand/v2", "crypto/rand"}

// owners lists modules that one package alone may import.
var owners = map[string]string{
	"github.com/go-git/":            "gitrepo",
	"github.com/google/go-github/":  "github",
	"github.com/getkin/":            "githubtest",
	"github.com/spf13/cobra":        "cli",
	"github.com/rickar/cal/":        "holiday",
	"github.com/arran4/golang-ical": "ics",
	"github.com/wneessen/go-mail":   "mail",
	"github.com/ProtonMail/":        "signers",
}

func TestImportArrows(t *testing.T) {
	t.Parallel()
	for name, imports := range sourceImports(t) {
		allowed, placed := arrows[name]
		if !placed {
			t.Errorf("package internal/%s has no place in the arrows", name)
			continue
		}
		for _, imported := range imports {
			if below, own := strings.CutPrefix(imported, module+"internal/"); own && !slices.Contains(allowed, below) {
				t.Errorf("internal/%s imports internal/%s, against the arrows", name, below)
			}
			if slices.Contains(pure, name) && slices.Contains(impure, imported) {
				t.Errorf("internal/%s is of the pure core and imports %s", name, imported)
			}
			for prefix, owner := range owners {
				if strings.HasPrefix(imported, prefix) && name != owner {
					t.Errorf("internal/%s imports %s, which is for internal/%s alone", name, imported, owner)
				}
			}
		}
	}
}

// TestClockIsReadInMainOnly finds calls of time.Now below internal.
func TestClockIsReadInMainOnly(t *testing.T) {
	t.Parallel()
	walkSources(t, func(file, name string) {
		if strings.HasPrefix(name, "benchmark") || name == "gittest" || name == "githubtest" || name == "parity" {
			return
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for number, line := range strings.Split(string(text), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if strings.Contains(code, "time.Now") || strings.Contains(code, "os.Getenv") {
				t.Errorf("%s:%d reads the clock or the environment; both come in through cli.Env", file, number+1)
			}
		}
	})
}

// sourceImports gives the imports of each package's sources, tests left out.
func sourceImports(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	walkSources(t, func(file, name string) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imports[name] = append(imports[name], imported)
		}
	})
	if len(imports) == 0 {
		t.Fatal("found no sources")
	}
	return imports
}

func walkSources(t *testing.T, visit func(file, name string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(file)
		if entry.IsDir() || path.Dir(slashed) == "." || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		visit(file, path.Dir(slashed))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
