package merge_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// treeOutcome is what git makes of a treeCase, and under which labels.
type treeOutcome struct {
	ours, theirs string
	clean        bool
	tree         string
	paths        []string
	// crashed says that git has no outcome.
	crashed bool
}

// treeOracle merges trees by git merge-tree, many at a time.
type treeOracle struct {
	t          testing.TB
	repo       *gittest.Repo
	attributes files
}

// newTreeOracle makes a repository with an empty worktree.
func newTreeOracle(t testing.TB) *treeOracle {
	t.Helper()
	return &treeOracle{t: t, repo: gittest.New(t)}
}

// heed puts nothing but the given .gitattributes files into the worktree. git 2.39
// reads them nowhere else in this case.
func (o *treeOracle) heed(attributes files) {
	o.t.Helper()
	for path := range o.attributes {
		o.repo.Write(path, "")
	}
	for path, f := range attributes {
		o.repo.Write(path, f.content)
	}
	o.attributes = attributes
}

// merge gives the outcomes in the order of the cases.
func (o *treeOracle) merge(cases []treeCase) []treeOutcome {
	o.t.Helper()
	marks := filepath.Join(o.t.TempDir(), "marks")
	o.repo.GitInput(treeStream(cases), "fast-import", "--quiet", "--done", "--force", "--export-marks="+marks)
	commits := o.readMarks(marks)
	outcomes := make([]treeOutcome, len(cases))
	for i := range cases {
		outcomes[i].ours, outcomes[i].theirs = commits[3*i+2], commits[3*i+3]
	}
	o.fill(outcomes)
	return outcomes
}

// fill merges the commits that the outcomes name. Some merges are too much for
// git 2.39, which ends at once when something is not as it expects; they are
// looked for by halves.
func (o *treeOracle) fill(outcomes []treeOutcome) {
	o.t.Helper()
	var pairs strings.Builder
	for _, outcome := range outcomes {
		fmt.Fprintf(&pairs, "%s %s\n", outcome.ours, outcome.theirs)
	}
	output, err := o.repo.Try(pairs.String(), "merge-tree", "--write-tree", "--name-only", "--no-messages", "--stdin")
	switch {
	case err == nil:
		o.parse(output, outcomes)
	case !failsKnownAssertion(err):
		o.t.Fatal(err)
	case len(outcomes) == 1:
		outcomes[0].crashed = true
	default:
		o.fill(outcomes[:len(outcomes)/2])
		o.fill(outcomes[len(outcomes)/2:])
	}
}

func (o *treeOracle) parse(output string, outcomes []treeOutcome) {
	o.t.Helper()
	fields := strings.Split(output, "\x00")
	for i := range outcomes {
		if len(fields) < 3 {
			o.t.Fatalf("git merge-tree --stdin: output ends at merge %d", i)
		}
		outcomes[i].clean, outcomes[i].tree = fields[0] == "1", fields[1]
		for fields = fields[2:]; fields[0] != ""; fields = fields[1:] {
			outcomes[i].paths = append(outcomes[i].paths, fields[0])
		}
		fields = fields[1:]
	}
}

// treeStream writes three commits for each case: base, and ours and theirs upon
// it, with the marks 3n+1 to 3n+3.
func treeStream(cases []treeCase) string {
	var stream bytes.Buffer
	marks := map[object.ID]int{}
	next := 3*len(cases) + 1
	for _, c := range cases {
		for _, tree := range c.trees() {
			for _, f := range tree {
				if _, known := marks[f.id()]; known || f.mode == object.ModeSubmodule {
					continue
				}
				marks[f.id()] = next
				fmt.Fprintf(&stream, "blob\nmark :%d\ndata %d\n%s\n", next, len(f.content), f.content)
				next++
			}
		}
	}
	for i, c := range cases {
		for j, tree := range c.trees() {
			writeTreeCommit(&stream, marks, 3*i+1, j, tree)
		}
	}
	stream.WriteString("done\n")
	return stream.String()
}

func writeTreeCommit(stream *bytes.Buffer, marks map[object.ID]int, first, offset int, tree files) {
	fmt.Fprintf(stream, "reset refs/heads/case\n\ncommit refs/heads/case\nmark :%d\ncommitter %s <%s> %d +0000\ndata 0\n",
		first+offset, gittest.Name, gittest.Email, gittest.Epoch().Unix()+int64(offset))
	if offset > 0 {
		fmt.Fprintf(stream, "from :%d\n", first)
	}
	stream.WriteString("deleteall\n")
	for path, f := range tree {
		reference := f.content
		if f.mode != object.ModeSubmodule {
			reference = fmt.Sprintf(":%d", marks[f.id()])
		}
		fmt.Fprintf(stream, "M %o %s %q\n", f.mode, reference, quoted(path))
	}
	stream.WriteString("\n")
}

// quoted is a path that is written as a C string.
type quoted string

// Format writes the path between quotes with octal escapes.
func (q quoted) Format(state fmt.State, _ rune) {
	_, _ = state.Write([]byte{'"'})
	for i := range len(q) {
		switch c := q[i]; {
		case c == '"' || c == '\\' || c < ' ' || c >= 0x7f:
			_, _ = fmt.Fprintf(state, "\\%03o", c)
		default:
			_, _ = state.Write([]byte{c})
		}
	}
	_, _ = state.Write([]byte{'"'})
}

func (o *treeOracle) readMarks(name string) map[int]string {
	o.t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		o.t.Fatal(err)
	}
	commits := map[int]string{}
	for line := range strings.Lines(string(content)) {
		mark, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, err := strconv.Atoi(strings.TrimPrefix(mark, ":"))
		if err != nil {
			o.t.Fatal(err)
		}
		commits[number] = id
	}
	return commits
}
