package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func newInitCommand(a *app) *cobra.Command {
	actions := false
	command := &cobra.Command{
		Use:     "init",
		GroupID: groupSetup,
		Short:   "Write an environments.yaml from what the repository shows",
		Long: `Writes a commented environments.yaml at the repository's root, from what the
repository shows: its branch, how its tags are written, its version files, its
changelog. A file that exists is never overwritten. --dry-run prints it.

--github-actions writes a workflow instead that runs looprel tick every quarter
of an hour, as .github/workflows/release-train.yml. What it may do by itself is
said in environments.yaml; where that has a section github, the workflow gets
the permissions for what is kept there.

` + exitStatus,
		Example: `  looprel init
  looprel init --dry-run
  looprel init --github-actions`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if actions {
				return a.initActions(cmd.Context())
			}
			return a.init(cmd.Context())
		},
	}
	command.Flags().BoolVar(&actions, "github-actions", false, "write a workflow that runs looprel tick")
	return command
}

// notWritten explains why a file was not written.
func notWritten(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return &exitError{code: ExitRefused, reason: fmt.Sprintf("%s exists already, and is left as it is", path), hint: "looprel validate checks environments.yaml"}
	}
	return fmt.Errorf("write %s: %w", path, err)
}

func (a *app) init(ctx context.Context) error {
	options, err := a.options(false)
	if err != nil {
		return err
	}
	root, facts, err := observe.Facts(ctx, options, release.DateOf(options.Now), a.env.lookup("TZ"))
	if err != nil {
		return err
	}
	text := config.Scaffold(facts)
	if a.dryRun {
		_, err := a.env.Streams.Out.Write(text)
		return err
	}
	path := filepath.Join(root, observe.ConfigName)
	if err := writeNew(path, text); err != nil {
		return notWritten(path, err)
	}
	p := a.printer()
	p.line(terminal.Green|terminal.Bold, "Wrote %s.", path)
	p.line(0, "Next: look through it, then looprel validate, commit it, and looprel adopt.")
	return p.err
}

// writeNew writes a file that must not exist. One that could not be written whole
// is taken away again.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a file of the repository, like any other
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
