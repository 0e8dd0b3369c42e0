package observe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/plan"
)

// maxDelivered bounds how many keys a clone remembers.
const maxDelivered = 200

// Undelivered are the acts that the forge may lack something of, without those of
// which this clone has seen that it has all. What cannot be read has not been seen.
func (s *Session) Undelivered(owings []plan.Owing) []plan.Owing {
	seen := s.delivered()
	return slices.DeleteFunc(slices.Clone(owings), func(one plan.Owing) bool { return slices.Contains(seen, s.deliveredKey(one)) })
}

// Delivered remembers that the forge has all of an act. Two runs at once may forget
// what the other has seen, and look again.
func (s *Session) Delivered(owing plan.Owing) {
	seen := append(s.delivered(), s.deliveredKey(owing))
	seen = seen[max(0, len(seen)-maxDelivered):]
	name := s.deliveredFile()
	fresh, err := os.CreateTemp(filepath.Dir(name), "delivered-*")
	if err != nil {
		return
	}
	_, err = fresh.WriteString(strings.Join(seen, "\n") + "\n")
	if closed := fresh.Close(); err != nil || closed != nil || os.Rename(fresh.Name(), name) != nil {
		_ = os.Remove(fresh.Name())
	}
}

func (s *Session) delivered() []string {
	text, err := os.ReadFile(s.deliveredFile())
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// deliveredKey is an act by its place: another repository at the forge has not what
// this one has.
func (s *Session) deliveredKey(owing plan.Owing) string {
	return s.snapshot.Forge + "/" + s.snapshot.Component.Name + "/" + owing.Key
}

func (s *Session) deliveredFile() string {
	return filepath.Join(s.repository.CommonDir(), "looprel", "delivered")
}
