package extract

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// Borrowing lists what the trees of commits are made of beyond what their parents
// have: the objects that somebody who has the parents lacks.
type Borrowing struct {
	trees Trees
	seen  map[object.ID]bool
	ids   []object.ID
	// before has earlier versions, by what was at the same path.
	before map[object.ID]object.ID
}

// NewBorrowing prepares a list. Trees gives those of the commits as well.
func NewBorrowing(trees Trees) *Borrowing {
	return &Borrowing{trees: trees, seen: map[object.ID]bool{}, before: map[object.ID]object.ID{}}
}

// Add goes on with a commit's tree, which is compared with its first parent's, zero
// for none. What is equal there is not opened.
func (b *Borrowing) Add(parent, tree object.ID) error {
	if parent == tree || b.seen[tree] || tree == object.EmptyTree {
		return nil
	}
	b.seen[tree] = true
	b.ids = append(b.ids, tree)
	return b.compare(parent, tree)
}

// IDs lists trees and files, each once, in the order in which they came up.
func (b *Borrowing) IDs() []object.ID { return b.ids }

// Before has, for objects of the list, what was at the same path before, if it was of
// the same kind.
func (b *Borrowing) Before() map[object.ID]object.ID { return b.before }

func (b *Borrowing) compare(before, after object.ID) error {
	old, err := b.open(before)
	if err != nil {
		return err
	}
	data, err := b.trees.TreeData(after)
	if err != nil {
		return err
	}
	there := old.Next()
	entries := object.NewTreeScanner(data)
	for entries.Next() {
		for there && old.Compare(&entries) < 0 {
			there = old.Next()
		}
		was := object.ID{}
		if there && string(old.Name()) == string(entries.Name()) {
			if old.Same(&entries) {
				continue
			}
			if (old.Mode() == object.ModeDirectory) == (entries.Mode() == object.ModeDirectory) {
				was = old.ID()
			}
		}
		if err := b.entry(&entries, was); err != nil {
			return err
		}
	}
	if entries.Err() != nil {
		return fmt.Errorf("tree %s: %w", after, entries.Err())
	}
	return nil
}

// open opens the tree to compare with, the zero id being an empty one.
func (b *Borrowing) open(id object.ID) (object.TreeScanner, error) {
	if id.IsZero() || id == object.EmptyTree {
		return object.TreeScanner{}, nil
	}
	data, err := b.trees.TreeData(id)
	return object.NewTreeScanner(data), err
}

func (b *Borrowing) entry(entry *object.TreeScanner, was object.ID) error {
	id := entry.ID()
	if entry.Mode() == object.ModeSubmodule || b.seen[id] {
		return nil
	}
	b.seen[id] = true
	b.ids = append(b.ids, id)
	if !was.IsZero() {
		b.before[id] = was
	}
	if entry.Mode() != object.ModeDirectory {
		return nil
	}
	return b.compare(was, id)
}
