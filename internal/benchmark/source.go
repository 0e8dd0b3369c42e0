package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// environments is the train's file: as the Loop service's own, with one component
// and without addresses to look at.
const environments = `version: 1
timezone: America/Los_Angeles

train:
  first-tag: 2000-01-04
  every: 2 weeks
  tag: {day: tuesday}
  test: {until: friday}
  push: {day: monday, from: "10:00", to: "17:00"}
  freezes:
    - {from: 2014-12-22, to: 2015-01-04, reason: end of year}

contacts:
  server-dev: {}
  ops: {}

components:
  service:
    repository: .
    branch: master
    tag: "{version}"
    release-branch: "{major}.{minor}.x"
    version-files: [{path: package.json, key: version}]
    changelog: {path: CHANGELOG}

environments:
  dev:        {maintainer: server-dev, follows: master}
  load-stage: {maintainer: ops, after: tag}
  production: {maintainer: ops, after: load-stage}
`

// component is the name of the train's component.
const component = "service"

func packageFile(version string) string {
	return fmt.Sprintf(`{
  "name": "service",
  "description": "A service of some twenty years",
  "version": %q,
  "private": true,
  "engines": {"node": ">=0.10"},
  "scripts": {
    "start": "node service/index.js",
    "test": "make test"
  }
}
`, version)
}

// changelog grows by a section for each release, the newest first.
type changelog struct{ sections string }

const changelogHead = "Changelog\n=========\n\nThis document describes changes between each past release.\n"

func (c *changelog) add(version release.Version, date release.Date) {
	c.sections = changelogSection(fmt.Sprintf("%s (%s)", version, date),
		fmt.Sprintf("- Bug %d - Keep a call when its connection is lost\n- Tell clients how long to wait (#%d)\n",
			1_000_000+version.Major*1000+version.Minor, 1000+version.Minor)) + c.sections
}

func (c *changelog) text() string { return changelogHead + c.sections }

// open is the text with an unreleased section in which nobody has written yet.
func (c *changelog) open(next release.Version) string {
	return changelogHead + changelogSection(next.String()+" (unreleased)", "- Nothing changed yet.\n") + c.sections
}

func changelogSection(heading, body string) string {
	return "\n" + heading + "\n" + strings.Repeat("-", len(heading)) + "\n\n" + body
}

const (
	modules        = 20
	filesPerModule = 15
	linesPerFile   = 40
)

// sources are the files that commits change.
type sources struct {
	random *rand.Rand
	files  []source
}

// source is one file: a constant a line.
type source struct {
	path   string
	values []int
}

func newSources(random *rand.Rand) *sources {
	s := &sources{random: random}
	for i := range modules * filesPerModule {
		file := source{path: fmt.Sprintf("service/module%02d/part%02d.js", i/filesPerModule, i%filesPerModule)}
		for range linesPerFile {
			file.values = append(file.values, random.IntN(valueRange))
		}
		s.files = append(s.files, file)
	}
	return s
}

const valueRange = 1_000_000

func (f source) content() string {
	var text strings.Builder
	for i, value := range f.values {
		fmt.Fprintf(&text, "exports.setting%02d = %06d;\n", i, value)
	}
	return text.String()
}

// all is the content of every file, by path.
func (s *sources) all() map[string]string {
	contents := map[string]string{}
	for _, file := range s.files {
		contents[file.path] = file.content()
	}
	return contents
}

// change changes a line in one or two files.
func (s *sources) change() map[string]string {
	contents := map[string]string{}
	for range 1 + s.random.IntN(2) {
		file := s.files[s.random.IntN(len(s.files))]
		file.values[s.random.IntN(linesPerFile)] = s.random.IntN(valueRange)
		contents[file.path] = file.content()
	}
	return contents
}

// subject is what a commit says of itself.
func (s *sources) subject() string {
	pick := func(words ...string) string { return words[s.random.IntN(len(words))] }
	subject := fmt.Sprintf("%s the %s of %s",
		pick("Correct", "Shorten", "Measure", "Log", "Check", "Simplify"),
		pick("timeout", "size", "number", "order", "state", "name"),
		pick("calls", "rooms", "sessions", "tokens", "devices", "answers"))
	if s.random.IntN(2) == 0 {
		return fmt.Sprintf("Bug %d - %s", 900_000+s.random.IntN(300_000), subject)
	}
	return fmt.Sprintf("%s (#%d)", subject, 1+s.random.IntN(9999))
}
