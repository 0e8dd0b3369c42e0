package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// validationJSON is the result of validate for programs.
type validationJSON struct {
	File     string        `json:"file"`
	Valid    bool          `json:"valid"`
	Problems []problemJSON `json:"problems"`
}

type problemJSON struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func newValidateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "validate [FILE]",
		GroupID: groupSetup,
		Short:   "Check environments.yaml, and name every mistake",
		Long: `Checks the environments.yaml of the worktree, or FILE ("-" reads standard
input), and prints every mistake as FILE:LINE:COLUMN with what was expected.
Nothing is fetched.

JSON: file, valid, problems (line, column, message).

` + exitStatus,
		Example: `  looprel validate
  looprel validate draft.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			file := a.config
			if len(arguments) == 1 {
				file = arguments[0]
			}
			return a.validate(cmd.Context(), file)
		},
	}
}

func (a *app) validate(ctx context.Context, file string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	source, shown, err := a.fileToValidate(ctx, file)
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		if errors.Is(err, fs.ErrNotExist) {
			return &usageError{reason: fmt.Sprintf("there is no %s", shown), hint: "looprel init writes one"}
		}
		return err
	}
	if asJSON {
		if err := a.printJSON(validation(shown, problems)); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		if asJSON {
			return &exitError{code: ExitUsage, reason: fmt.Sprintf("%s has %s", shown, counted(len(problems), "mistake", "mistakes"))}
		}
		return problemsError{shown: shown, problems: problems}
	}
	if asJSON {
		return nil
	}
	p := a.printer()
	var names []string
	for _, environment := range source.Train.Environments {
		names = append(names, environment.Name)
	}
	p.line(terminal.Green, "%s is valid: %s.", shown, strings.Join(names, ", "))
	return p.err
}

// fileToValidate reads the file that was named, else the worktree's.
func (a *app) fileToValidate(ctx context.Context, file string) (source *observe.Source, shown string, err error) {
	if file == "-" {
		source, err = observe.ReadSource(a.env.Streams.In, "standard input")
		return source, "standard input", err
	}
	if file != "" {
		source, err = observe.ReadFile(a.path(file), file)
		return source, file, err
	}
	dir := a.dir
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: a.dir, Environ: a.env.Environ})
	if err == nil {
		if worktree := repository.Worktree(); worktree != "" {
			dir = worktree
		}
		if err := repository.Close(); err != nil {
			return nil, "", err
		}
	}
	source, err = observe.ReadFile(filepath.Join(dir, observe.ConfigName), observe.ConfigName)
	return source, observe.ConfigName, err
}

func validation(shown string, problems config.Problems) validationJSON {
	result := validationJSON{File: shown, Valid: len(problems) == 0, Problems: []problemJSON{}}
	for _, problem := range problems {
		result.Problems = append(result.Problems, problemJSON{problem.Line, problem.Column, problem.Message})
	}
	return result
}

// problemsError lists the mistakes, one in a line, and counts them in the hint.
type problemsError struct {
	shown    string
	problems config.Problems
}

func (e problemsError) Error() string { return e.problems.Error() }

func (e problemsError) Unwrap() error { return e.problems }

// Hint counts the mistakes.
func (e problemsError) Hint() string {
	return fmt.Sprintf("correct %s in %s, then run looprel validate", counted(len(e.problems), "mistake", "mistakes"), e.shown)
}
