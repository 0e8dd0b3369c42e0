package cli

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/plan"
)

// The oldest lines are left out where there are too many, but not the one that was
// asked for.
func TestFixColumns(t *testing.T) {
	t.Parallel()
	report, row := &plan.FixReport{Asked: []string{"master"}}, plan.FixRow{}
	for i := range 12 {
		line := fmt.Sprintf("0.%d.x", i)
		report.Lines = append(report.Lines, line)
		if i != 10 { // of which the row says nothing
			row.On = append(row.On, plan.FixOnLine{Line: line, FixStanding: plan.FixStanding{State: fixes.Unclear}})
		}
	}
	for asked, want := range map[string][]string{
		"":      {"0.7.x", "0.8.x", "0.9.x", "0.11.x"},
		"0.2.x": {"0.2.x", "0.8.x", "0.9.x", "0.11.x"},
		"0.2.X": {"0.2.x", "0.8.x", "0.9.x", "0.11.x"},
		"0.9.x": {"0.7.x", "0.8.x", "0.9.x", "0.11.x"},
	} {
		lines, hidden := fixColumns(report, []plan.FixRow{row}, fixTitleWidth+len("reverted")+2+4*(len("unclear")+2), asked)
		if !slices.Equal(lines, want) || len(lines)+len(hidden) != 11 {
			t.Errorf("asked for %q: %q, hidden %q, want %q", asked, lines, hidden, want)
		}
	}
}

func TestFixesWithAll(t *testing.T) {
	t.Parallel()
	options := fixesOptions{request: plan.FixRequest{Line: "0.9.x", MissingFrom: "0.10.0"}}
	if have, want := options.withAll(), "looprel fixes --line 0.9.x --missing-from 0.10.0 --all"; have != want {
		t.Errorf("%q, want %q", have, want)
	}
}
