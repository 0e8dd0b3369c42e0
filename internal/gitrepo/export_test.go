package gitrepo

import (
	"context"

	"github.com/mozilla-services/looprel/internal/object"
)

// ParseConfigForTest parses a configuration file and counts its settings.
func ParseConfigForTest(data []byte) (int, error) {
	settings, err := parseConfig(data, "test")
	return len(settings), err
}

// MakeEditForTest is MakeEdit, which tells of each step that it has made.
func (r *Repository) MakeEditForTest(ctx context.Context, name string, spec EditSpec, made func(step string)) (*Edit, error) {
	return r.makeEdit(ctx, name, spec, made)
}

// CheckEntryNameForTest says why an entry's name is refused, "" if it is not.
func CheckEntryNameForTest(entry object.TreeEntry, windows bool) string {
	return checkEntryName(entry, windows)
}
