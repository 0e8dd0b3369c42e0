package config

import (
	"fmt"
	"strings"
)

const scaffoldHead = `# The release train: what is released, where it runs, and when. Check changes with
# "looprel validate".
version: 1

# Tagging and pushing days are days in this zone (IANA time zone database).
`

// scaffoldTrain takes the first tagging day.
const scaffoldTrain = `
train:
  first-tag: %s               # a tagging day; the cycle counts from here
  every: 2 weeks
  tag: {day: tuesday}
  test: {until: friday}               # load tests, from the tag on
  push: {day: monday, from: "10:00", to: "17:00"}   # the first one after the tag

  # Days without pushes, both ends included; "stops: [push, tag]" stops both.
  # freezes:
  #   - {from: 2030-12-22, to: 2031-01-04, reason: end of year}

  # Countries whose public holidays are not working days.
  # holidays: [US]

  # Who learns of a release.
  # announce: {to: [releases@lists.example.org]}
`

const scaffoldContacts = `
# Roles that the environments name. People and addresses are optional.
contacts:
  dev: {}
  ops: {}
  # qa: {people: [the one on duty], email: [qa@example.org]}

`

// scaffoldEnvironments takes the branch that the first one follows.
const scaffoldEnvironments = `
# Where releases run, in order. "after" is an order and deploys nothing by itself.
environments:
  dev:
    maintainer: dev
    follows: %-24s # the branch's head is deployed here
    # url: https://dev.example.org/   # its root shows the version that runs

  staging:
    maintainer: ops
    after: tag                        # as soon as it is tagged
    # url: https://staging.example.org/
    # third-parties: {payment: mocked}  # real or mocked
    # An argument vector, without a shell; without it looprel only records.
    # deploy: {command: [bin/deploy, staging], timeout: 30m}

  production:
    maintainer: ops
    after: staging                    # once it has been there
    window: push                      # on the train's push days and hours only
    # url: https://www.example.org/
    # deploy: {command: [bin/deploy, production], timeout: 30m}
    # How to see what runs; "probe: none" when nothing shows it.
    # probe: {heartbeat: __heartbeat__, agree: 3, interval: 1s, deadline: 5m}

# Where numbers in commit messages lead.
# links:
#   bug: "https://bugs.example.org/{id}"
#   pull-request: "https://git.example.org/project/pull/{id}"
`

// scaffoldComponent writes the component, with what the repository shows.
func scaffoldComponent(facts ScaffoldFacts) string {
	var b strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&b, format+"\n", arguments...) }
	line("# What is released under a version of its own.")
	line("components:")
	line("  %s:", scalarText(facts.Component))
	line("    repository: .                     # the repository that holds this file")
	if facts.Branch == "" {
		line("    # branch: main                    # without it, the remote's default branch")
	} else {
		line("    branch: %s", scalarText(facts.Branch))
	}
	line("    # path: services/api              # its directory, in a repository of several")
	line("    tag: %s", scalarText(string(facts.TagPattern)))
	line("    release-branch: %s", scalarText(string(facts.BranchPattern)))
	line("    # bump: minor                     # what a release of the train raises")
	b.WriteString(scaffoldVersionFiles(facts))
	b.WriteString(scaffoldChangelog(facts))
	line("    # development: false              # no commit that opens the next version")
	return b.String()
}

func scaffoldVersionFiles(facts ScaffoldFacts) string {
	if len(facts.VersionFiles) == 0 {
		return `    # The files that carry the version, by key or by a pattern with one group.
    # version-files:
    #   - {path: package.json, key: version}
    #   - {path: VERSION, pattern: '^(\S+)$'}
`
	}
	var b strings.Builder
	b.WriteString("    version-files:                    # the release commit sets the version here\n")
	for _, file := range facts.VersionFiles {
		way, value := "key", file.Key
		if file.Pattern != "" {
			way, value = "pattern", file.Pattern
		}
		fmt.Fprintf(&b, "      - {path: %s, %s: %s}\n", scalarText(file.Path), way, scalarText(value))
	}
	return b.String()
}

func scaffoldChangelog(facts ScaffoldFacts) string {
	switch c := facts.Changelog; {
	case c == nil:
		return "    # changelog: {path: CHANGELOG.md, style: keep-a-changelog}   # or style: loop\n"
	case c.Style == "":
		return fmt.Sprintf("    changelog: {path: %s}\n", scalarText(c.Path))
	default:
		return fmt.Sprintf("    changelog: {path: %s, style: %s}\n", scalarText(c.Path), c.Style)
	}
}
