package extract

import "github.com/mozilla-services/looprel/internal/object"

// Needed leaves out of the objects that were made those that none of the commits needs:
// an octopus merge lets go of some (Rewriter.Made).
func Needed(made []Made, objects []object.Object) []object.Object {
	commits := 0
	for _, one := range objects {
		if one.Kind == object.KindCommit {
			commits++
		}
	}
	if commits == len(made) {
		return objects // as a rule
	}
	var open []object.ID
	needed := map[object.ID]bool{}
	for _, one := range made {
		needed[one.ID] = true
		open = append(open, one.Tree)
	}
	ids, trees := make([]object.ID, len(objects)), map[object.ID][]byte{}
	for i, one := range objects {
		if ids[i] = one.ID(); one.Kind == object.KindTree {
			trees[ids[i]] = one.Data
		}
	}
	for len(open) > 0 {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		data, isMade := trees[id]
		if !isMade || needed[id] {
			continue
		}
		needed[id] = true
		for entries := object.NewTreeScanner(data); entries.Next(); {
			if entries.Mode() == object.ModeDirectory {
				open = append(open, entries.ID())
			}
		}
	}
	var kept []object.Object
	for i, one := range objects {
		if needed[ids[i]] {
			kept = append(kept, one)
		}
	}
	return kept
}
