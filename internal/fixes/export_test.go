package fixes

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// PatchID is the patch id of a commit of the survey.
func (s *Survey) PatchID(commit object.ID) (string, error) {
	change, err := s.changeOf(s.graph.places[commit])
	if err != nil {
		return "", err
	}
	id, err := s.patchOf(change)
	return fmt.Sprintf("%x", id[:]), err
}
