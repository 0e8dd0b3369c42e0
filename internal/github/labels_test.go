package github_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/githubtest"
)

// Of all that carries a label the merged pull requests are found, page by page; comments of
// strangers are passed over; and a label comes off once, whatever is in its name.
func TestLabels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const label = "backport/0.9.x: now 100% #1?"
	var want []int
	b.Change(func(state *githubtest.State) {
		for n := 1; n <= 250; n++ {
			one := githubtest.Pull{ID: n, Number: n, Title: "Fix it", Head: "fix", Base: "master", Labels: []string{"bug", label}}
			if n%2 == 0 {
				one.Merged = "1234567890123456789012345678901234567890"
				want = append(want, n)
			}
			state.Pulls = append(state.Pulls, one)
		}
		state.Issues = []githubtest.Issue{{ID: 900, Number: 900, Title: "An issue", Labels: []string{label}}}
		state.Comments = []githubtest.Comment{{ID: 901, Issue: 2, Body: "ours"}, {ID: 902, Issue: 2, Body: "a stranger's", Stranger: true}, {ID: 903, Issue: 3, Body: "another's"}}
	})
	numbers, err := b.MergedWith(t.Context(), label)
	slices.Sort(numbers)
	if err != nil || !cmp.Equal(numbers, want) {
		t.Errorf("merged with the label: %v, %v", numbers, err)
	}
	names, err := b.Labels(t.Context())
	if err != nil || !cmp.Equal(names, []string{label, "bug"}) {
		t.Errorf("labels %q, %v", names, err)
	}
	texts, err := b.OwnComments(t.Context(), 2)
	if err != nil || !cmp.Equal(texts, []string{"ours"}) {
		t.Errorf("comments %q, %v", texts, err)
	}
	for range 2 {
		if err := b.Unlabel(t.Context(), 2, label); err != nil {
			t.Error(err)
		}
	}
	if left := b.Snapshot().Pulls[1].Labels; !cmp.Equal(left, []string{"bug"}) {
		t.Errorf("labels left: %q", left)
	}
}
