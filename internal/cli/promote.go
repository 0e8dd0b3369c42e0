package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type promoteOptions struct {
	environment string
	version     string
	offCycle    bool
	reason      string
	takeOver    bool
	recordOnly  bool
	waive       []string
	explain     bool
	embargo     string
}

func newPromoteCommand(a *app) *cobra.Command {
	var options promoteOptions
	command := &cobra.Command{
		Use:     "promote ENVIRONMENT [VERSION|SET]",
		GroupID: groupTrain,
		Short:   "Bring a release to an environment, and see that it runs there",
		Long: `Brings a release to an environment: judges the gates, records the start, runs
the environment's deploy command, looks at its URL until the release shows, and
records the outcome. Without a deploy command the deployment is only looked at
and recorded. An environment that follows a branch gets the branch's head.

Without VERSION the first environment takes this cycle's release, later ones
what the one before runs.

The deploy command gets LOOPREL_VERSION, LOOPREL_TAG, LOOPREL_COMMIT,
LOOPREL_ENVIRONMENT, LOOPREL_COMPONENT and LOOPREL_ATTEMPT. It may run twice for
one promotion, has no terminal, and is passed the signals that looprel gets.

Where environments.yaml has a section github, a Deployment there shows each
stage. It never holds the promotion up; what could not be shown is named, with
exit status 7, and the same command makes up for it.

A promotion that was killed is finished by the same command, which looks at the
environment before it deploys again. While one is under way, others are held off
until its lease ends.

The gates are those that always hold and those that environments.yaml declares
for the environment; what cannot be decided does not pass. --explain shows them
with their evidence and what cures them, and changes nothing: exit status 3 says
that the promotion would be refused. --waive sets a gate aside, where the file
lets one of your roles do so; that is recorded. --off-cycle sets aside the
calendar, or what the file lets a promotion off the calendar skip (off-cycle:
may-skip), such as the order. All gates are judged again right before the start
is recorded.

Where the train releases sets ("sets: true"), VERSION is a set: its id, such as
server-0.10.0+client-0.5.0, or the version of a member, which stands for the
newest set with it. Its members are deployed one after the other, in the order
of environments.yaml; those that run already are left alone. At the first one
that fails it ends, and says how to go on, or back; with "on-failure: rollback"
all go back. Order, soak, sign-offs, blocks and the calendar are judged of the
set.

Where the environment says "announce: true", people are told once the release is
there; --embargo keeps that back until a time, as an embargo of the release
does. What could not be sent makes the exit status 7.

JSON: verb, component, environment, version, tag, commit, running,
running_commit, days_late, off_cycle, embargo, reason, gates (gate, verdict,
reason, evidence, cure), changes, probe_first, request (environment, summary,
body), already, notes, steps; and outcome, detail, evidence, told (as in
announce) once it has been applied. Of a set: verb, set, title, environment,
running, days_late, off_cycle, reason, rolls_back, gates (and component),
members (as above, each with its steps), already, notes, steps; and outcomes
(component, version, outcome, detail, evidence), told once it has been applied.
Fields without a value are left out.

` + exitStatus,
		Example: `  looprel promote load-stage                  this cycle's release
  looprel promote production                  what load-stage runs
  looprel promote production 0.9.1            a patch release, off the calendar
  looprel promote dev                         the head of the branch it follows
  looprel promote production 0.10.0 --off-cycle --reason "security fix"
  looprel promote production --explain        would it go, and if not, why not?
  looprel promote production --waive order --reason "tested by hand"
  looprel promote production 0.9.0 --record-only --reason "deployed by hand"`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			options.environment = arguments[0]
			if len(arguments) == 2 {
				options.version = arguments[1]
			}
			return a.promote(cmd.Context(), options)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&options.offCycle, "off-cycle", false, "set the calendar aside, and what else the file lets it skip; wants --reason")
	flags.StringVar(&options.reason, "reason", "", "why, in `TEXT` that is recorded")
	flags.BoolVar(&options.takeOver, "take-over", false, "replace somebody else's attempt before its lease ends")
	flags.BoolVar(&options.recordOnly, "record-only", false, "record what was deployed elsewhere; wants --reason")
	flags.StringArrayVar(&options.waive, "waive", nil, "set this `GATE` aside; may be repeated; wants --reason")
	flags.StringVar(&options.embargo, "embargo", "", embargoUsage)
	flags.BoolVar(&options.explain, "explain", false, "show the gates, and change nothing")
	return command
}

func (o promoteOptions) request() (plan.PromoteRequest, error) {
	if o.explain && o.recordOnly {
		return plan.PromoteRequest{}, &usageError{reason: "--record-only judges no gate, so that there is none to explain", hint: "leave out --explain"}
	}
	request := plan.PromoteRequest{
		Environment: o.environment, OffCycle: o.offCycle, Reason: o.reason, TakeOver: o.takeOver, RecordOnly: o.recordOnly,
		Waive: o.waive,
	}
	return request, nil
}

// checkPromoted finds out whether what is promoted is a set. What names a release must
// be a version.
func (o promoteOptions) checkPromoted(session *observe.Session, request *plan.PromoteRequest) (isSet bool, err error) {
	train := session.Snapshot().Train
	environment, ok := train.Environment(o.environment)
	follows := ok && environment.Follows != ""
	switch {
	case train.Sets && !follows:
		return true, nil
	case train.Sets && session.IsUndecided():
		return false, &plan.Misuse{Reason: fmt.Sprintf("%s follows a branch, and takes one component at a time", o.environment), Advice: "add --component NAME"}
	case o.version != "":
		request.Version, err = parseVersion(o.version)
	}
	return false, err
}

func (a *app) promote(ctx context.Context, options promoteOptions) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	request, err := options.request()
	if err != nil {
		return err
	}
	a.wholeTrain = true
	session, err := a.openFor(ctx, options)
	if err != nil {
		return err
	}
	defer func() { session.Close() }()
	isSet, err := options.checkPromoted(session, &request)
	if err != nil {
		return err
	}
	if !isSet {
		// The head of a component that lives elsewhere is there.
		member, err := session.Member(ctx)
		if err != nil {
			return err
		}
		session = member
	}
	if request.Embargo, err = parseEmbargo(session.Snapshot(), options.embargo); err != nil {
		return err
	}
	if len(request.Waive) > 0 || request.OffCycle && !options.explain {
		session.AskLogin(ctx)
		if note := session.Snapshot().LoginNote(); note != "" {
			a.note("%s", note)
		}
	}
	if isSet {
		return a.promoteSet(ctx, session, options, request, asJSON)
	}
	prober := a.prober()
	makePlan := func(ctx context.Context) (*plan.PromotionPlan, error) {
		return observe.Promotion(ctx, session, request, prober)
	}
	p, err := makePlan(ctx)
	if err != nil {
		return err
	}
	if options.explain {
		return errors.Join(a.explain(p, asJSON), p.Refused())
	}
	if !asJSON {
		if err := a.printPromotionPlan(session.Snapshot(), p); err != nil {
			return err
		}
	}
	if err := p.Refused(); err != nil {
		return errors.Join(a.printPlanJSON(asJSON, p), err)
	}
	if p.Already != "" {
		return a.endPromotion(ctx, session, p, asJSON, recordedOf(p), a.settle(ctx, session, p))
	}
	proceed, err := a.approve(ctx, asJSON, p, promotionQuestion(p, request))
	if err != nil || !proceed {
		return err
	}
	if request.RecordOnly {
		return a.record(ctx, session, p, makePlan, asJSON)
	}
	return a.applyPromotion(ctx, session, p, makePlan, asJSON)
}

// openFor observes the clone for a promotion. Who explains nothing but to themselves
// need not say who they are.
func (a *app) openFor(ctx context.Context, options promoteOptions) (*observe.Session, error) {
	if options.explain {
		return a.observe(ctx, len(options.waive) > 0)
	}
	return a.open(ctx)
}

func promotionQuestion(p *plan.PromotionPlan, request plan.PromoteRequest) string {
	if request.RecordOnly {
		return fmt.Sprintf("Record that %s runs %s %s?", p.Environment, p.Component, p.Version)
	}
	return promotionHeading(p) + "?"
}

// record applies a plan that only records.
func (a *app) record(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, remake func(context.Context) (*plan.PromotionPlan, error), asJSON bool) error {
	err := apply.Record(ctx, session, p.Entry, func(ctx context.Context) error {
		later, err := remake(ctx)
		if err == nil && later.Already != "" {
			err = &plan.Moved{Reason: "somebody recorded it first: " + later.Already, Advice: "see: looprel log"}
		}
		return err
	})
	if err != nil {
		return err
	}
	if !asJSON {
		printer := a.printer()
		printer.line(terminal.Green|terminal.Bold, "Recorded: %s runs %s %s.", p.Environment, p.Component, p.Version)
		if printer.err != nil {
			return printer.err
		}
	}
	return a.endPromotion(ctx, session, p, asJSON, recordedOf(p), a.settle(ctx, session, p))
}

// settle shows at the forge what a run that was cut off has not shown.
func (a *app) settle(ctx context.Context, session *observe.Session, p *plan.PromotionPlan) error {
	if a.dryRun || p.Deployment == nil && p.Asked == nil {
		return nil
	}
	var outlets apply.Outlets
	if err := a.toForge(session, &outlets); err != nil {
		return err
	}
	return apply.Settle(ctx, p, outlets)
}

// recordedJSON is a plan that deploys nothing, for programs.
type recordedJSON struct {
	*plan.PromotionPlan
	Told []toldJSON `json:"told,omitempty"`
}

func recordedOf(p *plan.PromotionPlan) func([]toldJSON) any {
	return func(told []toldJSON) any { return recordedJSON{p, told} }
}

// endPromotion tells people of what stands, and prints JSON where that is wanted.
// open is what was left open before.
func (a *app) endPromotion(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, asJSON bool, encode func([]toldJSON) any, open error) error {
	var told []toldJSON
	if version, err := release.ParseVersion(p.Version); err == nil && p.Tag != "" && !a.dryRun {
		var untold error
		told, untold = a.tellPeople(ctx, session, version, asJSON)
		open = errors.Join(open, untold)
	}
	if asJSON {
		open = errors.Join(a.printJSON(encode(told)), open)
	}
	return open
}

// promotionJSON is an applied plan for programs.
type promotionJSON struct {
	*plan.PromotionPlan
	Outcome  ledger.Outcome `json:"outcome"`
	Detail   string         `json:"detail"`
	Evidence []string       `json:"evidence"`
	Told     []toldJSON     `json:"told,omitempty"`
}

// bringThere applies a promotion. In JSON mode standard output is for the result alone.
func (a *app) bringThere(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, remake func(context.Context) (*plan.PromotionPlan, error), asJSON bool) (ledger.Finished, error) {
	outlets, err := a.outlets(session, p, asJSON)
	if err != nil {
		return ledger.Finished{}, err
	}
	a.env.interrupts.deploying.Store(true)
	defer a.env.interrupts.deploying.Store(false)
	return apply.Promote(ctx, session, p, outlets, remake)
}

func (a *app) applyPromotion(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, remake func(context.Context) (*plan.PromotionPlan, error), asJSON bool) error {
	finished, err := a.bringThere(ctx, session, p, remake, asJSON)
	if failed, rolls := errors.AsType[*apply.FailedError](err); rolls && failed.RollsBack() && ctx.Err() == nil {
		return a.rollBackAfter(ctx, session, p, failed, func(back *plan.PromotionPlan, remake func(context.Context) (*plan.PromotionPlan, error)) error {
			if !asJSON {
				if err := a.printPromotionPlan(session.Snapshot(), back); err != nil {
					return err
				}
			}
			if err := back.Refused(); err != nil {
				return err
			}
			return a.applyPromotion(ctx, session, back, remake, asJSON)
		})
	}
	if _, open := errors.AsType[*apply.OpenError](err); err != nil && !open {
		return err
	}
	if !asJSON {
		err = errors.Join(a.printPromoted(p, finished), err)
	}
	encode := func(told []toldJSON) any { return resultOf(p, finished, told) }
	return a.endPromotion(ctx, session, p, asJSON, encode, err)
}

// outlets are what a promotion reaches the environment by.
func (a *app) outlets(session *observe.Session, p *plan.PromotionPlan, asJSON bool) (apply.Outlets, error) {
	dir, err := a.deployDir(session)
	output := a.env.Streams.Out
	if asJSON {
		output = a.env.Streams.Err
	}
	outlets := apply.Outlets{
		Prober: a.prober(), Environ: a.env.Environ, Dir: dir, Output: output,
		Signals: a.env.interrupts.passed, Now: a.env.Now, Progress: a.progress(),
		Remark: func(text string) { a.note("%s", text) },
	}
	if forgeErr := a.toForge(session, &outlets); err == nil && p.RollsBack.IsZero() {
		err = forgeErr // a rollback goes on without
	}
	return outlets, err
}

func resultOf(p *plan.PromotionPlan, finished ledger.Finished, told []toldJSON) promotionJSON {
	return promotionJSON{p, finished.Outcome, finished.Detail, append([]string{}, finished.Evidence...), told}
}

func (a *app) printPromoted(p *plan.PromotionPlan, finished ledger.Finished) error {
	printer := a.printer()
	printer.blank()
	for _, line := range finished.Evidence {
		printer.indented("  ", terminal.Faint, "%s", line)
	}
	printer.line(terminal.Green|terminal.Bold, "%s %s is on %s: %s (%s).", p.Component, p.Version, p.Environment, finished.Outcome, finished.Detail)
	return printer.err
}

// deployDir is where the deploy command runs: the root of the worktree, so that
// a script of the repository is found, or the bare repository.
func (a *app) deployDir(session *observe.Session) (string, error) {
	if worktree := session.Clone().Worktree(); worktree != "" {
		return worktree, nil
	}
	dir, err := filepath.Abs(session.Clone().GitDir())
	if err != nil {
		return "", fmt.Errorf("find the directory of the deploy command: %w", err)
	}
	return dir, nil
}

func promotionHeading(t *plan.PromotionPlan) string {
	if !t.RollsBack.IsZero() {
		return fmt.Sprintf("Roll %s back from %s %s to %s", t.Environment, t.Component, t.RollsBack, t.Version)
	}
	return fmt.Sprintf("Promote %s %s to %s", t.Component, t.Version, t.Environment)
}

func (a *app) printPromotionPlan(s *plan.Snapshot, t *plan.PromotionPlan) error {
	p := a.printer()
	if t.Already != "" {
		p.line(terminal.Green, "%s", t.Already)
		return p.err
	}
	p.line(terminal.Bold, "%s", promotionHeading(t))
	p.facts(fact{"commit", t.Commit.String()}, fact{"replaces", t.Running}, fact{"late", daysLate(t.DaysLate)},
		fact{"reason", t.Reason}, fact{"embargo", embargoText(s, t.Embargo)}, fact{"clock", clockText(s)})
	if len(t.Gates) > 0 {
		p.blank()
		p.gates(t.Gates, false)
	}
	p.blank()
	p.changes(t.Changes, nil, "looprel notes "+t.Version)
	p.notes(t.Notes)
	if t.Refused() == nil {
		p.steps(t.Steps)
	}
	return p.err
}

// since writes from when on something has been so, and how long that is.
func since(at, now time.Time, zone *time.Location) string {
	text := at.In(zone).Format("Mon 2006-01-02 15:04")
	days := int(now.Sub(at) / (24 * time.Hour))
	if days < 1 {
		return text
	}
	return text + " (" + counted(days, "day", "days") + ")"
}
