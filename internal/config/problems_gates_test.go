package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/release"
)

// gatedLine is the line of the base file that the cases give gates to.
const gatedLine = "production: {maintainer: ops, after: stage}"

func withGates(gates string) string {
	return "production: {maintainer: ops, after: stage, gates: " + gates + "}"
}

func TestGateProblems(t *testing.T) {
	t.Parallel()
	checkProblems(t, []problemCase{
		{
			name: "unknown", old: gatedLine, new: withGates("[oder]"),
			want: []string{`19:55: unknown word "oder", expected one of ` + oneOfGates() + `; did you mean "order"?`},
		},
		{
			name: "no list", old: gatedLine, new: withGates("order"),
			want: []string{`19:54: found the text "order", expected a list of gates, each a name or a mapping with the key gate`},
		},
		{
			name: "twice", old: gatedLine, new: withGates("[order, {gate: order}]"),
			want: []string{`19:62: duplicate gate "order", expected it once: it stands on line 19 already`},
		},
		{
			name: "without a name", old: gatedLine, new: withGates("[{waive: [ops]}]"),
			want: []string{
				`19:55: no key "gate" in a gate, expected it, such as "gate: order"`,
				`19:64: nobody has the role "ops", expected people or email for it in contacts, to know whose word counts`,
			},
		},
		{
			name: "role", old: gatedLine, new: withGates("[{gate: order, waive: [opps]}]"),
			want: []string{`19:77: unknown role "opps", expected one of ops, qa; did you mean "ops"?`},
		},
		{
			name: "role of nobody", old: gatedLine, new: withGates("[{gate: order, waive: [ops]}]"),
			want: []string{`19:77: nobody has the role "ops", expected people or email for it in contacts, to know whose word counts`},
		},
		{
			name: "window without one", old: gatedLine, new: withGates("[window]"),
			want: []string{`19:54: the gate window without a window, expected window: push beside it`},
		},
		{
			name: "sign-off alone", old: gatedLine, new: withGates("[sign-off]"),
			want: []string{`19:55: the gate sign-off alone, expected what it asks for, such as {gate: sign-off, role: qa}`},
		},
		{
			name: "sign-off without a role", old: gatedLine, new: withGates("[{gate: sign-off}]"),
			want: []string{`19:55: no key "role" in a gate, expected it, such as "role: qa"`},
		},
		{
			name: "sign-off by nobody", old: gatedLine, new: withGates("[{gate: sign-off, role: qa, people: 0}]"),
			want: []string{
				`19:78: nobody has the role "qa", expected people or email for it in contacts, to know whose word counts`,
				`19:90: found the number 0, expected a whole number from 1 to 100`,
			},
		},
		{
			name: "soak alone", old: gatedLine, new: withGates("[soak]"),
			want: []string{`19:55: the gate soak alone, expected what it asks for, such as {gate: soak, for: 3 days}`},
		},
		{
			name: "soak for what", old: gatedLine, new: withGates("[{gate: soak, for: 3d}]"),
			want: []string{`19:73: "3d" is not a time, expected a time such as 36 hours, 3 days or 3 working days`},
		},
		{
			name: "soak for nothing", old: gatedLine, new: withGates("[{gate: soak, for: 0 days}]"),
			want: []string{`19:73: "0 days" is not a time, expected a time such as 36 hours, 3 days or 3 working days`},
		},
		{
			name: "soak for ever", old: gatedLine, new: withGates("[{gate: soak, for: 367 days}]"),
			want: []string{`19:73: the time "367 days", expected at most 366 days`},
		},
		{
			name: "live after the tag", old: `stage: {maintainer: ops, url: "https://stage.example.org/", after: tag}`,
			new:  "stage: {maintainer: ops, after: tag, gates: [live]}",
			want: []string{`18:47: the gate live of stage, which comes right after the tag, expected an environment before it to look at`},
		},
		{
			name: "soak after the tag", old: `stage: {maintainer: ops, url: "https://stage.example.org/", after: tag}`,
			new:  "stage: {maintainer: ops, after: tag, gates: [{gate: soak, for: 1 day}]}",
			want: []string{`18:47: a soak before stage, which comes right after the tag, expected an environment before it`},
		},
		{
			name: "keys of another gate", old: gatedLine, new: withGates("[{gate: order, people: 2}]"),
			want: []string{`19:69: unknown key "people", expected one of gate, waive`},
		},
		{
			name: "sign-off after the tag", old: "  ops: {}\n  qa: {}\ncomponents:\n  server:\n    version-files: [{path: package.json, key: version}]\n    changelog: {path: CHANGELOG}\nenvironments:\n  dev: {maintainer: ops, follows: master}\n  stage: {maintainer: ops, url: \"https://stage.example.org/\", after: tag}\n",
			new: "  ops: {people: [A Person]}\ncomponents:\n  server: {}\nenvironments:\n  dev: {maintainer: ops, follows: master}\n  stage: {maintainer: ops, after: tag, gates: [{gate: sign-off, role: ops}]}\n  real: {maintainer: ops, after: tag, gates: [{gate: sign-off, role: ops, on: dev}]}\n",
			want: []string{
				`15:47: sign-offs before stage, which comes right after the tag, expected on: the environment on which the release was tried`,
				`16:46: sign-offs on dev, which follows a branch and gets no releases, expected an environment that gets them`,
			},
		},
		{
			name: "of a branch", old: "dev: {maintainer: ops, follows: master}", new: "dev: {maintainer: ops, follows: master, gates: [order]}",
			want: []string{`17:50: gates of dev, which follows a branch and gets no releases, expected none`},
		},
	})
}

func oneOfGates() string { return strings.Join(release.DeclarableGates(), ", ") }

// Gates keep their order and what is said of them.
func TestGates(t *testing.T) {
	t.Parallel()
	text := strings.Replace(base, gatedLine,
		"production: {maintainer: ops, after: stage, window: push, gates: [window, {gate: order, waive: [ops]}, {gate: sign-off, role: ops, people: 2, on: stage}, {gate: soak, for: 3 working days, contiguous: true}]}", 1)
	text = strings.Replace(text, "  ops: {}\n", "  ops: {email: [ops@example.org]}\n", 1)
	train, err := config.Parse("e", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	production, _ := train.Environment("production")
	want := []release.Gate{{Name: release.GateWindow}, {Name: release.GateOrder, WaivedBy: []string{"ops"}},
		{Name: release.GateSignOff, SignOff: release.SignOff{Role: "ops", People: 2, On: "stage"}},
		{Name: release.GateSoak, Soak: release.Soak{For: 72 * time.Hour, Working: true, Contiguous: true}}}
	if diff := cmp.Diff(want, production.Gates); diff != "" {
		t.Errorf("gates (-want +got):\n%s", diff)
	}
}

// A role that is known by logins alone needs somebody who says whose login it is.
func TestRoleByLogins(t *testing.T) {
	t.Parallel()
	text := strings.Replace(strings.Replace(base, gatedLine, withGates("[{gate: sign-off, role: byname}]"), 1),
		"contacts:\n", "contacts:\n  byname: {github: [somebody]}\n", 1)
	_, err := config.Parse("e", []byte(text))
	if err == nil || !strings.Contains(err.Error(), `the role "byname" has logins alone and there is no section github`) {
		t.Errorf("without the section: %v", err)
	}
	if _, err := config.Parse("e", []byte(text+"github: {}\n")); err != nil {
		t.Errorf("with it: %v", err)
	}
}
