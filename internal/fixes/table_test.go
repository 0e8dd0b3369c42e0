package fixes_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// withPin is a manifest with another version of a dependency.
func withPin(manifest string) string { return strings.Replace(manifest, "1.0.22", "1.0.13", 1) }

// withPins goes back to older versions of two dependencies.
func withPins(manifest string) string {
	return strings.Replace(withPin(manifest), "0.3.7", "0.3.5", 1)
}

// The Loop service's story: a pin made on 0.20.x is missing from 0.21.0; it is made
// again inside the release commit of 0.21.1, undone by the commit that goes back to
// development, missing from 0.21.2, and back in 0.21.3.
func TestSodium(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release("0.20.0")
	w.Git("branch", "0.20.x")
	w.open("0.21.0")
	w.Commit("A feature", gittest.Files{"app.js": numbered("seven=7")})
	w.on("0.20.x")
	w.Commit("Use a version compatible with the servers", gittest.Files{"package.json": withPin(manifest("0.20.0"))})
	w.release("0.20.1")
	w.on("master")
	w.release("0.21.0")
	w.open("0.22.0")
	w.Write("package.json", withPins(manifest("0.22.0-dev")))
	w.release("0.21.1")
	w.Write("package.json", manifest("0.21.1"))
	w.open("0.22.0")
	w.Commit("Another fix", gittest.Files{"lib/util.js": numbered("one=1")})
	w.release("0.21.2")
	w.open("0.22.0")
	w.Write("package.json", withPins(manifest("0.22.0-dev")))
	w.release("0.21.3")
	w.open("0.22.0")

	want := []string{
		"0.21.0 lacks what 0.20.1 has: Use a version compatible with the servers (missing)",
		"0.21.2 lacks what 0.21.1 has: Use a version compatible with the servers (lost), Release 0.21.1 (lost)",
	}
	table := tableOf(t, w)
	if diff := cmp.Diff(want, losses(table)); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	// The row of the pin says where it is and where it was not.
	var pin fixes.Fix
	for _, fix := range table.Fixes {
		if fix.Commit.Subject == "Use a version compatible with the servers" {
			pin = fix
		}
	}
	cell := pin.Cells[slices.Index(table.Lines, *pointLine(t, "0.21.x"))]
	got := fmt.Sprint(cell.First, " ", cell.Now.State)
	for _, turn := range cell.Turns {
		got += fmt.Sprintf(", %s %s", turn.Release, turn.Standing.State)
	}
	if got != "0.21.1 equivalent, 0.21.0 missing, 0.21.1 equivalent, 0.21.2 lost, 0.21.3 equivalent" {
		t.Errorf("the pin on 0.21.x: %s", got)
	}
}

// What the next release would lose is told as well, once for each head.
func TestNextRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.on("0.9.x")
	w.Commit("Fix seven", gittest.Files{"app.js": numbered("seven=SEVEN")})
	w.Commit("Fix nine", gittest.Files{"lib/util.js": numbered("nine=NINE")})
	w.release("0.9.1")
	w.Commit("Not released yet", gittest.Files{"late.js": "late\n"})
	w.on("master")
	w.Commit("A feature", gittest.Files{"new.js": "new\n"})
	want := []string{
		"master lacks what 0.9.x has: Not released yet (missing)",
		"master lacks what 0.9.1 has: Fix seven (missing), Fix nine (missing)",
	}
	if diff := cmp.Diff(want, losses(tableOf(t, w))); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

// A release that went on without a fix is told once, not again and again; a line
// that was tagged before the fix was first released owes nothing.
func TestLossesAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release("0.10.0")
	w.Git("branch", "0.10.x")
	w.open("0.11.0")
	w.on("0.9.x")
	w.Commit("Fix seven", gittest.Files{"app.js": numbered("seven=SEVEN")})
	w.release("0.9.1")
	w.on("master")
	for _, version := range []string{"0.11.0", "0.12.0"} {
		w.Commit("Feature of "+version, gittest.Files{version: version})
		w.release(version)
		w.open("0.20.0")
	}
	want := []string{
		"0.11.0 lacks what 0.9.1 has: Fix seven (missing)",
		"master lacks what 0.9.1 has: Fix seven (missing)",
	}
	if diff := cmp.Diff(want, losses(tableOf(t, w))); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

// A fix that its own line took back is owed by nobody, and the revert is no fix.
func TestWithdrawnFix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.on("0.9.x")
	w.Commit("Fix seven", gittest.Files{"app.js": numbered("seven=SEVEN")})
	w.release("0.9.1")
	w.Git("revert", "--no-edit", "HEAD^")
	w.release("0.9.2")
	w.on("master")
	w.release("0.10.0")
	table := tableOf(t, w)
	if got := losses(table); len(got) > 0 {
		t.Errorf("losses: %v", got)
	}
	if len(table.Fixes) != 1 || table.Fixes[0].Cells[0].Now.State != fixes.Reverted {
		t.Errorf("the table has %+v", table.Fixes)
	}
}

// The same without a word about it: what another commit does and the next one undoes
// is no fix that anything could lose. A commit that does more than that is.
func TestFixWithdrawnByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after string
		want  []string
	}{
		{numbered(), nil},
		{numbered("two=TWO"), []string{
			"0.10.0 lacks what 0.9.2 has: Rather not (missing)", "master lacks what 0.9.2 has: Rather not (missing)",
		}},
	} {
		w := newWorld(t)
		w.Commit("Fix seven", gittest.Files{"app.js": numbered("seven=SEVEN")})
		w.on("0.9.x")
		w.Git("cherry-pick", "-x", "master")
		w.release("0.9.1")
		w.Commit("Rather not", gittest.Files{"app.js": c.after})
		w.release("0.9.2")
		w.on("master")
		w.release("0.10.0")
		if diff := cmp.Diff(c.want, losses(tableOf(t, w))); diff != "" {
			t.Errorf("losses (-want +got):\n%s", diff)
		}
	}
}

// One change on two lines is one row.
func TestRowsOfOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release("0.10.0")
	w.Git("branch", "0.10.x")
	w.open("0.11.0")
	fix := w.Commit("Fix seven", gittest.Files{"app.js": numbered("seven=SEVEN")})
	for _, line := range []string{"0.9", "0.10"} {
		w.on(line + ".x")
		w.Git("cherry-pick", "-x", fix.String())
		w.release(line + ".1")
	}
	w.on("master")
	w.release("0.11.0")
	table := tableOf(t, w)
	if len(table.Fixes) != 1 || len(table.Fixes[0].Others) != 1 || len(losses(table)) != 0 {
		t.Fatalf("fixes %+v\nlosses %v", table.Fixes, losses(table))
	}
	for i, first := range []string{"0.9.1", "0.10.1", "0.11.0"} {
		if got := table.Fixes[0].Cells[i].First.String(); got != first {
			t.Errorf("first on %s: %s, want %s", table.Lines[i], got, first)
		}
	}
}

// A shallow clone says that it cannot tell, and no loss.
func TestShallowIsUnclear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Commit("Something", gittest.Files{"new.js": "new\n"})
	w.on("0.9.x")
	fix := w.Commit("Fix seven", gittest.Files{"app.js": numbered("seven=SEVEN")})
	w.release("0.9.1")
	w.on("master")
	w.Bare()
	shallow := &world{w.At(w.Dir).Clone("--depth=1", "--no-single-branch"), t}
	shallow.Git("branch", "0.9.x", "origin/0.9.x")
	survey := shallow.survey()
	standing, err := survey.Standing(shallow.ID("0.9.x"), pointOf(t, survey, "master"))
	if err != nil || standing.State != fixes.Unclear {
		t.Errorf("%s: %+v, %v", fix, standing, err)
	}
}

// tableOf makes the table of all lines, with master as the next release.
func tableOf(t *testing.T, w *world) *fixes.Table {
	t.Helper()
	survey := w.survey()
	table, err := survey.Table([]int{pointOf(t, survey, "master")})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func losses(table *fixes.Table) []string {
	var lines []string
	for _, loss := range slices.Concat(table.Losses, table.Coming) {
		var names []string
		for _, missed := range loss.Fixes {
			names = append(names, fmt.Sprintf("%s (%s)", table.Fixes[missed.Fix].Commit.Subject, missed.State))
		}
		lines = append(lines, fmt.Sprintf("%s lacks what %s has: %s", loss.Point.Name, loss.Holder.Name, strings.Join(names, ", ")))
	}
	return lines
}
