// Package ledger is the train's memory: what was done, by whom, when, why and on
// which evidence. It encodes and decodes entries and folds them into the state
// that the next decision reads. It is pure: bytes in, values out. Fetching and
// pushing the ledger is the business of observe and apply.
//
// # Format 1
//
// The ledger is a linear chain of commits on one reference of the train's home
// (refs/looprel/ledger unless environments.yaml says otherwise), one entry each.
//
// The commit's message is the entry: a subject line for people, a blank line,
// and one JSON object (see Entry). Author and committer are the operator, the
// dates are the entry's time. The commit is signed where git is configured so.
//
// The commit's tree is the folded state, so that the state is read from the tip
// alone and an entry rewrites one or two small files:
//
//	format                                     "1 0.1.0": the format, and the first looprel that knows it
//	state/<component>/<line>/<version>         a Release, as JSON; <line> is MAJOR.MINOR.x
//	cycles/<component>/<planned tagging day>   the version that this cycle released
//	tags/<component>/<line>                    a line for each release: "<version> <id> <reference>" of its tag
//	environments/<environment>/<component>     an Environment, as JSON
//	proposals/<component>                      the Proposals that are open, as JSON
//	blocks/<component>                         the Blocks, as JSON
//	rollbacks/<component>/<id>                 the entry of that id, which was written afterwards, is in:
//	                                           it is written once, whoever tries again
//	outbox/<component>                         the announcements not known to have been sent, as JSON
//	announced/<component>/<line or year>/<key> an announcement that was sent, as JSON
//	told/<component>                           the days of the cycles that were told last, as JSON
//	forge/<component>                          who finishes what at the forge, as JSON
//
// Where components are pinned as sets there is more: see set.go.
//
// A reader that meets a format, or a kind of entry, that it does not know stops
// with NewerError and folds nothing. A field that an older looprel may safely
// pass over can be added within a format; anything else makes a new one.
//
//	Entry ──Encode──▶ message        State + Entry ──Fold──▶ changed files
//	Entry ◀──Decode── message        State + Entry ──Append─▶ commit, objects
package ledger

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Format is the format that this package writes, and FormatSince the first
// version of looprel that knows it.
const (
	Format      = 1
	FormatSince = "0.1.0"
)

// maxEntry bounds the size of an entry in bytes, both ways. The largest are the
// adoptions of repositories with thousands of releases.
const maxEntry = 16 << 20

// Kind says what an entry records.
type Kind string

// The kinds of entries.
const (
	// KindAdopted takes over releases that exist, and what runs where.
	KindAdopted Kind = "adopted"
	// KindTagged is a release.
	KindTagged Kind = "tagged"
	// KindPromotionStarted is pushed before anything is deployed.
	KindPromotionStarted Kind = "promotion-started"
	// KindPromotionFinished is the outcome of an attempt.
	KindPromotionFinished Kind = "promotion-finished"
	// KindRolledBack is a rollback that was made while the ledger was out of reach.
	KindRolledBack Kind = "rolled-back"
	// KindRecorded is a deployment that was made elsewhere.
	KindRecorded Kind = "deployment-recorded"
	// KindPicked puts fixes on a release line, to be released later.
	KindPicked Kind = "picked"
	// KindProposed is a branch that a pull request is to bring to another one.
	KindProposed Kind = "proposed"
	// KindSignedOff is somebody's word that a release is good, or its withdrawal.
	KindSignedOff Kind = "signed-off"
	// KindBlocked keeps a release off all environments, or all releases off one.
	KindBlocked Kind = "blocked"
	// KindUnblocked lifts a block.
	KindUnblocked Kind = "unblocked"
	// KindBackedOff says that a release goes nowhere any more, or that it may again.
	KindBackedOff Kind = "backed-off"
	// KindSetTagging is pushed before the members of a set are tagged elsewhere.
	KindSetTagging Kind = "set-tagging"
	// KindSetTagged is a set whose members are all tagged.
	KindSetTagged Kind = "set-tagged"
	// KindSetAbandoned gives up a set whose tagging did not end.
	KindSetAbandoned Kind = "set-abandoned"
	// KindAnnouncementStarted is pushed before an announcement is sent.
	KindAnnouncementStarted Kind = "announcement-started"
	// KindAnnouncementFinished is what became of it.
	KindAnnouncementFinished Kind = "announcement-finished"
	// KindDelivering says that somebody finishes at the forge what an act owes it.
	KindDelivering Kind = "delivering"
)

// Person is who did something, by the identity that git has for them.
type Person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	// Login is whose token it was by the forge's own word, "" where it was not asked or
	// did not say.
	Login string `json:"login,omitempty"`
}

// String gives the person as git shows one.
func (p Person) String() string { return fmt.Sprintf("%s <%s>", p.Name, p.Email) }

// Entry is one act. Exactly one of the fields after Owes is set, by the Kind.
type Entry struct {
	Format int    `json:"format"`
	Needs  string `json:"needs"` // the first looprel that knows the format
	// ID is random: two acts that are otherwise alike stay two.
	ID   string    `json:"id"`
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"`
	By   Person    `json:"by"`
	// Clock is "overridden" when the time is not the real one.
	Clock string `json:"clock,omitempty"`
	// Config is the digest of the environments.yaml that was followed.
	Config string `json:"config,omitempty"`
	// Component is whose act it is; AllComponents for one that is about a set.
	Component string `json:"component"`
	// OffCycle is set when the calendar was set aside on purpose; the Reason
	// says why.
	OffCycle bool   `json:"off_cycle,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Owes are the announcements that the act makes due.
	Owes []Announcement `json:"owes,omitempty"`

	Adopted   *Adopted    `json:"adopted,omitempty"`
	Tagged    *Tagged     `json:"tagged,omitempty"`
	Started   *Started    `json:"started,omitempty"`
	Finished  *Finished   `json:"finished,omitempty"`
	Recorded  *Deployment `json:"recorded,omitempty"`
	Picked    *Picked     `json:"picked,omitempty"`
	Proposed  *Proposed   `json:"proposed,omitempty"`
	SignedOff *SignedOff  `json:"signed_off,omitempty"`
	Blocked   *Blocked    `json:"blocked,omitempty"`
	Unblocked *Unblocked  `json:"unblocked,omitempty"`
	BackedOff *BackedOff  `json:"backed_off,omitempty"`

	SetTagging   *Tagging      `json:"set_tagging,omitempty"`
	SetTagged    *SetTagged    `json:"set_tagged,omitempty"`
	SetAbandoned *SetAbandoned `json:"set_abandoned,omitempty"`

	RolledBack           *RolledBack           `json:"rolled_back,omitempty"`
	AnnouncementStarted  *AnnouncementStarted  `json:"announcement_started,omitempty"`
	AnnouncementFinished *AnnouncementFinished `json:"announcement_finished,omitempty"`
	Delivering           *Delivering           `json:"delivering,omitempty"`
}

// ClockOverridden is the value of Entry.Clock for a rehearsal.
const ClockOverridden = "overridden"

// Tagged is a release and where it stands.
type Tagged struct {
	Version release.Version `json:"version"`
	Tag     string          `json:"tag"`    // full reference name
	TagID   object.ID       `json:"tag_id"` // what the reference points to
	Commit  object.ID       `json:"commit"`
	Branch  string          `json:"branch,omitempty"` // full reference name of the branch it was made from
	Base    release.Version `json:"base,omitzero"`    // the release it was compared with
	// Cycle is the planned tagging day of the cycle whose release this is; none
	// for a patch release, an off-cycle one and most adopted ones.
	Cycle    release.Date `json:"cycle,omitzero"`
	DaysLate int          `json:"days_late,omitempty"`
	// Picks are the fixes that the same act put on the branch.
	Picks []Pick `json:"picks,omitempty"`
	// Without are fixes of earlier releases that this one was made without on purpose;
	// the entry's Reason says why.
	Without []object.ID `json:"without_fixes,omitempty"`
	// Embargo is until when the release is not announced.
	Embargo time.Time `json:"embargo,omitzero"`
	// Proposals are the heads of those that brought fixes to the branch, or came to
	// nothing: none of them is open any more.
	Proposals []string `json:"proposals,omitempty"`
}

// Same reports whether both are the release of one version, at one place.
func (t Tagged) Same(other Tagged) bool { return reflect.DeepEqual(t, other) }

// Pick is a commit of one branch that was cherry-picked onto another.
type Pick struct {
	Commit object.ID `json:"commit"` // on the release line
	Source object.ID `json:"source"`
	// Stray: the source is not on the train's branch; the entry's Reason says why it
	// was taken all the same.
	Stray bool `json:"stray,omitempty"`
}

// Picked are fixes on a release line that no release has yet.
type Picked struct {
	Branch string `json:"branch"` // full reference name
	Picks  []Pick `json:"picks"`
	// Proposal is the head of the proposal that brought them, "" for a push.
	Proposal string `json:"proposal,omitempty"`
}

// Adopted are releases that were made before, or without, looprel.
type Adopted struct {
	Releases []Tagged `json:"releases"`
	// Lines are the branches of the release lines, by full reference name.
	Lines   []string     `json:"lines,omitempty"`
	Running []Deployment `json:"running,omitempty"`
}

// Deployment is something on an environment: a release, or the head of the
// branch that the environment follows.
type Deployment struct {
	Environment string    `json:"environment"`
	Version     string    `json:"version"`       // of a branch's head: what its version file says
	Tag         string    `json:"tag,omitempty"` // full reference name; none for a branch's head
	Commit      object.ID `json:"commit"`
}

// Release is the version of a deployed release; ok is false for the head of a
// branch.
func (d Deployment) Release() (version release.Version, ok bool) {
	if d.Tag == "" {
		return release.Version{}, false
	}
	version, err := release.ParseVersion(d.Version)
	return version, err == nil
}

// Started says that an attempt to deploy begins.
type Started struct {
	Deployment
	Attempt string `json:"attempt"`
	// Until is the end of the lease: nobody else tries before.
	Until time.Time `json:"until"`
	// TakesOver is the attempt that this one replaces, if any.
	TakesOver string `json:"takes_over,omitempty"`
	DaysLate  int    `json:"days_late,omitempty"`
	// Waived are the gates that were set aside for this attempt.
	Waived []Waiver `json:"waived,omitempty"`
	// RollsBack is the release that a rollback takes away, none for a promotion.
	RollsBack release.Version `json:"rolls_back,omitzero"`
	// RollsBackSet is the set that a rollback of a set, or of its members, takes away.
	RollsBackSet string `json:"rolls_back_set,omitempty"`
	// Set is the attempt at a set that this one at a member is a part of.
	Set string `json:"set_attempt,omitempty"`
	// After is the attempt whose failure a rollback follows that nobody had to ask for.
	After string `json:"after,omitempty"`
	// Signed: the entry is signed; as in Waiver.
	Signed bool `json:"signed,omitempty"`
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes. Unverified is no failure: nothing could be seen. Unknown is
// never success: the attempt was interrupted.
const (
	Verified   Outcome = "verified"
	Unverified Outcome = "unverified"
	Failed     Outcome = "failed"
	Unknown    Outcome = "unknown"
	// RecordedOnly is a deployment that was made elsewhere.
	RecordedOnly Outcome = "recorded"
	// AdoptedAs is what an adopted environment was seen, or said, to run.
	AdoptedAs Outcome = "adopted"
)

// Failure is why an attempt failed.
type Failure string

// The failures. What failed in another way, or was interrupted, has none: what runs is
// not known then.
const (
	// CommandFailed: the deploy command did, or it could not be run.
	CommandFailed Failure = "command"
	// WrongVersion: something else shows.
	WrongVersion Failure = "wrong version"
	// HeartbeatFailed: what was deployed is not healthy.
	HeartbeatFailed Failure = "heartbeat"
)

// Reached reports whether the release is on the environment by this outcome.
func (o Outcome) Reached() bool { return o != Failed && o != Unknown }

// Finished is the outcome of an attempt.
type Finished struct {
	Deployment
	Attempt  string   `json:"attempt"`
	Outcome  Outcome  `json:"outcome"`
	Failure  Failure  `json:"failure,omitempty"`  // why it failed
	Detail   string   `json:"detail,omitempty"`   // one sentence
	Evidence []string `json:"evidence,omitempty"` // what the probe saw
	Output   string   `json:"output,omitempty"`   // the tail of the deploy command's output
	// RollsBack and RollsBackSet are as in Started.
	RollsBack    release.Version `json:"rolls_back,omitzero"`
	RollsBackSet string          `json:"rolls_back_set,omitempty"`
}

// Subject is the entry in one line.
func (e Entry) Subject() string {
	switch e.Kind {
	case KindAdopted:
		switch len(e.Adopted.Releases) {
		case 0:
			return "adopt what runs of " + e.Component
		case 1:
			return fmt.Sprintf("adopt %s %s", e.Component, e.Adopted.Releases[0].Version)
		}
		return fmt.Sprintf("adopt %d releases of %s", len(e.Adopted.Releases), e.Component)
	case KindTagged:
		return fmt.Sprintf("tag %s %s", e.Component, e.Tagged.Version)
	case KindPromotionStarted:
		if !e.Started.RollsBack.IsZero() || e.Started.RollsBackSet != "" {
			return fmt.Sprintf("roll %s back to %s: started", e.Started.Environment, what(e.Component, e.Started.Version))
		}
		return fmt.Sprintf("promote %s to %s: started", what(e.Component, e.Started.Version), e.Started.Environment)
	case KindPromotionFinished:
		if !e.Finished.RollsBack.IsZero() || e.Finished.RollsBackSet != "" {
			return fmt.Sprintf("roll %s back to %s: %s", e.Finished.Environment, what(e.Component, e.Finished.Version), e.Finished.Outcome)
		}
		return fmt.Sprintf("promote %s to %s: %s", what(e.Component, e.Finished.Version), e.Finished.Environment, e.Finished.Outcome)
	case KindRecorded:
		return fmt.Sprintf("record %s on %s", what(e.Component, e.Recorded.Version), e.Recorded.Environment)
	case KindPicked:
		count := "1 fix"
		if len(e.Picked.Picks) != 1 {
			count = fmt.Sprintf("%d fixes", len(e.Picked.Picks))
		}
		return fmt.Sprintf("pick %s of %s onto %s", count, e.Component, strings.TrimPrefix(e.Picked.Branch, "refs/heads/"))
	case KindProposed:
		return e.Proposed.subject(e.Component)
	case KindSignedOff:
		return e.SignedOff.subject(e.Component)
	case KindBlocked:
		return fmt.Sprintf("block %s (number %d)", e.Blocked.what(e.Component), e.Blocked.Number)
	case KindBackedOff:
		return e.BackedOff.subject(e.Component)
	case KindRolledBack:
		return fmt.Sprintf("roll %s back to %s: %s, recorded afterwards", e.RolledBack.Environment, what(e.Component, e.RolledBack.Version), e.RolledBack.Outcome)
	case KindAnnouncementStarted:
		return e.AnnouncementStarted.subject(e.Component)
	case KindAnnouncementFinished:
		return e.AnnouncementFinished.subject(e.Component)
	case KindSetTagging:
		return fmt.Sprintf("tag the set %s: started", e.SetTagging.Title())
	case KindSetTagged:
		return fmt.Sprintf("pin the set %s", e.SetTagged.Title())
	case KindSetAbandoned:
		return fmt.Sprintf("give up the set %s", SetTitle(e.SetAbandoned.ID))
	case KindDelivering:
		return e.Delivering.subject(e.Component)
	case KindUnblocked:
		if e.Component == AllComponents {
			return fmt.Sprintf("lift block %d of the sets", e.Unblocked.Number)
		}
		return fmt.Sprintf("lift block %d of %s", e.Unblocked.Number, e.Component)
	}
	return string(e.Kind)
}

// Records reports whether the entry made a release of a component known.
func (e Entry) Records(component string, version release.Version) bool {
	switch {
	case e.Component != component:
		return false
	case e.Tagged != nil:
		return e.Tagged.Version == version
	case e.Adopted != nil:
		return slices.ContainsFunc(e.Adopted.Releases, func(one Tagged) bool { return one.Version == version })
	}
	return false
}
