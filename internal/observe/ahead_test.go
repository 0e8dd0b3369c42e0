package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

const aheadTrain = `version: 1
timezone: UTC
train: {first-tag: 2014-07-08, every: 2 weeks, tag: {day: tuesday}, push: {day: monday}}
contacts: {ops: {}}
components: {server: {branch: master}}
environments: {production: {maintainer: ops, after: tag}}
`

// lines are the lines of a file, with some of them changed.
func lines(changed map[int]string) string {
	var text strings.Builder
	for i := range 40 {
		if line, ok := changed[i]; ok {
			fmt.Fprintln(&text, line)
		} else {
			fmt.Fprintln(&text, "line", i)
		}
	}
	return text.String()
}

// aheadWorld is a train's home with a line, and fixes: one that applies, one that the
// line has, one that is in conflict there, one that applies after that, and one that the
// line's files have.
func aheadWorld(t *testing.T) (home *gittest.Repo, fixes []object.ID) {
	t.Helper()
	work := gittest.New(t)
	work.Git("checkout", "--quiet", "-B", "master")
	work.Commit("Begin", gittest.Files{"environments.yaml": aheadTrain, "a": lines(nil), "b": lines(nil), "e": lines(nil)})
	work.Tag("1.0.0")
	fixes = append(fixes,
		work.Commit("Fix the first", gittest.Files{"a": lines(map[int]string{3: "first"})}),
		work.Commit("Fix the second", gittest.Files{"b": lines(map[int]string{3: "second"})}),
		work.Commit("Fix the third", gittest.Files{"b": lines(map[int]string{3: "third"})}),
		work.Commit("Fix the fourth", gittest.Files{"b": lines(map[int]string{3: "third", 30: "fourth"})}),
		work.Commit("Fix the fifth", gittest.Files{"e": lines(map[int]string{3: "fifth"})}),
	)
	work.Git("checkout", "--quiet", "-B", "1.0.x", "1.0.0")
	work.Commit("Fix otherwise", gittest.Files{"b": lines(map[int]string{3: "otherwise"}), "c": "c\n"})
	work.Git("cherry-pick", "-x", "--strategy-option=theirs", fixes[1].String())
	work.Commit("Rework", gittest.Files{"e": lines(map[int]string{3: "fifth", 30: "more"})})
	work.Tag("1.0.1")
	work.Git("checkout", "--quiet", "master")
	return work.Bare(), fixes
}

// TestLookAheadChangesNothing makes plans in clones that have seen the home in many
// states, with a look ahead and without one.
func TestLookAheadChangesNothing(t *testing.T) {
	t.Parallel()
	const tracked = "refs/remotes/origin/1.0.x"
	onLine := func(home *gittest.Repo, message string, files gittest.Files) object.ID {
		other := home.Clone("--branch=1.0.x")
		id := other.Commit(message, files)
		other.Git("push", "--quiet", "origin", "1.0.x")
		return id
	}
	for _, c := range []struct {
		name  string
		clone []string
		// home and here are what happened since the clone was made, at home and in it.
		home func(home *gittest.Repo)
		here func(clone *gittest.Repo)
		// used: what was worked out ahead is all that was asked for.
		used bool
	}{
		{name: "as it was", used: true},
		{name: "master went on", used: true, home: func(home *gittest.Repo) {
			other := home.Clone()
			other.Commit("More", gittest.Files{"d": "d\n"})
			other.Git("push", "--quiet", "origin", "master")
		}},
		{name: "the line got the fix", home: func(home *gittest.Repo) {
			onLine(home, "Fix the first, too", gittest.Files{"a": lines(map[int]string{3: "first"})})
		}},
		{name: "the line got something else", home: func(home *gittest.Repo) {
			onLine(home, "More", gittest.Files{"a": lines(map[int]string{3: "more"})})
		}},
		{name: "the line was set back", home: func(home *gittest.Repo) {
			home.Git("update-ref", "refs/heads/1.0.x", "1.0.0^{commit}")
		}},
		{name: "the line is gone", used: true, home: func(home *gittest.Repo) { home.Git("update-ref", "-d", "refs/heads/1.0.x") }},
		{name: "a release came", home: func(home *gittest.Repo) {
			home.Git("tag", "1.0.2", onLine(home, "More", gittest.Files{"d": "d\n"}).String())
		}},
		{name: "only tags were seen", used: true, here: func(clone *gittest.Repo) { clone.Git("update-ref", "-d", tracked) }},
		{name: "tags are not packed", used: true, here: func(clone *gittest.Repo) {
			for _, tag := range []string{"refs/tags/1.0.0", "refs/tags/1.0.1"} {
				clone.Write(".git/"+tag, clone.ID(tag).String()+"\n")
			}
		}},
		{name: "nothing was seen", here: func(clone *gittest.Repo) {
			clone.Git("update-ref", "-d", tracked)
			clone.Git("tag", "--delete", "1.0.0", "1.0.1")
		}},
		{name: "something else was seen", here: func(clone *gittest.Repo) {
			clone.Git("update-ref", tracked, clone.Git("commit-tree", "-m", "Unrelated", "HEAD^{tree}"))
		}},
		{name: "what was seen is not there", here: func(clone *gittest.Repo) {
			clone.Write(".git/"+tracked, strings.Repeat("ab", 20)+"\n")
		}},
		{name: "other rules here", here: func(clone *gittest.Repo) {
			clone.Write("environments.yaml", strings.Replace(aheadTrain, "branch: master", "branch: master, changelog: {path: b}", 1))
		}},
		{name: "no rules here", here: func(clone *gittest.Repo) { clone.Git("rm", "--quiet", "environments.yaml") }},
		{name: "a shallow clone", clone: []string{"--depth=2", "--no-single-branch"}, home: func(home *gittest.Repo) {
			onLine(home, "More", gittest.Files{"d": "d\n"})
		}},
		{name: "a partial clone", clone: []string{"--filter=blob:none"}, home: func(home *gittest.Repo) {
			onLine(home, "More", gittest.Files{"d": "d\n"})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			home, fixes := aheadWorld(t)
			home.Git("config", "uploadpack.allowFilter", "true")
			wanted := [][]object.ID{{fixes[0], fixes[3]}, {fixes[1], fixes[4]}, {fixes[2], fixes[3]}}
			// Each plans in a clone of its own: what one fetches, the other lacks.
			var clones []*gittest.Repo
			for range 3 * len(wanted) {
				clones = append(clones, home.Clone(c.clone...))
			}
			if c.home != nil {
				c.home(home)
			}
			for i, asked := range wanted {
				var plans [3]string
				for way, clone := range clones[3*i : 3*i+3] {
					if c.here != nil {
						c.here(clone)
					}
					plans[way] = planAhead(t, clone, asked, way, c.used)
				}
				for _, ahead := range plans[1:] {
					if diff := cmp.Diff(plans[0], ahead); diff != "" {
						t.Errorf("%v (-without +with a look ahead):\n%s", asked, diff)
					}
				}
			}
		})
	}
}

// The ways to plan: without a look ahead, while one is taken, and after it.
const (
	notAhead = iota
	meanwhile
	afterwards
)

// openAhead opens a clone for a backport, with a look ahead or without one.
func openAhead(t *testing.T, clone *gittest.Repo, fixes []object.ID, way int) (session *Session, expected Expected, err error) {
	t.Helper()
	expected.Request.Bases = []string{"1.0.0"}
	for _, id := range fixes {
		expected.Wanted.Commits = append(expected.Wanted.Commits, id.String())
	}
	options := Options{
		Dir: clone.Dir, Environ: clone.Environ(), EntryID: "entry", Writes: true,
		Now: time.Date(2014, time.July, 22, 12, 0, 0, 0, time.UTC), ClockOverridden: true,
	}
	if way != notAhead {
		options.Expected = &expected
	}
	if session, err = Open(t.Context(), options); err == nil && way == afterwards {
		session.work.ahead.Wait()
	}
	return session, expected, err
}

// asText is a plan as it is printed for programs.
func asText(t *testing.T, made *plan.BackportPlan) string {
	t.Helper()
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// planAhead plans a backport, and gives the plan or the error as text.
func planAhead(t *testing.T, clone *gittest.Repo, fixes []object.ID, way int, used bool) string {
	t.Helper()
	session, expected, err := openAhead(t, clone, fixes, way)
	if err != nil {
		return "error: " + err.Error()
	}
	defer session.Close()
	var before []standingKey
	if way != meanwhile {
		before = slices.Collect(maps.Keys(session.work.standings.made))
	}
	made, err := Backport(t.Context(), session, expected.Request, expected.Wanted)
	if err != nil {
		if used {
			t.Error(err)
		}
		return "error: " + err.Error()
	}
	session.work.ahead.Wait()
	unknown := 0
	for key := range session.work.standings.made {
		if !slices.Contains(before, key) {
			unknown++
		}
	}
	if way == afterwards && used != (unknown == 0) {
		t.Errorf("%d standings were not worked out ahead, %d were", unknown, len(before))
	}
	return asText(t, made)
}

// TestLookAheadEndsWithTheSession closes sessions at once, and such that fail to open.
func TestLookAheadEndsWithTheSession(t *testing.T) {
	t.Parallel()
	home, fixes := aheadWorld(t)
	clone := home.Clone()
	options := Options{
		Dir: clone.Dir, Environ: clone.Environ(), Now: gittest.Epoch(),
		Expected: &Expected{Request: plan.BackportRequest{Bases: []string{"1.0.0"}}, Wanted: Wanted{Commits: []string{fixes[0].String()}}},
	}
	session, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	session.Close()
	clone.Git("remote", "set-url", "origin", home.Dir+"/nowhere")
	if _, err := Open(t.Context(), options); err == nil {
		t.Error("a home that is not there was opened")
	}
}

// What was worked out where something may be missing is not kept when objects are fetched.
func TestFetchForgets(t *testing.T) {
	t.Parallel()
	home, _ := aheadWorld(t)
	home.Git("config", "uploadpack.allowFilter", "true")
	for _, c := range []struct {
		name  string
		clone []string
		kept  int
	}{
		{"whole", nil, 1}, {"shallow", []string{"--depth=1"}, 0}, {"partial", []string{"--filter=blob:none"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clone := home.Clone(c.clone...)
			session, err := Open(t.Context(), Options{Dir: clone.Dir, Environ: clone.Environ(), Now: gittest.Epoch()})
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			_, _ = session.work.picks.get(pickKey{}, func() (outcome pick.Outcome, err error) { return outcome, nil })
			_, _ = session.work.standings.get(standingKey{}, func() (found stood, err error) { return found, nil })
			tip := home.ID("master")
			if err := session.fetch(t.Context(), "master", session.repository.Objects, gitrepo.FetchRequest{Wants: []object.ID{tip}}); err != nil {
				t.Fatal(err)
			}
			if picks, standings := len(session.work.picks.made), len(session.work.standings.made); picks != c.kept || standings != c.kept {
				t.Errorf("%d picks and %d standings are kept, expected %d", picks, standings, c.kept)
			}
		})
	}
}

func TestMemo(t *testing.T) {
	t.Parallel()
	var m memo[int, int]
	var made atomic.Int32
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			value, err := m.get(i%4, func() (int, error) {
				made.Add(1)
				return 10 * (i % 4), nil
			})
			if err != nil || value != 10*(i%4) {
				t.Errorf("%d: %d, %v", i%4, value, err)
			}
		})
	}
	group.Wait()
	if made.Load() != 4 {
		t.Errorf("4 values were made %d times", made.Load())
	}
	failed := errors.New("missing")
	if _, err := m.get(5, func() (int, error) { return 0, failed }); !errors.Is(err, failed) {
		t.Errorf("the error is %v", err)
	}
	if value, err := m.get(5, func() (int, error) { return 50, nil }); err != nil || value != 50 {
		t.Errorf("after a failure: %d, %v", value, err)
	}
	m.clear()
	if value, err := m.get(1, func() (int, error) { return 11, nil }); err != nil || value != 11 {
		t.Errorf("made anew: %d, %v", value, err)
	}
}

// TestFewSurveysAreKept plans a backport of many commits that the line has, and of one
// that it lacks: a survey holds a part of history and of its files.
func TestFewSurveysAreKept(t *testing.T) {
	t.Parallel()
	work := gittest.New(t)
	work.Git("checkout", "--quiet", "-B", "master")
	work.Commit("Begin", gittest.Files{"environments.yaml": aheadTrain})
	work.Tag("0.9.0")
	var fixes []object.ID
	for i := range 8 {
		fixes = append(fixes, work.Commit(fmt.Sprint("Fix ", i), gittest.Files{fmt.Sprint("a", i): "a\n"}))
	}
	work.Tag("1.0.0")
	fixes = append(fixes, work.Commit("Fix more", gittest.Files{"b": "b\n"}))
	clone := work.Bare().Clone()
	var plans [3]string
	for way := range plans {
		session, expected, err := openAhead(t, clone, fixes, way)
		if err != nil {
			t.Fatal(err)
		}
		made, err := Backport(t.Context(), session, expected.Request, expected.Wanted)
		if err != nil {
			t.Fatal(err)
		}
		plans[way] = asText(t, made)
		session.Close()
		kept := 0
		for key, stands := range session.work.standings.made {
			found, _ := stands()
			if found.survey == nil {
				continue
			}
			if kept++; !found.standing.State.Has() {
				t.Errorf("the survey of %s is kept, of which nothing more is asked", key.commit.Short())
			}
		}
		if kept > 4 {
			t.Errorf("%d surveys are kept", kept)
		}
	}
	for _, ahead := range plans[1:] {
		if diff := cmp.Diff(plans[0], ahead); diff != "" {
			t.Errorf("(-without +with a look ahead):\n%s", diff)
		}
	}
}

// TestLookAheadEndsAtOnce gives up picks that have not begun to read.
func TestLookAheadEndsAtOnce(t *testing.T) {
	t.Parallel()
	home, fixes := aheadWorld(t)
	session, expected, err := openAhead(t, home.Clone(), fixes[:1], notAhead)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	b, choices, err := beginBackport(t.Context(), session, expected.Request, expected.Wanted)
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := b.rehearsePicks(ended, choices[0], b.sources); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	// It counts for nobody else.
	if err := b.rehearsePicks(t.Context(), choices[0], b.sources); err != nil {
		t.Error(err)
	}
}
