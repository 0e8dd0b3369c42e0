package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type extractOptions struct {
	request      plan.ExtractRequest
	full, squash bool
	preview      string
	whole        bool
}

func newExtractCommand(a *app) *cobra.Command {
	var options extractOptions
	command := &cobra.Command{
		Use:     "extract [COMPONENT]",
		GroupID: groupTrain,
		Short:   "Make a component's branch of parts of another repository",
		Long: `Extends a component's branch by one commit for each upstream commit that
changes what the component's mappings in environments.yaml name. The commit
has upstream's author, dates, committer and message, and the trailer
"Upstream-Commit: ID", by which the next run finds out where this one stopped.
Whoever runs it gets the same commit ids. Nothing is released: looprel tag
does that afterwards, as ever.

Upstream is a clone on this machine (also a bare or partial one), read where
it is and never written into, or a URL, from which history and trees are
fetched, and of the files those that are pushed; a server that cannot leave
files out is fetched whole. --upstream names another one than
environments.yaml does.

History is upstream's line of first parents. --full takes all of it, with
merges simplified as git subtree split does; --squash makes one commit for
each run.

Files of the branch that no mapping gives stay, and so do version files and
changelog, which releases write; where upstream changes these, the plan says
so. Any other file that differs from what is mapped is a conflict (exit status
4), and nothing is changed. Where mappings overlap, the one with the deeper
target wins; two with the same target that give the same file are a mistake
that names both (exit status 2).

--preview DIR pushes nothing: it makes a bare repository there, which borrows
upstream's objects, to look at with git.

An upstream that was rewritten is refused (exit status 3). --from COMMIT says
which commit of it has the files as the branch has them; for a branch that has
nothing of upstream yet it is where history begins.

JSON: verb, component, branch, remote, upstream, from, to, mode, commits (id,
subject, source, tree, parents), changes, absent (path, since, moved_to),
overruled (release files that upstream has changed, and the branch keeps),
already, steps (kind, target, was, want, reason). Fields without a value are
left out.

` + exitStatus,
		Example: `  looprel extract loop-client --dry-run      show what it would push
  looprel extract loop-client --to FIREFOX_34_0_RELEASE
  looprel extract loop-client --upstream ~/src/firefox
  looprel extract loop-client --preview /tmp/look
  looprel extract loop-client --squash`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			if len(arguments) == 1 {
				if a.component != "" && a.component != arguments[0] {
					return &usageError{reason: fmt.Sprintf("--component %s and %s name two components", a.component, arguments[0]), hint: "name one"}
				}
				a.component = arguments[0]
			}
			return a.extract(cmd.Context(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.request.Upstream, "upstream", "", "read this clone, or URL, instead of the one in environments.yaml (`REPOSITORY`)")
	flags.StringVar(&options.request.To, "to", "", "extract up to this upstream `REVISION` (default its HEAD)")
	flags.StringVar(&options.request.From, "from", "", "begin with this upstream `REVISION`, or go on from it")
	flags.BoolVar(&options.full, "full", false, "extract merged branches, too")
	flags.StringVar(&options.preview, "preview", "", "push nothing, but make a bare repository at `DIR` to look at")
	flags.BoolVar(&options.whole, "self-contained", false, "with --preview: borrow nothing of upstream")
	flags.BoolVar(&options.squash, "squash", false, "make one commit of all")
	return command
}

// mode reads the flags.
func (o extractOptions) mode() (extract.Mode, error) {
	switch {
	case o.whole && o.preview == "":
		return "", &usageError{reason: "--self-contained goes with --preview", hint: "add --preview DIR, or leave it out: what is pushed is always self-contained"}
	case o.full && o.squash:
		return "", &usageError{reason: "--full and --squash exclude each other", hint: "leave out one of them"}
	case o.full:
		return extract.Full, nil
	case o.squash:
		return extract.Squash, nil
	}
	return extract.FirstParent, nil
}

func (a *app) extract(ctx context.Context, options extractOptions) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	if options.request.Mode, err = options.mode(); err != nil {
		return err
	}
	session, err := a.look(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	extraction, err := observe.OpenExtraction(ctx, session, options.request)
	if err != nil {
		return err
	}
	defer extraction.Close()
	p, err := extraction.Plan(ctx)
	if err != nil {
		return err
	}
	if !asJSON {
		if err := a.printExtractPlan(p); err != nil {
			return err
		}
	}
	if options.preview != "" {
		return a.preview(ctx, extraction, p, options, asJSON)
	}
	if p.Already == "" {
		proceed, err := a.approve(ctx, asJSON, p, fmt.Sprintf("Extend %s of %s by %s?", plan.ShortRef(p.Branch), p.Component, counted(len(p.Made), "commit", "commits")))
		if err != nil || !proceed {
			return err
		}
	}
	if a.dryRun {
		return a.printPlanJSON(asJSON, p)
	}
	result, err := apply.Extract(ctx, extraction, p)
	if err != nil {
		return err
	}
	for _, remark := range result.Notes {
		a.note("%s", remark)
	}
	if asJSON {
		return a.printJSON(p)
	}
	return a.printExtracted(p)
}

// preview makes a repository with what would be pushed.
func (a *app) preview(ctx context.Context, extraction *observe.Extraction, p *plan.ExtractPlan, options extractOptions, asJSON bool) error {
	directory := a.path(options.preview)
	if p.Already == "" && !a.dryRun {
		if err := extraction.Preview(ctx, p, directory, options.whole); err != nil {
			return err
		}
		a.note("nothing was pushed; look at it: git -C %s log %s", shellQuote(directory), plan.ShortRef(p.Branch))
	}
	return a.printPlanJSON(asJSON, p)
}

func (a *app) printExtractPlan(e *plan.ExtractPlan) error {
	p := a.printer()
	if e.Already != "" {
		p.line(terminal.Green, "%s", e.Already)
		p.absent(e.Absent)
		return p.err
	}
	first, last := e.Made[0], e.Made[len(e.Made)-1]
	p.line(terminal.Bold, "Extract %s into %s of %s", e.Component, plan.ShortRef(e.Branch), e.Remote)
	facts := []fact{{"upstream", fmt.Sprintf("%s, up to %s", e.Upstream, e.To)}}
	if e.From.IsZero() {
		facts = append(facts, fact{"begins", fmt.Sprintf("with upstream %s", first.Source.Short())})
	} else {
		facts = append(facts, fact{"goes on", fmt.Sprintf("from upstream %s", e.From.Short())})
	}
	facts = append(facts, fact{"history", string(e.Mode)}, fact{"commits", fmt.Sprintf("%d, the last %s %q", len(e.Made), last.ID, last.Subject)})
	p.facts(facts...)
	p.blank()
	p.changes(e.Changes, nil, "git log")
	p.absent(e.Absent)
	for _, path := range e.Overruled {
		p.notes([]string{path + " stays as releases have written it; bring over by hand what upstream has changed there"})
	}
	p.steps(e.Steps)
	return p.err
}

// absent lists mapped paths that upstream does not have.
func (p *printer) absent(absent []extract.Absence) {
	for _, one := range absent {
		text := "upstream has no " + one.Path
		if !one.Since.IsZero() {
			text += " since " + one.Since.Short()
		}
		if one.MovedTo != "" {
			text += fmt.Sprintf("; what it had is in %s there: add a mapping from that", one.MovedTo)
		}
		p.notes([]string{text})
	}
}

func (a *app) printExtracted(e *plan.ExtractPlan) error {
	p := a.printer()
	if e.Already != "" {
		return p.err
	}
	p.blank()
	p.line(terminal.Green|terminal.Bold, "Extracted %s of %s (%s of %s at %s).", counted(len(e.Made), "commit", "commits"), e.Component,
		plan.ShortRef(e.Branch), e.Remote, e.Refs[0].New.Short())
	p.line(0, "Next: %s", a.typed(e.Next))
	return p.err
}
