package merge_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// In rare situations, nearly all of them with a renamed directory that takes
// files along, git 2.39 has no outcome that anybody can want. These are told here
// as narrowly as they can be, so that no other disagreement passes for one.

// assertions are those at which git 2.39 is known to stop.
var assertions = []string{
	"process_renames: Assertion `side1 && !side1->merged.clean' failed",
	"process_renames: Assertion `side2 && !side2->merged.clean' failed",
	"process_renames: Assertion `newinfo && !newinfo->merged.clean' failed",
	"process_renames: Assertion `source_deleted || oldinfo->filemask & old_sidemask' failed",
	"handle_content_merge: Assertion `(S_IFMT & a->mode) == (S_IFMT & b->mode)' failed",
	"process_entry: Assertion `ci->merged.is_null == (ci->filemask == ci->match_mask)' failed",
}

func failsKnownAssertion(err error) bool {
	return slices.ContainsFunc(assertions, func(one string) bool { return strings.Contains(err.Error(), one) })
}

// versionAt is a file of a tree with its path.
type versionAt struct {
	path string
	mode object.Mode
	id   object.ID
}

// isDamaged reports whether git's outcome differs from the engine's in nothing
// but damage: where git recorded an object with the id zero the engine may have
// anything, and the engine may have more files, with their conflicts, if each is
// one that git lost.
func (o *treeOracle) isDamaged(c treeCase, outcome treeOutcome) bool {
	o.t.Helper()
	_, result, err := o.run(c, outcome)
	if err != nil {
		return false
	}
	git, engine := o.gitFiles(outcome), map[string]versionAt{}
	for path, entry := range o.paths(c, outcome) {
		engine[path] = versionAt{path, entry.Mode, entry.ID}
	}
	moved := movedAlong(result.Messages)
	nothing := placesOfNothing(git)
	addOrigins(nothing, moved)
	for path, version := range git {
		if version != engine[path] && !nothing[place(path)] {
			return false
		}
	}
	excused := maps.Clone(nothing)
	for path, version := range engine {
		if _, exists := git[path]; exists || nothing[place(path)] {
			continue
		}
		if moved[path].renamedFrom != path && !isLost(c, git, version, moved[path].path) {
			return false
		}
		excused[path] = true
	}
	isExcused := func(path string) bool { return excused[path] || nothing[place(path)] }
	return len(excused) > 0 &&
		slices.Equal(slices.DeleteFunc(result.Paths(), isExcused), slices.DeleteFunc(slices.Clone(outcome.paths), isExcused)) &&
		!result.Clean
}

// placesOfNothing are the places at which git recorded an object with the id zero.
func placesOfNothing(git map[string]versionAt) map[string]bool {
	places := map[string]bool{}
	for path, version := range git {
		if version.id.IsZero() {
			places[place(path)] = true
		}
	}
	return places
}

// origin is where a file was before a renamed directory took it along, and before
// a side renamed it, "" if none did.
type origin struct{ path, renamedFrom string }

// movedAlong gives the origins of the files that renamed directories took along, by
// their new paths.
func movedAlong(messages []merge.Message) map[string]origin {
	origins := map[string]origin{}
	for _, message := range messages {
		if message.Kind != merge.FileLocation {
			continue
		}
		before, _, _ := strings.Cut(message.Text, ", inside a directory")
		from, _, _ := strings.Cut(before, " was added in ")
		from, renamed, isRename := strings.Cut(from, " was renamed from ")
		moved := origin{path: from}
		if isRename {
			moved.renamedFrom = renamed[:strings.LastIndex(renamed, " in ")]
		}
		origins[message.Path] = moved
	}
	return origins
}

// addOrigins adds where the files came from that a renamed directory has taken to
// one of the places: git left them there, or not.
func addOrigins(places map[string]bool, moved map[string]origin) {
	for to, from := range moved {
		if places[place(to)] {
			places[from.path] = true
			if from.renamedFrom != "" {
				places[from.renamedFrom] = true
			}
		}
	}
}

// place is the path without what is added to the name of a file that was moved
// out of the way of another: the full id of a commit in these tests.
func place(path string) string {
	const suffix = 1 + 2*object.IDSize
	for i := range path {
		if path[i] != '~' || len(path) < i+suffix {
			continue
		}
		if _, err := object.ParseID(path[i+1 : i+suffix]); err == nil {
			return path[:i]
		}
	}
	return path
}

// isLost reports whether a file is missing in git's outcome that should not be:
// one that all three trees have, one that a side has put there, or where a renamed
// directory has taken it along from, or one that a side has put elsewhere and
// whose content is nowhere in git's outcome.
func isLost(c treeCase, git map[string]versionAt, version versionAt, movedFrom string) bool {
	_, inBase := c.base[version.path]
	_, inOurs := c.ours[version.path]
	_, inTheirs := c.theirs[version.path]
	if inBase && inOurs && inTheirs {
		return true
	}
	isElsewhere := slices.ContainsFunc(slices.Collect(maps.Values(git)), func(one versionAt) bool { return one.id == version.id })
	for _, side := range []files{c.ours, c.theirs} {
		for path, f := range side {
			if f.id() == version.id && c.base[path] != f && (path == version.path || path == movedFrom || !isElsewhere) {
				return true
			}
		}
	}
	return false
}

// gitFiles are the files of git's outcome.
func (o *treeOracle) gitFiles(outcome treeOutcome) map[string]versionAt {
	o.t.Helper()
	found := map[string]versionAt{}
	for entry := range strings.SplitSeq(o.repo.Git("ls-tree", "-r", "-z", outcome.tree), "\x00") {
		if entry == "" {
			continue
		}
		attributes, path, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(attributes)
		id, err := object.ParseID(fields[2])
		if err != nil {
			o.t.Fatal(err)
		}
		mode := object.Mode(0)
		for _, digit := range fields[0] {
			mode = mode<<3 | object.Mode(digit-'0')
		}
		found[path] = versionAt{path, mode, id}
	}
	return found
}

// neighbours is how many of the cases around one without an outcome are tried.
const neighbours = 30

// disagreeingNeighbour looks for a disagreement among the cases that are simpler
// by one thing than a case for which git has no good outcome, so that it cannot
// hide behind that.
func (o *treeOracle) disagreeingNeighbour(c treeCase) (treeCase, bool) {
	o.t.Helper()
	candidates := simpler(c)
	candidates = candidates[:min(len(candidates), neighbours)]
	for i, outcome := range o.merge(candidates) {
		if o.disagrees(candidates[i], outcome) {
			return candidates[i], true
		}
	}
	return treeCase{}, false
}

// disagrees reports whether git and the engine differ where git is not at fault.
func (o *treeOracle) disagrees(c treeCase, outcome treeOutcome) bool {
	o.t.Helper()
	return o.compare(c, outcome) != "" && (outcome.crashed || !o.isDamaged(c, outcome))
}

// wellFormed says what is wrong with the tree that the engine made, "" if nothing.
func (o *treeOracle) wellFormed(c treeCase) string {
	o.t.Helper()
	known := map[object.ID]bool{}
	for _, tree := range c.trees() {
		for f := range maps.Values(tree) {
			known[f.id()] = true
		}
	}
	memory, result, err := o.run(c, treeOutcome{ours: "ours", theirs: "theirs"})
	if err != nil {
		return err.Error()
	}
	for _, made := range result.Objects {
		known[made.ID()] = true
		if made.Kind != object.KindTree {
			continue
		}
		tree, err := object.DecodeTree(made.Data)
		if err != nil {
			return err.Error()
		}
		for i, entry := range tree {
			_, isThere := memory.trees[entry.ID]
			if !known[entry.ID] && !isThere {
				return entry.Name + " names nothing"
			}
			if i > 0 && sortName(tree[i-1]) >= sortName(entry) {
				return entry.Name + " is out of order"
			}
		}
	}
	return ""
}
