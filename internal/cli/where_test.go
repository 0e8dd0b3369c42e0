package cli

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

func TestWhereLine(t *testing.T) {
	t.Parallel()
	by := object.Blob([]byte("by")).ID()
	patch, err := release.ParseVersion("0.9.2")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		standing plan.FixStanding
		first    release.Version
		want     string
	}{
		{plan.FixStanding{State: fixes.Missing}, release.Version{}, ""},
		{plan.FixStanding{State: fixes.Unclear, Reason: "who knows"}, release.Version{}, ""},
		{plan.FixStanding{State: fixes.Present}, release.Version{}, "has it, not released"},
		{plan.FixStanding{State: fixes.Reverted, By: by}, release.Version{}, "reverted (undone by " + by.Short() + ")"},
		{plan.FixStanding{State: fixes.Reverted, By: by}, patch, "in 0.9.2, now reverted (undone by " + by.Short() + ")"},
		{plan.FixStanding{State: fixes.Equivalent, By: by, Rule: fixes.ByTrailer}, patch, "since 0.9.2, has it as " + by.Short() + " (by trailer)"},
	} {
		line := plan.WhereLine{Line: "0.9.x", First: c.first, FixStanding: c.standing}
		if have := whereLine(line, plan.WhereChange{}); have != c.want {
			t.Errorf("%v: %q, want %q", c.standing, have, c.want)
		}
	}
}
