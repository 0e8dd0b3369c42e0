package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// change is a commit of the story.
type change struct {
	subject string
	files   map[string]string
	tag     string
}

const changelogHead = "Changelog\n=========\n\nThis document describes changes between each past release.\n\n"

const changelogOld = `0.9.0 (2014-07-22)
------------------

- [feature] 1003170 — Adds metrics reporting.


0.8.0 (2014-07-08)
------------------

- [feature] 1015085 — Add Direct Call behavior.
`

const changelogNew = `0.10.0 (unreleased)
-------------------

- [feature] 1024490 — Add a /accounts/delete endpoint;
- [bugfix] 1048426 — Read callType from the request body.


`

func packageJSON(version string) string {
	return fmt.Sprintf("{\n  \"name\": \"mozilla-loop-server\",\n  \"version\": %q,\n  \"license\": \"MPL-2.0\"\n}\n", version)
}

// story is the history up to the Tuesday on which the demonstration begins.
func story() []change {
	return []change{
		{subject: "Release 0.9.0", tag: "0.9.0", files: map[string]string{
			"package.json": packageJSON("0.9.0"), "CHANGELOG": changelogHead + changelogOld, "loop/index.js": "// the server\n",
		}},
		{subject: "Back to development", files: map[string]string{"package.json": packageJSON("0.10.0-dev")}},
		{subject: "Bug 1024490 - Add a /accounts/delete endpoint. (#148)", files: map[string]string{"loop/accounts.js": "// delete\n"}},
		{subject: "Bug 1048426 - CallType should be read from the request. (#170)", files: map[string]string{
			"loop/calls.js": "// callType\n", "CHANGELOG": changelogHead + changelogNew + changelogOld,
		}},
		{subject: "Just bump superagent-hawk to 0.0.4", files: map[string]string{"loop/hawk.js": "// 0.0.4\n"}},
	}
}

// firstCommit is when the story's first commit is made: on the tagging day of the
// cycle before. The others follow day by day.
var firstCommit = time.Date(2014, time.July, 22, 18, 0, 0, 0, time.UTC)

// makeRepository writes the story into a repository, with a bare copy as its
// remote.
func (s *Stage) makeRepository(ctx context.Context, environments string) error {
	if err := os.MkdirAll(s.Clone, 0o750); err != nil {
		return err
	}
	when := firstCommit
	if err := s.git(ctx, s.Clone, when, "init", "--quiet", "--initial-branch=master", "."); err != nil {
		return err
	}
	history := append(story(), change{subject: "Describe the train", files: map[string]string{"environments.yaml": environments}})
	for _, c := range history {
		for name, content := range c.files {
			if err := writeFile(filepath.Join(s.Clone, filepath.FromSlash(name)), content); err != nil {
				return err
			}
		}
		steps := [][]string{{"add", "."}, {"commit", "--quiet", "--message", c.subject}}
		if c.tag != "" {
			steps = append(steps, []string{"tag", "--annotate", "--message", "Release " + c.tag, c.tag})
		}
		for _, step := range steps {
			if err := s.git(ctx, s.Clone, when, step...); err != nil {
				return err
			}
		}
		when = when.AddDate(0, 0, 1)
	}
	remote := filepath.Join(s.Dir, "remote.git")
	for _, step := range [][]string{
		{"clone", "--quiet", "--bare", ".", remote},
		{"remote", "add", "origin", remote},
		{"fetch", "--quiet", "origin"},
	} {
		if err := s.git(ctx, s.Clone, when, step...); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// askedFor are the gates of production where it asks for evidence.
const askedFor = `    gates:
      - live
      - {gate: soak, for: 3 days}
      - {gate: sign-off, role: qa}
      - no-lost-fixes
`

// environments is the train of the stage.
func (s *Stage) environments(program string, urls map[string]string, asksForEvidence bool) string {
	deploy := func(environment string) string {
		return fmt.Sprintf("[%s, demo, --deploy, %s]", strconv.Quote(program), strconv.Quote(s.versionFile(environment)))
	}
	gates := ""
	if asksForEvidence {
		gates = askedFor
	}
	return fmt.Sprintf(`version: 1
timezone: America/Los_Angeles

train:
  first-tag: 2014-07-08
  every: 2 weeks
  tag: {day: tuesday}
  test: {until: friday}
  push: {day: monday, from: "10:00", to: "17:00"}

contacts:
  ops: {}
  qa: {email: [qa@example.org]}

components:
  loop-server:
    branch: master
    version-files: [{path: package.json, key: version}]
    changelog: {path: CHANGELOG}

environments:
  load-stage:
    maintainer: ops
    after: tag
    third-parties: {tokbox: mocked}
    url: %q
    deploy: %s
    probe: {interval: 200ms}
  production:
    maintainer: ops
    after: load-stage
    window: push
%s    url: %q
    deploy: %s
    probe: {interval: 200ms}
`, urls["load-stage"], deploy("load-stage"), gates, urls["production"], deploy("production"))
}
