// Package apply does what a plan says, step by step, and nothing else. It makes
// no decision of its own: where the world is no longer as the plan has it, it
// stops (plan.Moved), and where only the ledger has moved it has the plan made
// again and goes on if it rests on the same facts.
//
//	Tag      seal (sign) → one atomic push → the tag in this clone → the outbox
//	Backport likewise, line by line, or all lines in one push
//	Promote  lock → record the start → deploy → look → record the outcome
//	Record   record
//	TagSet   one atomic push to the home, with what is to be pushed elsewhere → those
//	         pushes, at the same time → record that the set is whole
//	PromoteSet  record the start of the set → Promote each member → record the outcome
//	RollBackUnrecorded   lock → keep the start → deploy → look → keep the outcome
//	Flush    record what was kept, once
//
// The commit point is one atomic push of branch, tag and ledger entry with the
// old value of each: before it nothing has happened. From then on a signal no
// longer stops what must not be left half done. What is owed to a forge comes after
// it, a pull request among the rest, of which the ledger's entry has told by then; each
// thing is looked for by its key before it is made, and what could not be done is named
// by an OpenError, for a later run to finish.
package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

const (
	// retryDeadline bounds the retries of a push that loses races for the ledger.
	retryDeadline = 30 * time.Second
	// retryPause is the longest pause before the first retry; it grows to
	// longestRetryPause. Each pause is drawn at random, so that racers part.
	retryPause        = 50 * time.Millisecond
	longestRetryPause = time.Second
	// maxUnreachable is how often a remote that was there a moment ago may be out of
	// reach: a busy one drops connections.
	maxUnreachable = 3
	// pushPatience bounds one push, with the reading that goes before it.
	pushPatience = 2 * time.Minute
)

// commitPoint is one atomic push: references, their objects, and ledger entries.
type commitPoint struct {
	session *observe.Session
	changes []plan.Change
	objects []object.Object
	entries []ledger.Entry
	sign    plan.SignFunc // of the entries' commits; nil: unsigned
	// recheck makes the plan again after something moved, and fails if it rests
	// on other facts. The session has been refreshed.
	recheck func(ctx context.Context) error
	// sent are last entries whose push had no answer, and had not taken place when that
	// was looked into. A slow remote may still have taken one since.
	sent []object.ID
}

// push pushes, again and again while only the ledger moves.
func (c *commitPoint) push(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	expired := time.NewTimer(retryDeadline)
	defer expired.Stop()
	pause := retryPause
	for unreachable := 0; ; {
		err := c.once(ctx)
		if isOutOfReach(err) {
			unreachable++
		}
		if err == nil || !isRace(err) && (!isOutOfReach(err) || unreachable > maxUnreachable) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-expired.C:
			return &plan.Moved{
				Reason: fmt.Sprintf("others kept writing to the ledger on %s for %s", c.session.Home().Snapshot().Remote, retryDeadline),
				Advice: "nothing was changed; the same command tries again",
			}
		case <-time.After(time.Duration(rand.Int64N(int64(pause)))): //nolint:gosec // only to part racers
		}
		pause = min(2*pause, longestRetryPause)
		if err := c.session.Refresh(ctx); errors.Is(err, gitrepo.ErrUnreachable) && unreachable < maxUnreachable {
			unreachable++
			continue
		} else if err != nil {
			return err
		}
		if landed, err := c.landed(ctx, c.sent...); err != nil || landed {
			return errors.Join(err, c.whole())
		}
		if err := c.recheck(ctx); err != nil {
			return err
		}
	}
}

// once makes the entries on top of the ledger as it was read last, and pushes.
func (c *commitPoint) once(ctx context.Context) error {
	home := c.session.Home()
	snapshot := home.Snapshot()
	tip, objects, err := c.write(ctx, snapshot.Ledger)
	if err != nil {
		return err
	}
	entry := plan.Change{Ref: snapshot.Train.LedgerRef, Old: snapshot.Ledger.Tip(), New: tip}
	changes := append(slices.Clone(c.changes), entry)

	// A push that has begun is seen to its end.
	pushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), pushPatience)
	defer cancel()
	home.Waiting("pushing to " + snapshot.Remote)
	defer home.Waiting("")
	_, err = home.Remote().Push(pushing, updates(changes), append(slices.Clone(c.objects), objects...))
	if errors.Is(err, gitrepo.ErrUnknownOutcome) {
		err = c.lookAfter(pushing, entry.New, err)
	}
	if err != nil {
		return err
	}
	return c.keepEntry(pushing, entry, objects)
}

// write makes the entries, one on top of the other. It returns the last one's id and
// all objects.
func (c *commitPoint) write(ctx context.Context, state *ledger.State) (tip object.ID, objects []object.Object, err error) {
	for _, entry := range c.entries {
		commit, made, err := ledger.Append(state, entry)
		if err != nil {
			return tip, nil, err
		}
		if c.sign != nil {
			if commit.Armor, err = c.sign(ctx, commit.Object().Data); err != nil {
				return tip, nil, fmt.Errorf("sign the ledger entry: %w", err)
			}
		}
		encoded := commit.Object()
		tip = encoded.ID()
		objects = slices.Concat(objects, made, []object.Object{encoded})
		state = state.After(tip, commit.Tree, made)
	}
	return tip, objects, nil
}

// lookAfter finds out what became of a push whose answer was lost: nil if it took
// place.
func (c *commitPoint) lookAfter(ctx context.Context, entry object.ID, lost error) error {
	if err := c.session.Refresh(ctx); err != nil {
		return lost
	}
	landed, err := c.landed(ctx, entry)
	switch {
	case err != nil:
		return lost
	case landed:
		return c.whole()
	}
	c.sent = append(c.sent, entry)
	return fmt.Errorf("%w: %w", errNotLanded, lost)
}

// whole reports, of a push whose entry is there and whose answer is not, whether
// the references that belong to it have moved as well.
func (c *commitPoint) whole() error {
	s := c.session.Home().Snapshot()
	partial := &gitrepo.PartialError{Remote: s.Remote, Moved: []string{s.Train.LedgerRef}}
	for _, change := range c.changes {
		if change.Old != change.New && s.Refs.IDs[change.Ref] == change.Old {
			partial.Refused = append(partial.Refused, gitrepo.RefusedRef{Name: change.Ref})
		}
	}
	if len(partial.Refused) > 0 {
		return partial
	}
	return nil
}

// errNotLanded: the answer to a push was lost, and a look shows that it did not
// take place.
var errNotLanded = errors.New("the push did not take place")

// isRace reports whether trying again on top of what is there now makes sense.
func isRace(err error) bool {
	return errors.Is(err, gitrepo.ErrMoved) || errors.Is(err, errNotLanded)
}

// isOutOfReach reports whether nothing was sent because the remote could not be
// reached.
func isOutOfReach(err error) bool {
	return errors.Is(err, gitrepo.ErrUnreachable) && !errors.Is(err, gitrepo.ErrUnknownOutcome)
}

// landedDepth is how many entries may have come on top of ours while the answer
// to its push was lost.
const landedDepth = 200

// landed reports whether one of the entries is in the ledger as it was read last.
func (c *commitPoint) landed(ctx context.Context, entries ...object.ID) (bool, error) {
	if len(entries) == 0 {
		return false, nil
	}
	history, _, err := c.session.Home().History(ctx, landedDepth)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(history, func(one gitrepo.CommitInfo) bool { return slices.Contains(entries, one.ID) }), nil
}

func updates(changes []plan.Change) []gitrepo.RefUpdate {
	list := make([]gitrepo.RefUpdate, len(changes))
	for i, change := range changes {
		list[i] = gitrepo.RefUpdate{Name: change.Ref, Old: change.Old, New: change.New}
	}
	return list
}

// keepEntry puts the entry that was just pushed into the ledger's store, so that
// it need not be fetched, and goes on from it. The push stands whatever becomes of that.
func (c *commitPoint) keepEntry(ctx context.Context, entry plan.Change, objects []object.Object) error {
	store := c.session.Store()
	if err := store.StoreObjects(objects); err != nil {
		return nil //nolint:nilerr // the next run fetches what could not be kept
	}
	before, err := store.Tip(entry.Ref)
	if err == nil {
		// Another looprel of this clone may have moved it on already.
		_ = store.SetTip(ctx, entry.Ref, before, entry.New)
	}
	c.session.Advance(entry.New)
	return nil
}

// signer gives the function that signs with git's configuration, nil where
// nothing is to be signed.
func signer(session *observe.Session, wanted bool) (plan.SignFunc, error) {
	if !wanted {
		return nil, nil
	}
	found, err := session.Clone().Signer()
	if err != nil {
		return nil, err
	}
	return found.Sign, nil
}
