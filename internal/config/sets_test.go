package config_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/config"
)

const setsFile = `version: 1
timezone: UTC
train: {first-tag: 2014-07-08, every: 2 weeks, tag: {day: tuesday}, push: {day: monday}, sets: true}
contacts: {ops: {}}
components:
  server: {tag: "server-{version}"}
  client: {repository: https://example.org/client}
environments:
  production: {maintainer: ops, after: tag}
`

// Sets want several components, a command that deploys, and people.
func TestSets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, old, new, want string }{
		{name: "two components"},
		{name: "one component", old: "  client: {repository: https://example.org/client}\n",
			want: `6:3: sets of server alone, expected at least two components, or no "sets: true" under train`},
		{name: "no boolean", old: "sets: true", new: "sets: both", want: `3:96: found the text "both", expected true or false`},
		{name: "by others", old: "after: tag}", new: "after: tag, deploy: {via: request}, url: \"https://example.org/\"}\ngithub: {requests: {}}",
			want: "9:3: production is deployed to by request, which knows no order of the members of a set, expected a command"},
		{name: "by pull request", old: "contacts:", new: "release: {via: pull-request}\ngithub: {}\ncontacts:",
			want: "4:10: releases by pull request, expected pushes with sets, which are made at once"},
		{name: "tick reminds", old: "contacts:", new: "tick: {remind: true, announce: true}\ncontacts:"},
		{name: "tick tags", old: "contacts:", new: "tick: {tag: true}\ncontacts:", want: "4:7: tick tags or promotes, expected neither with sets, which people tag and promote"},
		{name: "tick promotes", old: "contacts:", new: "tick: {promote: [production]}\ncontacts:", want: "4:7: tick tags or promotes, expected neither with sets, which people tag and promote"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := setsFile
			if test.old != "" {
				text = strings.Replace(text, test.old, test.new, 1)
			}
			train, err := config.Parse("e", []byte(text))
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want == "" && !train.Sets:
				t.Error("the train has no sets")
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, expected %s", err, test.want)
			}
		})
	}
}

// The order of the components is that of the file.
func TestSetsOrder(t *testing.T) {
	t.Parallel()
	train, err := config.Parse("e", []byte(setsFile))
	if err != nil {
		t.Fatal(err)
	}
	if got := train.Name(); got != "server, client" {
		t.Errorf("the components are %s", got)
	}
}
