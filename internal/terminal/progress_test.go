package terminal

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// handTicker is a ticker that ticks when the test says so. Its channel holds
// nothing, so a tick that was taken means that those before it were worked off.
type handTicker struct {
	ticks   chan time.Time
	stopped chan struct{}
}

func (h *handTicker) start(time.Duration) (<-chan time.Time, func()) {
	return h.ticks, func() { close(h.stopped) }
}

func (h *handTicker) tick(times int) {
	for range times {
		h.ticks <- time.Time{}
	}
}

// newTerminal returns streams whose Out and Err are one terminal, as they are
// for an operator, and what reaches it.
func newTerminal(width int) (*Streams, *handTicker, *bytes.Buffer) {
	device := new(bytes.Buffer)
	ticker := &handTicker{ticks: make(chan time.Time), stopped: make(chan struct{})}
	streams := newStreams(strings.NewReader(""), device, device)
	streams.OutIsTerminal, streams.ErrIsTerminal = true, true
	streams.Width, streams.ErrWidth = width, width
	streams.Ticker = ticker.start
	return streams, ticker, device
}

// screenOf gives the lines that a terminal would show after that output.
func screenOf(output string) []string {
	lines := strings.Split(output, "\n")
	for at, line := range lines {
		if erased := strings.LastIndex(line, eraseLine); erased >= 0 {
			lines[at] = line[erased+len(eraseLine):]
		}
	}
	return lines
}

func write(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Error(err)
	}
}

func TestProgressAppearsAfterASecond(t *testing.T) {
	t.Parallel()
	streams, ticker, device := newTerminal(80)
	progress := streams.Progress("fetching origin/master")
	ticker.tick(9)
	progress.Done()
	if device.Len() != 0 {
		t.Errorf("shown within a second: %q", device)
	}
	select {
	case <-ticker.stopped:
	default:
		t.Error("the ticker goes on")
	}
}

func TestProgressIsRedrawnAndErased(t *testing.T) {
	t.Parallel()
	streams, ticker, device := newTerminal(40)
	progress := streams.Progress("fetching \x1b[31morigin/master")
	ticker.tick(11)
	progress.Update("fetching 10 of 20 objects from a remote with a long name")
	ticker.tick(1)
	progress.Done()
	progress.Done()
	want := eraseLine + "- fetching origin/master" +
		eraseLine + `\ fetching origin/master` +
		eraseLine + "| fetching 10 of 20 objects from a rem…" + eraseLine
	if got := device.String(); got != want {
		t.Errorf("drawn\n%q, want\n%q", got, want)
	}
}

func TestProgressNeverMixesWithOutput(t *testing.T) {
	t.Parallel()
	streams, ticker, device := newTerminal(80)
	streams.ProgressDelay = 0
	progress := streams.Progress("waiting")
	ticker.tick(2)
	write(t, streams.Out, "a line\n")
	ticker.tick(2)
	write(t, streams.Out, "half ")
	ticker.tick(3) // would overwrite what stands there
	write(t, streams.Out, "a line\n")
	ticker.tick(2)
	write(t, streams.Err, "a warning\n")
	progress.Done()

	got := strings.Join(screenOf(device.String()), "|")
	if want := "a line|half a line|a warning|"; got != want {
		t.Errorf("the screen shows %q, want %q", got, want)
	}
	if drawn := strings.Count(device.String(), "waiting"); drawn < 3 {
		t.Errorf("drawn %d times only: %q", drawn, device)
	}
}

func TestYoungestProgressIsShown(t *testing.T) {
	t.Parallel()
	streams, outerTicker, device := newTerminal(80)
	streams.ProgressDelay = 0
	outer := streams.Progress("promoting")
	innerTicker := &handTicker{ticks: make(chan time.Time), stopped: make(chan struct{})}
	streams.Ticker = innerTicker.start
	inner := streams.Progress("probing")
	outerTicker.tick(2)
	innerTicker.tick(2)
	inner.Done()
	if got := device.String(); strings.Contains(got, "promoting") || !strings.Contains(got, "probing") {
		t.Errorf("drawn %q", got)
	}
	outerTicker.tick(2)
	outer.Done()
	if got := device.String(); !strings.Contains(got, "promoting") {
		t.Errorf("the older one does not come back: %q", got)
	}
}

func TestProgressWithoutTerminal(t *testing.T) {
	t.Parallel()
	streams, _, out, err := Test()
	streams.OutIsTerminal = true
	streams.Ticker = func(time.Duration) (<-chan time.Time, func()) {
		t.Error("a ticker was started")
		return nil, func() {}
	}
	progress := streams.Progress("fetching")
	progress.Update("still")
	progress.Done()
	if out.Len()+err.Len() != 0 {
		t.Errorf("written: %q %q", out, err)
	}
}

func TestProgressIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	streams, ticker, device := newTerminal(80)
	streams.ProgressDelay = 0
	progress := streams.Progress("working")
	var group sync.WaitGroup
	group.Go(func() { ticker.tick(50) })
	for worker := range 4 {
		group.Go(func() {
			for range 50 {
				progress.Update(fmt.Sprintf("worker %d", worker))
				write(t, streams.Out, "done\n")
			}
		})
	}
	group.Wait()
	progress.Done()
	if got := strings.Join(screenOf(device.String()), "|"); got != strings.Repeat("done|", 200) {
		t.Errorf("the screen shows %q", got)
	}
}

func TestSystemTickerTicks(t *testing.T) {
	t.Parallel()
	streams, _, device := newTerminal(80)
	streams.ProgressDelay = 0
	reader, output := io.Pipe()
	streams.screen.err = io.MultiWriter(device, output)
	streams.Ticker = systemTicker
	progress := streams.Progress("working")
	drawn := make([]byte, len(eraseLine))
	if _, err := io.ReadFull(reader, drawn); err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	progress.Done()
	if !strings.Contains(device.String(), "working") {
		t.Errorf("drawn %q", device)
	}
}
