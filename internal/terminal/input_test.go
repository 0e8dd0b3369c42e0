package terminal

import (
	"io"
	"runtime"
	"testing"
)

func TestWaitingReadServesTheNextQuestion(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	input := &lineReader{}
	first := input.next(reader)
	second := input.next(reader)
	if _, err := io.WriteString(writer, "y\n"); err != nil {
		t.Fatal(err)
	}
	if first != second {
		t.Error("two reads compete for one line")
	}
	if got := <-second; got.line != "y\n" || got.err != nil {
		t.Errorf("read %q, %v", got.line, got.err)
	}
}

func TestLineTypedBeforeTheQuestionIsDropped(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	input := &lineReader{}
	cancelled := input.next(reader)
	if _, err := io.WriteString(writer, "y\n"); err != nil {
		t.Fatal(err)
	}
	for len(cancelled) == 0 {
		runtime.Gosched()
	}
	next := input.next(reader)
	if _, err := io.WriteString(writer, "n\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-next; got.line != "n\n" || got.err != nil {
		t.Errorf("read %q, %v", got.line, got.err)
	}
}
