package notes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/object"
)

// collected is a change with what the search for reverts needs.
type collected struct {
	Change
	head     int
	isRevert bool
	// reverts are the commits that its commits revert, by any of their names.
	reverts []revert
	// undone says that it only reverted what the release does not have any more.
	undone bool
}

// maxBody bounds how much of a message's body is searched, in bytes.
const maxBody = 64 << 10

func body(c Commit) string { return c.Body[:min(len(c.Body), maxBody)] }

// collect makes one change of a bundle; ok is false when it is release machinery.
func collect(commits []Commit, b bundle) (change collected, ok bool) {
	head := commits[b.head]
	own := ownCommits(commits, b)
	if len(own) == 0 {
		return collected{}, false
	}
	title := titleOf(head, own)
	if isMachinery(title) {
		return collected{}, false
	}
	s := readSubject(title)
	change = collected{
		Change: Change{
			Kind: s.kind, Text: cmp.Or(s.text, "Commit "+head.ID.Short()), Scope: s.scope, Bugs: s.bugs, PullRequests: s.pulls, Reviewers: s.reviewers,
			Authors: authors(own), ID: head.ID, When: head.When,
		},
		head: b.head, isRevert: s.isRevert,
	}
	for _, i := range b.all() {
		change.Commits = append(change.Commits, commits[i].ID)
	}
	change.addMerge(head)
	change.addCommits(own, s.stated)
	change.addReverts(commits, b)
	return change, true
}

// ownCommits are the commits that make the change, oldest first: those that a
// merge brought, without merges and machinery, or the commit itself. A merge
// whose commits are elsewhere stands for itself.
func ownCommits(commits []Commit, b bundle) []Commit {
	var own []Commit
	for _, i := range slices.Backward(b.brought) {
		if c := commits[i]; len(c.Parents) < 2 && !isMachinery(c.Subject) {
			own = append(own, c)
		}
	}
	if len(b.brought) == 0 {
		own = append(own, commits[b.head])
	}
	return own
}

// titleOf is what the change is called: by the pull request's title, unless that
// is just the branch's name; then by the commit that says most.
func titleOf(head Commit, own []Commit) string {
	m, isMerge := readMerge(head)
	switch {
	case !isMerge:
		return head.Subject
	case !m.isGenerated():
		return m.title
	}
	for _, c := range own {
		if s := readSubject(c.Subject); c.ID != head.ID && (len(s.bugs) > 0 || s.stated) {
			return c.Subject
		}
	}
	for _, c := range own {
		if c.ID != head.ID && !isNoise(c.Subject) {
			return c.Subject
		}
	}
	if m.title != "" {
		return m.title
	}
	return m.branch
}

var branchBug = lazyregexp.New(`(?i)\bbug[-_/]?(\d{5,9})(?:\D|$)`).Where(lazyregexp.HasInAnyCase("bug"))

// addMerge adds what the subject of a forge's merge says.
func (c *collected) addMerge(head Commit) {
	m, ok := readMerge(head)
	if !ok {
		return
	}
	c.PullRequests = addNew([]int{m.number}, c.PullRequests...)
	if parts := branchBug.FindStringSubmatch(m.branch); parts != nil {
		c.Bugs = addNew(c.Bugs, parts[1])
	}
}

var (
	closes   = lazyregexp.New(`(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d{1,9})\b`).Where(mayClose)
	breaking = lazyregexp.New(`(?m)^BREAKING[ -]CHANGE:[ \t]*((?:\S.*(?:\n|$))+)`).Where(lazyregexp.Has("BREAKING"))
)

// mayClose reports whether a message has a number, and a word that closes what it is of.
func mayClose(message string) bool { return strings.Contains(message, "#") && hasClosingWord(message) }

var hasClosingWord = lazyregexp.HasInAnyCase("clo", "fix", "olve")

// addCommits adds what the change's commits say beside its title.
func (c *collected) addCommits(own []Commit, stated bool) {
	kinds := make([]changelog.Kind, len(own))
	for i, commit := range own {
		s := readSubject(commit.Subject)
		if !s.stated && commit.ID != c.ID {
			// A first word is too little to speak for the whole pull request.
			s.kind = changelog.KindOther
		}
		kinds[i] = s.kind
		if commit.ID != c.ID {
			c.Bugs = addNew(c.Bugs, s.bugs...)
			c.PullRequests = addNew(c.PullRequests, s.pulls...)
			c.Reviewers = addNew(c.Reviewers, s.reviewers...)
		}
		for _, found := range closes.FindAllStringSubmatch(commit.Subject+"\n"+body(commit), -1) {
			c.Issues = addNew(c.Issues, number(found[1]))
		}
		if parts := breaking.FindStringSubmatch(body(commit)); parts != nil {
			c.Kind = changelog.KindBreaking
			c.BreakingNote = changelog.OneLine(parts[1], maxText)
		}
	}
	if c.Kind == changelog.KindBreaking || slices.Contains(kinds, changelog.KindBreaking) {
		c.Kind = changelog.KindBreaking
	} else if c.Kind == changelog.KindOther && !stated {
		c.Kind = strongest(kinds)
	}
}

// strongest is the kind of a change whose title does not tell: the one among its
// commits that matters most to users; documentation or maintenance only when all
// of them are.
func strongest(kinds []changelog.Kind) changelog.Kind {
	for _, kind := range []changelog.Kind{
		changelog.KindSecurity, changelog.KindFeature, changelog.KindFix, changelog.KindPerformance,
	} {
		if slices.Contains(kinds, kind) {
			return kind
		}
	}
	for _, kind := range []changelog.Kind{changelog.KindDocumentation, changelog.KindMaintenance} {
		if !slices.ContainsFunc(kinds, func(k changelog.Kind) bool { return k != kind }) {
			return kind
		}
	}
	return changelog.KindOther
}

var coAuthor = lazyregexp.New(`(?im)^co-authored-by:[ \t]*([^<\n]*?)[ \t]*<([^>\n]*)>`).Where(lazyregexp.HasInAnyCase("co-author"))

// authors are the names behind the commits, each person once.
func authors(own []Commit) []string {
	var names []string
	seen := map[string]bool{}
	add := func(name, email string) {
		name = changelog.OneLine(name, 100)
		person := strings.ToLower(strings.TrimSpace(email))
		if person == "" {
			person = name
		}
		if name != "" && !seen[person] {
			seen[person] = true
			names = addNew(names, name)
		}
	}
	for _, c := range own {
		add(c.Author, c.Email)
		for _, found := range coAuthor.FindAllStringSubmatch(body(c), -1) {
			add(found[1], found[2])
		}
	}
	return names
}

// addReverts notes what the bundle's commits revert. A pull request is a revert
// when all of its own commits are.
func (c *collected) addReverts(commits []Commit, b bundle) {
	allRevert := true
	for _, i := range b.all() {
		found := readReverts(commits, i)
		c.reverts = append(c.reverts, found...)
		isMerge := len(commits[i].Parents) > 1
		allRevert = allRevert && (len(found) > 0 || isMerge && len(b.brought) > 0)
	}
	c.isRevert = (c.isRevert || allRevert) && len(c.reverts) > 0
	for _, r := range c.reverts {
		if !r.id.IsZero() {
			c.Reverts = addNew[object.ID](c.Reverts, r.id)
		}
	}
}
