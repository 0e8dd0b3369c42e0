package notes

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/object"
)

// Mention is what a commit's message says about the change, for those who look
// for the same change elsewhere.
type Mention struct {
	// Text is the title without prefixes and numbers.
	Text string
	// PullRequests are those that the title names: "Title (#12)".
	PullRequests []int
	// Merged is the pull request that the title says it merges, zero for none.
	Merged int
	Bugs   []string
	// Issues are those that the message says it closes.
	Issues []int
	// Machinery: the commit makes a release, or opens the next one.
	Machinery bool
}

// looseMerge is a merge of a pull request that somebody wrote by hand.
var looseMerge = lazyregexp.New(`^Merge pull request #(\d{1,9})\b`).Where(lazyregexp.Begins("Merge pull request #"))

// MentionOf reads a commit's title. A revert mentions nothing of what it reverts.
func MentionOf(c Commit) Mention {
	mention := Mention{Machinery: isMachinery(c.Subject)}
	for _, found := range closes.FindAllStringSubmatch(c.Subject+"\n"+body(c), maxNumbers) {
		mention.Issues = addNew(mention.Issues, number(found[1]))
	}
	if merged, ok := readMerge(c); ok {
		mention.Merged, mention.Text = merged.number, changelog.OneLine(merged.title, maxText)
		mention.Bugs = readSubject(merged.title).bugs
		if parts := branchBug.FindStringSubmatch(merged.branch); parts != nil {
			mention.Bugs = addNew(mention.Bugs, parts[1])
		}
		return mention
	}
	if parts := looseMerge.FindStringSubmatch(c.Subject); parts != nil {
		mention.Merged = number(parts[1])
	}
	s := readSubject(c.Subject)
	mention.Text, mention.PullRequests, mention.Bugs = s.text, s.pulls, s.bugs
	return mention
}

// MayNamePullRequest reports whether MentionOf may find a pull request, which it takes
// much longer to find out: there is none without a number in the title, or where a
// merge says it below.
func MayNamePullRequest(c Commit) bool {
	return strings.ContainsAny(c.Subject, "0123456789") || strings.Contains(c.Body, "merge request")
}

// Reverted lists the commits that a commit says it reverts and that the search
// knows: by identifier, or by the beginning of one.
func Reverted(c Commit, search func(beginning string) (object.ID, bool)) []object.ID {
	var ids []object.ID
	for _, r := range readReverts([]Commit{c}, 0) {
		switch {
		case !r.id.IsZero():
			ids = addNew(ids, r.id)
		case r.short != "":
			if id, ok := search(r.short); ok {
				ids = addNew(ids, id)
			}
		}
	}
	return ids
}
