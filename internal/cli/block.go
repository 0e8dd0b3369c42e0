package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

func newBlockCommand(a *app) *cobra.Command {
	var request plan.BlockRequest
	command := &cobra.Command{
		Use:     "block VERSION|SET|ENVIRONMENT --reason TEXT",
		GroupID: groupTrain,
		Short:   "Keep a release off every environment, or all releases off one",
		Long: `Records that a release must not go anywhere, or that an environment takes
nothing but a rollback, until the block is lifted: looprel unblock NUMBER. A
promotion is refused by the gate no-blockers as long as it holds; one that is
under way already is not stopped.

Where the train releases sets, a block is of a set, or of an environment for all
components.

JSON: verb, component, environment, version or set, number, reason, ref,
identity (signed, forge or unverified), login, already, notes, steps. Fields
without a value are left out.

` + exitStatus,
		Example: `  looprel block 0.10.0 --reason "loses calls under load"
  looprel block 0.10.0 --reason "bug 1048426" --ref https://bugs.example.org/1
  looprel block production --reason "the data centre moves"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			request.Target = arguments[0]
			return a.decide(cmd.Context(), block(request))
		},
	}
	command.Flags().StringVar(&request.Reason, "reason", "", "why, in `TEXT` that is recorded")
	command.Flags().StringVar(&request.Ref, "ref", "", "the `URL` of an issue or a report")
	return command
}

func block(request plan.BlockRequest) decision {
	return decision{
		make:     func(s *plan.Snapshot) (*plan.DecisionPlan, error) { return plan.MakeBlock(s, request) },
		heading:  func(p *plan.DecisionPlan) string { return "Block " + blockedThing(p) },
		question: func(p *plan.DecisionPlan) string { return "Block " + blockedThing(p) + "?" },
		done: func(p *plan.DecisionPlan) string {
			return fmt.Sprintf("Blocked %s: number %d.", blockedThing(p), p.Number)
		},
		next: func(p *plan.DecisionPlan) string {
			return fmt.Sprintf("looprel unblock %d --reason TEXT lifts it", p.Number)
		},
	}
}

func blockedThing(p *plan.DecisionPlan) string {
	switch {
	case p.Environment != "" && p.Component == ledger.AllComponents:
		return p.Environment
	case p.Environment != "":
		return p.Environment + " for " + p.Component
	}
	return p.About()
}

func newUnblockCommand(a *app) *cobra.Command {
	var request plan.UnblockRequest
	command := &cobra.Command{
		Use:     "unblock NUMBER --reason TEXT",
		GroupID: groupTrain,
		Short:   "Lift a block",
		Long: `Lifts a block by its number, which looprel status shows.

JSON: verb, component, environment or version, number, reason, identity (signed,
forge or unverified), login, already, notes, steps. Fields without a value are
left out.

` + exitStatus,
		Example: `  looprel unblock 3 --reason "fixed in 0.10.1"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			number, err := strconv.Atoi(arguments[0])
			if err != nil {
				return &usageError{reason: fmt.Sprintf("%q is not the number of a block", arguments[0]), hint: "looprel status shows the blocks and their numbers"}
			}
			request.Number = number
			return a.decide(cmd.Context(), unblock(request))
		},
	}
	command.Flags().StringVar(&request.Reason, "reason", "", "why, in `TEXT` that is recorded")
	return command
}

func unblock(request plan.UnblockRequest) decision {
	lift := func(p *plan.DecisionPlan) string {
		return fmt.Sprintf("block %d of %s", p.Number, blockedThing(p))
	}
	return decision{
		make:     func(s *plan.Snapshot) (*plan.DecisionPlan, error) { return plan.MakeUnblock(s, request) },
		heading:  func(p *plan.DecisionPlan) string { return "Lift " + lift(p) },
		question: func(p *plan.DecisionPlan) string { return "Lift " + lift(p) + "?" },
		done:     func(p *plan.DecisionPlan) string { return "Lifted " + lift(p) + "." },
		next:     func(*plan.DecisionPlan) string { return "looprel next" },
	}
}
