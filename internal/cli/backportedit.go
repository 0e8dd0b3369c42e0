package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// beginEdit makes a worktree with the conflict in it, and says how to go on.
func (a *app) beginEdit(ctx context.Context, session *observe.Session, options backportOptions, stuck error, before *gitrepo.Edit) error {
	var conflict *conflictError
	if !errors.As(stuck, &conflict) {
		return stuck
	}
	draft, err := observe.DraftEdit(ctx, session, options.request, options.wanted)
	if err != nil {
		return err
	}
	edit, err := apply.BeginEdit(ctx, session, draft, before)
	if errors.Is(err, gitrepo.ErrEditExists) {
		return &exitError{
			code: ExitConflict, reason: fmt.Sprintf("a conflict on %s is being resolved already", conflict.line.Name),
			hint: "looprel backport --continue takes what was made of it, looprel backport --abort removes it",
		}
	}
	if err != nil {
		return err
	}
	conflict.dir = edit.Dir()
	return conflict
}

// endEdit continues the backport whose conflict was resolved, or removes the edit.
func (a *app) endEdit(ctx context.Context, options backportOptions, arguments []string) error {
	if len(arguments) > 1 {
		return &usageError{reason: "--continue and --abort take a line at most", hint: "looprel backport --continue"}
	}
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: a.dir, Environ: a.env.Environ})
	if err != nil {
		return err
	}
	defer repository.Close() //nolint:errcheck // it was only read
	info, err := findEdit(repository, arguments)
	if err != nil {
		return err
	}
	if options.abort {
		return a.abortEdit(ctx, repository, info)
	}
	session, err := a.openMember(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	edit, err := session.Repository().OpenEdit(info.Name)
	if err != nil {
		return err
	}
	return a.resumeEdit(ctx, session, options, edit)
}

// findEdit finds the edit of the line that was named, or the only one.
func findEdit(repository *gitrepo.Repository, arguments []string) (gitrepo.EditInfo, error) {
	edits, err := repository.Edits()
	if err != nil {
		return gitrepo.EditInfo{}, err
	}
	var names []string
	for _, edit := range edits {
		if len(arguments) == 1 && (edit.Name == arguments[0] || strings.HasSuffix(edit.Name, "-"+arguments[0])) || len(arguments) == 0 && len(edits) == 1 {
			return edit, nil
		}
		names = append(names, edit.Name)
	}
	switch {
	case len(edits) == 0:
		return gitrepo.EditInfo{}, &plan.Misuse{Reason: "no conflict is being resolved in this clone", Advice: "looprel backport BASE COMMIT --edit begins to"}
	case len(arguments) == 0:
		return gitrepo.EditInfo{}, &plan.Misuse{Reason: "several conflicts are being resolved in this clone",
			Advice: "say which: looprel backport --continue LINE; they are " + strings.Join(names, ", ")}
	}
	return gitrepo.EditInfo{}, &plan.Misuse{Reason: fmt.Sprintf("no conflict on %s is being resolved in this clone", arguments[0]), Advice: "there are " + strings.Join(names, ", ")}
}

func (a *app) abortEdit(ctx context.Context, repository *gitrepo.Repository, info gitrepo.EditInfo) error {
	p := a.printer()
	if a.dryRun {
		p.line(terminal.Yellow, "Dry run: %s would be removed.", info.Dir)
		return p.err
	}
	if !a.yes && a.env.Streams.InIsTerminal && a.env.Streams.ErrIsTerminal {
		proceed, err := a.env.Streams.Confirm(ctx, fmt.Sprintf("Remove %s with all that was done there?", info.Dir))
		if err != nil {
			return err
		}
		if !proceed {
			return &exitError{code: ExitRefused, reason: "nothing was changed: not confirmed", hint: "looprel backport --abort asks again"}
		}
	}
	if err := repository.RemoveEdit(ctx, info.Name); err != nil {
		return err
	}
	p.line(0, "Removed %s; nothing was pushed.", info.Dir)
	return p.err
}

// resumeEdit goes on with what a person has made of the conflict.
func (a *app) resumeEdit(ctx context.Context, session *observe.Session, options backportOptions, edit *gitrepo.Edit) error {
	result, err := edit.Result(ctx)
	if errors.Is(err, gitrepo.ErrUnresolved) {
		return &exitError{code: ExitConflict, reason: err.Error(), hint: hintOf(err)}
	}
	if err != nil {
		return err
	}
	if len(result.Unresolved) > 0 {
		return &exitError{
			code: ExitConflict, reason: "still in conflict: " + strings.Join(result.Unresolved, ", "),
			hint: fmt.Sprintf("in %s decide for one side, then git add or git rm them; looprel backport --continue goes on", edit.Dir()),
		}
	}
	if len(result.LeftOut) > 0 {
		a.note("left out, since git does not track them there: %s", strings.Join(result.LeftOut, ", "))
	}
	if options.request, options.wanted, err = session.Resume(edit, result); err != nil {
		return err
	}
	return a.backport(ctx, session, options, edit)
}
