package fixes_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/release"
)

// world is a repository that releases, made by git. Its master begins with the
// release 0.9.0.
type world struct {
	*gittest.Repo
	t *testing.T
}

func manifest(version string) string {
	return "{\n  \"name\": \"service\",\n  \"license\": \"MPL-2.0\",\n  \"main\": \"app.js\",\n  \"version\": \"" + version +
		"\",\n  \"private\": true,\n  \"scripts\": {},\n  \"dependencies\": {\n    \"heapdump\": \"0.3.7\",\n    \"hiredis\": \"0.4.1\",\n    \"sodium\": \"1.0.22\"\n  }\n}\n"
}

// numbered is a file of twenty lines, some of them replaced: "7=fixed".
func numbered(replaced ...string) string {
	names := []string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
		"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"}
	for _, one := range replaced {
		name, text, _ := strings.Cut(one, "=")
		for i := range names {
			if names[i] == name {
				names[i] = text
			}
		}
	}
	return strings.Join(names, "\n") + "\n"
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{gittest.New(t), t}
	w.Commit("Begin", gittest.Files{"app.js": numbered(), "lib/util.js": numbered(), "package.json": manifest("0.9.0-dev"), "CHANGELOG": "0.9.0 (unreleased)\n"})
	w.release("0.9.0")
	w.Git("branch", "0.9.x")
	w.open("0.10.0")
	return w
}

// release makes a release commit and a tag on the branch that is checked out.
func (w *world) release(version string) object.ID {
	w.t.Helper()
	text := w.manifest()
	id := w.Commit("Release "+version, gittest.Files{
		"package.json": setVersion(text, version), "CHANGELOG": version + " (2014-07-08)\n\n- Things\n"})
	w.Git("tag", "--annotate", "--message=Release "+version, version)
	return id
}

// open makes the commit after a release.
func (w *world) open(version string) {
	w.t.Helper()
	text := w.manifest()
	w.Commit("Back to development", gittest.Files{
		"package.json": setVersion(text, version+"-dev"), "CHANGELOG": version + " (unreleased)\n"})
}

// manifest is the worktree's package.json.
func (w *world) manifest() string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.Dir, "package.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func setVersion(manifest, version string) string {
	before, rest, _ := strings.Cut(manifest, `"version": "`)
	_, after, _ := strings.Cut(rest, `"`)
	return before + `"version": "` + version + `"` + after
}

// on checks a branch out.
func (w *world) on(branch string) { w.Git("checkout", "--quiet", branch) }

// survey reads all release tags and all branches.
func (w *world) survey() *fixes.Survey {
	w.t.Helper()
	repository, err := gitrepo.Open(context.Background(), gitrepo.Options{Dir: w.Dir, Environ: w.Environ()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = repository.Close() })
	refs, err := repository.Refs("refs/")
	if err != nil {
		w.t.Fatal(err)
	}
	var points []fixes.Point
	for ref, id := range refs {
		commit, err := repository.Peel(id)
		if err != nil {
			w.t.Fatal(err)
		}
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		point := fixes.Point{Name: name, Commit: commit}
		if version, err := release.ParseVersion(name); err == nil {
			line := version.Line()
			point.Version, point.Line = version, &line
			tag, err := repository.Tag(id)
			if err != nil {
				w.t.Fatal(err)
			}
			point.At = tag.Tagger.When
		} else if line, err := release.ParseLine(name); err == nil {
			point.Line = &line
		}
		points = append(points, point)
	}
	survey, err := fixes.NewSurvey(clone{repository.Objects}, clone{repository.Objects}, fixes.Options{Points: points, Rules: rules()})
	if err != nil {
		w.t.Fatal(err)
	}
	return survey
}

func rules() pick.Rules {
	return pick.RulesOf(release.Component{
		VersionFiles: []release.VersionFile{{Path: "package.json", Key: "version"}},
		Changelog:    &release.Changelog{Path: "CHANGELOG"},
	})
}

// clone is a repository as a survey reads it.
type clone struct{ objects *gitrepo.Objects }

func (c clone) Range(include, exclude []object.ID) ([]fixes.Commit, bool, error) {
	found, err := c.objects.Range(context.Background(), include, exclude, gitrepo.RangeOptions{})
	complete := !errors.Is(err, gitrepo.ErrShallow)
	if err != nil && complete {
		return nil, false, err
	}
	var commits []fixes.Commit
	for _, one := range found {
		commits = append(commits, fixes.Commit{Commit: notes.FromObject(one.ID, one.Commit), Tree: one.Tree})
	}
	return commits, complete, nil
}

func (c clone) Tree(id object.ID) (object.Tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	tree, err := c.objects.Tree(id)
	return tree, lacking(err)
}

func (c clone) TreeOf(commit object.ID) (object.ID, error) {
	found, err := c.objects.Commit(commit)
	return found.Tree, lacking(err)
}

func (c clone) Blob(id object.ID) ([]byte, error) {
	content, err := c.objects.Blob(id, 0)
	return content, lacking(err)
}

func (c clone) BlobSize(id object.ID) (int64, error) { return c.objects.Size(id) }

func lacking(err error) error {
	if errors.Is(err, gitrepo.ErrMissing) {
		return fmt.Errorf("%w: %w", fixes.ErrMissing, err)
	}
	return err
}

// pointOf is the place of a point by its name.
func pointOf(t *testing.T, survey *fixes.Survey, name string) int {
	t.Helper()
	for i, point := range survey.Points() {
		if point.Name == name {
			return i
		}
	}
	t.Fatalf("there is no point %s", name)
	return -1
}

// later moves the clock on, so that what follows has another author date.
func (w *world) later(by time.Duration) {
	w.Env = append(w.Env, "GIT_AUTHOR_DATE="+gittest.Epoch().Add(by).Format(time.RFC3339))
}

func pointLine(t *testing.T, name string) *release.Line {
	t.Helper()
	line, err := release.ParseLine(name)
	if err != nil {
		t.Fatal(err)
	}
	return &line
}
