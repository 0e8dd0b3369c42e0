package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// proposed is an entry that proposes something for master, by its head's short name.
func proposed(t *testing.T, purpose ledger.Purpose, text, head, replaces string, minutes int) ledger.Entry {
	e := entry(ledger.KindProposed, minutes)
	e.Proposed = &ledger.Proposed{Purpose: purpose, Head: "refs/heads/looprel/" + head, Base: "refs/heads/master", Title: "Release", Replaces: replaces}
	if text != "" {
		e.Proposed.Version = version(t, text)
	}
	return e
}

func (h *history) proposals() (heads []string) {
	h.t.Helper()
	open, err := h.Proposals("loop-server")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, one := range open {
		heads = append(heads, one.Head[len("refs/heads/looprel/"):])
	}
	return heads
}

// One release of a branch is proposed at a time; a proposal is open until it is
// replaced, until what it is for is done, or until a release has overtaken it.
func TestFoldProposals(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	steps := []struct {
		entry   ledger.Entry
		refused bool
		open    []string
	}{
		{entry: proposed(t, ledger.ForRelease, "0.10.0", "release", "refs/heads/looprel/other", 1), refused: true},
		{entry: proposed(t, ledger.ForRelease, "0.10.0", "release", "", 2), open: []string{"release"}},
		{entry: proposed(t, ledger.ForRelease, "0.11.0", "other", "", 3), refused: true, open: []string{"release"}},
		{entry: proposed(t, ledger.ForPicks, "", "release", "", 4), refused: true, open: []string{"release"}},
		{entry: proposed(t, ledger.ForPicks, "", "one", "", 5), open: []string{"release", "one"}},
		{entry: proposed(t, ledger.ForPicks, "", "two", "", 6), open: []string{"release", "one", "two"}},
		{entry: proposed(t, ledger.ForRelease, "0.10.0", "release-2", "refs/heads/looprel/release", 7), open: []string{"one", "two", "release-2"}},
		{entry: picked("refs/heads/looprel/one", 8), open: []string{"two", "release-2"}},
		{entry: picked("", 9), open: []string{"two", "release-2"}},
		{entry: proposed(t, ledger.ForDevelopment, "0.9.0", "after", "", 10), open: []string{"two", "release-2", "after"}},
		{entry: ended(t, "refs/heads/looprel/two"), open: nil},
	}
	for _, step := range steps {
		if step.refused {
			h.refuses(step.entry)
		} else {
			h.add(step.entry)
		}
		if difference := cmp.Diff(step.open, h.proposals()); difference != "" {
			t.Errorf("after %q (-want +got):\n%s", step.entry.Subject(), difference)
		}
	}
}

func picked(proposal string, minutes int) ledger.Entry {
	e := entry(ledger.KindPicked, minutes)
	e.Picked = &ledger.Picked{Branch: "refs/heads/master", Proposal: proposal}
	return e
}

// ended is the release of 0.10.0 with what it ends.
func ended(t *testing.T, heads ...string) ledger.Entry {
	e := tagged(t, "0.10.0", release.Date{}, 11)
	e.Tagged.Branch, e.Tagged.Proposals = "refs/heads/master", heads
	return e
}

func TestProposalSubjects(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]ledger.Entry{
		"propose loop-server 0.10.0 for master":                      proposed(t, ledger.ForRelease, "0.10.0", "x", "", 1),
		"propose fixes of loop-server for master":                    proposed(t, ledger.ForPicks, "", "x", "", 1),
		"propose development of loop-server after 0.10.0 for master": proposed(t, ledger.ForDevelopment, "0.10.0", "x", "", 1),
	} {
		if got := e.Subject(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
