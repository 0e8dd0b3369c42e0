package fixes

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/notes"
)

// kinship says which commits of a graph are of the same change. Commits of one
// family are; a family is known by its root.
type kinship struct {
	graph *graph
	root  []int
	// members has the commits of each family of more than one, by root; in the order
	// of the graph.
	members map[int][]int
	// origins are the commits that a trailer names, as identifiers or the beginnings
	// of such that nobody knows.
	origins map[int][]string
	// parts has, for a commit that several changes were squashed into, a commit of
	// each; into is the other way round.
	parts, into map[int][]int
	// wholes has, for a commit of a pull request, the commits that are the whole of
	// that pull request elsewhere.
	wholes  map[int][]int
	patches map[int]patchID
}

func newKinship(g *graph) *kinship {
	k := &kinship{
		graph: g, root: make([]int, len(g.commits)), origins: map[int][]string{},
		parts: map[int][]int{}, into: map[int][]int{}, wholes: map[int][]int{}, patches: map[int]patchID{},
	}
	for i := range k.root {
		k.root[i] = i
	}
	k.joinOrigins()
	return k
}

func (k *kinship) family(at int) int {
	for k.root[at] != at {
		k.root[at] = k.root[k.root[at]]
		at = k.root[at]
	}
	return at
}

// join makes two families one. The root is the commit that is listed last, as a
// rule the oldest.
func (k *kinship) join(a, b int) {
	a, b = k.family(a), k.family(b)
	k.root[min(a, b)] = max(a, b)
	k.members = nil
}

// kin are the commits of the same change as one, itself included.
func (k *kinship) kin(at int) []int {
	if k.members == nil {
		k.members = map[int][]int{}
		for i := range k.root {
			if root := k.family(i); root != i || k.members[root] != nil {
				k.members[root] = append(k.members[root], i)
			}
		}
	}
	if members := k.members[k.family(at)]; members != nil {
		return members
	}
	return []int{at}
}

// groups are the commits that have something in common, by its name, as far as one
// of them is wanted.
type groups struct {
	byName map[string][]int
	order  []string
}

// collect groups the commits by their names. may, if not nil, says of a commit
// whether it can have one of some names at all, where that is told sooner.
func collect(commits int, wanted map[int]bool, names func(int) []string, may func(at int, names map[string]bool) bool) groups {
	interesting := map[string]bool{}
	for at := range wanted {
		for _, name := range names(at) {
			interesting[name] = true
		}
	}
	found := groups{byName: map[string][]int{}}
	for at := range commits {
		if may != nil && !may(at, interesting) {
			continue
		}
		for _, name := range names(at) {
			if !interesting[name] {
				continue
			}
			if found.byName[name] == nil {
				found.order = append(found.order, name)
			}
			found.byName[name] = append(found.byName[name], at)
		}
	}
	return found
}

// ambiguous reports whether one history has two of the commits.
func (k *kinship) ambiguous(commits []int) bool {
	if len(commits) == 0 {
		return false
	}
	seen := newSet(64 * len(k.graph.reach[commits[0]]))
	for _, at := range commits {
		if seen.meets(k.graph.reach[at]) {
			return true
		}
		seen.union(k.graph.reach[at])
	}
	return false
}

// joinAuthors joins the commits that one person made at one second. overlaps says
// whether two commits touch a common path.
func (k *kinship) joinAuthors(wanted map[int]bool, overlaps func(a, b int) (bool, error)) error {
	found := collect(len(k.graph.commits), wanted, k.authorName, nil)
	for _, name := range found.order {
		group := found.byName[name]
		ambiguous := k.ambiguous(group)
		for i, a := range group {
			for _, b := range group[i+1:] {
				if k.family(a) == k.family(b) || ambiguous && k.graph.commits[a].Subject != k.graph.commits[b].Subject {
					continue
				}
				common, err := overlaps(a, b)
				if err != nil {
					return err
				}
				if common {
					k.join(a, b)
				}
			}
		}
	}
	return nil
}

// authorName is the author and the time of a commit. A merge has them, too: what is
// picked of it keeps them.
func (k *kinship) authorName(at int) []string {
	commit := k.graph.commits[at]
	if commit.Email == "" && commit.Author == "" {
		return nil
	}
	return []string{commit.Author + "\x00" + commit.Email + "\x00" + strconv.FormatInt(commit.When.Unix(), 10)}
}

// joinPullRequests joins the commits whose titles name the same pull request, and
// notes which are the whole of one that others are a part of: its merge, and unless
// there are several in one history, whatever names it.
func (k *kinship) joinPullRequests(wanted map[int]bool) {
	found := collect(len(k.graph.commits), wanted, k.pullRequests, k.mayName)
	for _, name := range found.order {
		named := slices.DeleteFunc(slices.Clone(found.byName[name]), func(at int) bool { return !k.names(at, name) })
		whole := named
		if ambiguous := k.ambiguous(named); ambiguous {
			whole = slices.DeleteFunc(slices.Clone(named), func(at int) bool { return len(k.graph.commits[at].Parents) < 2 })
		}
		for i, a := range named {
			for _, b := range named[i+1:] {
				text := k.graph.mention(a).Text
				if len(whole) == len(named) || text != "" && text == k.graph.mention(b).Text {
					k.join(a, b)
				}
			}
		}
		for _, at := range found.byName[name] {
			if !slices.Contains(whole, at) {
				k.wholes[at] = append(k.wholes[at], whole...)
			}
		}
	}
}

// pullRequests are those that a commit's title names or merges, and the one whose
// merge brought it.
func (k *kinship) pullRequests(at int) []string {
	mention := k.titled(at)
	var names []string
	for _, number := range mention.PullRequests {
		names = append(names, strconv.Itoa(number))
	}
	if mention.Merged > 0 {
		names = append(names, strconv.Itoa(mention.Merged))
	}
	if owner := k.graph.owners[at]; owner >= 0 && len(k.graph.commits[at].Parents) < 2 {
		if merged := k.titled(owner).Merged; merged > 0 && !slices.Contains(names, strconv.Itoa(merged)) {
			names = append(names, strconv.Itoa(merged))
		}
	}
	return names
}

// titled is what a commit's message says, if it can name a pull request at all.
func (k *kinship) titled(at int) notes.Mention {
	if !notes.MayNamePullRequest(k.graph.commits[at].Commit) {
		return notes.Mention{}
	}
	return k.graph.mention(at)
}

// fewNames is how many names are looked for in a message before it is read.
const fewNames = 8

// mayName reports whether one of the pull requests can be among a commit's: its
// number is to be found in the message, or in that of the merge that brought it.
func (k *kinship) mayName(at int, names map[string]bool) bool {
	if len(names) > fewNames {
		return true
	}
	for name := range names {
		if owner := k.graph.owners[at]; k.hasText(at, name) || owner >= 0 && k.hasText(owner, name) {
			return true
		}
	}
	return false
}

func (k *kinship) hasText(at int, text string) bool {
	return strings.Contains(k.graph.commits[at].Subject, text) || strings.Contains(k.graph.commits[at].Body, text)
}

// names reports whether the commit's own title names the pull request.
func (k *kinship) names(at int, name string) bool {
	mention := k.graph.mention(at)
	number, _ := strconv.Atoi(name)
	return mention.Merged == number || slices.Contains(mention.PullRequests, number)
}
