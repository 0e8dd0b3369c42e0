package gitrepo

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// minShortID is the least number of digits of a shortened id, as in git.
const minShortID = 4

// ResolveCommit finds the commit that a person means by text:
//
//  1. "HEAD" and anything that begins with "refs/" is that reference;
//  2. 40 hexadecimal digits are an object's id;
//  3. anything else is looked for as refs/tags/TEXT, refs/heads/TEXT,
//     refs/remotes/TEXT and as the beginning of a commit's or tag's id (4 digits
//     or more), all of which have the same weight.
//
// More than one answer is an AmbiguousError, even if they agree: 0.19.2 was both
// a tag and a branch once. None is an ErrNotFound. Tags are followed to their
// commits. Of git's expressions those with steps to ancestors are understood:
// HEAD~2, 0.9.0^2, master~.
func (r *Repository) ResolveCommit(text string) (object.ID, error) {
	if end := strings.IndexAny(text, "~^"); end > 0 {
		return r.ancestor(text[:end], text[end:])
	}
	return r.resolveName(text)
}

// resolveName finds the commit that a name without steps means.
func (r *Repository) resolveName(text string) (object.ID, error) {
	if text == "HEAD" || strings.HasPrefix(text, "refs/") {
		id, err := r.Ref(text)
		if err != nil {
			return object.ID{}, err
		}
		return r.Peel(id)
	}
	if id, err := object.ParseID(strings.ToLower(text)); err == nil {
		return r.Peel(id)
	}
	found, err := r.named(text)
	if err != nil {
		return object.ID{}, err
	}
	short, err := r.shortened(text)
	if err != nil {
		return object.ID{}, err
	}
	maps.Copy(found, short)
	switch names := slices.Sorted(maps.Keys(found)); len(names) {
	case 0:
		return object.ID{}, &Error{Kind: ErrNotFound, What: fmt.Sprintf("%q names no commit, tag or branch of this clone", text),
			Advice: "give a full or shortened commit id, or a full reference name; bring missing ones in: git fetch"}
	case 1:
		return r.Peel(found[names[0]])
	default:
		return object.ID{}, &AmbiguousError{Text: text, Candidates: names}
	}
}

// named finds the references that a short name could mean.
func (r *Repository) named(text string) (map[string]object.ID, error) {
	found := map[string]object.ID{}
	for _, prefix := range []string{"refs/tags/", "refs/heads/", "refs/remotes/"} {
		if !isRefName(prefix + text) {
			continue
		}
		id, err := r.Ref(prefix + text)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[prefix+text] = id
	}
	return found, nil
}

// shortened finds the commits and tags whose ids begin with the text.
func (r *Repository) shortened(text string) (map[string]object.ID, error) {
	digits := strings.ToLower(text)
	if len(digits) < minShortID || len(digits) >= 2*object.IDSize || strings.Trim(digits, "0123456789abcdef") != "" {
		return nil, nil
	}
	prefix, err := hex.DecodeString(digits[:len(digits)&^1])
	if err != nil {
		return nil, err
	}
	ids, err := r.withPrefix(prefix)
	if err != nil {
		return nil, err
	}
	found := map[string]object.ID{}
	for _, id := range ids {
		if !strings.HasPrefix(id.String(), digits) {
			continue
		}
		kind, err := r.kind(id)
		if err != nil {
			return nil, err
		}
		if kind == object.KindCommit || kind == object.KindTag {
			found[string(kind)+" "+id.String()] = id
		}
	}
	return found, nil
}
