package notes

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/object"
)

// revert names what a commit reverts, in one of four ways; by is the place of
// the commit that does.
type revert struct {
	by    int
	id    object.ID
	short string // the beginning of an identifier
	pull  int
	title string
}

var (
	revertsCommit = lazyregexp.New(`(?i)\bthis reverts commit ([0-9a-f]{7,40})\b`).Where(hasRevert)
	revertsPull   = lazyregexp.New(`(?m)^Reverts [\w./-]*#(\d{1,9})\s*$`).Where(lazyregexp.Has("Reverts "))
)

// readReverts reads what git ("This reverts commit …") and forges ("Reverts
// owner/name#12") write; without either, the quoted title is all there is.
func readReverts(commits []Commit, at int) []revert {
	c := commits[at]
	if !mayRevert(c) {
		return nil
	}
	var found []revert
	for _, parts := range revertsCommit.FindAllStringSubmatch(body(c), maxNumbers) {
		if id, err := object.ParseID(strings.ToLower(parts[1])); err == nil {
			found = append(found, revert{by: at, id: id})
		} else {
			found = append(found, revert{by: at, short: strings.ToLower(parts[1])})
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, parts := range revertsPull.FindAllStringSubmatch(body(c), maxNumbers) {
		found = append(found, revert{by: at, pull: number(parts[1])})
	}
	if s := readSubject(c.Subject); len(found) == 0 && s.isRevert {
		found = append(found, revert{by: at, title: s.reverted})
	}
	return found
}

// mayRevert reports whether a message has the word that each way of reverting has. Most
// have not, and are looked at no further.
func mayRevert(c Commit) bool { return hasRevert(c.Subject) || hasRevert(c.Body) }

var hasRevert = lazyregexp.HasInAnyCase("revert")

// cancelReverted marks the changes that a later one reverted, newest first, so
// that a revert that was itself reverted reverts nothing.
func cancelReverted(commits []Commit, changes []collected) {
	search := newRevertSearch(commits, changes)
	for i := range changes {
		if changes[i].RevertedBy.IsZero() {
			search.apply(i)
		}
	}
}

type revertSearch struct {
	commits []Commit
	changes []collected
	places  map[object.ID]int // of commits
	owners  map[int]int       // commit → change
	pulls   map[int]int       // pull request → change
	titles  map[string][]int  // subject → commits, newest first
	names   []string          // identifiers of commits, sorted
	gone    map[int]bool      // commits reverted
}

func newRevertSearch(commits []Commit, changes []collected) *revertSearch {
	s := &revertSearch{
		commits: commits, changes: changes,
		places: map[object.ID]int{}, owners: map[int]int{}, pulls: map[int]int{},
		titles: map[string][]int{}, gone: map[int]bool{},
	}
	for i, c := range commits {
		s.places[c.ID] = i
		title := changelog.OneLine(c.Subject, maxText)
		s.titles[title] = append(s.titles[title], i)
		s.names = append(s.names, c.ID.String())
	}
	slices.Sort(s.names)
	for i, change := range changes {
		for _, id := range change.Commits {
			s.owners[s.places[id]] = i
		}
		for _, pull := range change.PullRequests {
			s.pulls[pull] = i
		}
	}
	return s
}

// apply marks what the change reverts. A change that did nothing else, and all of
// whose targets fell, is undone itself.
func (s *revertSearch) apply(by int) {
	change := &s.changes[by]
	complete := true
	for _, r := range change.reverts {
		target, ok := s.target(r)
		if !ok || s.owners[target] == by {
			complete = false
			continue
		}
		s.gone[target] = true
		owner := &s.changes[s.owners[target]]
		if s.isGone(*owner) {
			owner.RevertedBy = change.ID
		} else {
			complete = false
		}
	}
	change.undone = change.isRevert && complete
}

// target is the commit that is meant: an older one that belongs to a change.
func (s *revertSearch) target(r revert) (int, bool) {
	at, found := -1, false
	switch {
	case !r.id.IsZero():
		at, found = s.places[r.id], s.has(r.id)
	case r.short != "":
		next, _ := slices.BinarySearch(s.names, r.short)
		if found = next < len(s.names) && strings.HasPrefix(s.names[next], r.short); found {
			at = s.placeOf(s.names[next])
		}
	case r.pull > 0:
		var owner int
		if owner, found = s.pulls[r.pull]; found {
			at = s.changes[owner].head
		}
	default:
		older := s.titles[r.title]
		next, _ := slices.BinarySearch(older, r.by+1)
		if found = next < len(older); found {
			at = older[next]
		}
	}
	if !found || at <= r.by {
		return 0, false
	}
	_, owned := s.owners[at]
	return at, owned
}

func (s *revertSearch) placeOf(name string) int {
	id, _ := object.ParseID(name) // it came from an identifier
	return s.places[id]
}

func (s *revertSearch) has(id object.ID) bool {
	_, ok := s.places[id]
	return ok
}

// isGone reports whether the change as a whole is reverted: its merge, or each of
// its commits.
func (s *revertSearch) isGone(c collected) bool {
	if s.gone[c.head] {
		return true
	}
	left := 0
	for _, id := range c.Commits[1:] {
		at := s.places[id]
		if len(s.commits[at].Parents) < 2 && !s.gone[at] {
			left++
		}
	}
	return len(c.Commits) > 1 && left == 0
}
