package fixes_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// Each case makes a fix on master, and brings its content to the line 0.9.x without
// saying so. It returns the fix, and the commit that brought it.
func TestBroughtBy(t *testing.T) {
	t.Parallel()
	seven := gittest.Files{"app.js": numbered("seven=SEVEN")}
	for _, c := range []struct {
		name string
		make func(*world) (fix, by object.ID)
		rule fixes.Rule
	}{
		{"the same change", func(w *world) (fix, by object.ID) {
			fix = w.Commit("Fix seven", seven)
			w.on("0.9.x")
			w.Commit("Before", gittest.Files{"lib/util.js": numbered("nine=NINE")})
			by = w.Commit("Seven", seven)
			w.Commit("After", gittest.Files{"lib/util.js": numbered("nine=9")})
			return fix, by
		}, fixes.ByPatch},
		{"together with another", func(w *world) (fix, by object.ID) {
			fix = w.Commit("Fix seven", seven)
			w.on("0.9.x")
			w.Commit("Before", gittest.Files{"lib/util.js": numbered("nine=NINE")})
			by = w.Commit("Numbers", gittest.Files{"app.js": numbered("seven=SEVEN", "two=TWO")})
			w.Commit("After", gittest.Files{"app.js": numbered("seven=SEVEN", "two=2")})
			return fix, by
		}, fixes.ByContent},
		{"by a branch that was merged", func(w *world) (fix, by object.ID) {
			fix = w.Commit("Fix seven", seven)
			w.Git("checkout", "--quiet", "-b", "topic", "0.9.x")
			by = w.Commit("Numbers", gittest.Files{"app.js": numbered("seven=SEVEN", "two=TWO")})
			w.on("0.9.x")
			w.Commit("Beside", gittest.Files{"lib/util.js": numbered("nine=NINE")})
			w.Git("merge", "--quiet", "--no-ff", "--message=Merge branch topic", "topic")
			w.Git("branch", "--quiet", "-D", "topic")
			return fix, by
		}, fixes.ByContent},
		{"there before the line was", func(w *world) (fix, by object.ID) {
			w.Commit("Break seven", seven)
			fix = w.Commit("Fix seven", gittest.Files{"app.js": numbered()})
			w.on("0.9.x")
			w.Commit("After", gittest.Files{"lib/util.js": numbered("nine=NINE")})
			return fix, w.ID("0.9.0~1")
		}, fixes.ByContent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fix, by := c.make(w)
			w.on("master")
			survey := w.survey()
			line := pointOf(t, survey, "0.9.x")
			standing, err := survey.Standing(fix, line)
			if err != nil || standing != (fixes.Standing{State: fixes.Equivalent, Rule: fixes.ByContent}) {
				t.Fatalf("the line stands as %v, %v", standing, err)
			}
			standing, err = survey.BroughtBy(fix, line)
			if want := (fixes.Standing{State: fixes.Equivalent, Rule: c.rule, By: by}); err != nil || standing != want {
				t.Errorf("brought by %v, %v, want %v", standing, err, want)
			}
		})
	}
}
