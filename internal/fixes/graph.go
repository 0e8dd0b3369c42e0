package fixes

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
)

// graph is the commits between the points, each before its parents, by their
// place in the list.
type graph struct {
	commits []Commit
	// mentions are what the messages say, nil where nobody has asked yet: reading a
	// message takes longer than reading the commit.
	mentions []*notes.Mention
	places   map[object.ID]int
	parents  [][]int
	// reach has the points that contain each commit.
	reach []set
	// owners has the merge that brought each commit to the branch that it is on, -1
	// for none.
	owners []int
	names  []string // identifiers, sorted
	// complete is false where the clone's history ends early.
	complete bool
}

// readGraph reads the commits that the heads have and the floor has not.
func readGraph(history History, heads, floor []object.ID) (*graph, error) {
	commits, complete, err := history.Range(heads, floor)
	if err != nil {
		return nil, err
	}
	commits = childrenFirst(commits)
	g := &graph{
		commits: commits, complete: complete, places: make(map[object.ID]int, len(commits)),
		mentions: make([]*notes.Mention, len(commits)), parents: make([][]int, len(commits)), reach: make([]set, len(commits)),
	}
	for i, commit := range commits {
		g.places[commit.ID] = i
		g.names = append(g.names, commit.ID.String())
	}
	slices.Sort(g.names)
	words := make(set, len(commits)*len(newSet(len(heads))))
	for i, commit := range commits {
		g.reach[i], words = words[:len(newSet(len(heads)))], words[len(newSet(len(heads))):]
		for _, id := range commit.Parents {
			if parent, known := g.places[id]; known {
				g.parents[i] = append(g.parents[i], parent)
			}
		}
	}
	for number, head := range heads {
		if i, known := g.places[head]; known {
			g.reach[i].put(number)
		}
	}
	for i := range commits {
		for _, parent := range g.parents[i] {
			g.reach[parent].union(g.reach[i])
		}
	}
	g.findOwners(heads)
	return g, nil
}

// mention is what a commit's message says.
func (g *graph) mention(at int) notes.Mention {
	if g.mentions[at] == nil {
		mention := notes.MentionOf(g.commits[at].Commit)
		g.mentions[at] = &mention
	}
	return *g.mentions[at]
}

// childrenFirst puts each commit before its parents, and changes the order no more
// than that takes: a clock that was wrong may have put a parent before a child.
func childrenFirst(commits []Commit) []Commit {
	places := make(map[object.ID]int, len(commits))
	for i, commit := range commits {
		places[commit.ID] = i
	}
	children := make([]int, len(commits))
	for _, commit := range commits {
		for _, id := range commit.Parents {
			if parent, known := places[id]; known {
				children[parent]++
			}
		}
	}
	sorted := make([]Commit, 0, len(commits))
	for i := range commits {
		if children[i] > 0 {
			continue // it comes when its last child has
		}
		for open := []int{i}; len(open) > 0; {
			next := open[len(open)-1]
			open = open[:len(open)-1]
			sorted = append(sorted, commits[next])
			for _, id := range commits[next].Parents {
				parent, known := places[id]
				if !known {
					continue
				}
				if children[parent]--; children[parent] == 0 && parent < i {
					open = append(open, parent)
				}
			}
		}
	}
	return sorted
}

// findOwners finds the merge that brought each commit: branches are claimed along
// first parents, and merges claim, oldest first, what nobody had before them.
func (g *graph) findOwners(heads []object.ID) {
	const nobody, branch = -2, -1
	g.owners = slices.Repeat([]int{nobody}, len(g.commits))
	follow := func(i, owner int) {
		for g.owners[i] == nobody {
			g.owners[i] = owner
			if len(g.parents[i]) == 0 || g.commits[i].Parents[0] != g.commits[g.parents[i][0]].ID {
				return
			}
			i = g.parents[i][0]
		}
	}
	for _, head := range heads {
		if i, known := g.places[head]; known {
			follow(i, branch)
		}
	}
	for i := len(g.commits) - 1; i >= 0; i-- {
		if len(g.commits[i].Parents) < 2 || g.owners[i] == nobody {
			continue
		}
		open := slices.Clone(g.parents[i])
		for len(open) > 0 {
			next := open[len(open)-1]
			open = open[:len(open)-1]
			if g.owners[next] == nobody {
				g.owners[next] = i
				open = append(open, g.parents[next]...)
			}
		}
	}
	for i, owner := range g.owners {
		if owner == nobody {
			g.owners[i] = branch
		}
	}
}

// find gives the place of the one commit whose identifier begins so.
func (g *graph) find(beginning string) (int, bool) {
	at, _ := slices.BinarySearch(g.names, beginning)
	if at == len(g.names) || !strings.HasPrefix(g.names[at], beginning) ||
		at+1 < len(g.names) && strings.HasPrefix(g.names[at+1], beginning) {
		return 0, false
	}
	id, err := object.ParseID(g.names[at])
	return g.places[id], err == nil
}

// descendants marks a commit and all that contain it.
func (g *graph) descendants(from int) []bool {
	marks := make([]bool, from+1)
	marks[from] = true
	for i := from - 1; i >= 0; i-- {
		marks[i] = slices.ContainsFunc(g.parents[i], func(parent int) bool { return parent <= from && marks[parent] })
	}
	return marks
}

// ancestors marks a commit and all that it contains, by the distance of their places
// from its own.
func (g *graph) ancestors(of int) []bool {
	marks := make([]bool, len(g.commits)-of)
	marks[0] = true
	for i := range marks {
		if marks[i] {
			for _, parent := range g.parents[of+i] {
				marks[parent-of] = true
			}
		}
	}
	return marks
}
