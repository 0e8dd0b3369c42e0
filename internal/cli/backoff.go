package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/plan"
)

func newBackOffCommand(a *app) *cobra.Command {
	var request plan.BackOffRequest
	command := &cobra.Command{
		Use:     "backoff VERSION --reason TEXT",
		GroupID: groupTrain,
		Short:   "Take a release off the train: it goes nowhere any more",
		Long: `Records that a release is not to go on, such as after a regression in the load
tests. Every environment refuses it from then on; what runs stays, and so do
the branch and the tag. looprel status and looprel next say what can be done
instead: a fix by looprel backport makes the next patch on the same train, if
there is time, or the next train brings it. --revoke lets it go on after all.

Where the train releases sets, it is the set that goes nowhere any more, named
by its id or by a member's version; its members stay good for other sets. With
--component NAME it is that component's release, in whatever set.

A release that has arrived on the last environment is not backed off but rolled
back.

JSON: verb, component, version (or set), reason, identity (signed, forge or
unverified), login, already, notes, steps; and told (as in announce) once it has
been applied. Fields without a value are left out.

` + exitStatus,
		Example: `  looprel backoff 0.10.0 --reason "loses calls under load"
  looprel backoff 0.10.0 --revoke --reason "the load test was wrong"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			version, err := parseVersion(arguments[0])
			request.Version, request.Set = version, arguments[0]
			decision := backOff(request)
			decision.unless = err
			return a.decide(cmd.Context(), decision)
		},
	}
	command.Flags().StringVar(&request.Reason, "reason", "", "why, in `TEXT` that is recorded")
	command.Flags().BoolVar(&request.Revoke, "revoke", false, "let it go on after all")
	return command
}

func backOff(request plan.BackOffRequest) decision {
	act, done := "Back off %s", "Backed off %s."
	if request.Revoke {
		act, done = "Let %s go on after all", "%s may go on after all."
	}
	words := func(text string) func(*plan.DecisionPlan) string {
		return func(p *plan.DecisionPlan) string { return fmt.Sprintf(text, p.About()) }
	}
	return decision{
		make:     func(s *plan.Snapshot) (*plan.DecisionPlan, error) { return plan.MakeBackOff(s, request) },
		heading:  words(act),
		question: words(act + "?"),
		done:     words(done),
		next:     func(*plan.DecisionPlan) string { return "looprel next" },
	}
}
