package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// app is what every command shares: the surroundings and the global flags.
type app struct {
	env Env

	dir       string
	config    string
	component string
	remote    string
	dryRun    bool
	yes       bool
	verbose   bool
	output    string
	// wholeTrain: the command is about all components.
	wholeTrain bool
	// expected is what the command is going to observe, see observe.Options.
	expected *observe.Expected

	// client is the way to GitHub, once it is needed.
	client *github.Client
}

// Main runs looprel and returns its exit code.
func Main(env Env, arguments []string) int {
	return run(context.Background(), env, arguments)
}

func run(ctx context.Context, env Env, arguments []string) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	env.interrupts = newInterrupts(cancel, env.Exit)
	defer env.interrupts.stop()
	a := &app{env: env, dir: env.Dir}
	root := newRoot(a, arguments)
	root.SetArgs(arguments)
	root.SetIn(env.Streams.In)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.Err)
	err := root.ExecuteContext(ctx)
	a.tellCounts()
	if err == nil {
		return int(ExitDone)
	}
	var open *apply.OpenError
	if ctx.Err() != nil && errors.Is(err, context.Canceled) && !errors.As(err, &open) {
		err = &interruptedError{cause: err}
	}
	return int(a.report(err))
}

const rootLong = `looprel runs a release train out of a git repository.

The release manager tags every other Tuesday, operations promote the release
through the environments and into production on the Monday after, and everybody
sees where the train stands. Releases, and the ledger of what happened to them,
live in the git remote; there is no server.

environments.yaml at the repository's root says how the train runs; looprel init
writes one.`

// newRoot makes the command line for arguments; without any, the whole.
func newRoot(a *app, arguments []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "looprel",
		Short: "Run a release train out of a git repository",
		Long:  rootLong + "\n\n" + exitStatus,
		Example: `  looprel next                     what is due now, and whose turn it is
  looprel tag                      on Tuesday
  looprel promote load-stage       the same day
  looprel promote production       on Monday
  looprel status                   what runs where`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		Version:       Version,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		PersistentPreRun: func(cmd *cobra.Command, _ []string) { a.env.interrupts.catch(cmd) },
	}
	root.SetVersionTemplate("looprel {{.Version}}\n")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", ".FlagUsagesWrapped 80 "))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{reason: err.Error(), hint: cmd.CommandPath() + " --help lists the flags"}
	})
	flags := root.PersistentFlags()
	flags.StringVarP(&a.dir, "directory", "C", a.dir, "run as if started in `DIR`")
	flags.StringVar(&a.config, "config", "", "use `FILE` instead of the remote's environments.yaml")
	flags.StringVar(&a.component, "component", "", "the component `NAME`, where a repository has several")
	flags.StringVar(&a.remote, "remote", "", "the remote `NAME` that is the train's home")
	flags.BoolVarP(&a.dryRun, "dry-run", "n", false, "print the plan and change nothing")
	flags.BoolVarP(&a.yes, "yes", "y", false, "do not ask")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "say how much was asked of GitHub")
	flags.StringVarP(&a.output, "output", "o", "text", "output `FORMAT`: text or json")
	root.AddGroup(
		&cobra.Group{ID: groupTrain, Title: "Run the train:"},
		&cobra.Group{ID: groupLook, Title: "See where it stands:"},
		&cobra.Group{ID: groupSetup, Title: "Set it up:"},
	)
	a.addCommands(root, arguments)
	a.registerCompletions(root)
	for _, command := range root.Commands() {
		wrapArgs(command)
	}
	return root
}

// knownCommand refuses what is not a command, and suggests what may be meant.
func knownCommand(root *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	hint := "looprel --help lists the commands"
	root.SuggestionsMinimumDistance = 2
	if close := root.SuggestionsFor(arguments[0]); len(close) > 0 {
		hint = "did you mean: looprel " + strings.Join(close, ", looprel ") + "?"
	}
	return &usageError{reason: fmt.Sprintf("unknown command %q", arguments[0]), hint: hint}
}

// The groups of commands in the help.
const (
	groupTrain = "train"
	groupLook  = "look"
	groupSetup = "setup"
)

// wrapArgs makes a wrong number of arguments a usage error, with the way out.
func wrapArgs(command *cobra.Command) {
	check := command.Args
	if check == nil {
		return
	}
	command.Args = func(cmd *cobra.Command, arguments []string) error {
		if err := check(cmd, arguments); err != nil {
			return &usageError{reason: err.Error(), hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// json reports whether the output is for programs; an unknown format is a usage
// error.
func (a *app) json(more ...string) (bool, error) {
	if a.output == "json" {
		return true, nil
	}
	if a.output == "text" || slices.Contains(more, a.output) {
		return false, nil
	}
	formats := append([]string{"text", "json"}, more...)
	return false, &usageError{reason: fmt.Sprintf("unknown output format %q", a.output), hint: "the formats are " + strings.Join(formats, ", ")}
}

// path resolves a file name of the command line against -C.
func (a *app) path(name string) string {
	if name == "" || filepath.IsAbs(name) || a.dir == "" {
		return name
	}
	return filepath.Join(a.dir, name)
}

// note prints a remark for people on standard error: standard output is kept for
// what was asked for.
func (a *app) note(format string, values ...any) {
	text := terminal.Sanitize(fmt.Sprintf(format, values...))
	writeLine(a.env.Streams.Err, a.env.Streams.PaintErr(terminal.Faint, "note: "+text))
}
