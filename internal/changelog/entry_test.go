package changelog_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/changelog"
)

func TestEntryFollowsTheNewestEntries(t *testing.T) {
	t.Parallel()
	fix := changelog.Change{Kind: changelog.KindFix, Text: "Read the type.", Bugs: []string{"1048426"}, PullRequests: []int{170}}
	pull := changelog.Change{Kind: changelog.KindOther, Text: "Echo messages;", PullRequests: []int{155, 156}}
	plain := changelog.Change{Kind: changelog.KindBreaking, Text: "Remove\n\x1b[31mcalls"}
	for name, test := range map[string]struct {
		entries string
		want    [3]string
	}{
		"early Loop": {
			"- [feature] 1041814 — Add support;\n- [config] Rename it.",
			[3]string{"- [bugfix] 1048426 — Read the type.", "- [change] #155, #156 — Echo messages.", "- [api-change] Remove [31mcalls."},
		},
		"Loop with bugs behind": {
			"- [bugfix] Update the ping method\n- [tools] Scan it (1125788)\n- [bugfix] Fix the heartbeat (1129905)",
			[3]string{"- [bugfix] Read the type (1048426)", "- [change] Echo messages (#155, #156)", "- [api-change] Remove [31mcalls"},
		},
		"late Loop": {
			"- Update ws (#360)\n- Log versions. (#362)\n- Use it (Bug 1275652)",
			[3]string{"- Read the type (#170)", "- Echo messages (#155, #156)", "- Breaking: Remove [31mcalls"},
		},
		"with the word bug and another bullet": {
			"  * Bug 1071244 - Log errors.\n  * Bug 1077328, 1077329 - Make sure.",
			[3]string{"  * Bug 1048426 - Read the type.", "  * #155, #156 - Echo messages.", "  * Breaking: Remove [31mcalls."},
		},
		"no entries": {
			"", [3]string{"- [bugfix] 1048426 — Read the type.", "- [change] #155, #156 — Echo messages.", "- [api-change] Remove [31mcalls."},
		},
	} {
		file := parse(t, "0.9.0 (2014-07-09)\n------------------\n\n"+test.entries+"\n")
		for i, change := range []changelog.Change{fix, pull, plain} {
			if got := file.Entry(change); got != test.want[i] {
				t.Errorf("%s: %q, want %q", name, got, test.want[i])
			}
		}
	}
}

func TestEntryCannotBreakTheFile(t *testing.T) {
	t.Parallel()
	file := parse(t, keptText)
	for text, want := range map[string]string{
		"<!-- hidden":               `- \<!-- hidden`,
		"# title":                   `- \# title`,
		"a\r\n## [9.9.9]\u202e":     "- a ## [9.9.9]",
		"\xff":                      "- \uFFFD",
		strings.Repeat("long ", 99): "- " + strings.Repeat("long ", 99)[:299] + "…",
	} {
		if got := file.Entry(changelog.Change{Text: text}); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	section, _ := parse(t, loopText).Unreleased()
	late, _ := parse(t, "0.21.0 (2016-04-21)\n----\n\n- Update rooms sessionId (#370, GH-371)\n- Run on node 0.12 (Bug 982)\n").Section(version(t, "0.21.0"))
	for _, test := range []struct {
		section changelog.Section
		change  changelog.Change
		missing bool
	}{
		{section, changelog.Change{Text: "x", Bugs: []string{"1048426"}}, false},
		{section, changelog.Change{Text: "x", Bugs: []string{"104842"}}, true},
		{section, changelog.Change{Text: "Remove old calls"}, false},
		{section, changelog.Change{Text: "Read the type from a Request body"}, false},
		{section, changelog.Change{Text: "base: keys, on a channel!"}, false},
		{section, changelog.Change{Text: "Remove"}, true},
		{section, changelog.Change{Text: "Remove the new calls"}, true},
		{section, changelog.Change{Text: "channel. Read the type"}, true},
		{section, changelog.Change{Text: "the"}, true},
		{late, changelog.Change{Text: "x", PullRequests: []int{371}}, false},
		{late, changelog.Change{Text: "x", PullRequests: []int{37}}, true},
		{late, changelog.Change{Text: "x", Bugs: []string{"12"}}, true},
		{late, changelog.Change{Text: "x", Bugs: []string{"982"}}, false},
	} {
		if got := changelog.Missing(test.section, []changelog.Change{test.change}); (len(got) == 1) != test.missing {
			t.Errorf("%+v: missing %v", test.change, got)
		}
	}
}
