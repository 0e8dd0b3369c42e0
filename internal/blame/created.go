package blame

import (
	"context"

	"github.com/mozilla-services/looprel/internal/object"
)

// Created finds the commit of the range that brought the path into being, going
// back from a commit that has it: a commit with the file, none of whose parents
// has anything there but a directory. A commit that renamed another file to that
// path counts. Where the path was removed and made again, it is the last time.
// In a merge, the way goes on through the first parent that has the very same
// file, or else through the first that has any.
//
// It is not found when the commit that was started from lacks the file, and when
// the file is older than the range.
func Created(ctx context.Context, history History, from object.ID, path string) (id object.ID, found bool, err error) {
	files := newFileFinder(history)
	version, exists, err := files.at(from, path)
	if err != nil || !exists || version.Mode == object.ModeDirectory {
		return object.ID{}, false, err
	}
	for current := from; ; {
		if err := ctx.Err(); err != nil {
			return object.ID{}, false, err
		}
		if !history.InRange(current) {
			return object.ID{}, false, nil
		}
		next, exists, err := parentWith(history, files, current, path)
		if err != nil || !exists {
			return current, err == nil, err
		}
		current = next
	}
}

// parentWith is the parent that the file of a commit most likely comes from.
func parentWith(history History, files *fileFinder, commit object.ID, path string) (object.ID, bool, error) {
	own, _, err := files.at(commit, path)
	if err != nil {
		return object.ID{}, false, err
	}
	info, err := history.Commit(commit)
	if err != nil {
		return object.ID{}, false, err
	}
	var first object.ID
	for _, parent := range info.Parents {
		version, exists, err := files.at(parent, path)
		if err != nil {
			return object.ID{}, false, err
		}
		if !exists || version.Mode == object.ModeDirectory {
			continue
		}
		if version.ID == own.ID {
			return parent, true, nil
		}
		if first.IsZero() {
			first = parent
		}
	}
	return first, !first.IsZero(), nil
}
