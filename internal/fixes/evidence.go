package fixes

import "slices"

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
