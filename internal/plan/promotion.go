package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Target is what a promotion must know beyond the ledger.
type Target struct {
	// HeadVersion is what the version file of a followed branch's head says.
	HeadVersion string
	// Changes are the commits between what runs there and what shall run, newest
	// first.
	Changes []notes.Commit
	// OwnAttempt is the attempt of this clone whose process is gone, "" if there
	// is none.
	OwnAttempt string
	// Recorded is what was seen of the deployment, where the ledger's last entry says so.
	Recorded []string
	// OwnSetAttempt is likewise the attempt at a set.
	OwnSetAttempt string
	// Before are answers of the environment before it, in a row, where a gate wants
	// them; none where there is nothing to look at.
	Before []Seen
	// Mirrored are answers of the environment that the one before is to be a likeness
	// of, if it is to be one.
	Mirrored []Seen
	// Checks and Issues are what the forge says, where a gate wants to know; nil: it was
	// not asked.
	Checks *Checks
	Issues *Issues
	// Section is the changelog's section of the release, where it is asked for.
	Section string
	// Lost are fixes of what runs there that the release lacks, where a gate wants to
	// know; nil where nothing runs there, or it was not asked.
	Lost *LostFixes
	// Signatures are what the release's tag and the ledger are signed by, where a gate
	// wants to know.
	Signatures *Signatures
	// Seen is what the environment shows, looked at where the ledger does not know
	// what runs there.
	Seen Seen
}

// PromotionPlan brings a release to an environment.
type PromotionPlan struct {
	Verb        string    `json:"verb"`
	Component   string    `json:"component"`
	Environment string    `json:"environment"`
	Version     string    `json:"version"`
	Tag         string    `json:"tag,omitempty"`
	Commit      object.ID `json:"commit"`
	Running     string    `json:"running,omitempty"` // the version there now
	RunningAt   object.ID `json:"running_commit,omitzero"`
	DaysLate    int       `json:"days_late,omitempty"`
	OffCycle    bool      `json:"off_cycle,omitempty"`
	// Embargo is until when nobody is told.
	Embargo time.Time `json:"embargo,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	// RollsBack is the release that a rollback takes away.
	RollsBack release.Version `json:"rolls_back,omitzero"`
	// Unrecorded: the remote was not asked, and the entry waits in this clone.
	Unrecorded bool        `json:"unrecorded,omitempty"`
	Gates      []Gate      `json:"gates"`
	Changes    notes.Notes `json:"-"`
	// Report is Changes for programs.
	Report notes.Report `json:"changes"`
	// ProbeFirst: an earlier attempt may have got there; the environment is
	// looked at before anything is deployed.
	ProbeFirst bool `json:"probe_first,omitempty"`
	// Already says, if set, that there is nothing to do.
	Already string   `json:"already,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Steps   []Step   `json:"steps"`

	// Entry starts the attempt, or is the record of a deployment made elsewhere.
	Entry ledger.Entry `json:"-"`
	// Request asks people to deploy, where that is the environment's way.
	Request *DeployRequest `json:"request,omitempty"`
	// Asked is the issue that asks for this deployment, whoever files it; it is closed
	// once the release is there. Nil: there is none.
	Asked *OwedIssue `json:"-"`
	// Deployment goes along with the promotion at the forge; nil: none.
	Deployment *OwedDeployment     `json:"-"`
	Target     release.Environment `json:"-"`
	Probe      release.Probe       `json:"-"`
	// WorkflowRef is what a workflow that deploys is taken from, "" without one.
	WorkflowRef string `json:"-"`
	// forge is the forge's name for the repository.
	forge string
	// part is set where this is a member's part of the promotion of a set.
	part *setPart
	// fallback is what a rollback would bring back if this fails, "" if there is
	// nothing.
	fallback string
	// after is the attempt whose failure a rollback follows by itself, "" if somebody
	// asked for it.
	after string
}

// Fallback is what to type if the promotion fails and what ran before is wanted back,
// "" if that is not known.
func (p *PromotionPlan) Fallback() string {
	if p.fallback == "" {
		return ""
	}
	return fmt.Sprintf("looprel rollback %s --reason TEXT goes back to %s", p.Environment, p.fallback)
}

// RollsBackOnFailure reports whether what ran before is to be brought back without
// asking if this fails.
func (p *PromotionPlan) RollsBackOnFailure() bool {
	return p.Verb != verbRollback && p.Target.RollsBack && p.fallback != ""
}

// Command is what continues the promotion, or the rollback.
func (p *PromotionPlan) Command() string {
	switch {
	case p.Unrecorded:
		return "looprel rollback " + p.Environment + " --unrecorded --reason TEXT"
	case p.Verb == verbRollback:
		return "looprel rollback " + p.Environment + " --reason TEXT"
	case p.Tag == "" && p.Component != ledger.AllComponents:
		return "looprel promote " + p.Environment
	}
	return "looprel promote " + p.Environment + " " + p.Version
}

// Attempt identifies the attempt that the plan starts.
func (p *PromotionPlan) Attempt() string { return p.Entry.ID }

// Refused returns why the promotion may not happen: the first gate that does not
// pass, or nil.
func (p *PromotionPlan) Refused() error {
	for _, gate := range p.Gates {
		if !gate.passes() {
			return refuse(gate.Cure, "%s %s may not go to %s: %s", p.Component, p.Version, p.Environment, gate.Reason)
		}
	}
	return nil
}

// MakePromotion plans a promotion. Its gates are to be looked at (Refused)
// before it is applied.
func MakePromotion(s *Snapshot, sel *Selection, target Target, request PromoteRequest) (*PromotionPlan, error) {
	if sel.Tag == "" {
		sel.Version = target.HeadVersion
	}
	p := newPromotion("promote", s, sel)
	p.OffCycle, p.Reason = request.OffCycle, request.Reason
	if request.Embargo.After(p.Embargo) {
		p.Embargo = request.Embargo
	}
	if sel.State.Running != nil {
		p.Running, p.RunningAt = sel.State.Running.Version, sel.State.Running.Commit
	} else {
		p.takeSeen(sel, target.Seen)
	}
	p.Changes = notes.Collect(target.Changes)
	p.Report = p.Changes.Report(s.Web)
	if request.RecordOnly {
		return p, recordElsewhere(s, sel, target, request, p)
	}
	if already(s, sel, p) {
		return p, p.ask(s, sel, target)
	}
	if err := checkNotBelow(s, sel, p); err != nil {
		return nil, err
	}
	takesOver, err := takeOver(s, sel, target, request, p)
	if err != nil {
		return nil, err
	}
	if err := s.checkWaivers(sel, request); err != nil {
		return nil, err
	}
	p.Gates = gates(s, sel, &target, request, resumes(sel))
	p.DaysLate = daysLate(s, sel)
	if p.fallback, err = fallback(s, sel); err != nil {
		return nil, err
	}
	overtaken, err := s.supersededNote(sel.Release)
	if err != nil {
		return nil, err
	}
	p.Notes = append(p.Notes, overtaken...)
	if p.RollsBackOnFailure() {
		p.Notes = append(p.Notes, fmt.Sprintf("if the deploy command fails, another version shows or the heartbeat fails, %s is rolled back to %s without asking", p.Environment, p.fallback))
	}
	if err := p.ask(s, sel, target); err != nil {
		return nil, err
	}
	p.begin(s, sel, takesOver)
	return p, nil
}

// ask adds the request for the deployment.
func (p *PromotionPlan) ask(s *Snapshot, sel *Selection, target Target) error {
	byRequest := sel.Environment.Deploy.Way == release.DeployByRequest
	if s.Train.GitHub == nil || s.Train.GitHub.Requests == nil && !byRequest {
		return nil
	}
	if byRequest && !p.Probed() {
		return misuse("give it a url and a probe; or, once it is deployed: "+p.Command()+" --record-only --reason TEXT",
			"%s is deployed to by request, and cannot be looked at to see when it is done", p.Environment)
	}
	about := requested{version: p.Version, tag: p.Tag, commit: p.Commit, changes: p.Changes, section: target.Section}
	if p.Tag == "" {
		about.version += " (" + p.Commit.Short() + ")" // many commits share a version
	}
	if sel.Release != nil {
		about.tagged = sel.Release.At
	}
	request, err := s.requestFor(about, sel.Environment)
	if err != nil {
		return err
	}
	if p.Asked = request.Issue; p.Asked != nil {
		p.Asked.Evidence = target.Recorded
	}
	if byRequest {
		p.Request = request
	}
	return nil
}

func newPromotion(verb string, s *Snapshot, sel *Selection) *PromotionPlan {
	p := &PromotionPlan{
		Verb: verb, Component: s.Component.Name, Environment: sel.Environment.Name,
		Version: sel.Version, Tag: sel.Tag, Commit: sel.Commit,
		Target: sel.Environment, Probe: sel.Environment.ProbeFor(s.Component),
		Gates: []Gate{}, Steps: []Step{}, Deployment: s.oweDeployment(sel), forge: s.Forge, WorkflowRef: s.workflowRef(sel.Environment),
	}
	if sel.Release != nil && sel.Release.Embargo.After(s.Now) {
		p.Embargo = sel.Release.Embargo
	}
	return p
}

// resumes reports whether the promotion finishes one that was begun, and was
// killed or interrupted.
func resumes(sel *Selection) bool {
	if underway := sel.State.Underway; underway != nil {
		return underway.Deployment == sel.Deployment
	}
	broken := sel.State.Broken
	return broken != nil && broken.Outcome == ledger.Unknown && broken.Deployment == sel.Deployment
}

// takeSeen fills in what runs where the ledger does not know it, as it was seen.
// What an attempt that failed left behind is deployed again, whatever it shows.
func (p *PromotionPlan) takeSeen(sel *Selection, seen Seen) {
	p.Running = strings.TrimPrefix(seen.Version, "v")
	p.ProbeFirst = p.Running != "" && p.Running == p.Version && sel.State.Broken == nil
	if p.Running != "" {
		p.Notes = append(p.Notes, fmt.Sprintf("%s shows %s, of which the ledger knows nothing; looprel adopt records what runs where", p.Environment, p.Running))
	}
}

func already(s *Snapshot, sel *Selection, p *PromotionPlan) bool {
	running := sel.State.Running
	if running == nil || sel.State.Underway != nil || sel.State.Broken != nil || running.Deployment != sel.Deployment {
		return false
	}
	p.Already = fmt.Sprintf("%s runs %s %s already, since %s, by %s", sel.Environment.Name, s.Component.Name, sel.Version,
		running.Since.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"), running.By.Name)
	return true
}

// checkNotBelow refuses a step back; rolling back is a decision of its own. A fix on its
// way to a later environment may pass.
func checkNotBelow(s *Snapshot, sel *Selection, p *PromotionPlan) error {
	wanted, wantsRelease := sel.Deployment.Release()
	running, err := release.ParseVersion(p.Running)
	if err != nil || !wantsRelease || wanted.Compare(running) >= 0 {
		return nil //nolint:nilerr // what is no release is neither above nor below
	}
	to, runs, err := s.onItsWay(sel.Environment, wanted)
	switch {
	case err != nil:
		return err
	case to == "":
		return refuse(fmt.Sprintf("choose %s or a higher version; going back is a rollback; what was deployed by hand is recorded: %s", running, recordByHand(sel.Environment.Name, wanted)),
			"%s runs %s, which is above %s", sel.Environment.Name, running, wanted)
	}
	p.Notes = append(p.Notes, fmt.Sprintf("a fix on its way to %s, which runs %s; the soak of %s pauses until looprel promote %s %s", to, runs, running, sel.Environment.Name, running))
	return nil
}

// recordByHand records what was deployed by hand.
func recordByHand(environment string, version release.Version) string {
	return fmt.Sprintf("looprel promote %s %s --record-only --reason TEXT", environment, version)
}

// takeOver decides about an attempt that has no outcome yet. It returns the
// attempt that the new one replaces, "" if there is none.
func takeOver(s *Snapshot, sel *Selection, target Target, request PromoteRequest, p *PromotionPlan) (string, error) {
	underway := sel.State.Underway
	if underway == nil {
		p.ProbeFirst = p.ProbeFirst || sel.State.Broken != nil && sel.State.Broken.Outcome == ledger.Unknown
		return "", nil
	}
	p.ProbeFirst = true
	since := underway.Since.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST")
	switch {
	case underway.Attempt == target.OwnAttempt && !resumes(sel):
		p.Notes = append(p.Notes, fmt.Sprintf("your attempt of %s, to promote %s, was interrupted; this replaces it", since, s.title(underway.Version)))
	case underway.Attempt == target.OwnAttempt:
		p.Notes = append(p.Notes, fmt.Sprintf("your attempt of %s was interrupted; this finishes it", since))
	case request.TakeOver:
		p.Notes = append(p.Notes, fmt.Sprintf("takes over the attempt that %s began %s", underway.By.Name, since))
	case !s.Now.Before(underway.Until):
		p.Notes = append(p.Notes, fmt.Sprintf("the attempt that %s began %s never ended; its lease is over", underway.By.Name, since))
	default:
		return "", &Moved{
			Reason: fmt.Sprintf("%s is promoting %s to %s since %s (lease until %s)", underway.By.Name, s.title(underway.Version),
				sel.Environment.Name, since, underway.Until.In(s.Train.Zone).Format("15:04 MST")),
			Advice: "wait for it, or, if it is known to be dead: " + p.Command() + " --take-over",
		}
	}
	return underway.Attempt, nil
}

// recordElsewhere plans the record of a deployment that was made without
// looprel. The gates do not judge what has happened already; but the attempt of
// somebody else is not ended by it.
func recordElsewhere(s *Snapshot, sel *Selection, target Target, request PromoteRequest, p *PromotionPlan) error {
	if sel.Tag != "" && sel.Release == nil {
		return refuse("to take it over: looprel adopt", "the ledger does not know %s %s", s.Component.Name, sel.Version)
	}
	if already(s, sel, p) {
		return nil
	}
	if _, err := takeOver(s, sel, target, request, p); err != nil {
		return err
	}
	p.ProbeFirst = false // nothing is deployed
	p.Entry = s.entry(ledger.KindRecorded)
	p.Entry.OffCycle, p.Entry.Reason = p.OffCycle, p.Reason
	p.Entry.Recorded = &sel.Deployment
	p.Entry.Owes = p.owePush(s)
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: s.Train.LedgerRef, Want: p.Entry.Subject(), Reason: p.Reason})
	p.Steps = append(p.Steps, s.announceSteps(p.Entry.Owes)...)
	return nil
}
