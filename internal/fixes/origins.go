package fixes

import (
	"iter"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

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

// IsPick reports whether a message names a commit that its own was picked from.
func IsPick(message string) bool {
	for range pickedFrom(message) {
		return true
	}
	return false
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
