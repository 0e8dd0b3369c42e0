package config_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/release"
)

// A scaffold says what was detected.
func TestScaffold(t *testing.T) {
	t.Parallel()
	facts := config.ScaffoldFacts{
		Component: "Loop Server", Branch: "0.9", TagPattern: "v{version}", BranchPattern: "release/{major}.{minor}",
		VersionFiles: []release.VersionFile{{Path: "package.json", Key: "version"}, {Path: "VERSION", Pattern: `^(\d+)"\s*'$`}},
		Changelog:    &release.Changelog{Path: "CHANGES.md", Style: "keep-a-changelog"},
		Today:        today, Zone: "Europe/Paris",
	}
	train := parsed(t, config.Scaffold(facts))
	want := release.Component{
		Name: "loop-server", Repository: ".", Branch: "0.9", TagPattern: "v{version}", BranchPattern: "release/{major}.{minor}",
		Bump: release.BumpMinor, VersionFiles: facts.VersionFiles, Changelog: facts.Changelog,
	}
	if diff := cmp.Diff([]release.Component{want}, train.Components); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
	if first := (release.Date{Year: 2014, Month: time.July, Day: 8}); train.Schedule.FirstTag != first {
		t.Errorf("first tag %s, want %s", train.Schedule.FirstTag, first)
	}
	if train.Zone.String() != "Europe/Paris" || train.Environments[0].Follows != "0.9" {
		t.Errorf("zone %s, dev follows %s", train.Zone, train.Environments[0].Follows)
	}
}

func TestScaffoldFirstTagIsToday(t *testing.T) {
	t.Parallel()
	tuesday := release.Date{Year: 2024, Month: time.December, Day: 31}
	if first := parsed(t, config.Scaffold(config.ScaffoldFacts{Today: tuesday})).Schedule.FirstTag; first != tuesday {
		t.Errorf("first tag %s, want %s", first, tuesday)
	}
}

// The examples that a scaffold shows in comments are valid.
func TestScaffoldExamples(t *testing.T) {
	t.Parallel()
	example := regexp.MustCompile(`(?m)^( *)# ( *(?:- \{|[a-z-]+:(?: |$)).*)$`)
	scaffold := config.Scaffold(config.ScaffoldFacts{Today: today})
	train := parsed(t, example.ReplaceAll(scaffold, []byte("$1$2")))
	if len(train.Schedule.Freezes) != 1 || len(train.Components[0].VersionFiles) != 2 || train.Links.Bug == "" {
		t.Errorf("examples are missing: %+v", train)
	}
}

// Parse accepts every scaffold, whatever the repository is like.
func TestScaffoldIsAlwaysAccepted(t *testing.T) {
	t.Parallel()
	source := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		facts := randomFacts(source)
		scaffold := config.Scaffold(facts)
		train, err := config.Parse("environments.yaml", scaffold)
		if err != nil {
			t.Fatalf("facts %+v\n%s\n%v", facts, scaffold, err)
		}
		if first := train.Schedule.FirstTag; first.Before(facts.Today) || first.DaysSince(facts.Today) > 6 {
			t.Fatalf("first tag %s for %s", first, facts.Today)
		}
	}
}

func randomFacts(source *rand.Rand) config.ScaffoldFacts {
	one := func(texts []string) string { return texts[source.IntN(len(texts))] }
	facts := config.ScaffoldFacts{
		Component:     one(weirdTexts()),
		Branch:        one(weirdTexts()),
		TagPattern:    release.Pattern(one([]string{"", "v", "é-", "a b", "#", "name/", "'", `"`, "{"}) + one([]string{"{version}", "", "{major}.{minor}.{patch}"})),
		BranchPattern: release.Pattern(one([]string{"", "v", "release/", "- ", "@", "*"}) + one([]string{"{major}.{minor}.x", "{version}", "{major}.{minor}"})),
		Today:         today.AddDays(source.IntN(4000)),
		Zone:          one([]string{"UTC", "Local", "", "Europe/Paris", "America/Argentina/Buenos_Aires", "Mars/Olympus", "../etc/passwd", "Etc/GMT+5"}),
	}
	for range source.IntN(4) {
		facts.VersionFiles = append(facts.VersionFiles, release.VersionFile{
			Path: one(append(weirdTexts(), "package.json", "a.toml")), Key: one([]string{"", "version", "a: b", "packages..version", "é"}),
			Pattern: one([]string{"", `^(\S+)$`, "(", "((a))", "'(.*)' # \"", "(\x00)"}),
		})
	}
	if source.IntN(2) == 0 {
		facts.Changelog = &release.Changelog{Path: one(weirdTexts()), Style: one([]string{"", "loop", "keep-a-changelog", "none"})}
	}
	return facts
}

func weirdTexts() []string {
	return []string{
		"", "master", "Loop Server", "loop_server.git", "..", ".", "---", "a..b", "x.lock", "x.lock.lock", "1.0", "0.9", "true", "No", "null", "~",
		"été", "日本語", "a: b", "a #b", "- a", "{a}", "[a]", "&a", "*a", "!a", "|", ">", "%a", "@", "`a`", `a"b`, "a'b", `a\b`, "a\nb", "a\tb", "a\x1b[31m",
		"\xff\xfe", "\u202ea", "\u2028", "refs/heads/master", "/etc/passwd", "../../x", "2014-07-08", "12:30:45", "0x1F", "1e3", "<<", "=",
		strings.Repeat("long", 60), strings.Repeat("a", 60) + ".lock" + "b", "Ünï/cödé", "feature/x y", "tag", "-option",
	}
}

func parsed(t *testing.T, data []byte) *release.Train {
	t.Helper()
	train, err := config.Parse("environments.yaml", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return train
}
