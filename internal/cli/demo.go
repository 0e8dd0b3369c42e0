package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/demo"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type demoOptions struct {
	keep       bool
	tour       string
	loopServer string
	deploy     string
}

func newDemoCommand(a *app) *cobra.Command {
	var options demoOptions
	command := &cobra.Command{
		Use:     "demo",
		GroupID: groupSetup,
		Short:   "A whole cycle in a temporary directory: real git, no account",
		Long: `Runs a whole cycle of the train on a repository that it makes in a temporary
directory: adopt, tag on Tuesday, load-stage, production refused on Friday and
done on Monday. It needs git, and nothing else; your own repositories and git's
configuration are not touched.

--tour monday plays what Monday's decision rests on: gates that ask for time,
for the word of QA and for what really runs, a regression found on Thursday, the
release backed off, its fix released as 0.10.1, and a rollback.

` + exitStatus,
		Example: `  looprel demo
  looprel demo --tour monday        a regression, a fix, and a rollback
  looprel demo --keep               leave the directory to look at
  looprel demo --loop-server DIR    on a clone of mozilla-services/loop-server`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.deploy != "" {
				return demo.Deploy(options.deploy, a.env.lookup("LOOPREL_VERSION"))
			}
			return a.demo(cmd.Context(), options)
		},
	}
	command.Flags().BoolVar(&options.keep, "keep", false, "leave the directory")
	command.Flags().StringVar(&options.tour, "tour", tourCycle, "play the `TOUR` cycle or monday")
	command.Flags().StringVar(&options.loopServer, "loop-server", "", "play it on the Loop service's repository, cloned in `DIR`")
	command.Flags().StringVar(&options.deploy, "deploy", "", "set a service's version: the demonstration's deploy command")
	// The flag exists: it was just declared.
	_ = command.Flags().MarkHidden("deploy")
	return command
}

func (a *app) demo(ctx context.Context, options demoOptions) (err error) {
	if a.dryRun {
		return &usageError{reason: "the demonstration touches nothing of yours and has no dry run", hint: "looprel demo"}
	}
	played, known := tours()[options.tour]
	if !known {
		return &usageError{reason: fmt.Sprintf("there is no tour %q", options.tour), hint: "the tours are " + tourCycle + " and " + tourMonday}
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find looprel's own program: %w", err)
	}
	dir, err := os.MkdirTemp("", "looprel-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	if !options.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	stage, err := demo.New(ctx, demo.Options{
		Dir: dir, Environ: a.env.Environ, Program: program, LoopServer: a.path(options.loopServer),
		Gates: options.tour == tourMonday,
	})
	if err != nil {
		return fmt.Errorf("set the stage in %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	for _, one := range played {
		if err := a.play(ctx, stage, one); err != nil {
			return err
		}
	}
	if options.loopServer != "" && options.tour == tourCycle {
		if err := a.compareByHand(ctx, stage); err != nil {
			return err
		}
	}
	p := a.printer()
	p.blank()
	p.line(terminal.Green|terminal.Bold, "That was one cycle. In your own repository: looprel init, then looprel adopt.")
	if options.keep {
		p.line(0, "The repository is in %s.", stage.Clone)
	}
	return p.err
}

// compareByHand shows how the release differs from the one that people made on
// that day.
func (a *app) compareByHand(ctx context.Context, stage *demo.Stage) error {
	arguments := []string{"diff", "--no-color", "refs/tags/0.10.0", "refs/tour/by-hand"}
	output, err := stage.Git(ctx, arguments...)
	if err != nil {
		return err
	}
	p := a.printer()
	p.blank()
	p.line(terminal.Cyan, "# How this 0.10.0 differs from the one that people made that day (%s).", demo.LoopRelease[:7])
	p.line(terminal.Bold, "$ git %s", strings.Join(arguments, " "))
	p.write(terminal.SanitizeLines(output))
	return p.err
}
