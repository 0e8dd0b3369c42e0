package observe

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// pullsOnly is a forge that knows the history of one pull request.
type pullsOnly struct {
	Forge
	history []forge.PullCommit
}

func (p pullsOnly) PullHistory(context.Context, int) ([]forge.PullCommit, error) {
	return p.history, nil
}

func TestPullNumber(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		number int
		marked bool
	}{
		"#123": {123, true}, "123": {123, false}, "0123": {0, false}, "#0": {0, true}, "12ab": {0, false}, "#": {0, true}, "-1": {0, false},
		"+1": {0, false}, "99999999999": {0, false}, "1..2": {0, false}, "#1..#2": {0, true}, "HEAD": {0, false}, "": {0, false}, "1_0": {0, false},
	}
	for text, want := range cases {
		if number, marked := pullNumber(text); number != want.number || marked != want.marked {
			t.Errorf("%q: %d, %v, want %d, %v", text, number, marked, want.number, want.marked)
		}
	}
}

// What a pull request brought is found in the history, whichever way it was merged. Commits
// 1 to 3 are on master one after the other; 6 merges 4 and 5, 9 merges 7 and the merge 8.
func TestLanded(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	ids := repo.Import([]gittest.Commit{
		{Message: "Begin\n"},
		{Parents: []int{0}, Message: "Fix lint\n"},
		{Parents: []int{1}, Message: "One\n"},
		{Parents: []int{2}, Message: "Two\n\nIn a word.\n"},
		{Parents: []int{0}, Message: "Six\n"},
		{Parents: []int{4}, Message: "Seven\n"},
		{Parents: []int{3, 5}, Message: "Merge pull request #4\n"},
		{Parents: []int{0}, Message: "Eight\n"},
		{Parents: []int{7, 2}, Message: "Merge branch 'master'\n"},
		{Parents: []int{6, 8}, Message: "Merge pull request #5\n"},
	}, map[string]int{"refs/heads/master": 9})
	repository, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = repository.Close() })
	// before is a commit of a branch that was rebased to the one at a place.
	before := func(place int, change func(*forge.PullCommit)) forge.PullCommit {
		commit, err := repository.Commit(ids[place])
		if err != nil {
			t.Fatal(err)
		}
		one := forge.PullCommit{ID: object.ID{byte(place + 1)}, Message: strings.TrimSpace(commit.Message), Authored: commit.Author.When}
		if change != nil {
			change(&one)
		}
		return one
	}
	other := func(message string) forge.PullCommit {
		return forge.PullCommit{ID: object.ID{0xff}, Message: message, Authored: gittest.Epoch()}
	}
	merge := forge.PullCommit{ID: object.ID{0xfe}, Message: "Merge branch 'master'", Merge: true}
	itself := func(place int) func(*forge.PullCommit) {
		return func(one *forge.PullCommit) { one.ID = ids[place] }
	}
	cases := map[string]struct {
		merged   int
		history  []forge.PullCommit
		mainline int
		want     []int
		whole    int // the mainline of the one
		refused  bool
	}{
		"rebased":                          {merged: 3, history: []forge.PullCommit{before(2, nil), before(3, nil)}, want: []int{2, 3}},
		"rebased, one was there already":   {merged: 3, history: []forge.PullCommit{before(1, nil), before(2, nil), other("There already"), before(3, nil)}, want: []int{1, 2, 3}},
		"rebased, without its merge":       {merged: 3, history: []forge.PullCommit{before(2, nil), merge, before(3, nil)}, want: []int{2, 3}},
		"rebased, below another's message": {merged: 3, history: []forge.PullCommit{other("Fix lint"), before(3, nil)}, want: []int{3}},
		"one commit":                       {merged: 3, history: []forge.PullCommit{other("Whatever")}, want: []int{3}},
		"squashed":                         {merged: 3, history: []forge.PullCommit{other("One"), other("More")}, want: []int{3}},
		"squashed under a message of its own": {merged: 3, want: []int{3}, history: []forge.PullCommit{
			before(2, nil), before(3, func(one *forge.PullCommit) { one.Authored = one.Authored.Add(time.Second) }),
		}},
		"pushed":              {merged: 3, history: []forge.PullCommit{before(2, itself(2)), before(3, itself(3))}, want: []int{2, 3}},
		"pushed with a merge": {merged: 3, history: []forge.PullCommit{merge, before(3, itself(3))}, refused: true},
		"merged":              {merged: 6, want: []int{4, 5}},
		"merged, as a whole":  {merged: 6, mainline: 2, want: []int{6}, whole: 2},
		"merged with a merge": {merged: 9, want: []int{9}, whole: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &backport{Session: &Session{repository: repository, wayToForge: pullsOnly{history: c.history}}, wanted: Wanted{Mainline: c.mainline}}
			got, err := b.landed(t.Context(), forge.Pull{Number: 1, State: forge.PullMerged, Merged: ids[c.merged], Base: "master"})
			if (err != nil) != c.refused {
				t.Fatal(err)
			}
			var want []chosen
			for _, place := range c.want {
				want = append(want, chosen{id: ids[place], mainline: c.whole})
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}
