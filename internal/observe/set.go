package observe

import (
	"context"
	"fmt"

	"github.com/mozilla-services/looprel/internal/plan"
)

// Set observes what a set of releases needs and plans it. at is the commit to release,
// as the operator typed it, for a request of one component.
func Set(ctx context.Context, m *Members, request plan.SetRequest, at string) (*plan.SetPlan, error) {
	s := m.home.snapshot
	open, err := s.Ledger.OpenTagging()
	if err != nil {
		return nil, err
	}
	if open != nil {
		members := map[string]*plan.Snapshot{}
		for _, member := range m.Snapshots() {
			members[member.Component.Name] = member
		}
		return plan.MakeSetFinish(s, open, members, request)
	}
	if request.Abandon {
		return plan.MakeSet(s, nil, request) // says that there is nothing to give up
	}
	tags := make([]plan.MemberTag, len(m.list))
	places := map[*Session]int{}
	for i, member := range m.list {
		places[member] = i
		tags[i] = plan.MemberTag{Snapshot: member.snapshot}
	}
	err = m.each(func(member *Session) error {
		if request.Only != "" && request.Only != member.snapshot.Component.Name {
			return nil
		}
		tag := &tags[places[member]]
		made, err := Tag(ctx, member, request.TagRequest, at)
		if last, unchanged := plan.IsUnchanged(err); unchanged && request.Only == "" {
			tag.Last = last
			return nil
		}
		if err == nil && (made.Proposal != nil || made.Development != nil) {
			return &plan.Refusal{Reason: fmt.Sprintf("%s %s goes by a pull request, and a set does not", made.Component, made.Version),
				Advice: "finish that without \"sets: true\" in environments.yaml; or close the pull request, and add --again"}
		}
		tag.Plan = made
		return err
	})
	if err != nil {
		return nil, err
	}
	return plan.MakeSet(s, tags, request)
}
