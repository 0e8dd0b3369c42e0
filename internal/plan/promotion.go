package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// PromoteRequest is what `promote` was asked for.
type PromoteRequest struct {
	Environment string
	Version     release.Version // zero: the one whose turn it is
	OffCycle    bool
	Reason      string
	// TakeOver replaces an attempt of somebody else before its lease ends.
	TakeOver bool
	// RecordOnly records a deployment that was made elsewhere.
	RecordOnly bool
}

// Selection is what a promotion is about, before anything else is read.
type Selection struct {
	Environment release.Environment
	ledger.Deployment
	// Release is what the ledger knows of the release; nil for a branch's head,
	// and for a release that the ledger does not know.
	Release *ledger.Release
	// State is what the ledger knows of the environment.
	State ledger.Environment
}

// SelectRelease says which environment and which release a request is about.
func SelectRelease(s *Snapshot, request PromoteRequest) (*Selection, error) {
	environment, ok := s.Train.Environment(request.Environment)
	if !ok {
		return nil, misuse("the environments are "+strings.Join(environmentNames(s.Train), ", "), "there is no environment %q", request.Environment)
	}
	if err := checkPromoteRequest(environment, request); err != nil {
		return nil, err
	}
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return nil, err
	}
	selection := &Selection{Environment: environment, State: state}
	selection.Deployment.Environment = environment.Name
	if environment.Follows != "" {
		return selection, selection.selectHead(s)
	}
	version := request.Version
	if version.IsZero() {
		if version, err = defaultRelease(s, environment); err != nil {
			return nil, err
		}
	}
	return selection, selection.selectVersion(s, version)
}

func environmentNames(train *release.Train) []string {
	var names []string
	for _, environment := range train.Environments {
		names = append(names, environment.Name)
	}
	return names
}

func checkPromoteRequest(environment release.Environment, request PromoteRequest) error {
	if environment.Follows != "" && !request.Version.IsZero() {
		return misuse("looprel promote "+environment.Name, "%s follows branch %s and takes no VERSION", environment.Name, environment.Follows)
	}
	if request.RecordOnly {
		if request.Version.IsZero() && environment.Follows == "" {
			return misuse("looprel promote "+environment.Name+" VERSION --record-only --reason TEXT", "--record-only wants the VERSION that was deployed")
		}
		return checkReason("--record-only", true, request.Reason)
	}
	return checkReason("--off-cycle", request.OffCycle, request.Reason)
}

func (sel *Selection) selectHead(s *Snapshot) error {
	ref := BranchRef(sel.Environment.Follows)
	head, ok := s.Refs.IDs[ref]
	if !ok {
		return misuse("correct \"follows\" in environments.yaml", "%s has no branch %s, which %s follows",
			s.Remote, sel.Environment.Follows, sel.Environment.Name)
	}
	sel.Commit = head
	return nil
}

func (sel *Selection) selectVersion(s *Snapshot, version release.Version) error {
	sel.Version = version.String()
	sel.Tag = TagRef(s.Component.TagPattern.Tag(version))
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil {
		return err
	}
	if ok {
		sel.Release, sel.Commit, sel.Tag = &known, known.Commit, known.Tag
		return nil
	}
	sel.Commit, _ = s.Refs.Commit(sel.Tag)
	return nil
}

// defaultRelease is the release whose turn it is: the first environment takes
// the current cycle's, later ones what their predecessor runs.
func defaultRelease(s *Snapshot, environment release.Environment) (release.Version, error) {
	predecessor, ok := s.Train.Predecessor(environment)
	if !ok {
		return cycleRelease(s, environment)
	}
	before, err := s.Ledger.Environment(predecessor.Name, s.Component.Name)
	if err != nil {
		return release.Version{}, err
	}
	if before.Underway != nil {
		choices := []string{before.Underway.Version}
		if before.Running != nil {
			choices = append(choices, before.Running.Version)
		}
		return release.Version{}, choose(environment, choices, "a promotion to %s is under way", predecessor.Name)
	}
	if before.Broken != nil {
		choices := []string{before.Broken.Version}
		if before.Running != nil {
			choices = append(choices, before.Running.Version)
		}
		return release.Version{}, choose(environment, choices, "the last promotion to %s ended as %q", predecessor.Name, before.Broken.Outcome)
	}
	if before.Running == nil {
		return release.Version{}, refuse("looprel promote "+predecessor.Name, "%s runs no release yet, and %s comes after it", predecessor.Name, environment.Name)
	}
	version, isRelease := before.Running.Release()
	if !isRelease {
		return release.Version{}, misuse("looprel promote "+environment.Name+" VERSION", "%s runs %s, which is no release", predecessor.Name, before.Running.Version)
	}
	return version, nil
}

// cycleRelease is the current cycle's release. It is ambiguous when something
// higher was released since, a patch of it or an off-cycle release.
func cycleRelease(s *Snapshot, environment release.Environment) (release.Version, error) {
	cycle, ok := s.Calendar().Current(s.Today())
	var version release.Version
	var err error
	if ok {
		if version, err = s.Ledger.CycleRelease(s.Component.Name, cycle.Planned); err != nil {
			return release.Version{}, err
		}
	}
	above, err := releasesAbove(s, version)
	if err != nil {
		return release.Version{}, err
	}
	switch {
	case len(above) > 0 && !version.IsZero():
		return release.Version{}, choose(environment, append([]string{version.String()}, above...), "something higher than this cycle's %s has been released", version)
	case !version.IsZero():
		return version, nil
	case len(above) > 0:
		return release.Version{}, choose(environment, above, "this cycle has released nothing yet")
	}
	return release.Version{}, refuse("looprel next says what is due", "this cycle has released nothing yet")
}

// releasesAbove lists the releases made by looprel above a version, lowest
// first; adopted ones are history and no candidates. Above no version, it lists
// the newest alone.
func releasesAbove(s *Snapshot, version release.Version) ([]string, error) {
	lines, err := s.Ledger.Lines(s.Component.Name)
	if err != nil {
		return nil, err
	}
	var above []string
	for _, line := range slices.Backward(lines) {
		if !version.IsZero() && line.Compare(version.Line()) < 0 {
			break
		}
		versions, err := s.Ledger.Versions(s.Component.Name, line)
		if err != nil {
			return nil, err
		}
		for _, candidate := range slices.Backward(versions) {
			if candidate.Compare(version) <= 0 {
				break
			}
			known, _, err := s.Ledger.Release(s.Component.Name, candidate)
			if err != nil {
				return nil, err
			}
			if !known.Adopted {
				above = append(above, candidate.String())
			}
			if version.IsZero() {
				return above, nil
			}
		}
	}
	slices.Reverse(above)
	return above, nil
}

func choose(environment release.Environment, choices []string, format string, values ...any) error {
	commands := make([]string, len(choices))
	for i, version := range choices {
		commands[i] = "looprel promote " + environment.Name + " " + version
	}
	return misuse("say which: "+strings.Join(commands, ", or "), format, values...)
}

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
}

// PromotionPlan brings a release to an environment.
type PromotionPlan struct {
	Verb        string      `json:"verb"`
	Component   string      `json:"component"`
	Environment string      `json:"environment"`
	Version     string      `json:"version"`
	Tag         string      `json:"tag,omitempty"`
	Commit      object.ID   `json:"commit"`
	Running     string      `json:"running,omitempty"` // the version there now
	RunningAt   object.ID   `json:"running_commit,omitzero"`
	DaysLate    int         `json:"days_late,omitempty"`
	OffCycle    bool        `json:"off_cycle,omitempty"`
	Reason      string      `json:"reason,omitempty"`
	Gates       []Gate      `json:"gates"`
	Changes     notes.Notes `json:"-"`
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
	Entry  ledger.Entry        `json:"-"`
	Target release.Environment `json:"-"`
	Probe  release.Probe       `json:"-"`
}

// Attempt identifies the attempt that the plan starts.
func (p *PromotionPlan) Attempt() string { return p.Entry.ID }

// Refused returns why the promotion may not happen: the first gate that does not
// pass, or nil.
func (p *PromotionPlan) Refused() error {
	for _, gate := range p.Gates {
		if gate.Verdict == Fail || gate.Verdict == Undecided {
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
	p := &PromotionPlan{
		Verb: "promote", Component: s.Component.Name, Environment: sel.Environment.Name,
		Version: sel.Version, Tag: sel.Tag, Commit: sel.Commit,
		OffCycle: request.OffCycle, Reason: request.Reason,
		Target: sel.Environment, Probe: sel.Environment.ProbeFor(s.Component),
		Gates: []Gate{}, Steps: []Step{},
	}
	if sel.State.Running != nil {
		p.Running, p.RunningAt = sel.State.Running.Version, sel.State.Running.Commit
	}
	p.Changes = notes.Collect(target.Changes)
	p.Report = p.Changes.Report(s.Web)
	if request.RecordOnly {
		return p, recordElsewhere(s, sel, p)
	}
	if already(s, sel, p) {
		return p, nil
	}
	if err := checkNotBelow(sel); err != nil {
		return nil, err
	}
	takesOver, err := takeOver(s, sel, target, request, p)
	if err != nil {
		return nil, err
	}
	resumed := takesOver != "" && sel.State.Underway.Deployment == sel.Deployment
	p.Gates = gates(s, sel, request, resumed)
	p.DaysLate = daysLate(s, sel)
	p.Entry = s.entry(ledger.KindPromotionStarted)
	p.Entry.OffCycle, p.Entry.Reason = request.OffCycle, request.Reason
	p.Entry.Started = &ledger.Started{
		Deployment: sel.Deployment, Attempt: s.EntryID, TakesOver: takesOver, DaysLate: p.DaysLate,
		Until: p.Entry.At.Add(lease(sel.Environment, p.Probe)),
	}
	p.addSteps(s)
	return p, nil
}

// leaseSlack covers what an attempt does beside: pushing its entries, and a row
// of agreeing answers that began just before the deadline.
const leaseSlack = 2 * time.Minute

// lease is how long an attempt may take: deploying, then looking.
func lease(environment release.Environment, probe release.Probe) time.Duration {
	var total time.Duration
	if len(environment.Deploy.Command) > 0 {
		total += environment.Deploy.Timeout
	}
	if environment.URL != "" && !probe.Disabled {
		total += probe.Deadline
	}
	return total + leaseSlack
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

// checkNotBelow refuses a step back; rolling back is a decision of its own.
func checkNotBelow(sel *Selection) error {
	if sel.State.Running == nil {
		return nil
	}
	running, isRelease := sel.State.Running.Release()
	wanted, wantsRelease := sel.Deployment.Release()
	if isRelease && wantsRelease && wanted.Compare(running) < 0 {
		return refuse("choose "+running.String()+" or a higher version; going back is a rollback",
			"%s runs %s, which is above %s", sel.Environment.Name, running, wanted)
	}
	return nil
}

// takeOver decides about an attempt that has no outcome yet. It returns the
// attempt that the new one replaces, "" if there is none.
func takeOver(s *Snapshot, sel *Selection, target Target, request PromoteRequest, p *PromotionPlan) (string, error) {
	underway := sel.State.Underway
	if underway == nil {
		p.ProbeFirst = sel.State.Broken != nil && sel.State.Broken.Outcome == ledger.Unknown
		return "", nil
	}
	p.ProbeFirst = true
	since := underway.Since.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST")
	switch {
	case underway.Attempt == target.OwnAttempt:
		p.Notes = append(p.Notes, fmt.Sprintf("your attempt of %s was interrupted; this finishes it", since))
	case request.TakeOver:
		p.Notes = append(p.Notes, fmt.Sprintf("takes over the attempt that %s began %s", underway.By.Name, since))
	case !s.Now.Before(underway.Until):
		p.Notes = append(p.Notes, fmt.Sprintf("the attempt that %s began %s never ended; its lease is over", underway.By.Name, since))
	default:
		return "", &Moved{
			Reason: fmt.Sprintf("%s is promoting %s to %s since %s (lease until %s)", underway.By.Name, underway.Version,
				sel.Environment.Name, since, underway.Until.In(s.Train.Zone).Format("15:04 MST")),
			Advice: "wait for it, or, if it is known to be dead: looprel promote " + sel.Environment.Name + " " + sel.Version + " --take-over",
		}
	}
	return underway.Attempt, nil
}

func (p *PromotionPlan) addSteps(s *Snapshot) {
	ref := s.Train.LedgerRef
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: ref, Want: p.Entry.Subject(),
		Reason: "so that nobody else deploys there meanwhile, and a killed attempt is seen"})
	if command := p.Target.Deploy.Command; len(command) > 0 {
		reason := "the deploy command of environments.yaml: " + strings.Join(command, " ")
		if p.ProbeFirst {
			reason += ", unless the environment runs " + p.Version + " already"
		}
		p.Steps = append(p.Steps, Step{Kind: Deploy, Target: p.Environment, Was: p.Running, Want: p.Version, Reason: reason})
	} else {
		p.Notes = append(p.Notes, fmt.Sprintf("%s has no deploy command: looprel records, and deploys nothing", p.Environment))
	}
	if p.Probed() {
		p.Steps = append(p.Steps, Step{Kind: Verify, Target: p.Target.URL, Want: p.Version,
			Reason: fmt.Sprintf("%d answers in a row must show it, within %s", p.Probe.Agree, shortDuration(p.Probe.Deadline))})
	}
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: ref, Want: fmt.Sprintf("promote %s %s to %s: the outcome", p.Component, p.Version, p.Environment),
		Reason: "the outcome and its evidence"})
}

// shortDuration writes a duration without the zeros at its end: 5m, not 5m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	text = strings.TrimSuffix(text, "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	if strings.ContainsAny(text[len(text)-1:], "hm") {
		return text
	}
	return d.String()
}

// Probed reports whether there is anything to look at.
func (p *PromotionPlan) Probed() bool { return p.Target.URL != "" && !p.Probe.Disabled }

// recordElsewhere plans the record of a deployment that was made without
// looprel. The gates do not judge what has happened already.
func recordElsewhere(s *Snapshot, sel *Selection, p *PromotionPlan) error {
	if sel.Tag != "" && sel.Release == nil {
		return refuse("to take it over: looprel adopt", "the ledger does not know %s %s", s.Component.Name, sel.Version)
	}
	if already(s, sel, p) {
		return nil
	}
	p.Entry = s.entry(ledger.KindRecorded)
	p.Entry.Reason = p.Reason
	p.Entry.Recorded = &sel.Deployment
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: s.Train.LedgerRef, Want: p.Entry.Subject(), Reason: p.Reason})
	return nil
}

// Outcome is the entry that ends the attempt of a plan.
func (p *PromotionPlan) Outcome(s *Snapshot, finished ledger.Finished) ledger.Entry {
	entry := s.entry(ledger.KindPromotionFinished)
	finished.Deployment, finished.Attempt = p.Entry.Started.Deployment, p.Entry.Started.Attempt
	entry.Finished = &finished
	entry.OffCycle, entry.Reason = p.OffCycle, p.Reason
	return entry
}
