package fixes

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
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

// joinOrigins joins the commits that trailers say are picks of each other, or of
// the same commit.
func (k *kinship) joinOrigins() {
	byOrigin := map[string]int{}
	for i, commit := range k.graph.commits {
		for name := range pickedFrom(commit.Body) {
			origin := k.fullName(strings.ToLower(name))
			if !slices.Contains(k.origins[i], origin) {
				k.origins[i] = append(k.origins[i], origin)
			}
		}
	}
	for i := range k.graph.commits {
		origins := k.origins[i]
		if parts := k.independent(origins); len(parts) > 1 {
			k.parts[i] = parts
			for _, part := range parts {
				k.into[part] = append(k.into[part], i)
			}
			continue
		}
		for _, origin := range origins {
			if at, known := k.place(origin); known {
				k.join(i, at)
			} else if first, seen := byOrigin[origin]; seen {
				k.join(i, first)
			} else {
				byOrigin[origin] = i
			}
		}
	}
}

// pickedFrom gives the commits that lines "(cherry picked from commit ID" name, in
// full or by seven digits at least. It is asked of every commit, so that an expression
// would take too long.
func pickedFrom(body string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !strings.Contains(body, "(cherry") {
			return
		}
		for line := range strings.SplitSeq(body, "\n") {
			rest, found := strings.CutPrefix(strings.TrimLeft(line, " \t"), "(cherry")
			if !found || !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "-") {
				continue
			}
			if rest, found = strings.CutPrefix(rest[1:], "picked from commit "); !found {
				continue
			}
			name := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789abcdefABCDEF"))]
			if len(name) >= 7 && !yield(name[:min(len(name), 2*object.IDSize)]) {
				return
			}
		}
	}
}

// fullName completes an identifier that the graph knows by its beginning.
func (k *kinship) fullName(name string) string {
	if len(name) < 2*object.IDSize {
		if at, found := k.graph.find(name); found {
			return k.graph.commits[at].ID.String()
		}
	}
	return name
}

func (k *kinship) place(name string) (int, bool) {
	id, err := object.ParseID(name)
	if err != nil {
		return 0, false
	}
	at, known := k.graph.places[id]
	return at, known
}

// independent are the origins that are in the graph, if none of them is a pick of
// another: the commit then is several changes in one. A chain of picks, each of the
// one before, is one change.
func (k *kinship) independent(origins []string) []int {
	var parts []int
	for _, origin := range origins {
		at, known := k.place(origin)
		if !known || slices.ContainsFunc(k.origins[at], func(one string) bool { return slices.Contains(origins, one) }) {
			return nil
		}
		for _, other := range parts {
			if slices.ContainsFunc(k.origins[other], func(one string) bool { return slices.Contains(k.origins[at], one) }) {
				return nil
			}
		}
		parts = append(parts, at)
	}
	return parts
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

// has are the points whose history has the change of a commit, under whichever
// commit.
func (k *kinship) has(at int) set {
	points := k.ownFamily(at)
	for _, whole := range k.wholes[at] {
		if !k.brought(whole, at) {
			points.union(k.ownFamily(whole))
		}
	}
	if parts := k.parts[at]; len(parts) > 0 {
		all := k.ownFamily(parts[0])
		for _, part := range parts[1:] {
			all.cut(k.ownFamily(part))
		}
		points.union(all)
	}
	return points
}

// brought reports whether a commit is the very merge that brought another: it says
// nothing that the commit itself does not.
func (k *kinship) brought(merge, at int) bool { return k.graph.owners[at] == merge }

// ownFamily are the points that have a commit of the family.
func (k *kinship) ownFamily(at int) set {
	points := k.graph.reach[at].clone()
	for _, one := range k.kin(at) {
		points.union(k.graph.reach[one])
		for _, squash := range k.into[one] {
			points.union(k.graph.reach[squash])
		}
	}
	return points
}

// evidence finds the commit that brought a commit's change to a point, and the rule
// that says so. What says it directly comes first.
func (k *kinship) evidence(at, point int) (by int, rule Rule, found bool) {
	candidates := slices.Clone(k.kin(at))
	for _, one := range k.kin(at) {
		candidates = append(candidates, k.into[one]...)
	}
	for _, whole := range k.wholes[at] {
		if !k.brought(whole, at) {
			candidates = append(candidates, k.kin(whole)...)
		}
	}
	for _, part := range k.parts[at] {
		candidates = append(candidates, k.kin(part)...)
	}
	rules := []Rule{ByTrailer, ByAuthor, ByPullRequest, ByPatch}
	best := len(rules)
	for _, one := range candidates {
		if one == at || !k.graph.reach[one].has(point) {
			continue
		}
		level := slices.IndexFunc(rules, func(rule Rule) bool { return k.says(rule, at, one) })
		if level < 0 && !found {
			by, found = one, true // by way of a third commit
			rule = k.firstHop(at)
		}
		if level >= 0 && level < best {
			by, rule, best, found = one, rules[level], level, true
		}
	}
	return by, rule, found
}

// firstHop is a rule that joins a commit with anything.
func (k *kinship) firstHop(at int) Rule {
	for _, one := range k.kin(at) {
		for _, rule := range []Rule{ByTrailer, ByAuthor, ByPullRequest, ByPatch} {
			if one != at && k.says(rule, at, one) {
				return rule
			}
		}
	}
	return ByTrailer
}

// says reports whether a rule alone says that two commits are of the same change.
func (k *kinship) says(rule Rule, a, b int) bool {
	switch rule {
	case ByTrailer:
		named := append(slices.Clone(k.origins[b]), k.graph.commits[b].ID.String())
		return slices.Contains(k.origins[b], k.graph.commits[a].ID.String()) ||
			slices.ContainsFunc(k.origins[a], func(origin string) bool { return slices.Contains(named, origin) })
	case ByAuthor:
		return slices.ContainsFunc(k.authorName(a), func(name string) bool { return slices.Contains(k.authorName(b), name) })
	case ByPullRequest:
		return slices.ContainsFunc(k.pullRequests(a), func(name string) bool { return slices.Contains(k.pullRequests(b), name) })
	case ByPatch:
		patch, known := k.patches[a]
		other, ofOther := k.patches[b]
		return known && ofOther && patch == other
	case ByContent:
	}
	return false
}
