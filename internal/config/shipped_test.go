package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/release"
)

func shippedFile(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "environments.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The shipped file says what the Loop service's process is, fact by fact.
func TestShippedFile(t *testing.T) {
	t.Parallel()
	train, err := config.Parse("environments.yaml", shippedFile(t))
	if err != nil {
		t.Fatal(err)
	}
	if zone := train.Zone.String(); zone != "America/Los_Angeles" {
		t.Errorf("zone %s", zone)
	}
	train.Zone = nil
	if diff := cmp.Diff(loopTrain(), train); diff != "" {
		t.Errorf("the shipped file differs from the facts (-want +got):\n%s", diff)
	}
}

// The examples that the shipped file shows in comments are valid.
func TestShippedExamples(t *testing.T) {
	t.Parallel()
	example := regexp.MustCompile(`(?m)^( *)# ((?:- \{| *- \{|[a-z-]+:(?: |$)).*)$`)
	shipped := shippedFile(t)
	if count := len(example.FindAll(shipped, -1)); count != 32 {
		t.Fatalf("%d examples found, expected 32", count)
	}
	train, err := config.Parse("environments.yaml", example.ReplaceAll(shipped, []byte("$1$2")))
	if err != nil {
		t.Fatal(err)
	}
	if len(train.Schedule.Exceptions) != 2 || len(train.Components[0].VersionFiles) != 2 || train.LedgerRef == release.DefaultLedgerRef {
		t.Errorf("examples are missing: %+v", train)
	}
}

func loopTrain() *release.Train {
	probe := release.Probe{Heartbeat: "__heartbeat__", Agree: 3, Interval: time.Second, Deadline: 5 * time.Minute}
	deploy := release.Deploy{Timeout: 30 * time.Minute}
	unseen := probe
	unseen.Disabled = true
	return &release.Train{
		LedgerRef: "refs/looprel/ledger", OffCycle: release.DefaultOffCycle(),
		Schedule: release.Schedule{
			FirstTag: release.Date{Year: 2014, Month: time.July, Day: 8},
			Every:    14, TagDay: time.Tuesday, HasTest: true, TestUntil: time.Friday,
			PushDay: time.Monday, PushFrom: 10 * 60, PushTo: 17 * 60,
			Freezes: []release.Freeze{{
				From:   release.Date{Year: 2014, Month: time.December, Day: 22},
				To:     release.Date{Year: 2015, Month: time.January, Day: 4},
				Reason: "end of year",
			}},
		},
		Tick:     release.Tick{Remind: true},
		Announce: release.Announce{To: []string{"loop@lists.example.org"}},
		Links: release.Links{
			Bug:         "https://bugzilla.mozilla.org/show_bug.cgi?id={id}",
			PullRequest: "https://github.com/mozilla-services/loop-server/pull/{id}",
		},
		Contacts: []release.Contact{{Role: "server-dev"}, {Role: "client-dev"}, {Role: "ops"}, {Role: "qa"}},
		Components: []release.Component{
			{
				Name: "loop-server", Repository: ".", Branch: "master",
				TagPattern: "{version}", BranchPattern: "{major}.{minor}.x", Bump: release.BumpMinor,
				VersionFiles: []release.VersionFile{{Path: "package.json", Key: "version"}},
				Changelog:    &release.Changelog{Path: "CHANGELOG"},
			},
			{
				Name: "loop-client", Repository: "https://github.com/mozilla/loop-client",
				TagPattern: "{version}", BranchPattern: "{major}.{minor}.x", Bump: release.BumpMinor,
				Extract: &release.Extract{
					From: "https://github.com/mozilla-firefox/firefox",
					Map: []release.Mapping{
						{From: "browser/extensions/loop/standalone", To: "."},
						{From: "browser/extensions/loop/content/shared", To: "content/shared"},
					},
				},
				Probe: &unseen,
			},
		},
		Environments: []release.Environment{
			{
				Name: "dev", Maintainer: "server-dev", URL: "https://loop-dev.stage.mozaws.net/", Follows: "master",
				Commissioned: true, ThirdParties: map[string]string{"tokbox": "real"}, Deploy: deploy, Probe: probe,
			},
			{
				Name: "load-stage", Maintainer: "ops", URL: "https://loop.stage.mozaws.net/", After: "tag",
				Commissioned: true, ThirdParties: map[string]string{"tokbox": "mocked"}, Deploy: deploy, Probe: probe,
			},
			{
				Name: "real-stage", Maintainer: "ops", After: "tag", Mirrors: "production",
				ThirdParties: map[string]string{"tokbox": "real"}, Deploy: deploy, Probe: probe,
			},
			{
				Name: "production", Maintainer: "ops", URL: "https://loop.services.mozilla.com/", After: "load-stage",
				Commissioned: true, PushWindow: true, ThirdParties: map[string]string{"tokbox": "real"}, Deploy: deploy, Probe: probe,
			},
		},
	}
}
