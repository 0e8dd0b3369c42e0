package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

type backportOptions struct {
	request plan.BackportRequest
	wanted  observe.Wanted
	embargo string
	edit    bool
	resume  bool
	abort   bool
	pull    pullOptions
	// labelled: merged pull requests say what is wanted.
	labelled bool
}

func newBackportCommand(a *app) *cobra.Command {
	var options backportOptions
	command := &cobra.Command{
		Use:     "backport BASE COMMIT... | --labelled [BASE]",
		GroupID: groupTrain,
		Short:   "Cherry-pick fixes onto a release line, and release it",
		Long: `Puts commits on the release line of BASE (a version, a tag or a line; several
with commas) and makes the line's next patch release: cherry-picks as git makes
them, release commit, tag and ledger entry in one push. A line without a branch
is cut from its newest release. Your worktree and branches stay as they are. No
calendar applies.

COMMIT is an id, short or full, the name of a tag or branch, a range FROM..TO,
or the number of a merged pull request at GitHub ('#123' in quotes, or 123):
that is what it brought, its commits as they are on the branch where it was
merged or rebased, the one commit where it was squashed; the merge as a whole
where merges are in it, or with --mainline. Several are picked in the order of
history. What a line has already, in whatever form, is not picked again; it is
released if it is not yet. Commits have to be on the train's branch: the next
train would lose the fix otherwise.

Conflicts in nothing but version files and changelog need nobody: the line's own
stay, and the release commit writes its version and section. With any other
conflict nothing is changed (exit status 4), and the message names the lines and
the commits that the fix seems to build on. --edit makes a worktree of its own
below the git directory, with the conflict in it; --continue takes what you made
of it, --abort removes it.

--labelled takes merged pull requests that carry a label such as
"backport 0.9.x" (backports: in environments.yaml says which): all that are due,
those of a line in one release, in the order of history. One that conflicts is
left out, and holds no other back (exit status 4 in the end). Each is told once
by a comment where it has gone, or which files conflict and what to type; the
label comes off once its backport is made.

With --pr, or release: {via: pull-request} in environments.yaml, fix and release
commit go to the line by one pull request, with the labels and reviewers of the
one that the fix came by; with --no-release, the fix alone. It waits to be
merged, in whatever way (exit status 7); the same command goes on then. What
people push to its branch goes along; one that was closed is proposed anew with
--again alone.

Where the train releases sets, the release makes a new one with the other
components as they were, which is tested anew. A component that lives elsewhere
is released there, in the same way as by looprel tag --all.

JSON: verb, component, commits (commit, subject, author, not_on_branch),
pull_requests (number, title, author, page, commits), lines (line, branch,
cut_from, already (commit, by, how, release), commits (role, subject, id, tree,
parents, files, source, kept, needed), conflict (commit, subject, files (path,
why, hunks), needs (commit, subject, author, when), resolved_by_needs), refused,
release and proposal (as in tag), set, request (environment, summary, body),
notes, pull_requests, steps), lacking (version, state, commits, command),
reason, all_or_none, labelled, left_out (number, line, conflict, reason, advice,
waits), steps; and told (as in announce) once it has been applied. Fields
without a value are left out.

` + exitStatus,
		Example: `  looprel backport 0.9.0 cd50a44            onto 0.9.x, and released
  looprel backport 0.9.x cd50a44 --no-release
  looprel tag --line 0.9.x                  releases what was collected
  looprel backport 0.9.0,0.8.0 cd50a44      onto two lines
  looprel backport 0.9.0 a1b2c3d..cd50a44   what came after a1b2c3d
  looprel backport 0.9.0 '#123'             what a pull request brought
  looprel backport --labelled               what pull requests ask for
  looprel backport 0.9.0 cd50a44 --edit     resolve a conflict by hand`,
		RunE: func(cmd *cobra.Command, arguments []string) error {
			return a.runBackport(cmd.Context(), options, arguments)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.request.Line, "line", "", "put them on this `LINE`, whatever line BASE is of")
	flags.BoolVar(&options.request.NoRelease, "no-release", false, "pick only; looprel tag --line LINE releases later")
	flags.IntVarP(&options.wanted.Mainline, "mainline", "m", 0, "pick merges as their change to parent `N`")
	flags.BoolVarP(&options.wanted.SignOff, "signoff", "s", false, "add a Signed-off-by trailer")
	flags.BoolVar(&options.request.NotOnBranch, "not-on-branch", false, "take commits that the train lacks; wants --reason")
	flags.BoolVar(&options.wanted.Prerequisites, "with-prerequisites", false, "take along what a fix needs to apply")
	flags.BoolVar(&options.request.AllOrNone, "all-or-none", false, "of several lines, change all or none")
	flags.BoolVar(&options.request.OffCycle, "off-cycle", false, "recorded as such; wants --reason")
	flags.StringVar(&options.request.Reason, "reason", "", "why, in `TEXT` that is recorded")
	flags.BoolVar(&options.labelled, "labelled", false, "all that merged pull requests ask for by their labels")
	flags.StringVar(&options.embargo, "embargo", "", embargoUsage)
	options.pull.register(flags)
	flags.BoolVar(&options.edit, "edit", false, "on a conflict, make a worktree to resolve it in")
	flags.BoolVar(&options.resume, "continue", false, "take what was made of the conflict in that worktree")
	flags.BoolVar(&options.abort, "abort", false, "remove that worktree, and all that belongs to it")
	return command
}

// repeated are the flags as they were given, to go behind a command that does the same.
func (o *backportOptions) repeated() string {
	var words []string
	add := func(given bool, more ...string) {
		if given {
			words = append(words, more...)
		}
	}
	add(o.request.Line != "", "--line", shellQuote(o.request.Line))
	add(o.request.NoRelease, "--no-release")
	add(o.wanted.Mainline > 0, "--mainline", strconv.Itoa(o.wanted.Mainline))
	add(o.wanted.SignOff, "--signoff")
	add(o.request.NotOnBranch, "--not-on-branch")
	add(o.request.OffCycle, "--off-cycle")
	add(o.request.Reason != "", "--reason", shellQuote(o.request.Reason))
	add(o.embargo != "", "--embargo", shellQuote(o.embargo))
	text := ""
	for _, word := range words {
		text += " " + word
	}
	return text + o.pull.given()
}

// runBackport does what the flags and arguments ask for.
func (a *app) runBackport(ctx context.Context, options backportOptions, arguments []string) error {
	switch {
	case options.edit && (options.resume || options.abort), options.resume && options.abort:
		return &usageError{reason: "--edit, --continue and --abort exclude each other", hint: "looprel backport --continue"}
	case options.resume, options.abort:
		return a.endEdit(ctx, options, arguments)
	}
	if options.labelled {
		return a.runLabelled(ctx, options, arguments)
	}
	if len(arguments) < 2 {
		return &usageError{reason: "BASE and COMMIT are wanted: where to, and what", hint: "looprel backport 0.9.0 COMMIT"}
	}
	if options.wanted.Mainline < 0 {
		return &usageError{reason: fmt.Sprintf("there is no parent %d", options.wanted.Mainline), hint: "parents are counted from 1: --mainline 1"}
	}
	options.request.Bases = splitBases(arguments[0])
	options.wanted.Commits = arguments[1:]
	if options.edit && len(options.request.Bases) != 1 {
		return &usageError{reason: "--edit is for one line at a time", hint: "give one BASE"}
	}
	a.expected = &observe.Expected{Request: options.request, Wanted: options.wanted}
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	return a.backport(ctx, session, options, nil)
}

// runLabelled does what merged pull requests ask for, on all lines or on some.
func (a *app) runLabelled(ctx context.Context, options backportOptions, arguments []string) error {
	switch {
	case len(arguments) > 1:
		return &usageError{reason: "--labelled takes no commits: the labels of pull requests say which", hint: "looprel backport --labelled"}
	case options.edit:
		return &usageError{reason: "--edit is for one conflict at a time", hint: "looprel backport 0.9.0 '#123' --edit"}
	case len(arguments) == 1:
		options.request.Bases = splitBases(arguments[0])
	}
	options.request.Labelled = true
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	return a.backport(ctx, session, options, nil)
}

func splitBases(text string) []string {
	var bases []string
	for base := range strings.SplitSeq(text, ",") {
		if base = strings.TrimSpace(base); base != "" {
			bases = append(bases, base)
		}
	}
	return bases
}

// backport shows the plan, asks, and applies it. resumed is the edit that the commits
// come from, nil without one.
func (a *app) backport(ctx context.Context, session *observe.Session, options backportOptions, resumed *gitrepo.Edit) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	if options.request.Embargo, err = parseEmbargo(session.Snapshot(), options.embargo); err != nil {
		return err
	}
	if resumed == nil {
		options.request.ViaPull, options.request.Again = options.pull.viaPull(session), options.pull.again
		options.request.Command = options.pull.command(options)
	}
	sets, err := openLineSets(ctx, session, options.request)
	if err != nil {
		return err
	}
	defer sets.close()
	if sets != nil {
		session = sets.members.Of(session.Snapshot().Component.Name)
	}
	makePlan := func(ctx context.Context) (*plan.BackportPlan, error) {
		if options.labelled {
			return observe.Labelled(ctx, session, options.request, options.wanted)
		}
		return observe.Backport(ctx, session, options.request, options.wanted)
	}
	p, err := makePlan(ctx)
	if err != nil {
		return err
	}
	if err := sets.show(p); err != nil {
		return err
	}
	if !asJSON {
		if err := a.printBackportPlan(session.Snapshot(), p); err != nil {
			return err
		}
	}
	changing := changingLines(p)
	if len(changing) > 0 || len(p.Tellings) > 0 {
		proceed, err := a.approve(ctx, asJSON, p, backportQuestion(p, changing))
		if err != nil || !proceed {
			return errors.Join(err, a.conflictsOf(p, options))
		}
	}
	if a.dryRun || len(changing) == 0 && len(p.Tellings) == 0 && !finishes(p) {
		return a.endBackport(ctx, session, options, p, asJSON, resumed)
	}
	to, err := a.outbox(session)
	if err != nil {
		return err
	}
	done, result, err := sets.apply(ctx, session, p, to, makePlan)
	_, open := errors.AsType[*apply.OpenError](err)
	for _, remark := range result.Notes {
		a.note("%s", remark)
	}
	if err != nil && !open {
		return errors.Join(a.printReleasedLines(session.Snapshot(), done, asJSON), partial(orByPull(err, session), done, changing))
	}
	if !asJSON {
		printer := a.printer()
		if err := errors.Join(a.printReleasedLines(session.Snapshot(), done, asJSON), printer.err); err != nil {
			return err
		}
		printer.delivered(session.Snapshot().Forge, result.Delivered)
	}
	return errors.Join(err, a.endBackport(ctx, session, options, p, asJSON, resumed))
}

// finishes reports whether a line has a release already that may owe the forge
// something.
func finishes(p *plan.BackportPlan) bool {
	return slices.ContainsFunc(p.Lines, func(line *plan.LinePlan) bool {
		return line.Finish != nil && line.Finish.Outbox != nil || line.Awaits()
	})
}

// endBackport tells people, prints JSON, removes the edit that is done, and says what
// is stuck.
func (a *app) endBackport(ctx context.Context, session *observe.Session, options backportOptions, p *plan.BackportPlan, asJSON bool, resumed *gitrepo.Edit) error {
	told, open := a.tellOfLines(ctx, session, p, asJSON)
	if asJSON {
		if err := a.printJSON(backportedJSON{p, told}); err != nil {
			return err
		}
	}
	return cmp.Or(a.endEdited(ctx, session, options, p, resumed), open)
}

// backportedJSON is a plan, applied or not, for programs.
type backportedJSON struct {
	*plan.BackportPlan
	Told []toldJSON `json:"told,omitempty"`
}

// tellOfLines tells people of the releases that were made.
func (a *app) tellOfLines(ctx context.Context, session *observe.Session, p *plan.BackportPlan, asJSON bool) (told []toldJSON, open error) {
	if a.dryRun {
		return nil, nil
	}
	for _, line := range p.Lines {
		if line.Release != nil && !line.Awaits() {
			rows, err := a.tellPeople(ctx, session, line.Release.Version, asJSON)
			told, open = append(told, rows...), errors.Join(open, err)
		}
	}
	return told, open
}

// endEdited removes the edit that is done, and says what is stuck.
func (a *app) endEdited(ctx context.Context, session *observe.Session, options backportOptions, p *plan.BackportPlan, resumed *gitrepo.Edit) error {
	stuck := a.conflictsOf(p, options)
	switch {
	case a.dryRun:
		return stuck
	case stuck != nil && (options.edit || resumed != nil):
		return a.beginEdit(ctx, session, options, stuck, resumed)
	case stuck == nil && resumed != nil:
		return resumed.Remove(ctx)
	}
	return stuck
}

func changingLines(p *plan.BackportPlan) []*plan.LinePlan {
	var lines []*plan.LinePlan
	for _, line := range p.Lines {
		if line.Changes() {
			lines = append(lines, line)
		}
	}
	return lines
}

func backportQuestion(p *plan.BackportPlan, lines []*plan.LinePlan) string {
	var acts []string
	for _, line := range lines {
		acts = append(acts, lineAct(p.Component, line))
	}
	if len(acts) == 0 {
		acts = append(acts, "tell "+counted(len(p.Tellings), "pull request", "pull requests"))
	}
	text := strings.Join(acts, " and ")
	return strings.ToUpper(text[:1]) + text[1:] + "?"
}

// lineAct is what is about to be done to a line.
func lineAct(component string, line *plan.LinePlan) string {
	switch {
	case line.Awaits():
		return fmt.Sprintf("propose %q for %s", line.Awaited().Title, plan.ShortRef(line.Branch))
	case line.Release != nil:
		return fmt.Sprintf("release %s %s", component, line.Release.Version)
	case line.Arrived():
		return "record what came to " + plan.ShortRef(line.Branch)
	}
	return "push to " + plan.ShortRef(line.Branch)
}

// partial says which lines were done before one failed.
func partial(err error, done, wanted []*plan.LinePlan) error {
	if len(done) == 0 || len(done) == len(wanted) {
		return err
	}
	var names []string
	for _, line := range done {
		names = append(names, line.Name)
	}
	return fmt.Errorf("%s done, then: %w", strings.Join(names, ", "), err)
}
