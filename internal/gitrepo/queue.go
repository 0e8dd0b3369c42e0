package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxQueued bounds what waits in a file of the queue, in bytes.
const maxQueued = 16 << 20

// queueSuffix ends the names of the queue's files; others are half-written ones.
const queueSuffix = ".entry"

// Queue is what waits to be pushed, in looprel/queue of the directory that all
// worktrees of a clone share: a file each, so that what is written once is there
// after a power failure, and is not there after it was taken out.
type Queue struct{ dir string }

// Queued is one of the queue.
type Queued struct {
	Name    string // by which it is replaced and taken out; their order is that of names
	Content []byte
}

// Queue is the clone's. It need not exist.
func (r *Repository) Queue() *Queue {
	return &Queue{dir: filepath.Join(toolDir(r.layout.commonDir), "queue")}
}

// Path is the file of that name.
func (q *Queue) Path(name string) string { return filepath.Join(q.dir, name+queueSuffix) }

// Put adds content under a name, or replaces what has that name, and returns once it
// is durable. Whoever reads at the same time sees the old or the new.
func (q *Queue) Put(name string, content []byte) error {
	if name == "" || strings.ContainsAny(name, `/\.`) {
		return fmt.Errorf("%q is not a name for what waits", name)
	}
	err := makeDirectory(q.dir)
	if err == nil {
		err = writeAtomic(q.Path(name), content, 0o644)
	}
	for dir := q.dir; err == nil && dir != filepath.Dir(filepath.Dir(q.dir)); dir = filepath.Dir(dir) {
		err = syncDirectory(dir)
	}
	if err != nil {
		return fmt.Errorf("cannot keep what is to be recorded: %w", err)
	}
	return nil
}

// List reads all that waits, in the order of their names.
func (q *Queue) List() ([]Queued, error) {
	entries, err := os.ReadDir(q.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot look for what is to be recorded: %w", err)
	}
	var list []Queued
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), queueSuffix)
		if !ok {
			continue
		}
		content, err := readBounded(q.Path(name), maxQueued)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process has just pushed it
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read what is to be recorded: %w", err)
		}
		list = append(list, Queued{Name: name, Content: content})
	}
	slices.SortFunc(list, func(a, b Queued) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Remove takes one out, for good. One that is not there is no error.
func (q *Queue) Remove(name string) error {
	err := os.Remove(q.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncDirectory(q.dir)
	}
	if err != nil {
		return fmt.Errorf("cannot take out what is recorded: %w", err)
	}
	return nil
}
