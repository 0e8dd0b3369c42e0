package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// setTagging opens the tagging of a set. There is at most one: the next set would
// not know what it follows.
func (f *folding) setTagging(tagging Tagging) error {
	open, err := f.state.OpenTagging()
	if err != nil {
		return err
	}
	if open != nil {
		return fmt.Errorf("the tagging of %s has no end", open.ID)
	}
	elsewhere := map[string]bool{}
	for _, one := range tagging.Open {
		elsewhere[one.Component] = true
	}
	if err := f.checkPins(tagging.Pins, elsewhere); err != nil {
		return err
	}
	return f.write(taggingPath, OpenTagging{Tagging: tagging, By: f.entry.By, At: f.entry.At, OffCycle: f.entry.OffCycle, Reason: f.entry.Reason})
}

// checkPins holds a set to the releases that the ledger knows, but for those that are
// about to be made.
func (f *folding) checkPins(pins Pins, open map[string]bool) error {
	if pins.ID != SetID(pins.Members) || strings.ContainsAny(pins.ID, "/\n") {
		return fmt.Errorf("the set %q is not that of its members", pins.ID)
	}
	if _, known, err := f.state.Set(pins.ID); err != nil || known {
		return errorOr(err, "the set %s is in the ledger already", pins.ID)
	}
	for _, member := range pins.Members {
		if open[member.Component] {
			continue
		}
		known, err := f.release(member.Component, member.Version)
		if err != nil || known == nil || known.TagID != member.TagID || known.Commit != member.Commit {
			return errorOr(err, "the ledger does not know %s %s as the set %s has it", member.Component, member.Version, pins.ID)
		}
	}
	return nil
}

// errorOr is the error, or if there is none, one with that text.
func errorOr(err error, format string, values ...any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, values...)
}

// setTagged makes a set known, and ends its tagging if it was written ahead.
func (f *folding) setTagged(tagged SetTagged) error {
	open, err := f.state.OpenTagging()
	switch {
	case err != nil:
		return err
	case open != nil && open.ID != tagged.ID:
		return fmt.Errorf("the tagging of %s has no end", open.ID)
	case open != nil:
		f.files[taggingPath] = nil
	}
	if err := f.checkPins(tagged.Pins, nil); err != nil {
		return err
	}
	recent, err := f.state.RecentSets()
	if err != nil {
		return err
	}
	recent = append([]string{tagged.ID}, recent...)
	f.writeLines(recentSetsPath, recent[:min(len(recent), maxRecentSets)])
	for _, member := range tagged.Members {
		sets, err := f.state.SetsOf(member.Component, member.Version)
		if err != nil {
			return err
		}
		f.writeLines(setsOfPath(member.Component, member.Version), append(sets, tagged.ID))
	}
	if !tagged.Cycle.IsZero() {
		f.writeLines(setCyclePath(tagged.Cycle), []string{tagged.ID})
	}
	return f.write(setPath(tagged.ID), Set{Pins: tagged.Pins, By: f.entry.By, At: f.entry.At, OffCycle: f.entry.OffCycle, Reason: f.entry.Reason})
}

func (f *folding) writeLines(path string, lines []string) {
	f.files[path] = []byte(strings.Join(lines, "\n") + "\n")
}

// setAbandoned ends a tagging without a set.
func (f *folding) setAbandoned(abandoned SetAbandoned) error {
	open, err := f.state.OpenTagging()
	if err != nil || open == nil || open.ID != abandoned.ID {
		return errorOr(err, "the set %s is not being tagged", abandoned.ID)
	}
	f.files[taggingPath] = nil
	return nil
}

// decideOnSet changes what is known of a set.
func (f *folding) decideOnSet(id string, change func(*Set) error) error {
	known, ok, err := f.state.Set(id)
	if err != nil || !ok {
		return errorOr(err, "the set %s is not in the ledger", id)
	}
	if err := change(&known); err != nil {
		return err
	}
	return f.write(setPath(id), known)
}

// signOffs puts a sign-off in place of what the same person said of the same
// environment before.
func (f *folding) signOffs(list []SignOff, signed SignedOff) []SignOff {
	list = slices.DeleteFunc(list, func(one SignOff) bool {
		return one.Environment == signed.Environment && one.By.Same(f.entry.By)
	})
	if signed.Revoked {
		return list
	}
	return append(list, SignOff{
		Environment: signed.Environment, By: f.entry.By, At: f.entry.At, Note: signed.Note, Ref: signed.Ref, Signed: signed.Signed,
	})
}

// backOff is the decision about something that is backed off, or may go on again.
func (f *folding) backOff(before *Decision, name string, off BackedOff) (*Decision, error) {
	if off.Revoked == (before == nil) {
		return nil, fmt.Errorf("%s is backed off: %v", name, before != nil)
	}
	if off.Revoked {
		return nil, nil
	}
	return &Decision{By: f.entry.By, At: f.entry.At, Reason: f.entry.Reason, Signed: off.Signed}, nil
}

// backOffBadSet backs off the set that a rollback takes away, as the rollback begins.
// Its members stay good for other sets.
func (f *folding) backOffBadSet(id string, signed bool) error {
	known, ok, err := f.state.Set(id)
	if err != nil || !ok || known.BackedOff != nil {
		return err
	}
	known.BackedOff = &Decision{By: f.entry.By, At: f.entry.At, Reason: f.entry.Reason, Signed: signed}
	return f.write(setPath(id), known)
}
