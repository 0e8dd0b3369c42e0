package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
)

// signalQueue is how many signals wait for a deploy command to take them.
const signalQueue = 4

// interrupts are the signals that ask a run to end. The first ends what can be
// ended; all of them reach a deploy command that is running, and where there is
// none, the second one ends the process at once.
type interrupts struct {
	cancel context.CancelFunc
	exit   func(code int)
	// deploying: a promotion is being applied, to which all signals belong.
	deploying atomic.Bool
	received  chan os.Signal
	passed    chan os.Signal
}

func newInterrupts(cancel context.CancelFunc, exit func(code int)) *interrupts {
	return &interrupts{
		cancel: cancel, exit: exit,
		received: make(chan os.Signal, signalQueue), passed: make(chan os.Signal, signalQueue),
	}
}

// unguarded marks, among a command's annotations, one that leaves nothing to put
// in order: a signal may end it as it ends any filter. Catching signals takes
// threads of its own, which is a good part of what such a command costs.
const unguarded = "unguarded"

// catch takes the signals from here on, unless the command is unguarded.
func (i *interrupts) catch(command *cobra.Command) {
	if _, plain := command.Annotations[unguarded]; plain {
		return
	}
	// A reader that went away ("| head") must not end a promotion half-way.
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(i.received, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go i.pass()
}

// stop gives the signals back.
func (i *interrupts) stop() { signal.Stop(i.received) }

func (i *interrupts) pass() {
	asked := false
	for s := range i.received {
		if asked && !i.deploying.Load() {
			i.exit(int(ExitInterrupted))
		}
		asked = true
		i.cancel()
		select {
		case i.passed <- s:
		default: // enough are waiting
		}
	}
}
