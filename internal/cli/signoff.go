package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/plan"
)

func newSignOffCommand(a *app) *cobra.Command {
	var request plan.SignOffRequest
	command := &cobra.Command{
		Use:     "signoff ENVIRONMENT VERSION|SET",
		GroupID: groupTrain,
		Short:   "Say that a release was tried on an environment, and is good",
		Long: `Records that you have tried a release on an environment and found it good. An
environment whose gates have {gate: sign-off, role: ROLE, people: N} takes a
release only when so many of that role have said so, whoever tagged it not among
them. A sign-off is of one version: the next one wants its own. --revoke
withdraws yours.

Where the train releases sets, VERSION is a set, or the version of a member:
then it is the newest set with it. Another set wants its own, even if one member
alone is new.

Who you are is what git is configured with, and shown as unverified unless the
ledger entry is signed, or GitHub, where environments.yaml has a section github
and you have a token, says which login is yours.

JSON: verb, component, environment, version (or set), note, ref, identity
(signed, forge or unverified), login (on GitHub), already, notes, steps. Fields
without a value are left out.

` + exitStatus,
		Example: `  looprel signoff load-stage 0.10.0
  looprel signoff load-stage 0.10.0 --note "12,000 connections for a day"
  looprel signoff load-stage 0.10.0 --ref https://reports.example.org/42
  looprel signoff load-stage 0.10.0 --revoke`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			version, err := parseVersion(arguments[1])
			request.Environment, request.Version, request.Set = arguments[0], version, arguments[1]
			decision := signOff(request)
			decision.unless = err
			return a.decide(cmd.Context(), decision)
		},
	}
	flags := command.Flags()
	flags.StringVar(&request.Note, "note", "", "what you found, in `TEXT` that is recorded")
	flags.StringVar(&request.Ref, "ref", "", "the `URL` of a result or a report")
	flags.BoolVar(&request.Revoke, "revoke", false, "withdraw your sign-off")
	return command
}

func signOff(request plan.SignOffRequest) decision {
	words := func(act string) func(*plan.DecisionPlan) string {
		return func(p *plan.DecisionPlan) string {
			return fmt.Sprintf("%s %s on %s", act, p.About(), p.Environment)
		}
	}
	act, past := "Sign off", "Signed off"
	if request.Revoke {
		act, past = "Withdraw your sign-off of", "Withdrew your sign-off of"
	}
	return decision{
		make:     func(s *plan.Snapshot) (*plan.DecisionPlan, error) { return plan.MakeSignOff(s, request) },
		heading:  words(act),
		question: func(p *plan.DecisionPlan) string { return words(act)(p) + "?" },
		done:     func(p *plan.DecisionPlan) string { return words(past)(p) + "." },
		next:     func(*plan.DecisionPlan) string { return "looprel next" },
	}
}
