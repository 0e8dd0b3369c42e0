package observe

import (
	"context"

	"github.com/mozilla-services/looprel/internal/plan"
)

// Member is the session of the component that was chosen, where the train releases sets
// and the component does not live in the train's home: it goes on with that component's
// own repository. Otherwise it is the session itself. Closing it closes both.
func (s *Session) Member(ctx context.Context) (*Session, error) {
	component, ok := s.source.Train.Component(s.snapshot.Component.Name)
	if !ok || !s.source.Train.Sets || s.undecided {
		return s, nil
	}
	member := s.member(component)
	if member.atHome() {
		return s, nil
	}
	if err := member.openMember(ctx); err != nil {
		member.closeMember()
		return nil, err
	}
	return member, nil
}

// LineSet plans the set that a backport's release of a component makes, for all members
// as they were read last.
func LineSet(m *Members, line *plan.LinePlan, request plan.TagRequest) (*plan.SetPlan, error) {
	tags := make([]plan.MemberTag, len(m.list))
	for i, member := range m.list {
		tags[i] = plan.MemberTag{Snapshot: member.snapshot}
		if member.snapshot.Component.Name == line.Release.Component {
			tags[i].Plan = line.Release
		}
	}
	return plan.MakeSet(m.home.snapshot, tags, plan.SetRequest{TagRequest: request, Only: line.Release.Component})
}
