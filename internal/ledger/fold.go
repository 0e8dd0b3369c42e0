package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Fold gives the files that an entry changes in the state. It decides nothing:
// whether the act was allowed was for the plan that recorded it. An entry that
// contradicts the state (a version released twice, the outcome of an attempt
// that is not under way) is an error, so that a damaged or forged chain is seen.
func Fold(state *State, entry Entry) (map[string][]byte, error) {
	fold := folding{state: state, entry: entry, files: map[string][]byte{
		"format": fmt.Appendf(nil, "%d %s\n", Format, FormatSince),
	}}
	if err := errors.Join(fold.apply(), fold.owes()); err != nil {
		return nil, fmt.Errorf("ledger entry %s (%s): %w", entry.ID, entry.Subject(), err)
	}
	return fold.files, nil
}

// folding collects the files of one entry.
type folding struct {
	state *State
	entry Entry
	files map[string][]byte
}

func (f *folding) apply() error {
	switch f.entry.Kind {
	case KindAdopted:
		return f.adopted(*f.entry.Adopted)
	case KindTagged:
		return f.tagged(*f.entry.Tagged, false)
	case KindPromotionStarted:
		return f.started(*f.entry.Started)
	case KindPromotionFinished:
		return f.finished(*f.entry.Finished)
	case KindRecorded:
		return f.runs(*f.entry.Recorded, RecordedOnly, Started{})
	case KindPicked:
		return f.picked(*f.entry.Picked)
	case KindProposed:
		return f.proposed(*f.entry.Proposed)
	case KindSignedOff:
		return f.signedOff(*f.entry.SignedOff)
	case KindBlocked:
		return f.blocked(*f.entry.Blocked)
	case KindBackedOff:
		return f.backedOff(*f.entry.BackedOff)
	case KindRolledBack:
		return f.rolledBack(*f.entry.RolledBack)
	case KindSetTagging:
		return f.setTagging(*f.entry.SetTagging)
	case KindSetTagged:
		return f.setTagged(*f.entry.SetTagged)
	case KindSetAbandoned:
		return f.setAbandoned(*f.entry.SetAbandoned)
	case KindUnblocked:
		return f.unblocked(*f.entry.Unblocked)
	case KindAnnouncementStarted:
		return f.announcementStarted(*f.entry.AnnouncementStarted)
	case KindDelivering:
		return f.delivering(*f.entry.Delivering)
	case KindAnnouncementFinished:
		return f.announcementFinished(*f.entry.AnnouncementFinished)
	}
	return &NewerError{What: fmt.Sprintf("an entry of kind %q", f.entry.Kind)}
}

func (f *folding) adopted(adopted Adopted) error {
	for _, tagged := range adopted.Releases {
		if err := f.tagged(tagged, true); err != nil {
			return err
		}
	}
	for _, deployment := range adopted.Running {
		if err := f.runs(deployment, AdoptedAs, Started{}); err != nil {
			return err
		}
	}
	return nil
}

func (f *folding) tagged(tagged Tagged, adopted bool) error {
	path := releasePath(f.entry.Component, tagged.Version)
	_, known, err := f.state.Release(f.entry.Component, tagged.Version)
	if err != nil {
		return err
	}
	if known || f.files[path] != nil {
		return fmt.Errorf("%s %s is in the ledger already", f.entry.Component, tagged.Version)
	}
	if !tagged.Cycle.IsZero() {
		before, err := f.state.CycleRelease(f.entry.Component, tagged.Cycle)
		if err != nil {
			return err
		}
		if !before.IsZero() {
			return fmt.Errorf("the cycle of %s has released %s already", tagged.Cycle, before)
		}
		f.files[cyclePath(f.entry.Component, tagged.Cycle)] = []byte(tagged.Version.String() + "\n")
	}
	if err := f.recordTag(tagged); err != nil {
		return err
	}
	if !adopted {
		if err := f.endProposals(tagged); err != nil {
			return err
		}
	}
	return f.write(path, Release{
		Tagged: tagged, Component: f.entry.Component,
		By: f.entry.By, At: f.entry.At, Adopted: adopted,
		OffCycle: f.entry.OffCycle, Reason: f.entry.Reason,
	})
}

// recordTag adds the release to the list of its line.
func (f *folding) recordTag(tagged Tagged) error {
	path := tagsPath(f.entry.Component, tagged.Version.Line())
	text := f.files[path]
	if text == nil {
		var err error
		if text, err = f.state.file(path); ignoreMissing(err) != nil {
			return err
		}
	}
	f.files[path] = fmt.Appendf(slices.Clone(text), "%s %s %s\n", tagged.Version, tagged.TagID, tagged.Tag)
	return nil
}

func (f *folding) started(started Started) error {
	environment, err := f.state.Environment(started.Environment, f.entry.Component)
	if err != nil {
		return err
	}
	before := ""
	if environment.Underway != nil {
		before = environment.Underway.Attempt
	}
	if before != started.TakesOver {
		return fmt.Errorf("attempt %q is under way on %s", before, started.Environment)
	}
	environment.Underway = &Underway{Started: started, Since: f.entry.At, By: f.entry.By}
	if err := f.backOffBad(started.RollsBack, started.Signed); err != nil {
		return err
	}
	if err := f.backOffBadSet(started.RollsBackSet, started.Signed); err != nil {
		return err
	}
	return f.write(environmentPath(started.Environment, f.entry.Component), environment)
}

func (f *folding) finished(finished Finished) error {
	environment, err := f.state.Environment(finished.Environment, f.entry.Component)
	if err != nil {
		return err
	}
	if environment.Underway == nil || environment.Underway.Attempt != finished.Attempt {
		return fmt.Errorf("attempt %q is not under way on %s", finished.Attempt, finished.Environment)
	}
	begun := environment.Underway.Started
	if finished.Outcome.Reached() {
		return f.runs(finished.Deployment, finished.Outcome, begun)
	}
	if err := f.left(environment.Running, environment.Underway.Since); err != nil {
		return err
	}
	tries := 1
	if before := environment.Broken; before != nil && before.Deployment == finished.Deployment {
		tries = before.Tries + 1
	}
	environment.Underway = nil
	environment.Broken = &Broken{
		Deployment: finished.Deployment, At: f.entry.At, By: f.entry.By,
		Outcome: finished.Outcome, Detail: finished.Detail,
		Waived: begun.Waived, RollsBack: begun.RollsBack, RollsBackSet: begun.RollsBackSet, Set: begun.Set, Tries: tries,
	}
	return f.write(environmentPath(finished.Environment, f.entry.Component), environment)
}

// runs puts a deployment on its environment, and the environment on the list of
// those that the release has reached. begun is how it was brought there, if looprel
// did that.
func (f *folding) runs(deployment Deployment, outcome Outcome, begun Started) error {
	environment, err := f.state.Environment(deployment.Environment, f.entry.Component)
	if err != nil {
		return err
	}
	if running := environment.Running; running != nil {
		until := f.entry.At
		if running.Deployment != deployment {
			environment.Previous = running
			environment.Earlier = earlier(environment.Earlier, *running)
			if environment.Underway != nil {
				until = environment.Underway.Since
			}
		}
		if err := f.left(running, until); err != nil {
			return err
		}
	}
	environment.Running = &Running{Deployment: deployment, Since: f.entry.At, By: f.entry.By, Outcome: outcome, Waived: begun.Waived, RollsBack: begun.RollsBack, RollsBackSet: begun.RollsBackSet}
	environment.Underway, environment.Broken = nil, nil
	if err := f.write(environmentPath(deployment.Environment, f.entry.Component), environment); err != nil {
		return err
	}
	return f.reached(deployment, outcome, begun.Waived)
}

// left ends the stay of what ran on an environment.
func (f *folding) left(running *Running, until time.Time) error {
	if running == nil {
		return nil
	}
	version, ok := running.Release()
	if !ok {
		return nil
	}
	known, err := f.release(f.entry.Component, version)
	if err != nil || known == nil {
		return err
	}
	for i := range slices.Backward(known.Reached) {
		stay := &known.Reached[i]
		if stay.Environment != running.Environment {
			continue
		}
		if !stay.Until.IsZero() {
			return nil
		}
		stay.Until = until
		return f.write(releasePath(f.entry.Component, version), *known)
	}
	return nil
}

func (f *folding) reached(deployment Deployment, outcome Outcome, waived []Waiver) error {
	version, ok := deployment.Release()
	if !ok {
		return nil
	}
	known, err := f.release(f.entry.Component, version)
	if err != nil || known == nil {
		return err
	}
	known.Reached = append(known.Reached, Reached{Environment: deployment.Environment, At: f.entry.At, Outcome: outcome, Waived: waived})
	return f.write(releasePath(f.entry.Component, version), *known)
}

// Append makes the ledger's next commit: the entry on top of the state. It
// returns the unsigned commit and the objects that its tree needs.
func Append(state *State, entry Entry) (object.Commit, []object.Object, error) {
	message, err := Encode(entry)
	if err != nil {
		return object.Commit{}, nil, err
	}
	files, err := Fold(state, entry)
	if err != nil {
		return object.Commit{}, nil, err
	}
	root, objects, err := object.Edit(state.store, state.root, files)
	if err != nil {
		return object.Commit{}, nil, fmt.Errorf("write ledger state: %w", err)
	}
	author := object.Signature{Name: entry.By.Name, Email: entry.By.Email, When: entry.At}
	commit := object.Commit{Tree: root, Author: author, Committer: author, Message: message}
	if state.Exists() {
		commit.Parents = []object.ID{state.tip}
	}
	return commit, objects, nil
}

// release is the release as it stands within this fold: an adoption may both
// make it known and place it.
func (f *folding) release(component string, version release.Version) (*Release, error) {
	if text := f.files[releasePath(component, version)]; text != nil {
		var known Release
		return &known, json.Unmarshal(text, &known)
	}
	known, ok, err := f.state.Release(component, version)
	if err != nil || !ok {
		return nil, err
	}
	return &known, nil
}

func (f *folding) write(path string, value any) error {
	text, err := encodeJSON(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	f.files[path] = text
	return nil
}
