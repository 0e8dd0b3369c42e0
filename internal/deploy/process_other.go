//go:build !unix

package deploy

import (
	"os"
	"os/exec"
)

// detach leaves the command in the operator's console. On Windows that console
// gives Ctrl-C to the command as well; processes that the command started are
// not gathered (a job object could), so that only the command itself is killed.
func detach(*exec.Cmd) {}

// signalAll ends the process by its handle: there are no signals to send.
func signalAll(process *os.Process, _ os.Signal) { killAll(process) }

// killAll ends the process by its handle. That it has ended already is no
// failure: its end is being waited for.
func killAll(process *os.Process) { _ = process.Kill() }

// endingSignal is always empty: no signal ends a process here.
func endingSignal(*os.ProcessState) string { return "" }
