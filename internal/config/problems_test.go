package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/config"
)

// base is a valid file; each case changes a piece of it.
const base = `version: 1
timezone: America/Los_Angeles
train:
  first-tag: 2014-07-08
  every: 2 weeks
  tag: {day: tuesday}
  test: {until: friday}
  push: {day: monday, from: "10:00", to: "17:00"}
contacts:
  ops: {}
  qa: {}
components:
  server:
    version-files: [{path: package.json, key: version}]
    changelog: {path: CHANGELOG}
environments:
  dev: {maintainer: ops, follows: master}
  stage: {maintainer: ops, url: "https://stage.example.org/", after: tag}
  production: {maintainer: ops, after: stage}
`

func TestBaseIsValid(t *testing.T) {
	t.Parallel()
	if _, err := config.Parse("environments.yaml", []byte(base)); err != nil {
		t.Fatal(err)
	}
}

// problemCase is a file with a mistake in it and what is said about it, without
// the file's name.
type problemCase struct {
	name     string
	old, new string // the piece of base that is replaced; no old: the whole file
	want     []string
}

func checkProblems(t *testing.T, cases []problemCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := c.new
			if c.old != "" {
				if strings.Count(base, c.old) != 1 {
					t.Fatalf("%q stands %d times in base", c.old, strings.Count(base, c.old))
				}
				text = strings.Replace(base, c.old, c.new, 1)
			}
			train, err := config.Parse("e", []byte(text))
			if err == nil {
				t.Fatal("no problem found")
			}
			if train != nil {
				t.Error("a train beside problems")
			}
			var problems config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error of type %T", err)
			}
			want := "e:" + strings.Join(c.want, "\ne:")
			if err.Error() != want {
				t.Errorf("got:\n%s\nwant:\n%s", err, want)
			}
		})
	}
}
