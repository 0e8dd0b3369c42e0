package config_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/versionfile"
)

var today = release.Date{Year: 2014, Month: time.July, Day: 3}

func detect(tags, branches []string, files map[string][]byte) config.ScaffoldFacts {
	return config.Detect(tags, branches, "master", files, "loop-server.git", today, "Europe/Paris")
}

func TestDetectTagPattern(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		tags []string
		want release.Pattern
	}{
		{"no tags", nil, "{version}"},
		{"no release tags", []string{"start", "0.2", "1.0.0-rc1"}, "{version}"},
		{"bare", []string{"0.2", "0.9.0", "0.9.1"}, "{version}"},
		{"with v", []string{"v0.9.0", "v0.9.1", "0.1.0"}, "v{version}"},
		{"with a name", []string{"server-1.0.0", "server-1.0.1", "v3.0.0"}, "server-{version}"},
		{"with a name and v", []string{"server/v1.0.0"}, "server/v{version}"},
		{"equally often", []string{"0.1.0", "0.2.0", "v1.0.0", "v1.1.0"}, "v{version}"},
		{"four numbers", []string{"1.2.3.4", "1.2.3.5", "v1.0.0"}, "v{version}"},
		{"leading zeros", []string{"2014.07.08", "1.0.0"}, "{version}"},
		{"a placeholder of its own", []string{"{major}1.0.0"}, "{version}"},
	}
	for _, c := range cases {
		if got := detect(c.tags, nil, nil).TagPattern; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDetectBranchPattern(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		branches []string
		want     release.Pattern
	}{
		{"none", []string{"master"}, "{major}.{minor}.x"},
		{"two spellings", []string{"0.16.X", "0.18.x", "release/0.9"}, "{major}.{minor}.x"},
		{"release", []string{"release/0.9", "release/0.10", "master"}, "release/{major}.{minor}"},
		{"release and x", []string{"release-1.2.x"}, "release-{major}.{minor}.x"},
		{"v", []string{"v1.2"}, "v{major}.{minor}"},
		{"stable", []string{"1-0-stable", "1.2-stable"}, "{major}.{minor}-stable"},
		{"other purposes", []string{"python-3.8", "fix/1.2"}, "{major}.{minor}.x"},
	}
	for _, c := range cases {
		got := detect(nil, c.branches, nil).BranchPattern
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if err := got.Check(false); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// versionedFiles carry a version each; what is detected in them, versionfile
// finds as well.
func versionedFiles() map[string][]byte {
	return map[string][]byte{
		"package.json":   []byte("\uFEFF{\n  \"name\": \"loop\",\n  \"version\": \"0.10.0-dev\"\n}\n"),
		"pyproject.toml": []byte("[project]\nname = \"a\"\nversion = \"1.2.3\"\n\n[tool.poetry]\nversion = \"1.2.3\"\n"),
		"Cargo.toml":     []byte("[package]\nname = \"a\"\nversion.workspace = true\n\n[workspace.package]\nversion = \"0.3.0\"\n"),
		"Chart.yaml":     []byte("apiVersion: v2\nversion: 0.1.0 # of the chart\nappVersion: 1.16.0\n"),
		"pubspec.yaml":   []byte("name: a\nversion: 1.0.0+3\n"),
		"composer.json":  []byte(`{"version": "2.0.0"}`),
		"setup.cfg":      []byte("[metadata]\nname = a\nversion = 1.2.3\n"),
		"VERSION":        []byte("1.2.3\r\n"),
		"version.txt":    []byte("1.2.3-rc.1"),
	}
}

func TestDetectVersionFiles(t *testing.T) {
	t.Parallel()
	files := versionedFiles()
	detected := detect(nil, nil, files).VersionFiles
	var paths []string
	for _, file := range detected {
		paths = append(paths, file.Path)
		if _, err := versionfile.Read(file, files[file.Path]); err != nil {
			t.Errorf("%s: %v", file.Path, err)
		}
	}
	want := []string{
		"package.json", "pyproject.toml", "pyproject.toml", "Cargo.toml", "Chart.yaml", "pubspec.yaml",
		"composer.json", "setup.cfg", "VERSION", "version.txt",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("detected (-want +got):\n%s", diff)
	}
}

func TestDetectNoVersionFiles(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"package.json":   `{"private": true, "version": 3}`,
		"composer.json":  `{"version": `,
		"pyproject.toml": "[project]\ndynamic = [\"version\"]\n",
		"Cargo.toml":     "[package]\nversion.workspace = true\n",
		"Chart.yaml":     "version: {major: 1}\n",
		"pubspec.yaml":   "name: a\nv: &v 1.0.0\nversion: *v\n",
		"setup.cfg":      "[metadata]\nversion = attr: a.__version__\n",
		"VERSION":        "1.2\n",
		"version.txt":    "1.2.3\n4.5.6\n",
	} {
		if detected := detect(nil, nil, map[string][]byte{name: []byte(content)}).VersionFiles; len(detected) > 0 {
			t.Errorf("%s: %v detected in %q", name, detected, content)
		}
	}
}

func TestDetectChangelog(t *testing.T) {
	t.Parallel()
	const (
		loop = "CHANGELOG\n=========\n\n0.10.0 (unreleased)\n-------------------\n\n- A change.\n\n0.9.0 (2014-07-08)\n------------------\n"
		keep = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A change.\n\n## [0.9.0] - 2014-07-08\n"
	)
	cases := []struct {
		name  string
		files map[string][]byte
		want  *release.Changelog
	}{
		{"none", nil, nil},
		{"loop", map[string][]byte{"CHANGELOG": []byte(loop)}, &release.Changelog{Path: "CHANGELOG", Style: "loop"}},
		{"keep", map[string][]byte{"CHANGELOG.md": []byte(keep)}, &release.Changelog{Path: "CHANGELOG.md", Style: "keep-a-changelog"}},
		{"no style", map[string][]byte{"CHANGELOG": []byte("See the releases.\n"), "HISTORY.md": []byte(keep)}, &release.Changelog{Path: "HISTORY.md", Style: "keep-a-changelog"}},
		{"mail", map[string][]byte{"NEWS": []byte("Tue Jul 8 2014\n\n * a change\n")}, nil},
	}
	for _, c := range cases {
		got := detect(nil, nil, c.files).Changelog
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if got != nil && string(changelog.Detect(c.files[got.Path])) != got.Style {
			t.Errorf("%s: the changelog package sees another style", c.name)
		}
	}
}

func TestDetectTakesTheRestAsGiven(t *testing.T) {
	t.Parallel()
	want := config.ScaffoldFacts{
		Component: "loop-server", Branch: "master", TagPattern: "{version}", BranchPattern: "{major}.{minor}.x",
		Today: today, Zone: "Europe/Paris",
	}
	if diff := cmp.Diff(want, detect(nil, nil, nil)); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestDetectFilesNamesWhatIsLookedInto(t *testing.T) {
	t.Parallel()
	names := config.DetectFiles()
	for name := range versionedFiles() {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
		t.Errorf("a name stands twice in %v", names)
	}
}
