//go:build unix

package deploy

import (
	"os"
	"os/exec"
	"syscall"
)

// detach gives the command a session of its own. All that it starts is in its
// process group, so that signals reach the whole; the terminal's Ctrl-C does not
// reach it by itself, so that each signal arrives once, from here; and nothing in
// it can read from the operator's terminal.
func detach(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// signalAll sends the signal to the command's process group. That the group is
// gone already is no failure: its end is being waited for.
func signalAll(process *os.Process, signal os.Signal) {
	if number, ok := signal.(syscall.Signal); ok {
		_ = syscall.Kill(-process.Pid, number)
	}
}

// killAll ends the command's process group at once.
func killAll(process *os.Process) { signalAll(process, syscall.SIGKILL) }

// endingSignal names the signal that ended the process; empty when none did.
func endingSignal(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}
