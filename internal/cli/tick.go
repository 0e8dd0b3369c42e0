package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func newTickCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "tick",
		GroupID: groupTrain,
		Short:   "Do what is due and allowed now, once",
		Long: `Does what is due now and what environments.yaml lets the train do by itself,
and says what it did and what it waits for. It is made for cron, a CronJob or a
scheduled workflow: run it every few minutes, on one machine or on several.
What somebody else has done, or is doing, is left alone, and nothing is done
twice.

Without a section "tick" it only reminds people whose turn it is, once for each
thing. With tag, promote and announce it makes the cycle's release, brings
releases (or the heads of a followed branch) to the environments that are named,
and sends announcements. It obeys the calendar and every gate as the verbs do
that it uses, and asks nothing: what it may do is what the file says.

What is late is done only with "late: true". A cycle that is over is never made
up for. A promotion that failed is tried again after an hour, then two, four and
so on; a rollback, and whatever is refused, is left to people.

Where environments.yaml has a section github, it looks whether GitHub has all of
the releases and deployments of the last two cycles, and finishes what was cut
off or could not be done, such as a Release that is a draft still. One runner
does, and who it is stands in the ledger.

JSON: verb, component, acts (act, key, what, environment, version, command,
reason), done (act, key, what, outcome, error), told (as in announce), waiting
(as in next), notes, owing (key, what, version, environment, command), which is
what may not all be at GitHub.

` + exitStatus,
		Example: `  looprel tick
  looprel tick --dry-run           what it would do now
  */10 * * * *  looprel -C /srv/train tick        in a crontab`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.tick(cmd.Context()) },
	}
}

// tickJSON is what a run did, for programs.
type tickJSON struct {
	*plan.TickPlan
	Done []doneJSON `json:"done"`
	Told []toldJSON `json:"told"`
}

// doneJSON is an act and what became of it.
type doneJSON struct {
	Act  plan.Act `json:"act"`
	Key  string   `json:"key"`
	What string   `json:"what"`
	// Outcome says how it ended, Error why it did not end well.
	Outcome string `json:"outcome,omitempty"`
	Error   string `json:"error,omitempty"`
}

// maxRounds bounds the acts of a run: what one makes possible is done by the next.
const maxRounds = 20

// ticker is one run of tick.
type ticker struct {
	app     *app
	session *observe.Session
	// tried are acts that were refused or failed, by key, with why.
	tried map[string]plan.Tried
	done  []doneJSON
	told  []toldJSON
	// left is what could not be seen to at the forge.
	left []plan.Due
	// failures are errors that somebody should see.
	failures []error
}

func (a *app) tick(ctx context.Context) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	a.wholeTrain = true
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	if session.Snapshot().Train.Sets {
		return &plan.Misuse{Reason: "tick is for trains without sets: sets are tagged and promoted by people", Advice: "looprel next says what is due; looprel announce --component NAME tells people what is left to be told"}
	}
	t := &ticker{app: a, session: session, tried: map[string]plan.Tried{}, done: []doneJSON{}, told: []toldJSON{}}
	p, err := t.plan(ctx)
	if err != nil {
		return err
	}
	if !a.dryRun {
		if p, err = t.run(ctx, p); err != nil {
			return err
		}
	}
	p.Owing, p.Waiting = session.Undelivered(p.Owing), append(p.Waiting, t.left...)
	if asJSON {
		return errors.Join(a.printJSON(tickJSON{p, t.done, t.told}), t.failed())
	}
	return errors.Join(a.printTick(session.Snapshot(), p, t), t.failed())
}

// run acts until nothing is left to be done, then tells people. It returns the plan
// of what is left.
func (t *ticker) run(ctx context.Context, p *plan.TickPlan) (*plan.TickPlan, error) {
	for range maxRounds {
		if len(p.Acts) == 0 {
			break
		}
		t.act(ctx, p.Acts[0])
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if p, err = t.again(ctx); err != nil {
			return nil, err
		}
	}
	if len(t.session.Undelivered(p.Owing)) > 0 {
		t.finish(ctx, p)
		var err error
		if p, err = t.again(ctx); err != nil {
			return nil, err
		}
	}
	if !p.Tells() {
		return p, nil
	}
	t.tell(ctx, p)
	return t.again(ctx)
}

func (t *ticker) again(ctx context.Context) (*plan.TickPlan, error) {
	if err := t.session.Refresh(ctx); err != nil {
		return nil, err
	}
	return t.plan(ctx)
}

func (t *ticker) plan(ctx context.Context) (*plan.TickPlan, error) {
	if err := t.session.LookForMerges(ctx); err != nil {
		return nil, err
	}
	return plan.MakeTick(t.session.Snapshot(), t.tried)
}

// act does one thing by its verb.
func (t *ticker) act(ctx context.Context, act plan.TickAct) {
	outcome, err := t.doOne(ctx, act)
	done := doneJSON{Act: act.Act, Key: act.Key, What: act.What, Outcome: outcome}
	// Whatever became of it, this run does not try it again.
	tried := plan.Tried{Why: "it was tried just now"}
	var moved *plan.Moved
	var open *apply.OpenError
	switch {
	case err == nil:
	case errors.As(err, &open):
		t.failures = append(t.failures, err) // it is done, with something left
	case errors.As(err, &moved):
		// Another one was faster; the next plan knows what is left.
		done.Outcome, tried.Why = "somebody was faster: "+err.Error(), err.Error()
	default:
		done.Outcome, done.Error, tried.Why, tried.Refused = "", err.Error(), err.Error(), isRefusal(err)
		if !tried.Refused {
			t.failures = append(t.failures, err)
		}
	}
	t.tried[act.Key] = tried
	t.done = append(t.done, done)
}

// isRefusal reports whether trying again does not help: a person has to see to it.
func isRefusal(err error) bool {
	var refusal *plan.Refusal
	var misuse *plan.Misuse
	return errors.As(err, &refusal) || errors.As(err, &misuse)
}

func (t *ticker) doOne(ctx context.Context, act plan.TickAct) (outcome string, err error) {
	if err := t.nextEntry(); err != nil {
		return "", err
	}
	if act.Act == plan.ActTag {
		return t.tag(ctx)
	}
	return t.promote(ctx, act)
}

func (t *ticker) tag(ctx context.Context) (outcome string, err error) {
	makePlan := func(ctx context.Context) (*plan.TagPlan, error) {
		return observe.Tag(ctx, t.session, plan.TagRequest{ViaPull: t.session.Source().Train.ViaPullRequest}, "")
	}
	p, err := makePlan(ctx)
	if err != nil {
		return "", err
	}
	to, err := t.app.outbox(t.session)
	if err != nil {
		return "", err
	}
	_, err = apply.Tag(ctx, t.session, p, to, makePlan)
	if open, is := errors.AsType[*apply.OpenError](err); is && open.OnlyAwaits() {
		err = nil // what waits is shown with what else does
	}
	outcome = p.Already
	switch {
	case p.Awaits():
		outcome = fmt.Sprintf("proposed %s %s", p.Component, p.Version)
	case outcome == "":
		outcome = fmt.Sprintf("released %s %s", p.Component, p.Version)
	}
	return outcome, err
}

// nextEntry gives the next act of this run an id of its own.
func (t *ticker) nextEntry() error {
	id, err := t.app.env.entryID()
	if err == nil {
		t.session.SetEntryID(id)
	}
	return err
}

func (t *ticker) promote(ctx context.Context, act plan.TickAct) (outcome string, err error) {
	request := plan.PromoteRequest{Environment: act.Environment}
	if act.Act == plan.ActFinish {
		request.Version = act.Version
	}
	prober := t.app.prober()
	makePlan := func(ctx context.Context) (*plan.PromotionPlan, error) {
		return observe.Promotion(ctx, t.session, request, prober)
	}
	p, err := makePlan(ctx)
	switch {
	case err != nil:
		return "", err
	case p.Already != "":
		return p.Already, nil
	}
	if err := p.Refused(); err != nil {
		return "", err
	}
	finished, err := t.app.bringThere(ctx, t.session, p, makePlan, true)
	if failed, rolls := errors.AsType[*apply.FailedError](err); rolls && failed.RollsBack() && ctx.Err() == nil {
		err = t.rollBack(ctx, p, failed)
	}
	return fmt.Sprintf("%s %s is on %s: %s", p.Component, p.Version, p.Environment, finished.Outcome), err
}

// rollBack brings back what ran before an attempt that failed.
func (t *ticker) rollBack(ctx context.Context, p *plan.PromotionPlan, failed *apply.FailedError) error {
	return t.app.rollBackAfter(ctx, t.session, p, failed, func(back *plan.PromotionPlan, remake func(context.Context) (*plan.PromotionPlan, error)) error {
		if err := back.Refused(); err != nil {
			return err
		}
		_, err := t.app.bringThere(ctx, t.session, back, remake, true)
		return err
	})
}

// tell sends what people are to be told.
func (t *ticker) tell(ctx context.Context, p *plan.TickPlan) {
	request := p.Tell
	makePlan := func(ctx context.Context) (*plan.AnnouncementsPlan, error) {
		return observe.Announcements(ctx, t.session, request)
	}
	err := t.nextEntry()
	var announcements *plan.AnnouncementsPlan
	if err == nil {
		announcements, err = makePlan(ctx)
	}
	if err == nil {
		var told []apply.Told
		told, err = t.app.applyAnnouncements(ctx, t.session, announcements, makePlan)
		t.told = toldNow(rowsOf(announcements, told))
	}
	if err != nil {
		t.failures = append(t.failures, untold(err))
	}
}

// toldNow are the rows of what this run sent, or tried to: what was in doubt before
// is shown among what waits.
func toldNow(rows []toldJSON) []toldJSON {
	now := []toldJSON{}
	for _, row := range rows {
		if row.Delivery != "" {
			now = append(now, row)
		}
	}
	return now
}

// failed is the error that the run ends with: what failed, or what is left open.
func (t *ticker) failed() error {
	return errors.Join(append(t.failures, openError(t.told))...)
}

func (a *app) printTick(s *plan.Snapshot, t *plan.TickPlan, run *ticker) error {
	p := a.printer()
	for _, act := range t.Acts {
		p.line(terminal.Bold, "Would %s", act.What)
		p.indented("      ", terminal.Faint, "%s", act.Reason)
	}
	for _, done := range run.done {
		switch {
		case done.Error != "":
			p.line(terminal.Yellow, "Did not %s: %s", done.What, done.Error)
		default:
			p.line(terminal.Green|terminal.Bold, "%s", capitalised(done.Outcome))
		}
	}
	if err := a.printTold(run.told); err != nil {
		return err
	}
	for _, owing := range t.Owing {
		if len(run.left) == 0 && run.app.dryRun {
			p.line(terminal.Bold, "Would look whether %s is all at %s", owing.What, s.Forge)
		}
	}
	if len(t.Acts)+len(run.done)+len(run.told) == 0 {
		p.line(terminal.Bold, "Nothing to do.")
	}
	p.notes(t.Notes)
	if len(t.Waiting) > 0 {
		p.line(terminal.Bold, "Waiting")
	}
	for _, waiting := range t.Waiting {
		p.waiting(s, waiting)
	}
	return p.err
}
