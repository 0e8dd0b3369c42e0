package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type tagOptions struct {
	version       string
	bump          string
	line          string
	at            string
	offCycle      bool
	reason        string
	fillChangelog bool
	withoutFix    []string
	embargo       string
	all           bool
	abandon       bool
	pull          pullOptions
}

func newTagCommand(a *app) *cobra.Command {
	var options tagOptions
	command := &cobra.Command{
		Use:     "tag [VERSION]",
		GroupID: groupTrain,
		Short:   "Make a release: release commit, tag and ledger entry in one push",
		Long: `Makes the release that is due. The version file and the changelog get the
version and the date in a release commit, which is tagged; "Back to development"
opens the next version on top. Branch, tag and ledger entry reach the remote in
one atomic push, together or not at all. Your worktree and branches stay as they
are.

The version is the next one: a pre-release in the version file above the last
release (0.10.0-dev becomes 0.10.0), otherwise the last release with its minor
number raised; on a release line the next patch. A train release follows the
calendar: too early is refused, late is allowed until the next tagging day and
recorded. A patch release follows none.

A release that would lose a fix which an earlier one has is refused, with the
command that brings the fix (looprel fixes shows all). --without-fix leaves it
out, and the ledger records that.

With --pr, or release: {via: pull-request} in environments.yaml, the release
commit goes to a branch looprel/release-VERSION and its pull request is opened
(exit status 7: it waits to be merged). However that is merged, the same command
tags then, where the branch has the version for the first time, and opens
another one with "Back to development", which nothing waits for. One that was
closed is proposed anew with --again alone.

Where environments.yaml has a section github, the release gets a Release there
once the push stands, and its milestone is closed. What GitHub does not take now
is named, with exit status 7.

Running it again finishes what was left and never makes a second release.

Where environments.yaml says "sets: true", each release makes a set: one release
of each component, which are tested and promoted together. --all releases what
is due of each, pins the others as they are, and asks once. Components of the
train's home go in its one push; for others the ledger first gets all that is
going to be pushed, so that a set that was left half-tagged is finished by the
same command, whoever runs it. Nothing goes anywhere before that. Where it
cannot be finished any more (exit status 5), --abandon gives it up. Without
--all one component is released, and the others stay as in the set before.

Where environments.yaml declares mail or a webhook, people are told once the
release stands. --embargo keeps that back until a time, and a Release on GitHub
a draft; looprel announce, or looprel tick, tells them then, and looprel tick,
or the same tag command, publishes the Release. What could not be sent makes the
exit status 7, and changes nothing about the release.

JSON: verb, component, version, why, tag, branch, previous, cycle, push,
days_late, off_cycle, reason, embargo, without_fixes, commits (role, subject,
id, tree, parents, files), tag_id, changes, omitted, notes, already, proposal
and development_proposal (purpose, head, base, commit, state, title, body,
labels, reviewers, number, page), steps (kind, target, was, want, reason); and
told (as in announce) once it has been applied. Of a set: verb, set, title,
follows, cycle, push, days_late, patch, off_cycle, reason, finishes, abandons,
members (component, version, fate, why, tag, tag_id, commit, repository, release
as above), notes, already, steps, told. Fields without a value are left out.

` + exitStatus,
		Example: `  looprel tag                       the release of this cycle
  looprel tag --dry-run             show the plan and change nothing
  looprel tag 0.9.2                 the next patch of line 0.9.x
  looprel tag --line 0.9.x          the same
  looprel tag --all                 all components, as one set
  looprel tag --off-cycle --reason "security fix"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			if len(arguments) == 1 {
				options.version = arguments[0]
			}
			return a.tag(cmd.Context(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.bump, "bump", "", "raise this `PART`: major, minor or patch")
	flags.StringVar(&options.line, "line", "", "release this `LINE` (0.9.x), or a patch of the branch")
	flags.StringVar(&options.at, "at", "", "release an earlier `COMMIT` of the branch")
	flags.BoolVar(&options.offCycle, "off-cycle", false, "set the calendar aside; wants --reason")
	flags.StringVar(&options.reason, "reason", "", "why, in `TEXT` that is recorded")
	flags.BoolVar(&options.fillChangelog, "fill-changelog", false, "add the changes that the changelog's section leaves out")
	flags.StringVar(&options.embargo, "embargo", "", embargoUsage)
	flags.BoolVar(&options.all, "all", false, "release all components as one set, where the train has sets")
	flags.BoolVar(&options.abandon, "abandon", false, "with --all, give up a set that is half-tagged; wants --reason")
	options.pull.register(flags)
	flags.StringArrayVar(&options.withoutFix, "without-fix", nil, "release although this fix, a `COMMIT`, would be lost; wants --reason")
	return command
}

// request reads the options.
func (o tagOptions) request() (plan.TagRequest, error) {
	request := plan.TagRequest{Line: o.line, OffCycle: o.offCycle, Reason: o.reason, FillChangelog: o.fillChangelog, WithoutFix: o.withoutFix}
	var err error
	if err := o.checkAll(); err != nil {
		return request, err
	}
	if o.version != "" {
		if request.Version, err = parseVersion(o.version); err != nil {
			return request, err
		}
	}
	if o.bump != "" {
		if request.Bump, err = release.ParseBump(o.bump); err != nil {
			return request, &usageError{reason: "--bump: " + err.Error(), hint: "looprel tag --bump minor"}
		}
	}
	return request, nil
}

// checkAll holds --all to what concerns all components.
func (o tagOptions) checkAll() error {
	switch {
	case o.abandon && !o.all:
		return &usageError{reason: "--abandon gives up a set", hint: "looprel tag --all --abandon --reason TEXT"}
	case !o.all:
		return nil
	case o.version != "" || o.line != "" || o.at != "" || o.bump != "" || len(o.withoutFix) > 0:
		return &usageError{reason: "--all releases what is due of each component, and takes no VERSION, --bump, --line, --at or --without-fix",
			hint: "for one component of the set: looprel tag --component NAME ..."}
	}
	return nil
}

func parseVersion(text string) (release.Version, error) {
	version, err := release.ParseVersion(text)
	if err != nil {
		return version, &usageError{reason: err.Error(), hint: "give the version without the rest of the tag's name"}
	}
	return version, nil
}

func (a *app) tag(ctx context.Context, options tagOptions) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	request, err := options.request()
	if err != nil {
		return err
	}
	session, err := a.openTrain(ctx, options.all)
	if err != nil {
		return err
	}
	defer session.Close()
	if request.Embargo, err = parseEmbargo(session.Snapshot(), options.embargo); err != nil {
		return err
	}
	request.ViaPull, request.Again = options.pull.viaPull(session), options.pull.again
	switch sets := session.Snapshot().Train.Sets; {
	case options.all && !sets:
		return &plan.Misuse{Reason: "this train releases no sets, so that there is no --all", Advice: "looprel tag --component NAME; or \"sets: true\" under train in environments.yaml"}
	case sets:
		return a.tagSet(ctx, session, options, request, asJSON)
	}
	makePlan := func(ctx context.Context) (*plan.TagPlan, error) {
		return observe.Tag(ctx, session, request, options.at)
	}
	return carryOutTag(ctx, a, session, asJSON, tagging[*plan.TagPlan]{
		plan: makePlan,
		show: func(p *plan.TagPlan) error { return a.printTagPlan(session.Snapshot(), p) },
		question: func(p *plan.TagPlan) string {
			if p.Already != "" || len(p.Refs) == 0 {
				return ""
			}
			return tagQuestion(p)
		},
		push: func(ctx context.Context, p *plan.TagPlan, to apply.Outbox) (apply.Result, error) {
			result, err := apply.Tag(ctx, session, p, to, makePlan)
			return result, orByPull(err, session)
		},
		showDone: func(p *plan.TagPlan, result apply.Result) error { return a.printTagged(session.Snapshot(), p, result) },
		end: func(ctx context.Context, p *plan.TagPlan, open error) error {
			return a.endTag(ctx, session, p, asJSON, open)
		},
	})
}

// tagging is the tag of a release, or of a set, for carryOutTag.
type tagging[P any] struct {
	plan func(context.Context) (P, error)
	show func(P) error
	// question is what to ask before it is applied, "" where nobody need be asked.
	question func(P) string
	push     func(context.Context, P, apply.Outbox) (apply.Result, error)
	showDone func(P, apply.Result) error
	// end tells people, and prints JSON where that is wanted. open is what is left to do.
	end func(ctx context.Context, p P, open error) error
}

// carryOutTag shows a plan, asks, and applies it.
func carryOutTag[P any](ctx context.Context, a *app, session *observe.Session, asJSON bool, tag tagging[P]) error {
	p, err := tag.plan(ctx)
	if err != nil {
		return err
	}
	if !asJSON {
		if err := tag.show(p); err != nil {
			return err
		}
	}
	if question := tag.question(p); question != "" {
		proceed, err := a.approve(ctx, asJSON, p, question)
		if err != nil || !proceed {
			return err
		}
	}
	if a.dryRun {
		return a.printPlanJSON(asJSON, p)
	}
	to, err := a.outbox(session)
	if err != nil {
		return err
	}
	result, err := tag.push(ctx, p, to)
	var open *apply.OpenError
	if err != nil && !errors.As(err, &open) {
		return err
	}
	for _, remark := range result.Notes {
		a.note("%s", remark)
	}
	if !asJSON {
		err = errors.Join(tag.showDone(p, result), err)
	}
	return tag.end(ctx, p, err)
}

// endTag tells people of a release, and prints JSON where that is wanted.
func (a *app) endTag(ctx context.Context, session *observe.Session, p *plan.TagPlan, asJSON bool, open error) error {
	var told []toldJSON
	if !p.Awaits() {
		var untold error
		told, untold = a.tellPeople(ctx, session, p.Version, asJSON)
		open = errors.Join(open, untold)
	}
	if asJSON {
		open = errors.Join(a.printJSON(taggedJSON{p, told}), open)
	}
	return open
}

// taggedJSON is an applied plan for programs.
type taggedJSON struct {
	*plan.TagPlan
	Told []toldJSON `json:"told,omitempty"`
}

// printPlanJSON prints a plan that is not applied, where JSON is wanted; the
// text has been printed already.
func (a *app) printPlanJSON(asJSON bool, p any) error {
	if !asJSON {
		return nil
	}
	return a.printJSON(p)
}

func (a *app) printTagPlan(s *plan.Snapshot, t *plan.TagPlan) error {
	p := a.printer()
	if t.Already != "" {
		p.line(terminal.Green, "%s", t.Already)
		return p.err
	}
	p.release(s, t)
	p.steps(t.Steps)
	return p.err
}

// release shows what a release is made of.
func (p *printer) release(s *plan.Snapshot, t *plan.TagPlan) {
	if t.Awaits() {
		p.line(terminal.Bold, "Propose %s %s for %s", t.Component, t.Version, plan.ShortRef(t.Branch))
	} else {
		p.line(terminal.Bold, "Release %s %s of %s", t.Component, t.Version, plan.ShortRef(t.Branch))
	}
	facts := []fact{{"version", t.Why}, {"previous", t.Previous.String()}, {"cycle", cycleText(t)}}
	if t.OffCycle {
		facts = append(facts, fact{"off-cycle", t.Reason})
	}
	facts = append(facts, fact{"embargo", embargoText(s, t.Embargo)})
	if len(t.Without) > 0 {
		facts = append(facts, fact{"without", fmt.Sprintf("%s: %s", shortIDs(t.Without), t.Reason)})
	}
	for _, commit := range t.Commits {
		facts = append(facts, fact{commit.Role, fmt.Sprintf("%s %q, %s", showID(commit.ID), commit.Subject, filesText(commit.Files))})
	}
	facts = append(facts, proposalFacts(t.Proposal)...)
	if !t.Awaits() {
		facts = append(facts, fact{"tag", fmt.Sprintf("%s %s", showID(t.TagID), t.Tag)})
	}
	p.facts(append(append(facts, proposalFacts(t.Development)...), fact{"clock", clockText(s)})...)
	if len(t.Changes.Changes) > 0 {
		p.blank()
		p.changes(t.Changes, t.Omitted, "looprel notes")
	}
	p.notes(t.Notes)
}

func shortIDs(ids []object.ID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.Short()
	}
	return strings.Join(names, ", ")
}

func cycleText(t *plan.TagPlan) string {
	if t.Cycle.IsZero() {
		return ""
	}
	late := daysLate(t.DaysLate)
	if late == "" {
		late = "on time"
	}
	return fmt.Sprintf("of %s, %s; push day %s", t.Cycle, late, t.Push)
}

func filesText(files []string) string {
	if len(files) == 0 {
		return "no file changed"
	}
	return "changes " + strings.Join(files, ", ")
}

func clockText(s *plan.Snapshot) string {
	if !s.ClockOverridden {
		return ""
	}
	return moment(s.Now, s.Train.Zone, s.Now.Location()) + " (overridden)"
}

func (a *app) printTagged(s *plan.Snapshot, t *plan.TagPlan, result apply.Result) error {
	p := a.printer()
	switch {
	case t.Already != "":
	case t.Awaits():
		p.proposed(s, t.Proposal)
	default:
		p.blank()
		p.line(terminal.Green|terminal.Bold, "Released %s %s (tag %s at %s on %s).", t.Component, t.Version, plan.ShortRef(t.Tag), t.Entry.Tagged.Commit.Short(), s.Remote)
	}
	p.delivered(s.Forge, result.Delivered)
	if t.Already != "" || t.Awaits() {
		return p.err
	}
	if next := firstPromotion(s, t.Version.String()); next != "" {
		p.line(0, "Next: %s", a.typed(next))
	}
	return p.err
}

// firstPromotion is the command that brings the release to the environment that
// comes right after the tag. The one without a version is for this cycle's.
func firstPromotion(s *plan.Snapshot, version string) string {
	for _, environment := range s.Train.Environments {
		if environment.After == release.AfterTag && environment.Commissioned {
			return fmt.Sprintf("looprel promote %s %s", environment.Name, version)
		}
	}
	return ""
}
