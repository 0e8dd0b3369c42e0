package extract

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// composer makes mapped trees of selections.
type composer struct {
	layout   *Layout
	trees    *forest
	filtered map[filterKey]object.ID
	merged   map[string]object.ID
	overlaid map[overlayKey]object.ID

	// given is the selection that is composed now, without what patterns leave out.
	given selection
}

func newComposer(layout *Layout, trees Trees) *composer {
	return &composer{
		layout: layout, trees: newForest(trees), given: make(selection, len(layout.mappings)),
		filtered: map[filterKey]object.ID{}, merged: map[string]object.ID{}, overlaid: map[overlayKey]object.ID{},
	}
}

// maxRemembered bounds the results that a composer remembers.
const maxRemembered = 1 << 16

// rest forgets what can be made again, when there is much of it, and reports whether
// it did.
func (c *composer) rest() bool {
	if !c.trees.full() && len(c.filtered)+len(c.merged)+len(c.overlaid) < maxRemembered {
		return false
	}
	c.trees.forget()
	clear(c.filtered)
	clear(c.merged)
	clear(c.overlaid)
	return true
}

// compose gives the tree that the mappings make of a selection, zero where they
// give nothing. It fails with a ClashError.
func (c *composer) compose(chosen selection) (object.ID, error) {
	for i, entry := range chosen {
		c.given[i] = entry
		if entry.Mode != object.ModeDirectory || len(c.layout.excepts[i]) == 0 {
			continue
		}
		left, err := c.filter(i, startOf(c.layout.excepts[i]), entry.ID)
		if err != nil {
			return object.ID{}, err
		}
		if c.given[i].ID = left; left.IsZero() {
			c.given[i] = object.TreeEntry{}
		}
	}
	for _, mapping := range c.layout.targets.mappings {
		if mode := c.given[mapping].Mode; mode != 0 && mode != object.ModeDirectory {
			return object.ID{}, &RootError{Mapping: c.layout.Name(mapping)}
		}
	}
	root, err := c.place(c.layout.targets, nil, "")
	return root.ID, err
}

// RootError is a mapping of a file to the component's root.
type RootError struct{ Mapping string }

func (e *RootError) Error() string {
	return fmt.Sprintf("the mapping from %s gives a file, and the component's root is a directory", e.Mapping)
}

// Hint says what to change.
func (*RootError) Hint() string {
	return "give the file's own path as the target; or, if it is a directory by now, begin with a commit where it is: --from COMMIT"
}

// layer is what one mapping gives at a place.
type layer struct {
	mapping, rank int
	entry         object.TreeEntry
}

// place decides what is at a place of the component: at is the target there, nil
// where none leads, and inherited what less specific mappings give, the most
// specific first.
func (c *composer) place(at *target, inherited []layer, path string) (object.TreeEntry, error) {
	layers := slices.Concat(c.own(at), inherited)
	var directories []layer
	var file *layer
	deeper := c.givesBelow(at)
	for i, one := range layers {
		if one.entry.Mode == object.ModeDirectory {
			if file == nil {
				directories = append(directories, one)
				continue
			}
			if file.rank == one.rank {
				return object.TreeEntry{}, c.clash(path, *file, one)
			}
			continue
		}
		if file == nil && len(directories) == 0 && !deeper {
			file = &layers[i]
			continue
		}
		if file != nil && file.rank == one.rank {
			return object.TreeEntry{}, c.clash(path, *file, one)
		}
		if len(directories) > 0 && !deeper && directories[0].rank == one.rank {
			return object.TreeEntry{}, c.clash(path, directories[0], one)
		}
	}
	switch {
	case file != nil:
		return file.entry, nil
	case len(directories) == 1 && !deeper:
		return directories[0].entry, nil
	case len(directories) == 0 && !deeper:
		return object.TreeEntry{}, nil
	}
	merged, err := c.merge(at, directories, deeper, path)
	if err != nil || merged.IsZero() {
		return object.TreeEntry{}, err
	}
	return object.TreeEntry{Mode: object.ModeDirectory, ID: merged}, nil
}

// own are the layers of the mappings whose target this is.
func (c *composer) own(at *target) []layer {
	if at == nil {
		return nil
	}
	var layers []layer
	for _, mapping := range at.mappings {
		if entry := c.given[mapping]; entry.Mode != 0 {
			layers = append(layers, layer{mapping, at.rank, entry})
		}
	}
	return layers
}

// givesBelow reports whether a mapping with a deeper target gives anything.
func (c *composer) givesBelow(at *target) bool {
	return at != nil && slices.ContainsFunc(at.below, c.gives)
}

func (c *composer) gives(at *target) bool {
	return slices.ContainsFunc(at.mappings, func(mapping int) bool { return c.given[mapping].Mode != 0 }) || c.givesBelow(at)
}

// merge lays directories over each other, and what has targets below.
func (c *composer) merge(at *target, directories []layer, deeper bool, path string) (object.ID, error) {
	key := ""
	if !deeper {
		// What comes of it depends on nothing but the directories.
		key = mergeKey(directories)
		if known, ok := c.merged[key]; ok {
			return known, nil
		}
	}
	names, layers, err := c.gather(at, directories)
	if err != nil {
		return object.ID{}, err
	}
	made := make(object.Tree, 0, len(names))
	for _, name := range names {
		entry := object.TreeEntry{}
		below := at.find(name)
		if here := layers[name]; len(here) == 1 && below == nil {
			entry = here[0].entry
		} else if entry, err = c.place(below, here, join(path, name)); err != nil {
			return object.ID{}, err
		}
		if entry.Mode != 0 {
			entry.Name = name
			made = append(made, entry)
		}
	}
	slices.SortFunc(made, object.CompareEntries)
	id := c.trees.make(made)
	if key != "" {
		c.merged[key] = id
	}
	return id, nil
}

// gather lists the names in directories and among the targets below, with what each
// directory has of that name.
func (c *composer) gather(at *target, directories []layer) (names []string, layers map[string][]layer, err error) {
	layers = map[string][]layer{}
	for _, directory := range directories {
		tree, err := c.trees.read(directory.entry.ID)
		if err != nil {
			return nil, nil, err
		}
		for _, entry := range tree {
			if layers[entry.Name] == nil {
				names = append(names, entry.Name)
			}
			layers[entry.Name] = append(layers[entry.Name], layer{directory.mapping, directory.rank, entry})
		}
	}
	if at == nil {
		return names, layers, nil
	}
	for _, below := range at.below {
		if layers[below.name] == nil && c.gives(below) {
			names = append(names, below.name)
		}
	}
	return names, layers, nil
}

func mergeKey(directories []layer) string {
	var key []byte
	for _, one := range directories {
		key = binary.AppendUvarint(key, uint64(one.rank)) //nolint:gosec // a depth is not negative
		key = append(key, one.entry.ID[:]...)
	}
	return string(key)
}

func (c *composer) clash(path string, a, b layer) error {
	first, second := min(a.mapping, b.mapping), max(a.mapping, b.mapping)
	return &ClashError{Path: path, First: c.layout.Name(first), Second: c.layout.Name(second)}
}

// inCommit adds the upstream commit to what goes wrong there.
func inCommit(id object.ID, err error) error {
	var clash *ClashError
	if errors.As(err, &clash) {
		clash.Commit = id
		return err
	}
	if err != nil {
		return fmt.Errorf("upstream commit %s: %w", id.Short(), err)
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}
