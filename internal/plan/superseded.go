package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
)

// superseded says of a release that a higher one overtook it, "" if none did: the last
// environment, where releases arrive, runs that, and never ran this.
func (s *Snapshot) superseded(known *ledger.Release) (string, error) {
	last, running, err := lastEnvironment(s)
	if err != nil || known == nil || stateOf(s, *known, last, running) != StateSuperseded {
		return "", err
	}
	return fmt.Sprintf("%s is superseded: %s runs %s, and never ran it", known.Version, last, running), nil
}

// supersededNote is that as a note, for whoever is about to do something with it.
func (s *Snapshot) supersededNote(known *ledger.Release) ([]string, error) {
	text, err := s.superseded(known)
	if err != nil || text == "" {
		return nil, err
	}
	return []string{text}, nil
}
