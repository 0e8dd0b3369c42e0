package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func newDoctorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		GroupID: groupSetup,
		Short:   "See whether anything stands in the way, before it does",
		Long: `Looks at the remote (does it take pushes, all or nothing?), the ledger, the
clock, your identity and whether signatures can be made; where the train
releases sets, also at the repositories of its members. Where environments.yaml
has a section github, also at the token (what may it do, of what is configured?)
and at the rules that would refuse a push of the next release. Nothing is
changed: whether a token may write is seen by requests that GitHub cannot carry
out.

Exit status 3 says that something would stop the train, 6 that somebody has to
be let in first; each finding has its cure.

JSON: findings (subject, verdict, reason, cure). Fields without a value are left
out.

` + exitStatus,
		Example: `  looprel doctor
  looprel doctor -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

func (a *app) doctor(ctx context.Context) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	found, cause := a.examine(ctx)
	if cause != nil && found == nil {
		return cause
	}
	if asJSON {
		err = a.printJSON(found)
	} else {
		err = a.printExamination(found)
	}
	switch {
	case err != nil || !found.Failed():
		return err
	case isAny(found.Cause(), []error{gitrepo.ErrAuth, gitrepo.ErrRefused, forge.ErrUnauthorised}):
		return &exitError{code: ExitNotAuthorised, reason: "somebody has to be let in first", hint: "see the cures above, then looprel doctor again"}
	}
	return &exitError{code: ExitRefused, reason: "something stands in the way", hint: "see the cures above, then looprel doctor again"}
}

func (a *app) examine(ctx context.Context) (*plan.Examination, error) {
	session, err := a.observe(ctx, false)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	client, err := a.forge(session)
	if err != nil || client == nil {
		// That its repository cannot be told is a finding of its own.
		return observe.Examine(ctx, session, nil)
	}
	return observe.Examine(ctx, session, client)
}

func (a *app) printExamination(found *plan.Examination) error {
	p := a.printer()
	table := terminal.NewTable(
		terminal.Column{Header: "SUBJECT"}, terminal.Column{Header: "VERDICT"}, terminal.Column{Header: "REASON", Fit: terminal.FitWrap})
	for _, one := range found.Findings {
		table.Row(terminal.Text(one.Subject), terminal.Styled(verdictStyle(one.Verdict), string(one.Verdict)), terminal.Text(one.Reason))
		if one.Cure != "" {
			table.Row(terminal.Text(""), terminal.Text(""), terminal.Styled(terminal.Cyan, "cure: "+p.typed(one.Cure)))
		}
	}
	p.table(table)
	return errors.Join(p.err)
}
