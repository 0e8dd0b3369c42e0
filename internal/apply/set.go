package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// HalfTaggedError is a set of which some members could not be tagged. What was tagged
// stands, and the ledger holds what is needed to go on.
type HalfTaggedError struct {
	Set string
	// Left are the members that are not tagged.
	Left  []string
	Cause error
}

func (e *HalfTaggedError) Error() string {
	return fmt.Sprintf("the set %s is half-tagged, %s is left: %v", e.Set, strings.Join(e.Left, ", "), e.Cause)
}

// Unwrap gives the cause.
func (e *HalfTaggedError) Unwrap() error { return e.Cause }

// Hint says what finishes it.
func (e *HalfTaggedError) Hint() string {
	var moved *plan.Moved
	if errors.As(e.Cause, &moved) {
		return moved.Advice
	}
	return "looprel tag --all finishes it; nothing of it can be promoted before"
}

// TagSet makes the set of the plan: what is released in the train's home in one push,
// with the intent to push the rest; then each member elsewhere, at the same time; then
// the record that all is there. to may be nil where nothing is owed to a forge.
func TagSet(ctx context.Context, members *observe.Members, p *plan.SetPlan, to Outbox, remake func(context.Context) (*plan.SetPlan, error)) (Result, error) {
	s := setTagging{members: members, plan: p, remake: remake}
	deliveries := s.deliveries(to)
	for _, one := range deliveries {
		if err := one.look(ctx); err != nil {
			return Result{}, err
		}
	}
	if p.Already == "" {
		if err := s.run(ctx); err != nil {
			return s.result, err
		}
	}
	var open error
	for _, one := range deliveries {
		items := one.deliver(ctx)
		s.result.Delivered = append(s.result.Delivered, one.done...)
		open = errors.Join(open, openOf(one.plan, items))
	}
	return s.result, open
}

type setTagging struct {
	members *observe.Members
	plan    *plan.SetPlan
	remake  func(context.Context) (*plan.SetPlan, error)
	result  Result
}

func (s *setTagging) deliveries(to Outbox) []*delivery {
	var list []*delivery
	for _, member := range s.plan.Releases() {
		if member.Release != nil && member.Release.Outbox != nil {
			list = append(list, &delivery{to: to, outbox: member.Release.Outbox, plan: member.Release})
		}
	}
	return list
}

func (s *setTagging) run(ctx context.Context) error {
	signers, sign, err := signersOf(s.members.Home())
	if err != nil {
		return err
	}
	if err := s.plan.Seal(ctx, signers); err != nil {
		return err
	}
	if len(s.plan.Home.Entries) > 0 {
		if err := s.checkElsewhere(ctx); err != nil {
			return err
		}
		if err := s.pushHome(ctx, sign); err != nil {
			return err
		}
	}
	if len(s.plan.Open) == 0 && len(s.plan.Outcome) == 0 {
		return nil
	}
	// What has begun is seen to its end: a signal would leave the set half-tagged.
	ctx = context.WithoutCancel(ctx)
	pushed, left := s.pushElsewhere(ctx)
	return errors.Join(s.record(ctx, sign, pushed, left), left.err(s.plan.Title))
}

// checkElsewhere finds out whether the other repositories take pushes at all, before
// anything is tagged.
func (s *setTagging) checkElsewhere(ctx context.Context) error {
	for _, open := range s.plan.Open {
		if err := s.members.Of(open.Component).Remote().CheckPush(ctx); err != nil {
			return fmt.Errorf("%s, of which nothing was tagged yet: %w", open.Component, err)
		}
	}
	return nil
}

// pushHome is the commit point of what is released in the train's home.
func (s *setTagging) pushHome(ctx context.Context, sign plan.SignFunc) error {
	home := s.members.Home()
	point := commitPoint{
		session: home, changes: s.plan.Home.Refs, objects: unique(s.plan.Home.Objects), entries: s.plan.Home.Entries, sign: sign,
		recheck: func(ctx context.Context) error {
			if err := s.members.Refresh(ctx); err != nil {
				return err
			}
			later, err := s.remake(ctx)
			if err == nil && s.plan.SameFacts(later) {
				return nil
			}
			return s.moved(ctx, err)
		},
	}
	if err := point.push(ctx); err != nil {
		return err
	}
	s.result.Notes = append(s.result.Notes, updateClone(ctx, home, s.plan.Home.Refs, s.plan.Home.Objects)...)
	return nil
}

// moved says what moved while the set was being made.
func (s *setTagging) moved(ctx context.Context, cause error) error {
	home := s.members.Home()
	snapshot := home.Snapshot()
	open, err := snapshot.Ledger.OpenTagging()
	if err != nil {
		return err
	}
	if open != nil {
		return &plan.Moved{Reason: fmt.Sprintf("%s began to tag the set %s first; yours was not made", open.By.Name, open.Title()), Advice: "see: looprel status"}
	}
	known, ok, err := snapshot.Ledger.Set(s.plan.Set)
	if err != nil {
		return err
	}
	if ok {
		return &plan.Moved{Reason: fmt.Sprintf("%s tagged the set %s first; yours was not made", known.By.Name, known.Title()), Advice: "there is nothing left to do; see: looprel status"}
	}
	for _, member := range s.plan.Releases() {
		if member.Release == nil || member.Fate != plan.MemberReleased {
			continue
		}
		if moved := refMoved(ctx, s.members.Of(member.Component), member.Release.Refs); moved != nil {
			return moved
		}
	}
	if cause != nil {
		return cause
	}
	return &plan.Moved{Reason: fmt.Sprintf("what the set %s would hold is no longer what the plan said; nothing was tagged", s.plan.Title), Advice: "looprel tag --all shows the plan as it is now"}
}

// leftover are the members whose push failed.
type leftover struct {
	names  []string
	causes []error
}

func (l leftover) err(set string) error {
	if len(l.names) == 0 {
		return nil
	}
	return &HalfTaggedError{Set: set, Left: l.names, Cause: errors.Join(l.causes...)}
}

// pushElsewhere pushes the releases in other repositories, all at the same time.
func (s *setTagging) pushElsewhere(ctx context.Context) (pushed []ledger.OpenRelease, left leftover) {
	failed := make([]error, len(s.plan.Open))
	var group sync.WaitGroup
	for i, open := range s.plan.Open {
		if s.plan.Abandons {
			continue // it is there
		}
		group.Go(func() { failed[i] = pushOpen(ctx, s.members.Of(open.Component), open) })
	}
	group.Wait()
	for i, open := range s.plan.Open {
		if failed[i] != nil {
			left.names = append(left.names, fmt.Sprintf("%s %s", open.Component, open.Tagged.Version))
			left.causes = append(left.causes, failed[i])
			continue
		}
		pushed = append(pushed, open)
		changes, objects := plan.Pushed(open)
		s.result.Notes = append(s.result.Notes, updateClone(ctx, s.members.Of(open.Component), changes, objects)...)
	}
	return pushed, left
}

// pushOpen pushes a release as it was planned. Whoever pushes it pushes the same, so
// that a tag that is there already is done.
func pushOpen(ctx context.Context, member *observe.Session, open ledger.OpenRelease) error {
	ctx, cancel := context.WithTimeout(ctx, pushPatience)
	defer cancel()
	if member.Snapshot().Refs.IDs[open.Tagged.Tag] == open.Tagged.TagID {
		return nil
	}
	changes, objects := plan.Pushed(open)
	_, err := member.Remote().Push(ctx, updates(changes), objects)
	if !errors.Is(err, gitrepo.ErrMoved) && !errors.Is(err, gitrepo.ErrUnknownOutcome) {
		return err
	}
	shown, failure := member.Remote().List(ctx)
	switch now := shown.Refs[open.Tagged.Tag]; {
	case failure != nil:
		return err
	case now == open.Tagged.TagID:
		return nil
	case !now.IsZero():
		return &plan.Moved{
			Reason: fmt.Sprintf("tag %s appeared on %s meanwhile (%s)", plan.ShortRef(open.Tagged.Tag), member.Snapshot().Remote, now.Short()),
			Advice: "find out who made it; to give the set up: looprel tag --all --abandon --reason TEXT",
		}
	}
	for _, change := range changes {
		if shown.Refs[change.Ref] != change.Old {
			return &plan.Moved{
				Reason: fmt.Sprintf("%s moved on %s meanwhile", plan.ShortRef(change.Ref), member.Snapshot().Remote),
				Advice: "give the set up, and make it anew: looprel tag --all --abandon --reason TEXT, then looprel tag --all",
			}
		}
	}
	return err
}

// errSetRecorded: somebody else finished the set, and recorded it.
var errSetRecorded = errors.New("the set is recorded")

// record writes which members were tagged elsewhere and, if none is left, that the set
// is complete. Others who finish it at the same time write the same.
func (s *setTagging) record(ctx context.Context, sign plan.SignFunc, pushed []ledger.OpenRelease, left leftover) error {
	ctx, cancel := context.WithTimeout(ctx, finishPatience)
	defer cancel()
	home := s.members.Home()
	if err := home.Refresh(ctx); err != nil {
		return err
	}
	point := commitPoint{session: home, sign: sign}
	point.recheck = func(context.Context) (err error) {
		point.entries, err = s.entries(home.Snapshot(), pushed, len(left.names) == 0)
		return err
	}
	err := point.recheck(ctx)
	if err == nil && len(point.entries) > 0 {
		err = point.push(ctx)
	}
	if errors.Is(err, errSetRecorded) {
		return nil
	}
	return err
}

// entries are those that the ledger lacks.
func (s *setTagging) entries(snapshot *plan.Snapshot, pushed []ledger.OpenRelease, complete bool) ([]ledger.Entry, error) {
	open, err := snapshot.Ledger.OpenTagging()
	if err != nil {
		return nil, err
	}
	if open == nil || open.ID != s.plan.Set {
		_, known, err := snapshot.Ledger.Set(s.plan.Set)
		if err == nil && known {
			return nil, errSetRecorded
		}
		return nil, errors.Join(err, &plan.Moved{Reason: fmt.Sprintf("the set %s was given up meanwhile", s.plan.Title), Advice: "see: looprel log"})
	}
	var entries []ledger.Entry
	for _, one := range pushed {
		if _, known, err := snapshot.Ledger.Release(one.Component, one.Tagged.Version); err != nil {
			return nil, err
		} else if !known {
			entries = append(entries, s.plan.Tagged(snapshot, one))
		}
	}
	if complete {
		entries = append(entries, s.plan.Outcome...)
	}
	return entries, nil
}
