package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/release"
)

// everything has each key that there is, with a value other than the default.
const everything = `
version: 1
timezone: "Europe/Paris"
train:
  home: upstream
  first-tag: "2024-01-02"
  every: 21 days
  tag: {day: Tuesday}
  push: {day: thursday, from: 10:00}
  freezes: [{from: 2024-12-20, to: 2025-01-05, stops: [push, tag]}]
  exceptions:
    - {cycle: 2024-01-23, tag: 2024-01-24, push: 2024-01-30, reason: late}
    - {cycle: 2024-02-13, skip: true}
  holidays: [US, FR]
  announce:
    to: [a@example.org, b@example.org]
    from: train@example.org
    mail: {server: "mail.example.org:2525", security: none, timeout: 3s}
    webhook: {url: "https://chat.example.org/hook?room=1", signed: false, timeout: 4s}
    templates: ./train/templates/
contacts:
  ops: {people: [the one on duty], email: [ops@example.org]}
  qa:
components:
  web:
    repository: git@example.org:web.git
    branch: "0.9"
    path: ./services//web/
    tag: "{major}.{minor}.{patch}-web"
    release-branch: web/{major}.{minor}
    bump: patch
    version-files:
      - {path: VERSION, pattern: '^(.*)$'}
      - {path: package-lock.json, key: packages..version}
    changelog: {path: docs/CHANGES.md, style: keep-a-changelog}
    development: false
    extract: {from: ../browser, map: [{from: src, to: ./, except: ["*.map", b/c, /docs/]}]}
    probe: {path: version.json, heartbeat: none, agree: 1, interval: 2s, deadline: 1h}
environments:
  one: {maintainer: ops, after: tag, commissioned: true, deploy: [make, "deploy\nnow", ""]}
  two:
    maintainer: qa
    url: http://[::1]:8080/loop
    after: one
    commissioned: false
    mirrors: one
    window: push
    third-parties: {Tok Box: mocked}
    deploy: {command: [make], timeout: 5m}
    probe: none
    announce: true
tick: {remind: false, announce: true, tag: true, from: "09:00", promote: [one], late: true}
links: {bug: "https://bugs.example.org/{id}", pull-request: "https://git.example.org/pull/{id}#top"}
github: {repository: git.example.org/acme/web, releases: draft, assets: [dist/*.tgz, ./README], milestones: "v{version}", deployments: false, released: {label: "in {version}", comment: true}, backports: {label: "needs {line}", done: "has {line}", comment: true}, requests: {labels: [ops, deploy], template: docs/request.md}}
ledger: {ref: refs/heads/ledger}
`

func day(text string) release.Date {
	date, err := release.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}

func TestParseEverything(t *testing.T) {
	t.Parallel()
	train := parsed(t, []byte(everything))
	train.Zone = nil
	probe := release.Probe{Heartbeat: "__heartbeat__", Agree: 3, Interval: time.Second, Deadline: 5 * time.Minute}
	unseen := probe
	unseen.Disabled = true
	want := &release.Train{
		Home: "upstream", LedgerRef: "refs/heads/ledger", OffCycle: release.DefaultOffCycle(),
		Schedule: release.Schedule{
			FirstTag: day("2024-01-02"), Every: 21, TagDay: time.Tuesday, PushDay: time.Thursday, PushFrom: 600, PushTo: 1440,
			Freezes: []release.Freeze{{From: day("2024-12-20"), To: day("2025-01-05"), StopsTags: true}},
			Exceptions: []release.Exception{
				{Cycle: day("2024-01-23"), Tag: day("2024-01-24"), Push: day("2024-01-30"), Reason: "late"},
				{Cycle: day("2024-02-13"), Skip: true},
			},
			Holidays: []string{"US", "FR"},
		},
		Announce: release.Announce{
			To: []string{"a@example.org", "b@example.org"}, From: "train@example.org", Templates: "train/templates",
			Mail:    &release.MailServer{Host: "mail.example.org", Port: 2525, Security: release.SecurityNone, Timeout: 3 * time.Second},
			Webhook: &release.Webhook{URL: "https://chat.example.org/hook?room=1", Unsigned: true, Timeout: 4 * time.Second},
		},
		Tick:  release.Tick{Announce: true, Tag: true, From: 540, Promote: []string{"one"}, Late: true},
		Links: release.Links{Bug: "https://bugs.example.org/{id}", PullRequest: "https://git.example.org/pull/{id}#top"},
		GitHub: &release.GitHub{
			Repository: "git.example.org/acme/web", Releases: "draft", Assets: []string{"dist/*.tgz", "README"}, Milestones: "v{version}", NoDeployments: true, ReleasedLabel: "in {version}", ReleasedComment: true,
			Backports: release.Backports{Label: "needs {line}", Done: "has {line}", Comment: true},
			Requests:  &release.Requests{Labels: []string{"ops", "deploy"}, Template: "docs/request.md"},
		},
		Contacts: []release.Contact{{Role: "ops", People: []string{"the one on duty"}, Email: []string{"ops@example.org"}}, {Role: "qa"}},
		Components: []release.Component{{
			Name: "web", Repository: "git@example.org:web.git", Branch: "0.9", Path: "services/web",
			TagPattern: "{major}.{minor}.{patch}-web", BranchPattern: "web/{major}.{minor}", Bump: release.BumpPatch,
			VersionFiles:  []release.VersionFile{{Path: "VERSION", Pattern: "^(.*)$"}, {Path: "package-lock.json", Key: "packages..version"}},
			Changelog:     &release.Changelog{Path: "docs/CHANGES.md", Style: "keep-a-changelog"},
			NoDevelopment: true,
			Extract:       &release.Extract{From: "../browser", Map: []release.Mapping{{From: "src", To: ".", Except: []string{"*.map", "b/c", "/docs"}}}},
			Probe:         &release.Probe{Path: "version.json", Heartbeat: "none", Agree: 1, Interval: 2 * time.Second, Deadline: time.Hour},
		}},
		Environments: []release.Environment{
			{
				Name: "one", Maintainer: "ops", After: "tag", Commissioned: true,
				Deploy: release.Deploy{Command: []string{"make", "deploy\nnow", ""}, Timeout: 30 * time.Minute}, Probe: probe,
			},
			{
				Name: "two", Maintainer: "qa", URL: "http://[::1]:8080/loop", After: "one", Mirrors: "one", PushWindow: true,
				ThirdParties: map[string]string{"Tok Box": "mocked"},
				Deploy:       release.Deploy{Command: []string{"make"}, Timeout: 5 * time.Minute}, Probe: unseen, Announce: true,
			},
		},
	}
	if diff := cmp.Diff(want, train); diff != "" {
		t.Errorf("the train (-want +got):\n%s", diff)
	}
}

func TestParseAcceptsOtherLineEnds(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"CRLF":            strings.ReplaceAll(base, "\n", "\r\n"),
		"byte order mark": "\uFEFF" + base,
		"no end":          strings.TrimSuffix(base, "\n"),
		"document marks":  "%YAML 1.1\n---\n" + base + "...\n",
		"tabs elsewhere":  strings.Replace(base, "qa: {}", "qa: {}\t# \ttabs\n  # \there", 1),
	} {
		if _, err := config.Parse("e", []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRemotes(t *testing.T) {
	t.Parallel()
	for _, remote := range []string{
		"origin", ".", "..", "/srv/git/loop.git", `C:\git\loop`, "file:///srv/git/loop.git", "https://example.org/loop",
		"http://127.0.0.1:8080/loop.git", "ssh://git@example.org:2222/loop.git", "git@example.org:loop.git", "git://example.org/loop",
	} {
		text := strings.Replace(base, "  first-tag:", "  home: '"+remote+"'\n  first-tag:", 1)
		train, err := config.Parse("e", []byte(text))
		if err != nil || train.Home != remote {
			t.Errorf("%s: %v", remote, err)
		}
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	const ofNothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := config.Digest(nil); got != ofNothing {
		t.Errorf("digest %s, want %s", got, ofNothing)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	problems := config.Problems{
		{File: "a.yaml", Line: 1, Column: 2, Message: "first"},
		{File: "a.yaml", Line: 3, Column: 1, Message: "second"},
	}
	if want := "a.yaml:1:2: first\na.yaml:3:1: second"; problems.Error() != want {
		t.Errorf("got %q, want %q", problems.Error(), want)
	}
}

// A file with more mistakes than anyone reads says how many are left.
func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("e", []byte(strings.Repeat("\tx\n", 1500)))
	message := err.Error()
	if lines := strings.Count(message, "\n") + 1; lines != 1001 {
		t.Errorf("%d lines, want 1001", lines)
	}
	if want := "\ne:1001:1: 500 more problems from here on are not shown, expected at most 1000"; !strings.HasSuffix(message, want) {
		t.Errorf("the end is missing: %q", message[len(message)-200:])
	}
}
