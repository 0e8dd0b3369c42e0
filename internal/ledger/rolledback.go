package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

// RolledBack is a rollback that was made while the ledger was out of reach, from its
// start to its end. The entry's time is that of the end, or of the start as long as
// that is all that is known: others may have written later things before it.
type RolledBack struct {
	Finished
	// TakesOver is the attempt that it replaced, if one was known to be under way.
	TakesOver string `json:"takes_over,omitempty"`
	// Seen is the last entry that was known when it was decided.
	Seen   object.ID `json:"seen"`
	Signed bool      `json:"signed,omitempty"` // as in Waiver
}

// HasRollback reports whether the entry of a rollback that was made without the ledger
// has been written.
func (s *State) HasRollback(component, id string) (bool, error) {
	_, err := s.entry(rollbackPath(component, id))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func rollbackPath(component, id string) string { return "rollbacks/" + component + "/" + id }

// rolledBack puts a rollback into its place in time. What was done on the environment
// after it stands.
func (f *folding) rolledBack(back RolledBack) error {
	component := f.entry.Component
	if known, err := f.state.HasRollback(component, f.entry.ID); err != nil || known {
		return errors.Join(err, fmt.Errorf("the rollback %s has been recorded already", f.entry.ID))
	}
	f.files[rollbackPath(component, f.entry.ID)] = []byte(f.entry.At.UTC().Format(time.RFC3339) + "\n")
	if err := f.backOffBad(back.RollsBack, back.Signed); err != nil {
		return err
	}
	if err := f.backOffBadSet(back.RollsBackSet, back.Signed); err != nil {
		return err
	}
	environment, err := f.state.Environment(back.Environment, component)
	if err != nil {
		return err
	}
	switch running := environment.Running; {
	case running != nil && running.Since.After(f.entry.At):
		return f.ranBetween(environment, back)
	case back.Outcome.Reached():
		return f.ranSince(environment, back)
	}
	return f.brokeDown(environment, back)
}

// deployed is the rollback as something that runs, or did.
func (f *folding) deployed(back RolledBack) Running {
	return Running{Deployment: back.Deployment, Since: f.entry.At, By: f.entry.By, Outcome: back.Outcome, RollsBack: back.RollsBack, RollsBackSet: back.RollsBackSet}
}

// ranSince puts the rollback on the environment. An attempt that it knew nothing of,
// and what failed after it, remain as they are.
func (f *folding) ranSince(before Environment, back RolledBack) error {
	after := before
	if ran := before.Running; ran != nil {
		if err := f.left(ran, f.entry.At); err != nil {
			return err
		}
		if _, err := f.cutStay(*ran); err != nil {
			return err
		}
		if ran.Deployment != back.Deployment {
			after.Previous, after.Earlier = ran, earlier(before.Earlier, *ran)
		}
	}
	running := f.deployed(back)
	after.Running = &running
	if before.Underway != nil && before.Underway.Attempt == back.TakesOver {
		after.Underway = nil
	}
	if before.Broken != nil && !before.Broken.At.After(f.entry.At) {
		after.Broken = nil
	}
	if err := f.write(environmentPath(back.Environment, f.entry.Component), after); err != nil {
		return err
	}
	return f.stayed(back, time.Time{})
}

// brokeDown notes that the rollback did not end well, unless something was tried
// since.
func (f *folding) brokeDown(environment Environment, back RolledBack) error {
	if environment.Broken != nil && environment.Broken.At.After(f.entry.At) {
		return nil
	}
	if err := f.left(environment.Running, f.entry.At); err != nil {
		return err
	}
	if environment.Underway != nil && environment.Underway.Attempt == back.TakesOver {
		environment.Underway = nil
	}
	environment.Broken = &Broken{
		Deployment: back.Deployment, At: f.entry.At, By: f.entry.By,
		Outcome: back.Outcome, Detail: back.Detail, RollsBack: back.RollsBack, RollsBackSet: back.RollsBackSet,
	}
	return f.write(environmentPath(back.Environment, f.entry.Component), environment)
}

// ranBetween notes a rollback after which something else came there that was written
// first: it is history, and what runs now stays.
func (f *folding) ranBetween(environment Environment, back RolledBack) error {
	if !back.Outcome.Reached() {
		return nil
	}
	until := environment.Running.Since
	for _, ran := range environment.Earlier {
		cut, err := f.cutStay(ran)
		if err != nil {
			return err
		}
		if !cut.IsZero() && cut.Before(until) {
			until = cut
		}
	}
	list, again := f.between(environment, back)
	if again {
		until = environment.Running.Since // nothing came between
	}
	if len(list) > 0 {
		environment.Earlier, environment.Previous = list, &list[0]
	}
	if err := f.write(environmentPath(back.Environment, f.entry.Component), environment); err != nil {
		return err
	}
	return f.stayed(back, until)
}

// between gives what ran before, with the rollback at its place in time; again says
// that the same was deployed again right after it, which does not count as another.
func (f *folding) between(environment Environment, back RolledBack) (list []Running, again bool) {
	isLater := func(one Running) bool { return one.Since.After(f.entry.At) }
	same := func(one Running) bool { return one.Deployment == back.Deployment }
	list = environment.Earlier
	switch {
	case !slices.ContainsFunc(list, isLater) && same(*environment.Running):
		return list, true
	case slices.ContainsFunc(list, func(one Running) bool { return isLater(one) && same(one) }):
		return list, false
	}
	list = slices.DeleteFunc(slices.Clone(list), same)
	at := slices.IndexFunc(list, func(one Running) bool { return !isLater(one) })
	if at < 0 {
		at = len(list)
	}
	list = slices.Insert(list, at, f.deployed(back))
	return list[:min(len(list), mostEarlier)], false
}

// cutStay ends a stay of a release on the environment when the rollback took it away,
// where it was thought to have lasted longer. It returns until when, zero if there is
// no such stay.
func (f *folding) cutStay(ran Running) (until time.Time, err error) {
	version, ok := ran.Release()
	if !ok {
		return until, nil
	}
	known, err := f.release(f.entry.Component, version)
	if err != nil || known == nil {
		return until, err
	}
	for i := range known.Reached {
		stay := &known.Reached[i]
		if stay.Environment == ran.Environment && stay.At.Before(f.entry.At) && stay.Until.After(f.entry.At) {
			until, stay.Until = stay.Until, f.entry.At
		}
	}
	return until, f.write(releasePath(f.entry.Component, version), *known)
}

// stayed adds the stay of the release that was brought back, in order of time.
func (f *folding) stayed(back RolledBack, until time.Time) error {
	version, ok := back.Release()
	if !ok {
		return nil
	}
	known, err := f.release(f.entry.Component, version)
	if err != nil || known == nil {
		return err
	}
	at := slices.IndexFunc(known.Reached, func(one Reached) bool { return one.At.After(f.entry.At) })
	if at < 0 {
		at = len(known.Reached)
	}
	known.Reached = slices.Insert(known.Reached, at, Reached{Environment: back.Environment, At: f.entry.At, Outcome: back.Outcome, Until: until})
	return f.write(releasePath(f.entry.Component, version), *known)
}
