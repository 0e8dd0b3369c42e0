package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/observe"
)

type mergeTreeOptions struct {
	base       string
	stdin      bool
	attributes string
	write      bool
}

// attributesOfOurs as the source of attributes means each merge's own OURS.
const attributesOfOurs = "ours"

func newMergeTreeCommand(a *app) *cobra.Command {
	var options mergeTreeOptions
	command := &cobra.Command{
		Use:     "merge-tree --merge-base BASE OURS THEIRS | --stdin",
		GroupID: groupLook,
		Hidden:  true,
		Short:   "Merge two trees, to hold the result against git's",
		Long: `Merges the changes from BASE to OURS and from BASE to THEIRS, each a commit or
a tree, and prints what git merge-tree --write-tree --name-only --no-messages
prints: the id of the merged tree and, with conflicts, the conflicted paths.

With --stdin, each line "BASE -- OURS THEIRS" is answered by 1 (clean) or 0, the
tree's id, each conflicted path, and an empty string, a NUL after each.

Nothing is written to the repository without --write.

A merge with conflicts exits with 1, except with --stdin.

` + exitStatus,
		Example: `  looprel merge-tree --merge-base 47c2851~ 0.9.0 47c2851
  looprel merge-tree --stdin --attr-source ours < merges`,
		Args: func(_ *cobra.Command, arguments []string) error { return options.check(arguments) },

		Annotations: map[string]string{unguarded: ""},
		RunE: func(cmd *cobra.Command, arguments []string) error {
			return a.mergeTree(cmd.Context(), options, arguments)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.base, "merge-base", "", "merge the changes since `BASE`")
	flags.BoolVar(&options.stdin, "stdin", false, "read merges from standard input, one in a line")
	flags.StringVar(&options.attributes, "attr-source", "", "read .gitattributes in `TREE`; ours: in each merge's OURS")
	flags.BoolVar(&options.write, "write", false, "write the merged trees and files to the repository")
	// These are what the command does in any case.
	for _, name := range []string{"write-tree", "name-only"} {
		flags.Bool(name, true, "the default, for git's sake")
	}
	flags.Bool("no-messages", true, "the default, for git's sake")
	return command
}

func (o *mergeTreeOptions) check(arguments []string) error {
	switch {
	case o.stdin && (o.base != "" || len(arguments) > 0):
		return errors.New("--stdin takes every merge from standard input")
	case o.stdin:
		return nil
	case o.base == "":
		return errors.New("--merge-base is missing")
	}
	return cobra.ExactArgs(2)(nil, arguments)
}

func (a *app) mergeTree(ctx context.Context, options mergeTreeOptions, arguments []string) error {
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: a.dir, Environ: a.env.Environ})
	if err != nil {
		return err
	}
	run := &mergeTreeRun{
		repository: repository, options: options,
		out: bufio.NewWriter(a.env.Streams.Out), names: newPathNames(repository, a.dir),
	}
	if options.stdin {
		err = run.lines(ctx, a.env.Streams.In)
	} else {
		err = run.single(options.base, arguments[0], arguments[1])
	}
	return errors.Join(err, run.out.Flush(), repository.Close())
}

// mergeTreeRun is a run of merge-tree.
type mergeTreeRun struct {
	repository *gitrepo.Repository
	options    mergeTreeOptions
	out        *bufio.Writer
	names      pathNames
}

// single answers one merge as git answers a person.
func (r *mergeTreeRun) single(base, ours, theirs string) error {
	result, err := r.merge(base, ours, theirs)
	if err != nil {
		return err
	}
	r.print(result.Tree.String(), "\n")
	if result.Clean {
		return nil
	}
	for _, path := range result.Paths() {
		r.print(r.names.quoted(path), "\n")
	}
	return &exitError{code: ExitFailure, reason: fmt.Sprintf("%s and %s have conflicts", ours, theirs)}
}

// maxMergeLine bounds a line of the input, in bytes: what is no list of merges may
// have no lines at all, and no end.
const maxMergeLine = 64 << 10

// lines answers the merges of an input as git answers a program.
func (r *mergeTreeRun) lines(ctx context.Context, in io.Reader) error {
	reader := bufio.NewReaderSize(in, maxMergeLine)
	for number := 1; ; number++ {
		line, err := reader.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			return malformedMerge(number, string(line))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read standard input: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.line(number, string(line)); err != nil {
			return err
		}
		if reader.Buffered() == 0 {
			// Whoever asks may wait for the answer before asking again.
			if err := r.out.Flush(); err != nil {
				return err
			}
		}
	}
}

func (r *mergeTreeRun) line(number int, line string) error {
	words := strings.Fields(line)
	if len(words) != 4 || words[1] != "--" {
		return malformedMerge(number, strings.TrimSuffix(line, "\n"))
	}
	result, err := r.merge(words[0], words[2], words[3])
	if err != nil {
		return fmt.Errorf("line %d: %w", number, err)
	}
	clean := "0"
	if result.Clean {
		clean = "1"
	}
	r.print(clean, "\x00", result.Tree.String(), "\x00")
	for _, path := range result.Paths() {
		r.print(r.names.relative(path), "\x00")
	}
	r.print("\x00")
	return nil
}

// malformedMerge is the error of a line that is no merge; of a long one it shows the
// beginning.
func malformedMerge(number int, line string) error {
	const shown = 200
	more := ""
	if len(line) > shown {
		line, more = line[:shown], " and so on"
	}
	return &usageError{
		reason: fmt.Sprintf("line %d of standard input is %q%s", number, line, more),
		hint:   `write each merge as "BASE -- OURS THEIRS"`,
	}
}

// print writes to the output, whose errors Flush gives.
func (r *mergeTreeRun) print(texts ...string) {
	for _, text := range texts {
		_, _ = r.out.WriteString(text)
	}
}

func (r *mergeTreeRun) merge(base, ours, theirs string) (merge.Result, error) {
	var trees [3]object.ID
	for i, name := range []string{base, ours, theirs} {
		tree, err := r.tree(name)
		if err != nil {
			return merge.Result{}, err
		}
		trees[i] = tree
	}
	options := merge.Options{
		Ours: ours, Theirs: theirs,
		RenameLimit: observe.RenameLimit(r.repository),
		External:    observe.ExternalDriver(r.repository),
	}
	switch r.options.attributes {
	case "":
	case attributesOfOurs:
		options.Attributes = trees[1]
	default:
		tree, err := r.tree(r.options.attributes)
		if err != nil {
			return merge.Result{}, err
		}
		options.Attributes = tree
	}
	result, err := merge.Trees(observe.MergeObjects{Repository: r.repository}, trees[0], trees[1], trees[2], options)
	var driver *merge.DriverError
	if errors.As(err, &driver) {
		return merge.Result{}, &exitError{code: ExitRefused, reason: driver.Error(), hint: driver.Hint()}
	}
	if err != nil || !r.options.write {
		return result, err
	}
	return result, r.repository.StoreObjects(result.Objects)
}

// tree finds the tree that a name on the command line stands for.
func (r *mergeTreeRun) tree(name string) (object.ID, error) {
	if id, err := object.ParseID(strings.ToLower(name)); err == nil {
		tree, err := r.repository.TreeAt(id, "")
		if missing, ok := errors.AsType[*gitrepo.MissingError](err); ok && missing.ID == id && !missing.Partial && !missing.Shallow {
			return tree, &usageError{reason: fmt.Sprintf("there is no object %s in this clone", name), hint: "give the id of a commit or tree; bring missing ones in: git fetch"}
		}
		if !errors.Is(err, gitrepo.ErrWrongKind) {
			return tree, err
		}
	}
	commit, err := r.repository.ResolveCommit(name)
	if err != nil {
		return object.ID{}, err
	}
	return r.repository.TreeAt(commit, "")
}
