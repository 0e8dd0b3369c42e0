package terminal_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/terminal"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		input string
		want  bool
	}{
		"y":                    {"y\n", true},
		"yes, in any case":     {" YES \r\n", true},
		"no":                   {"n\n", false},
		"only Enter":           {"\n", false},
		"something else":       {"yess\n", false},
		"end of input":         {"", false},
		"cut short by the end": {"y", false},
		"far too long":         {"y" + strings.Repeat(" ", 5000) + "\n", false},
		"longer than the rest": {strings.Repeat("x", 1023) + "y\n", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			streams, in, out, err := terminal.Test()
			in.WriteString(test.input)
			got, failure := streams.Confirm(t.Context(), "Push \x1b[31m3 refs?")
			if failure != nil || got != test.want {
				t.Errorf("Confirm = %v, %v; want %v", got, failure, test.want)
			}
			if question := err.String(); !strings.HasPrefix(question, "Push 3 refs? [y/N] ") {
				t.Errorf("asked %q", question)
			}
			if out.Len() != 0 {
				t.Errorf("standard output got %q", out)
			}
		})
	}
}

func TestConfirmTwice(t *testing.T) {
	t.Parallel()
	streams, in, _, _ := terminal.Test()
	in.WriteString("y\nn\ny\n")
	for at, want := range []bool{true, false, true, false} {
		if got, err := streams.Confirm(t.Context(), "Go on?"); err != nil || got != want {
			t.Errorf("question %d: %v, %v; want %v", at+1, got, err, want)
		}
	}
}

func TestConfirmReportsFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("input/output error")
	streams, _, _, _ := terminal.Test()
	reader, writer := io.Pipe()
	writer.CloseWithError(broken)
	streams.In = reader
	if _, err := streams.Confirm(t.Context(), "Go on?"); !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
	reader, writer = io.Pipe()
	reader.CloseWithError(broken)
	streams.Err = writer
	if _, err := streams.Confirm(t.Context(), "Go on?"); !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
}

func TestConfirmIsCancelled(t *testing.T) {
	t.Parallel()
	streams, _, _, output := terminal.Test()
	reader, _ := io.Pipe() // nobody types
	streams.In = reader
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if confirmed, err := streams.Confirm(ctx, "Go on?"); confirmed || !errors.Is(err, context.Canceled) {
		t.Fatalf("Confirm = %v, %v", confirmed, err)
	}
	if got := output.String(); !strings.HasSuffix(got, "\n") {
		t.Errorf("what follows would stand beside the question: %q", got)
	}
}
