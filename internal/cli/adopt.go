package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func newAdoptCommand(a *app) *cobra.Command {
	var running []string
	command := &cobra.Command{
		Use:     "adopt",
		GroupID: groupSetup,
		Short:   "Take over the releases that exist, and what runs where",
		Long: `Records the release tags that exist (lightweight and annotated), the release
lines and what runs where as one ledger entry, so that a repository with years
of releases joins the train. What runs is looked up at the environments' URLs,
or said with --running. Adopted releases count as known. Run it again whenever a
tag was made by hand.

JSON: verb, component, releases (version, tag, tag_id, commit, cycle), lines,
running, ignored, notes, already, steps. Fields without a value are left out.

` + exitStatus,
		Example: `  looprel adopt
  looprel adopt --running production=0.9.0 --running load-stage=0.9.0`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.adopt(cmd.Context(), running) },
	}
	command.Flags().StringArrayVar(&running, "running", nil, "what runs where, as `ENV=VERSION`; may be repeated")
	return command
}

func parseRunning(settings []string) (map[string]release.Version, error) {
	running := map[string]release.Version{}
	for _, setting := range settings {
		name, text, found := strings.Cut(setting, "=")
		version, err := release.ParseVersion(text)
		if !found || err != nil {
			return nil, &usageError{reason: fmt.Sprintf("--running %s: expected ENVIRONMENT=VERSION, with the version as MAJOR.MINOR.PATCH", setting), hint: "looprel adopt --running production=0.9.0"}
		}
		running[name] = version
	}
	return running, nil
}

func (a *app) adopt(ctx context.Context, settings []string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	running, err := parseRunning(settings)
	if err != nil {
		return err
	}
	session, err := a.openMember(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	prober := a.prober()
	p, err := observe.Adoption(ctx, session, running, prober)
	if err != nil {
		return err
	}
	if !asJSON {
		if err := a.printAdoption(p); err != nil {
			return err
		}
	}
	if p.Already != "" {
		return a.printPlanJSON(asJSON, p)
	}
	proceed, err := a.approve(ctx, asJSON, p, fmt.Sprintf("Adopt %s of %s?", counted(len(p.Releases), "release", "releases"), p.Component))
	if err != nil || !proceed {
		return err
	}
	err = apply.Record(ctx, session, p.Entry, func(ctx context.Context) error {
		later, err := observe.Adoption(ctx, session, running, prober)
		if err == nil && !p.SameFacts(later) {
			err = &plan.Moved{Reason: "somebody adopted or released meanwhile; nothing was adopted", Advice: "looprel adopt shows what is left"}
		}
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(p)
	}
	printer := a.printer()
	printer.blank()
	printer.line(terminal.Green|terminal.Bold, "Adopted %s of %s.", counted(len(p.Releases), "release", "releases"), p.Component)
	printer.line(0, "Next: %s", a.typed("looprel status"))
	return printer.err
}

func (a *app) printAdoption(t *plan.AdoptionPlan) error {
	p := a.printer()
	if t.Already != "" {
		p.line(terminal.Green, "%s.", t.Already)
		p.notes(t.Notes)
		return p.err
	}
	p.line(terminal.Bold, "Adopt %s", t.Component)
	var lines []string
	for _, line := range t.Lines {
		lines = append(lines, plan.ShortRef(line))
	}
	facts := []fact{{"releases", versionSpan(t)}, {"lines", strings.Join(lines, ", ")}}
	for _, deployment := range t.Running {
		facts = append(facts, fact{deployment.Environment, "runs " + deployment.Version})
	}
	p.facts(append(facts, fact{"ignored", someNames(t.Ignored)})...)
	p.notes(t.Notes)
	p.steps(t.Steps)
	return p.err
}

func versionSpan(t *plan.AdoptionPlan) string {
	switch n := len(t.Releases); n {
	case 0:
		return "none"
	case 1:
		return t.Releases[0].Version.String()
	default:
		return fmt.Sprintf("%d, from %s to %s", n, t.Releases[0].Version, t.Releases[n-1].Version)
	}
}
