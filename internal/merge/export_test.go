package merge

import "github.com/mozilla-services/looprel/internal/object"

// LookupAttributes gives an attribute of each path, as git check-attr words it.
func LookupAttributes(objects Objects, root object.ID, name string, paths []string) ([]string, error) {
	reader := newAttributeReader(objects, root)
	var values []string
	for _, path := range paths {
		found, err := reader.lookup(path, name)
		if err != nil {
			return nil, err
		}
		value := found.value
		switch found.state {
		case attributeUnspecified:
			value = "unspecified"
		case attributeSet:
			value = "set"
		case attributeUnset:
			value = "unset"
		case attributeValue:
		}
		values = append(values, value)
	}
	return values, nil
}

// HashOrder gives hashOrder's answer.
func HashOrder(keys []string) []int { return hashOrder(keys) }
