package observe

import (
	"context"

	"github.com/mozilla-services/looprel/internal/release"
)

// AskLogin asks the forge who the operator is, where something is kept there. That it
// does not say keeps nobody from deciding: their name is worth less then, and the
// snapshot says why.
func (s *Session) AskLogin(ctx context.Context) {
	if s.wayToForge == nil || s.snapshot.Operator.Login != "" || s.snapshot.LoginUnknown != "" {
		return
	}
	s.progress("asking " + s.snapshot.Forge + " who you are")
	defer s.progress("")
	login, err := s.wayToForge.Login(ctx)
	if err != nil {
		s.snapshot.LoginUnknown = err.Error()
		return
	}
	s.snapshot.Operator.Login = login
}

// askTagger is AskLogin for a release, where it matters later who tagged it: those who
// sign it off are to be others.
func (s *Session) askTagger(ctx context.Context) {
	for _, environment := range s.snapshot.Train.Environments {
		if _, wanted := environment.Gate(release.GateSignOff); wanted {
			s.AskLogin(ctx)
			return
		}
	}
}
