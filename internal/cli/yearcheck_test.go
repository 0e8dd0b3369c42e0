package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// check holds the year to what it should have been.
func (y *year) check() {
	y.t.Helper()
	entries := y.entries()
	y.checkReleases(entries)
	y.checkPromotions(entries)
	y.checkTold(entries)
	y.checkForge(entries)
	missed := y.missedCycles()
	for _, cycle := range []string{"2015-02-03", idle} {
		if cycle < release.DateOf(y.until).String() && !slices.Contains(missed, cycle) {
			y.t.Errorf("the cycle of %s was made up for: %v", cycle, missed)
		}
	}
	if len(y.released) < yearDays/24 {
		y.t.Errorf("%d releases alone; missed %v", len(y.released), missed)
	}
}

// entries is the whole ledger, the first entry first.
func (y *year) entries() []ledger.Entry {
	commits, complete, err := y.observer.History(y.t.Context(), 0)
	if err != nil || !complete {
		y.t.Fatalf("complete: %v, %v", complete, err)
	}
	var entries []ledger.Entry
	for _, commit := range slices.Backward(commits) {
		entry, err := ledger.Decode(commit.Message)
		if err != nil {
			y.t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

// checkReleases: each cycle that could be tagged was, on that day, once, and the
// remote has these tags and no other.
func (y *year) checkReleases(entries []ledger.Entry) {
	days, tags := map[release.Date]release.Date{}, []string{"0.9.0"}
	for _, entry := range entries {
		tagged := entry.Tagged
		if tagged == nil {
			continue
		}
		if _, twice := days[tagged.Cycle]; twice || tagged.Cycle.IsZero() {
			y.t.Errorf("the cycle of %s was released twice", tagged.Cycle)
		}
		days[tagged.Cycle] = release.DateOf(entry.At.In(y.zone))
		tags = append(tags, tagged.Version.String())
		y.released[tagged.Version.String()] = entry.At
	}
	if !maps.Equal(days, y.expected) {
		y.t.Errorf("tagged on\n%s, expected\n%s", dates(days), dates(y.expected))
	}
	onRemote := strings.Fields(y.remote.Git("tag", "--list"))
	slices.Sort(tags)
	if slices.Sort(onRemote); !slices.Equal(tags, onRemote) {
		y.t.Errorf("the remote has %v, the ledger %v", onRemote, tags)
	}
}

func dates(days map[release.Date]release.Date) string {
	var text strings.Builder
	for _, cycle := range slices.SortedFunc(maps.Keys(days), release.Date.Compare) {
		fmt.Fprintf(&text, "  %s: %s\n", cycle, days[cycle])
	}
	return text.String()
}

// missedCycles are the cycles of the year that have a tagging day and no release.
func (y *year) missedCycles() []string {
	var missed []string
	cycles, err := y.observer.Snapshot().Calendar().Cycles(release.DateOf(y.from), release.DateOf(y.until.AddDate(0, 0, -1)))
	if err != nil {
		y.t.Fatal(err)
	}
	for _, cycle := range cycles {
		if _, expected := y.expected[cycle.Planned]; !expected && !cycle.Skipped && cycle.Planned.Before(release.DateOf(y.until)) {
			missed = append(missed, cycle.Planned.String())
		}
	}
	return missed
}

// checkPromotions: each release came once to load-stage, and once to production, not
// before its push day and within the hours.
func (y *year) checkPromotions(entries []ledger.Entry) {
	reached, begun := map[string]int{}, map[string][]string{}
	schedule := y.observer.Snapshot().Calendar()
	for _, entry := range entries {
		if started := entry.Started; started != nil {
			what := started.Environment + " " + started.Version
			begun[what] = append(begun[what], entry.At.In(y.zone).Format("Mon 2006-01-02 15:04"))
		}
		finished := entry.Finished
		if finished == nil || !finished.Outcome.Reached() || finished.Tag == "" {
			continue
		}
		reached[finished.Environment+" "+finished.Version]++
		if finished.Environment != "production" {
			continue
		}
		version, err := release.ParseVersion(finished.Version)
		if err != nil {
			y.t.Fatal(err)
		}
		known, _, err := y.observer.Snapshot().Ledger.Release("loop-server", version)
		if err != nil {
			y.t.Fatal(err)
		}
		cycle, _ := schedule.ByPlanned(known.Cycle)
		local := entry.At.In(y.zone)
		if day := release.DateOf(local); day.Before(cycle.Push) || day.DaysSince(cycle.Push) > 4 || local.Hour() < 10 || local.Hour() >= 17 {
			y.t.Errorf("%s came to production on %s, its push day is %s", version, local.Format(time.RFC1123), cycle.Push)
		}
	}
	for version := range y.released {
		for _, environment := range []string{"load-stage", "production"} {
			attempts := begun[environment+" "+version]
			n := reached[environment+" "+version]
			if n == 0 && len(attempts) > 2 {
				y.t.Logf("%s never came to %s: every attempt failed: %v", version, environment, attempts)
				continue
			}
			if n != 1 && !y.overtaken(version) {
				y.t.Errorf("%s of %s came %d times to %s; attempts %v", version, y.released[version], n, environment, attempts)
			}
		}
	}
}

// overtaken reports whether a release had hardly an hour in which it could be brought
// to production: its window closed before, the runners were down, or the year ended.
func (y *year) overtaken(version string) bool {
	parsed, err := release.ParseVersion(version)
	if err != nil {
		y.t.Fatal(err)
	}
	s := y.observer.Snapshot()
	known, _, err := s.Ledger.Release("loop-server", parsed)
	if err != nil {
		y.t.Fatal(err)
	}
	cycle, _ := s.Calendar().ByPlanned(known.Cycle)
	hours := 0
	for at := known.At; at.Before(y.until) && at.Before(known.At.AddDate(0, 0, 28)); at = at.Add(time.Hour) {
		if s.Calendar().JudgePush(cycle, at).Verdict.Allows() && !y.isDown(at) {
			hours++
		}
	}
	return hours < 3
}

// checkTold: every mail and every call arrived once; each release was told by both
// channels, and nothing is open.
func (y *year) checkTold(entries []ledger.Entry) {
	open, err := y.observer.Snapshot().Ledger.Outbox("loop-server")
	if err != nil || len(open) > 0 {
		y.t.Errorf("left open: %+v, %v", open, err)
	}
	owed := map[string]bool{}
	settled := map[string]int{}
	for _, entry := range entries {
		for _, one := range entry.Owes {
			owed[one.Key] = true
		}
		if finished := entry.AnnouncementFinished; finished != nil && (finished.Delivery == ledger.Sent || finished.Delivery == ledger.SentElsewhere) {
			settled[finished.Key]++
		}
	}
	for key, n := range settled {
		if n != 1 {
			y.t.Errorf("%s was settled %d times", key, n)
		}
	}
	for key := range owed {
		if settled[key] != 1 {
			y.t.Errorf("%s was never told", key)
		}
	}
	for what, ids := range map[string][]string{"mail": y.mailIDs(), "call": y.calls.all()} {
		counts := map[string]int{}
		for _, id := range ids {
			counts[id]++
		}
		for id, n := range counts {
			if n != 1 {
				y.t.Errorf("the %s %s arrived %d times", what, id, n)
			}
		}
		for version := range y.released {
			if !slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, "tagged-"+version+"-") }) {
				y.t.Errorf("no %s told of %s", what, version)
			}
		}
	}
}
