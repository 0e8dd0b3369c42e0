package deploy

import (
	"context"
	"os"
	"syscall"
	"time"
)

// supervisor brings a process to its end, in good time.
type supervisor struct {
	process     *os.Process
	grace       time.Duration
	timedOut    bool
	interrupted bool
	// stopping fires when the grace period is over; nil while nobody has asked
	// the process to end.
	stopping <-chan time.Time
}

// until waits for the process and returns what ended says about it.
func (s *supervisor) until(ctx context.Context, ended <-chan error, signals <-chan os.Signal, timeout time.Duration) error {
	var timeUp <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		timeUp = timer.C
	}
	cancelled := ctx.Done()
	for {
		select {
		case err := <-ended:
			return err
		case signal, open := <-signals:
			if !open {
				signals = nil
				continue
			}
			s.passOn(signal)
		case <-cancelled:
			cancelled = nil
			s.interrupted = true
			s.ask(syscall.SIGTERM)
		case <-timeUp:
			s.timedOut = true
			s.ask(syscall.SIGTERM)
		case <-s.stopping:
			killAll(s.process)
		}
	}
}

// passOn gives the operator's signal to the command. An operator who presses
// Ctrl-C once more has no patience left.
func (s *supervisor) passOn(signal os.Signal) {
	if s.interrupted && signal == os.Interrupt {
		killAll(s.process)
		return
	}
	s.interrupted = true
	s.ask(signal)
}

// ask tells the process to end; the first time, its grace period begins.
func (s *supervisor) ask(signal os.Signal) {
	if s.stopping == nil {
		s.stopping = time.After(s.grace)
	}
	signalAll(s.process, signal)
}
