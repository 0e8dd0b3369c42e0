package merge

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// MarkerSize is the number of characters of the conflict markers in a file, by the
// attribute conflict-marker-size of the .gitattributes files in a tree (zero:
// none). In a file that was merged again after it was renamed, those of the first
// merge are longer by one.
func MarkerSize(objects Objects, attributes object.ID, path string) (int, error) {
	return newAttributeReader(objects, attributes).markerSize(path)
}

func (r *attributeReader) markerSize(path string) (int, error) {
	size, err := r.lookup(path, "conflict-marker-size")
	if err != nil {
		return 0, err
	}
	switch number := leadingNumber(size.value); {
	case number > markerLimit:
		return 0, fmt.Errorf("the attribute conflict-marker-size=%s of %s asks for more than %d characters", size.value, path, markerLimit)
	case number > 0:
		return number, nil
	default:
		return DefaultMarkerSize, nil
	}
}
