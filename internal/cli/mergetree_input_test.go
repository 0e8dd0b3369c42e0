package cli

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// endless is an input without an end, and without lines. It fails the test when more
// of it is read than any line has.
type endless struct {
	t    *testing.T
	read int
}

func (e *endless) Read(buffer []byte) (int, error) {
	if e.read += len(buffer); e.read > 16*maxMergeLine {
		e.t.Error("the input is read without bound")
		return 0, io.EOF
	}
	clear(buffer)
	return len(buffer), nil
}

func TestMergeTreeReadsNoLineWithoutEnd(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	streams, _, _, stderr := terminal.Test()
	streams.In = &endless{t: t}
	env := Env{Streams: streams, Environ: repo.Environ(), Dir: repo.Dir}
	code := run(context.Background(), env, []string{"merge-tree", "--stdin"})
	if text := stderr.String(); code != int(ExitUsage) || !strings.Contains(text, "line 1") || len(text) > 2000 {
		t.Errorf("exit code %d, printed %d bytes: %.300s", code, len(text), text)
	}
}

// An id that nobody has is a mistake in what was typed, and no damage.
func TestMergeTreeWithUnknownID(t *testing.T) {
	t.Parallel()
	repo := mergeFixture(t)
	nothing := strings.Repeat("1", 40)
	for _, arguments := range [][]string{
		{"--merge-base", nothing, "ours", "theirs"}, {"--merge-base", "base", "ours", nothing},
	} {
		code, out, errors := mergeTree(repo, ".", "", arguments...)
		if code != int(ExitUsage) || out != "" || !strings.Contains(errors, nothing) || strings.Contains(errors, "damaged") {
			t.Errorf("%q: exit code %d, printed %q\n%s", arguments, code, out, errors)
		}
	}
}
