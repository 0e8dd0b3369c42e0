package merge_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestMarkerSize(t *testing.T) {
	t.Parallel()
	objects := newMemory()
	root := objects.add(files{
		".gitattributes":     {object.ModeFile, "*.txt conflict-marker-size=12\nnone.txt !conflict-marker-size\nbad.txt conflict-marker-size=x\nhuge conflict-marker-size=10001\n"},
		"dir/.gitattributes": {object.ModeFile, "a.txt conflict-marker-size=3\n"},
	})
	for path, want := range map[string]int{"a.txt": 12, "dir/a.txt": 3, "dir/b.txt": 12, "other": 7, "none.txt": 7, "bad.txt": 7} {
		if have, err := merge.MarkerSize(objects, root, path); err != nil || have != want {
			t.Errorf("%s: %d, %v, expected %d", path, have, err, want)
		}
	}
	if have, err := merge.MarkerSize(objects, object.ID{}, "a.txt"); err != nil || have != merge.DefaultMarkerSize {
		t.Errorf("without attributes: %d, %v", have, err)
	}
	if _, err := merge.MarkerSize(objects, root, "huge"); err == nil {
		t.Error("a marker of more than ten thousand characters was let through")
	}
}
