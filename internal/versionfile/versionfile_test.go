package versionfile_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/versionfile"
)

const bom = "\uFEFF"

// The marker «…» stands around the value; Set must replace what it holds and
// keep all other bytes.
func TestSetChangesTheValueAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file    release.VersionFile
		content string
	}{
		"package.json": {
			keyed("package.json", "version"),
			"{\n  \"name\": \"service\",\n  \"version\": \"«0.10.0-dev»\",\n  \"engines\": {\"version\": \"1.0.0\"}\n}\n",
		},
		"nested object of the same name before": {
			keyed("package.json", "version"),
			"{\"engines\": {\"version\": \"0.1.0\"}, \"list\": [{\"version\": \"0.1.0\"}],\n\"version\" : \"«0.1.0»\"}",
		},
		"tabs, CRLF, byte order mark, no last line break": {
			keyed("package.json", "version"),
			bom + "{\r\n\t\"naïve\": 1e3,\r\n\t\"version\":\r\n\t\t\"«0.1.0»\"\r\n}",
		},
		"package-lock.json": {
			keyed("package-lock.json", "packages..version"),
			"{\"version\": \"0.1.0\", \"packages\": {\"\": {\"version\": \"«0.1.0»\"}, \"a\": {\"version\": \"2.0.0\"}}}\n",
		},
		"escaped dot in the key": {
			keyed("versions.JSON", `loop\.server.version`),
			"{\"loop\": {\"server\": {\"version\": \"3.0.0\"}}, \"loop.server\": {\"version\": \"«0.1.0»\"}}",
		},
		"value that is not a version yet": {
			keyed("package.json", "version"), "{\"version\": \"«next»\"}",
		},
		"plain YAML": {
			keyed("chart.yaml", "version"),
			"# version: 0.1.0\nname: loop\nnested:\n  version: 0.1.0\nversion: «0.1.0»  # the chart's own\n",
		},
		"single-quoted YAML in a flow mapping": {
			keyed("chart.yml", "image.tag"),
			"image: {name: 'a,b', tag: '«0.1.0»', other: [1, 2]}\n",
		},
		"double-quoted YAML after characters of several bytes": {
			keyed("chart.yml", "a.tag"), "é: 1\na: {\"ключ\": ü, tag: \"«0.1.0»\"}",
		},
		"YAML with CRLF and a byte order mark": {
			keyed("chart.yml", "version"), bom + "---\r\nfirst: 1\r\nversion: «0.1.0»\r\n",
		},
		"YAML with a byte order mark on the value's line": {
			keyed("chart.yml", "version"), bom + "version: «0.1.0»",
		},
		"second YAML document": {
			keyed("all.yaml", "spec.version"), "kind: a\n---\nspec:\n  version: «0.1.0»\n",
		},
		"YAML anchors elsewhere": {
			keyed("all.yaml", "version"), "base: &base {version: 0.1.0}\nother:\n  <<: *base\nversion: «0.1.0»\n",
		},
		"TOML table": {
			keyed("pyproject.toml", "project.version"),
			"# head\nversion = \"9.9.9\"\n[project]\nname = 'x' # version\nversion = \"«0.1.0»\" # the one\n[tool.version]\nversion = \"2.0.0\"\n",
		},
		"TOML literal string, dotted key, CRLF": {
			keyed("Cargo.toml", "package.version"), bom + "package.name = 'x'\r\npackage . \"version\" = '«0.1.0»'\r\n",
		},
		"TOML inline table": {
			keyed("Cargo.toml", "workspace.package.version"),
			"[workspace]\npackage = { edition = \"2021\", version = \"«0.1.0»\" }\n[[bin]]\nversion = \"1.0.0\"\n",
		},
		"TOML with values that equal nothing": {
			keyed("Cargo.toml", "version"), "version = \"«0.1.0»\"\nx = nan\nat = 1979-05-27T07:32:00Z\n",
		},
		"pattern": {
			matching("version.go", `^const Version = "(.*)"$`),
			"package x\n\n// const Version = \"x\"\nconst Version = \"«0.1.0»\"\nconst Other = \"0.1.0\"\n",
		},
		"pattern at the end of a CRLF line": {
			matching("VERSION", `^version: (.*)$`), "name: x\r\nversion: «0.1.0»\r\n",
		},
		"pattern over a whole file": {
			matching("VERSION", `^(.+)$`), "«0.1.0»",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, value, after := parts(t, test.content)
			content := before + value + after
			changed, err := versionfile.Set(test.file, []byte(content), "0.11.0-dev")
			if err != nil {
				t.Fatal(err)
			}
			if want := before + "0.11.0-dev" + after; string(changed) != want {
				t.Errorf("got:\n%q\nwant:\n%q", changed, want)
			}
			read, err := versionfile.Read(test.file, changed)
			if err != nil || read.Text != "0.11.0-dev" || read.Prerelease != "dev" {
				t.Errorf("read back %+v, %v", read, err)
			}
		})
	}
}

func TestErrorsSayWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file    release.VersionFile
		content string
		want    string
	}{
		"no key": {
			keyed("package.json", "version"), `{"name": "x"}`,
			`package.json has no key "version": name it in version-files, or use pattern: there`,
		},
		"key under something that is no object": {
			keyed("package.json", "a.version"), `{"a": "1.0.0"}`, `has no key "a.version"`,
		},
		"number": {
			keyed("package.json", "version"), "{\n\"version\": 1.10}",
			`package.json, line 2: key "version" is not a string: put the version in quotes`,
		},
		"twice in JSON": {
			keyed("package.json", "version"), "{\"version\": \"1.0.0\",\n\"version\": \"1.0.0\"}",
			`has key "version" 2 times, at lines 1, 2`,
		},
		"escapes": {
			keyed("package.json", "version"), `{"version": "1.0\u002e0"}`, "written with escapes",
		},
		"invalid JSON": {
			keyed("package.json", "version"), "{\n\"version\": \"1.0.0\"\n\"a\": 1}", "package.json cannot be read: line 3:",
		},
		"second JSON value": {
			keyed("package.json", "version"), `{"version": "1.0.0"} {}`, "cannot be read",
		},
		"not a version": {
			keyed("package.json", "version"), `{"version": "1.10"}`,
			`package.json, line 1: "1.10" is not a version: write MAJOR.MINOR.PATCH`,
		},
		"YAML number": {
			keyed("chart.yaml", "version"), "a: 1\nversion: 1.10\n",
			`chart.yaml, line 2: key "version" is not a string (1.10 reads as float): put it in quotes`,
		},
		"empty YAML value": {keyed("chart.yaml", "version"), "version:\n", "is empty"},
		"YAML alias": {
			keyed("chart.yaml", "version"), "a: &v 1.0.0\nversion: *v\n", "is the alias *v of a value elsewhere",
		},
		"YAML anchor": {
			keyed("chart.yaml", "version"), "version: &v 1.0.0\na: *v\n", "carries the anchor &v",
		},
		"YAML tag":   {keyed("chart.yaml", "version"), "version: !!str 1.0.0\n", "carries the tag !!str"},
		"YAML block": {keyed("chart.yaml", "version"), "version: |\n  1.0.0\n", "is a block of text"},
		"YAML mapping": {
			keyed("chart.yaml", "version"), "version: {a: 1.0.0}\n", "is not a string: name the key of the version itself",
		},
		"YAML folded over lines": {keyed("chart.yaml", "version"), "version: 1.0.0\n  and more\n", "over several lines"},
		"YAML escapes":           {keyed("chart.yaml", "version"), `version: "1.0\x2e0"`, "written with escapes"},
		"invalid YAML":           {keyed("chart.yaml", "version"), "a: [1\n", "chart.yaml cannot be read: yaml:"},
		"YAML not in UTF-8":      {keyed("chart.yaml", "version"), "\xff\xfea", "it is not UTF-8"},
		"twice in two documents": {
			keyed("chart.yaml", "version"), "version: 1.0.0\n---\nversion: 1.0.0\n", "2 times, at lines 1, 3",
		},
		"TOML number":          {keyed("a.toml", "version"), "\nversion = 1.10\n", `a.toml, line 2: key "version" is not a string`},
		"TOML array of tables": {keyed("a.toml", "bin.version"), "[[bin]]\nversion = \"1.0.0\"\n", "array of tables"},
		"TOML table below an array": {
			keyed("a.toml", "bin.meta.version"), "[[bin]]\n[bin.meta]\nversion = \"1.0.0\"\n", "array of tables",
		},
		"TOML text over lines": {keyed("a.toml", "version"), "version = \"\"\"1.0.0\"\"\"\n", "over several lines"},
		"TOML escapes":         {keyed("a.toml", "version"), `version = "1.0\u002e0"`, "written with escapes"},
		"TOML twice":           {keyed("a.toml", "version"), "version = \"1.0.0\"\nversion = \"1.0.0\"\n", "a.toml cannot be read: line 2"},
		"pattern with two matches": {
			matching("VERSION", `v(\S+)`), "v1.0.0\nv1.0.0\n", `pattern "v(\\S+)" matches 2 places, at lines 1, 2: make it match one`,
		},
		"pattern without match":   {matching("VERSION", `v(\S+)`), "1.0.0\n", "matches nothing: correct it"},
		"pattern without group":   {matching("VERSION", `v\S+`), "v1.0.0\n", "has 0 groups"},
		"pattern with two groups": {matching("VERSION", `(v)(\S+)`), "v1.0.0\n", "has 2 groups"},
		"broken pattern":          {matching("VERSION", `(`), "v1.0.0\n", "not a regular expression"},
		"empty group":             {matching("VERSION", `v()`), "v1.0.0\n", "the group of pattern"},
		"group not taken part":    {matching("VERSION", `v|(x)`), "v1.0.0\n", "the group of pattern"},
		"neither":                 {release.VersionFile{Path: "VERSION"}, "", "neither key nor pattern"},
		"both": {
			release.VersionFile{Path: "VERSION", Key: "a", Pattern: "(b)"}, "", "are both given",
		},
		"unknown format": {keyed("setup.cfg", "version"), "", "use pattern: instead"},
		"too large":      {keyed("package.json", "version"), strings.Repeat(" ", versionfile.MaxSize+1), "a version file has at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := versionfile.Read(test.file, []byte(test.content))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got: %v\nwant: %s", err, test.want)
			}
		})
	}
}

func TestSetRefusesWhatIsNotAVersion(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", "1.0", "v1.0.0", "1.0.0\n", `1.0.0"`, "1.0.0 # x"} {
		if _, err := versionfile.Set(keyed("package.json", "version"), []byte(`{"version": "1.0.0"}`), version); err == nil {
			t.Errorf("%q was written", version)
		}
	}
}

func TestSetLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	content := append(make([]byte, 0, 100), `{"version": "0.1.0"}`...)
	if _, err := versionfile.Set(keyed("package.json", "version"), content, "22.0.0"); err != nil {
		t.Fatal(err)
	}
	if string(content) != `{"version": "0.1.0"}` {
		t.Errorf("the input became %q", content)
	}
}

func keyed(path, key string) release.VersionFile { return release.VersionFile{Path: path, Key: key} }

func matching(path, pattern string) release.VersionFile {
	return release.VersionFile{Path: path, Pattern: pattern}
}

func parts(t *testing.T, content string) (before, value, after string) {
	t.Helper()
	before, rest, opened := strings.Cut(content, "«")
	value, after, closed := strings.Cut(rest, "»")
	if !opened || !closed {
		t.Fatalf("%q marks no value", content)
	}
	return before, value, after
}
