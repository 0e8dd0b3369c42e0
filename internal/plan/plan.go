// Package plan decides. From a Snapshot of the world (clock, configuration,
// references, ledger, what a branch holds) it makes a plan: a value that names
// every step with its reason, and holds every object that will be pushed. Apply
// receives that value and nothing else; a dry run prints it.
//
// It is pure: no I/O, no clock, no randomness. What differs from run to run (the
// time, an entry's random id) is in the Snapshot. What it needs from a branch is
// chosen by SelectBranch, before the branch is read, so that only that is read.
//
//	TagRequest     ─SelectBranch▶ BranchChoice ─observe▶ Branch ─MakeTag▶ TagPlan ─Seal▶ apply
//	BackportRequest ─SelectLines▶ LineChoice... ─observe▶ BackportFacts ─MakeBackport▶ BackportPlan ─Seal▶ apply
//	PromoteRequest ─SelectRelease▶ Selection   ─observe▶ Target ─MakePromotion▶ PromotionPlan ▶ apply
//	RollbackRequest ─SelectRollback▶ Rollback  ─observe▶ Target ─MakeRollback▶ PromotionPlan ▶ apply
//	AdoptRequest   ─MakeAdoption▶ AdoptionPlan ▶ apply
//	SignOffRequest ─MakeSignOff▶ DecisionPlan ▶ apply
//	Snapshot       ─MakeStatus▶ Status, ─MakeNext▶ Next
//	MemberTag...   ─MakeSet▶ SetPlan ─Seal▶ apply; a half-tagged set ─MakeSetFinish▶ SetPlan
//	PromoteRequest ─SelectSet▶ SetSelection ─observe▶ Target... ─MakeSetPromotion▶ SetPromotionPlan ▶ apply
//
// Where the train releases sets, each component has a Snapshot of its own, of its own
// repository, with the ledger of the home; a set is planned under that of the whole
// train (Whole). A set is judged as if it were a release (setstate.go): where it has
// been is where all its members have been at the same time.
//
// Where branches take no pushes, a release, or fixes for a line, are proposed first
// (proposal.go): the plan pushes a branch of looprel's own with a ledger entry that says
// what is meant, and owes the forge its pull request. The same request, planned again,
// finds that proposal in the ledger, and what became of it in what was observed:
//
//	no proposal ─▶ propose ─▶ unopened, open: await ─▶ arrived: tag, propose development
//	                                        └─▶ closed, stripped: refuse, or --again
//
// The rules are those of the process: a train release follows the calendar, a
// patch release does not; a version is used once; nothing that the operator, or
// somebody else, has not seen in the plan is done.
package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Snapshot is what every decision starts from. It is read once, and read again
// when a push finds that something moved.
type Snapshot struct {
	// Now is the time in the operator's zone.
	Now time.Time
	// ClockOverridden: Now is not the real time; entries say so.
	ClockOverridden bool
	Operator        ledger.Person
	// LoginUnknown is why the forge did not say whose login the operator's is, "" where it
	// did, or was not asked.
	LoginUnknown string
	// EntryID is random, for the entry that this run may write.
	EntryID string
	Train   *release.Train
	// ConfigDigest identifies the environments.yaml that was followed.
	ConfigDigest string
	Component    release.Component
	// Remote is the name, or the URL fit to be shown, of the train's home.
	Remote string
	// Elsewhere is the repository of a member of a set that is not released in the
	// train's home, whose references these are; "" otherwise.
	Elsewhere string
	Refs      Refs
	Ledger    *ledger.State
	Sign      Signing
	// Offline is set where the remote was not asked.
	Offline *Offline
	// Web says where bugs, pull requests and commits are to be looked at.
	Web notes.Web
	// Forge is the forge's name for the repository, "" where nothing is kept there.
	Forge string
	// Arrived are the commits by which proposals have come to their base, by the
	// proposals' heads: as far as it was looked for.
	Arrived map[string]object.ID
	// RequestTemplate is the text of deployment requests, "" for the usual one.
	RequestTemplate string
}

// Offline is what is known of a ledger whose remote was not asked.
type Offline struct {
	// Seen is the last entry that this clone has seen, and At its time.
	Seen object.ID
	At   time.Time
	// OtherConfig: it was written by another environments.yaml than the one at hand.
	OtherConfig bool
}

// Signing says what will be signed.
type Signing struct {
	Tags    bool
	Commits bool
	Ledger  bool
}

// Calendar is the train's timetable.
func (s *Snapshot) Calendar() *calendar.Calendar {
	return calendar.New(s.Train.Schedule, s.Train.Zone)
}

// Today is the date in the train's zone.
func (s *Snapshot) Today() release.Date { return release.DateOf(s.Now.In(s.Train.Zone)) }

// author is the operator's signature for objects made now.
func (s *Snapshot) author() object.Signature {
	return object.Signature{Name: s.Operator.Name, Email: s.Operator.Email, When: s.Now}
}

// entry begins a ledger entry of this run.
func (s *Snapshot) entry(kind ledger.Kind) ledger.Entry {
	entry := ledger.Entry{
		ID: s.EntryID, Kind: kind, At: s.Now.UTC().Truncate(time.Second), By: s.Operator,
		Config: s.ConfigDigest, Component: s.Component.Name,
	}
	if s.ClockOverridden {
		entry.Clock = ledger.ClockOverridden
	}
	return entry
}

// Refs are a remote's references, by full name.
type Refs struct {
	// IDs is what each reference points to.
	IDs map[string]object.ID
	// Peeled is the commit behind each annotated tag.
	Peeled map[string]object.ID
	// Default is the full name of the branch that the remote's HEAD names, "" if
	// it names none.
	Default string
}

// BranchRef and TagRef give full names: a branch and a tag may share a short one.
func BranchRef(name string) string { return "refs/heads/" + name }

// TagRef is the full name of a tag.
func TagRef(name string) string { return "refs/tags/" + name }

// ShortRef is a reference's name for people: of a branch or a tag without what
// says its kind.
func ShortRef(ref string) string {
	for _, prefix := range []string{BranchRef(""), TagRef("")} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return name
		}
	}
	return ref
}

// Commit is the commit behind a reference; ok is false if there is none.
func (r Refs) Commit(ref string) (id object.ID, ok bool) {
	if id, ok = r.Peeled[ref]; ok {
		return id, true
	}
	id, ok = r.IDs[ref]
	return id, ok
}

// StepKind is what apply does for a step.
type StepKind string

// The kinds of steps. Adjacent PushRef and AppendLedger steps reach the remote
// in one atomic push.
const (
	PushRef      StepKind = "push-ref"
	AppendLedger StepKind = "append-ledger"
	LocalRef     StepKind = "local-ref"
	// KeepEntry keeps an entry in this clone until it can be recorded.
	KeepEntry StepKind = "keep-entry"
	Deploy    StepKind = "deploy"
	Verify    StepKind = "verify"
	// What is done at the forge once the push stands.
	DraftRelease   StepKind = "draft-release"
	AttachAsset    StepKind = "attach-asset"
	CloseMilestone StepKind = "close-milestone"
	OpenMilestone  StepKind = "open-milestone"
	PublishRelease StepKind = "publish-release"
	FileRequest    StepKind = "file-request"
	TellIssues     StepKind = "tell-issues"
	OpenPull       StepKind = "open-pull-request"
	AwaitMerge     StepKind = "await-merge"
	// What a pull request learns of its backport.
	CommentPull StepKind = "comment-pull"
	LabelPull   StepKind = "label-pull"
	UnlabelPull StepKind = "unlabel-pull"
	RunWorkflow StepKind = "run-workflow"
	// AwaitDeployment: others bring the deployment to its end.
	AwaitDeployment StepKind = "await-deployment"
	// ShowDeployment: a deployment at the forge goes along with the promotion.
	ShowDeployment StepKind = "show-deployment"
)

// Step is one act. Already Want: nothing is done. Still Was: it is done.
// Anything else: somebody else moved it.
type Step struct {
	Kind   StepKind `json:"kind"`
	Target string   `json:"target"`
	// Was is "" if the target does not exist, and for an entry, which goes on top of
	// whatever the ledger ends with.
	Was string `json:"was"`
	// Want is "" while an id waits for a signature.
	Want   string `json:"want"`
	Reason string `json:"reason"`
}

// Change is a reference that a plan moves, with the values that it must have had
// and will have.
type Change struct {
	Ref      string
	Old, New object.ID
}

func (c Change) step(kind StepKind, reason string) Step {
	step := Step{Kind: kind, Target: c.Ref, Reason: reason}
	if !c.Old.IsZero() {
		step.Was = c.Old.String()
	}
	if !c.New.IsZero() {
		step.Want = c.New.String()
	}
	return step
}

// Refusal is a plan that may not be made: the calendar, a gate, or nothing to
// do. Advice says what to type instead.
type Refusal struct {
	Reason string
	Advice string
}

func (e *Refusal) Error() string { return e.Reason }

// Hint is what to type next.
func (e *Refusal) Hint() string { return e.Advice }

func refuse(advice, format string, values ...any) error {
	return &Refusal{Reason: fmt.Sprintf(format, values...), Advice: advice}
}

// Misuse is a request that cannot be meant as it stands: an unknown name, an
// ambiguous choice, flags that do not go together.
type Misuse struct {
	Reason string
	Advice string
}

func (e *Misuse) Error() string { return e.Reason }

// Hint is what to type next.
func (e *Misuse) Hint() string { return e.Advice }

func misuse(advice, format string, values ...any) error {
	return &Misuse{Reason: fmt.Sprintf(format, values...), Advice: advice}
}

// Moved is a fact that a plan rests on and that somebody else changed.
type Moved struct {
	Reason string
	Advice string
}

func (e *Moved) Error() string { return e.Reason }

// Hint is what to type next.
func (e *Moved) Hint() string { return e.Advice }

// Unauthorised is a request for which the operator lacks the role.
type Unauthorised struct {
	Reason string
	Advice string
}

func (e *Unauthorised) Error() string { return e.Reason }

// Hint is what to type next.
func (e *Unauthorised) Hint() string { return e.Advice }

// checkReason holds --off-cycle and the like to their --reason.
func checkReason(flag string, set bool, reason string) error {
	if set && strings.TrimSpace(reason) == "" {
		return misuse("add --reason TEXT; it is recorded in the ledger", "%s wants a reason", flag)
	}
	if !set && reason != "" && flag == "--off-cycle" {
		return misuse("add --off-cycle or --waive GATE, or leave out --reason", "--reason says why something is set aside, and nothing is")
	}
	return nil
}
