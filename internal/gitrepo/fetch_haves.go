package gitrepo

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// maxHaves bounds how many commits a Fetch tells the remote of.
const maxHaves = 64

// Haves chooses the commits of the clone by which the remote can tell what a
// Fetch of the given branches (full names) lacks: the remote-tracking references
// of those branches, of the others, HEAD, local branches, and the tags that both
// sides have. Unlike objects that merely exist, git keeps all of their history.
func (r *Remote) Haves(shown Advertisement, branches []string) ([]object.ID, error) {
	names := r.trackingRefs(branches)
	for _, prefix := range r.trackingPrefixes() {
		refs, err := r.repository.Refs(prefix)
		if err != nil {
			return nil, err
		}
		names = append(names, slices.Sorted(maps.Keys(refs))...)
	}
	heads, err := r.repository.Refs("refs/heads/")
	if err != nil {
		return nil, err
	}
	names = append(append(names, "HEAD"), slices.Sorted(maps.Keys(heads))...)
	chosen := haveList{repository: r.repository}
	for _, name := range names {
		if err := chosen.addRef(name); err != nil {
			return nil, err
		}
	}
	if err := chosen.addSharedTags(shown); err != nil {
		return nil, err
	}
	return chosen.ids, nil
}

// trackingPrefixes are the places where the clone keeps the remote's references.
func (r *Remote) trackingPrefixes() []string {
	var prefixes []string
	for _, spec := range r.config.Fetch {
		if prefix, _, wild := strings.Cut(spec.Target, "*"); wild && prefix != "" {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

type haveList struct {
	repository *Repository
	ids        []object.ID
}

func (l *haveList) full() bool { return len(l.ids) >= maxHaves }

func (l *haveList) addRef(name string) error {
	if l.full() {
		return nil
	}
	id, err := l.repository.Ref(name)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.add(id)
}

// add takes a commit, or what a tag names, that is really here.
func (l *haveList) add(id object.ID) error {
	commit, err := l.repository.Peel(id)
	if err != nil {
		return ignoreMissing(err)
	}
	if !l.full() && !slices.Contains(l.ids, commit) {
		l.ids = append(l.ids, commit)
	}
	return nil
}

// addSharedTags fills the list up with tags that have the same value here and
// there, the highest names first: releases are named upwards.
func (l *haveList) addSharedTags(shown Advertisement) error {
	if l.full() {
		return nil
	}
	tags, err := l.repository.Refs("refs/tags/")
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(tags))
	slices.Reverse(names)
	for _, name := range names {
		if l.full() {
			return nil
		}
		if shown.Refs[name] != tags[name] {
			continue
		}
		if err := l.add(tags[name]); err != nil {
			return err
		}
	}
	return nil
}
