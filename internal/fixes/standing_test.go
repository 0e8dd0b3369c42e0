package fixes_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// Each case makes a fix, most of them on the line 0.9.x, releases it there, and
// brings it to master in one way or another, or not. It returns the fix; the
// branches and releases that are named are then asked.
func TestStanding(t *testing.T) {
	t.Parallel()
	fixed := gittest.Files{"app.js": numbered("seven=SEVEN")}
	onLine := func(w *world, message string, files gittest.Files) object.ID {
		w.on("0.9.x")
		id := w.Commit(message, files)
		w.release("0.9.1")
		w.on("master")
		return id
	}
	cases := []struct {
		name string
		make func(*world) object.ID
		want map[string]string
	}{
		{"picked with a trailer", func(w *world) object.ID {
			original := w.Commit("Fix seven", fixed)
			w.on("0.9.x")
			w.Git("cherry-pick", "-x", original.String())
			return w.ID("HEAD")
		}, map[string]string{"0.9.x": "present", "master": "equivalent by trailer", "0.9.0": "missing"}},
		{"the original of a pick", func(w *world) object.ID {
			original := w.Commit("Fix seven", fixed)
			w.on("0.9.x")
			w.Git("cherry-pick", "-x", original.String())
			return original
		}, map[string]string{"master": "present", "0.9.x": "equivalent by trailer"}},
		{"two picks of one commit that is on neither branch", func(w *world) object.ID {
			w.Git("checkout", "--quiet", "-b", "topic")
			original := w.Commit("Fix seven", fixed)
			w.on("master")
			w.Git("cherry-pick", "-x", original.String())
			w.on("0.9.x")
			w.Git("cherry-pick", "-x", original.String())
			w.Git("branch", "--quiet", "-D", "topic")
			return w.ID("HEAD")
		}, map[string]string{"master": "equivalent by trailer"}},
		{"picked with another message, and adapted", func(w *world) object.ID {
			fix := onLine(w, "Fix seven", fixed)
			w.Commit("Rewrite", gittest.Files{"app.js": numbered("seven=Seven")})
			w.Git("cherry-pick", "--no-commit", "--strategy-option=ours", fix.String())
			w.Write("app.js", numbered("seven=SeVeN"))
			w.Git("commit", "--quiet", "--all", "--reuse-message="+fix.String())
			w.Git("commit", "--quiet", "--amend", "--message=Make seven right")
			return fix
		}, map[string]string{"master": "equivalent by author and date"}},
		{"made again by hand", func(w *world) object.ID {
			fix := onLine(w, "Fix seven", fixed)
			w.Commit("Seven", fixed)
			return fix
		}, map[string]string{"master": "equivalent by content"}},
		{"made again by hand, and rewritten", func(w *world) object.ID {
			fix := onLine(w, "Fix seven", fixed)
			w.Commit("Seven", fixed)
			w.Commit("Better", gittest.Files{"app.js": numbered("seven=7")})
			return fix
		}, map[string]string{"master": "equivalent by patch id"}},
		{"the same but for white space", func(w *world) object.ID {
			fix := onLine(w, "Fix seven", gittest.Files{"app.js": numbered("seven=SE  VEN")})
			w.Commit("Seven", gittest.Files{"app.js": numbered("seven= SE\tVEN ")})
			return fix
		}, map[string]string{"master": "equivalent by patch id"}},
		{"only white space, missing", func(w *world) object.ID {
			return onLine(w, "Indent", gittest.Files{"app.js": numbered("seven=  seven")})
		}, map[string]string{"master": "missing"}},
		{"a pull request squashed on master", func(w *world) object.ID {
			w.on("0.9.x")
			w.Git("checkout", "--quiet", "-b", "seven")
			fix := w.Commit("Fix seven", fixed)
			w.Commit("Fix eight", gittest.Files{"app.js": numbered("seven=SEVEN", "eight=EIGHT")})
			w.on("0.9.x")
			w.Git("merge", "--quiet", "--no-ff", "--message=Merge pull request #7 from someone/seven", "seven")
			w.Git("branch", "--quiet", "-D", "seven")
			w.on("master")
			w.later(time.Hour * 9)
			w.Commit("Fix numbers (#7)", gittest.Files{"app.js": numbered("seven=7", "eight=8")})
			return fix
		}, map[string]string{"0.9.x": "present", "master": "equivalent by pull request"}},
		{"a pull request merged on master", func(w *world) object.ID {
			w.Git("checkout", "--quiet", "-b", "seven")
			w.Commit("Fix seven", gittest.Files{"app.js": numbered("seven=Seven")})
			w.Commit("Fix it better", gittest.Files{"app.js": numbered("seven=7")})
			w.on("master")
			w.Git("merge", "--quiet", "--no-ff", "--message=Merge pull request #7 from someone/seven", "seven")
			w.later(time.Hour * 9)
			return onLine(w, "Fix seven (#7)", fixed)
		}, map[string]string{"master": "equivalent by pull request"}},
		{"two commits of one pull request number", func(w *world) object.ID {
			w.on("0.9.x")
			first := w.Commit("Fix nine (#7)", gittest.Files{"lib/util.js": numbered("nine=NINE")})
			fix := w.Commit("Fix seven (#7)", fixed)
			w.on("master")
			w.Git("cherry-pick", "-x", first.String())
			return fix
		}, map[string]string{"master": "missing"}},
		{"a bug number is not enough", func(w *world) object.ID {
			w.Commit("Bug 1000001 - Fix nine", gittest.Files{"app.js": numbered("nineteen=NINE")})
			return onLine(w, "Bug 1000001 - Fix seven", fixed)
		}, map[string]string{"master": "missing"}},
		{"commits of one second are not all the same", func(w *world) object.ID {
			w.later(time.Hour)
			w.Commit("A feature", gittest.Files{"app.js": numbered("nineteen=NINE")})
			return onLine(w, "Fix seven", fixed)
		}, map[string]string{"master": "missing"}},
		{"reverted", func(w *world) object.ID {
			fix := w.Commit("Fix seven", fixed)
			w.Git("revert", "--no-edit", fix.String())
			return fix
		}, map[string]string{"master": "reverted by Revert \"Fix seven\""}},
		{"taken back without a word", func(w *world) object.ID {
			fix := w.Commit("Fix seven", fixed)
			w.Commit("As it was", gittest.Files{"app.js": numbered()})
			w.Commit("More", gittest.Files{"lib/util.js": numbered("one=1")})
			return fix
		}, map[string]string{"master": "reverted by As it was"}},
		{"reverted, and the lines rewritten", func(w *world) object.ID {
			fix := w.Commit("Fix seven", fixed)
			w.Git("revert", "--no-edit", fix.String())
			w.Commit("Rewrite", gittest.Files{"app.js": numbered("seven=7")})
			return fix
		}, map[string]string{"master": "reverted by Revert \"Fix seven\""}},
		{"reverted and applied again", func(w *world) object.ID {
			fix := w.Commit("Fix seven", fixed)
			w.Git("revert", "--no-edit", fix.String())
			w.Git("revert", "--no-edit", "HEAD")
			return fix
		}, map[string]string{"master": "present"}},
		{"reverted, applied again, and rewritten", func(w *world) object.ID {
			fix := w.Commit("Fix seven", fixed)
			w.Git("revert", "--no-edit", fix.String())
			w.Git("revert", "--no-edit", "HEAD")
			w.Commit("Rewrite", gittest.Files{"app.js": numbered("seven=7")})
			return fix
		}, map[string]string{"master": "present"}},
		{"undone by release machinery", func(w *world) object.ID {
			fix := w.Commit("Fix seven", fixed)
			w.release("0.10.0")
			w.Write("app.js", numbered())
			w.open("0.11.0")
			return fix
		}, map[string]string{"0.10.0": "present", "master": "lost by Back to development"}},
		{"lost by a merge", func(w *world) object.ID {
			fix := onLine(w, "Fix seven", fixed)
			w.Git("merge", "--quiet", "--strategy=ours", "--message=Merge the line", "0.9.x")
			w.Commit("More", gittest.Files{"lib/util.js": numbered("one=1")})
			return fix
		}, map[string]string{"master": "lost by Merge the line"}},
		{"lost when a topic was merged", func(w *world) object.ID {
			w.Git("branch", "topic")
			fix := w.Commit("Fix seven", fixed)
			w.on("topic")
			w.Commit("A feature", gittest.Files{"app.js": numbered("nineteen=19"), "new.js": "new\n"})
			w.on("master")
			w.Git("merge", "--quiet", "--no-commit", "topic")
			w.Write("app.js", numbered("nineteen=19"))
			w.Git("commit", "--quiet", "--all", "--message=Merge topic")
			return fix
		}, map[string]string{"master": "lost by Merge topic"}},
		{"a revert that was merged is no loss by the merge", func(w *world) object.ID {
			fix := w.Commit("Fix seven", fixed)
			w.Git("checkout", "--quiet", "-b", "topic")
			w.Git("revert", "--no-edit", "HEAD")
			w.on("master")
			w.Commit("More", gittest.Files{"lib/util.js": numbered("one=1")})
			w.Git("merge", "--quiet", "--no-ff", "--message=Merge topic", "topic")
			return fix
		}, map[string]string{"master": "reverted by Revert \"Fix seven\""}},
		{"never picked, and the file moved", func(w *world) object.ID {
			w.Git("mv", "app.js", "server.js")
			w.Commit("Move", nil)
			return onLine(w, "Fix seven", fixed)
		}, map[string]string{"master": "missing"}},
		{"picked after the file moved", func(w *world) object.ID {
			w.Git("mv", "app.js", "server.js")
			w.Commit("Move", nil)
			fix := onLine(w, "Fix seven", fixed)
			w.Commit("Seven", gittest.Files{"server.js": numbered("seven=SEVEN")})
			return fix
		}, map[string]string{"master": "equivalent by content"}},
		{"picked, and the code rewritten", func(w *world) object.ID {
			fix := onLine(w, "Fix seven", fixed)
			w.Git("cherry-pick", "-x", fix.String())
			w.Commit("Rewrite", gittest.Files{"app.js": numbered("six=6", "seven=7", "eight=8")})
			return fix
		}, map[string]string{"master": "equivalent by trailer"}},
		{"never picked, and the code rewritten", func(w *world) object.ID {
			w.Commit("Rewrite", gittest.Files{"app.js": numbered("six=6", "seven=7", "eight=8")})
			return onLine(w, "Fix seven", fixed)
		}, map[string]string{"master": "unclear"}},
		{"two picks squashed, of which master has one", func(w *world) object.ID {
			seven := w.Commit("Fix seven", fixed)
			w.Git("checkout", "--quiet", "-b", "topic")
			nine := w.Commit("Fix nine", gittest.Files{"lib/util.js": numbered("nine=NINE")})
			w.on("master")
			w.Git("tag", "--annotate", "--message=x", "0.10.0")
			return onLine(w, fmt.Sprintf("Fixes\n\n(cherry picked from commit %s)\n(cherry picked from commit %s)", seven, nine),
				gittest.Files{"app.js": numbered("seven=SEVEN"), "lib/util.js": numbered("nine=NINE")})
		}, map[string]string{"0.10.0": "missing", "topic": "equivalent by trailer"}},
		{"a fix slipped into a release commit", func(w *world) object.ID {
			w.on("0.9.x")
			w.Write("lib/util.js", numbered("one=1"))
			return w.release("0.9.1")
		}, map[string]string{"0.9.1": "present", "master": "missing"}},
		{"a binary file", func(w *world) object.ID {
			return onLine(w, "Add a picture", gittest.Files{"logo.png": "\x00\x01\x02"})
		}, map[string]string{"master": "missing", "0.9.1": "present"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fix := c.make(w)
			survey := w.survey()
			got := map[string]string{}
			for name := range c.want {
				standing, err := survey.Standing(fix, pointOf(t, survey, name))
				if err != nil {
					t.Fatal(err)
				}
				got[name] = describe(survey, standing)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("standings (-want +got):\n%s\n%s", diff, w.Git("log", "--graph", "--oneline", "--all"))
			}
		})
	}
}

// describe writes a standing in words.
func describe(survey *fixes.Survey, standing fixes.Standing) string {
	text := string(standing.State)
	if standing.Rule != "" {
		text += " by " + string(standing.Rule)
	} else if commit, ok := survey.Commit(standing.By); ok {
		text += " by " + commit.Subject
	}
	return text
}
