package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/demo"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type demoOptions struct {
	keep       bool
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

` + exitStatus,
		Example: `  looprel demo
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
	command.Flags().StringVar(&options.loopServer, "loop-server", "", "play it on the Loop service's repository, cloned in `DIR`")
	command.Flags().StringVar(&options.deploy, "deploy", "", "set a service's version: the demonstration's deploy command")
	// The flag exists: it was just declared.
	_ = command.Flags().MarkHidden("deploy")
	return command
}

// scene is a command of the demonstration, when it is typed and how it ends.
type scene struct {
	said      string
	now       string
	arguments []string
	want      ExitCode
}

func scenes() []scene {
	return []scene{
		{"The repository has a release, 0.9.0, that looprel has not made. It is taken over.",
			"2014-08-05T17:30:00Z", []string{"adopt", "--yes"}, ExitDone},
		{"Tuesday, 5 August: the release manager asks what is due.",
			"2014-08-05T18:00:00Z", []string{"next"}, ExitDone},
		{"It is tagged: release commit, tag and ledger entry in one push.",
			"2014-08-05T18:00:00Z", []string{"tag", "--yes"}, ExitDone},
		{"Operations bring it to load-stage, and see that it runs there.",
			"2014-08-05T18:30:00Z", []string{"promote", "load-stage", "--yes"}, ExitDone},
		{"Friday: somebody is in a hurry, and the calendar says no.",
			"2014-08-08T18:00:00Z", []string{"promote", "production", "--yes"}, ExitRefused},
		{"Monday, 11 August: the push.",
			"2014-08-11T18:00:00Z", []string{"promote", "production", "--yes"}, ExitDone},
		{"Where the train stands.",
			"2014-08-11T18:30:00Z", []string{"status"}, ExitDone},
		{"And what happened, by the ledger.",
			"2014-08-11T18:30:00Z", []string{"log"}, ExitDone},
	}
}

func (a *app) demo(ctx context.Context, options demoOptions) (err error) {
	if a.dryRun {
		return &usageError{reason: "the demonstration touches nothing of yours and has no dry run", hint: "looprel demo"}
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
	})
	if err != nil {
		return fmt.Errorf("set the stage in %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	for _, one := range scenes() {
		if err := a.play(ctx, stage, one); err != nil {
			return err
		}
	}
	if options.loopServer != "" {
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

// play runs one command of the demonstration.
func (a *app) play(ctx context.Context, stage *demo.Stage, one scene) error {
	p := a.printer()
	p.blank()
	p.line(terminal.Cyan, "# %s", one.said)
	p.line(terminal.Bold, "$ %s=%s looprel %s", clockVariable, one.now, strings.Join(one.arguments, " "))
	if p.err != nil {
		return p.err
	}
	env := a.env
	env.Dir = stage.Clone
	env.Environ = append(slices.Clone(stage.Environ), clockVariable+"="+one.now)
	code := run(ctx, env, one.arguments)
	if err := ctx.Err(); err != nil {
		return err
	}
	if ExitCode(code) != one.want {
		return fmt.Errorf("looprel %s ended with %d, and should have with %d", strings.Join(one.arguments, " "), code, one.want)
	}
	return nil
}
