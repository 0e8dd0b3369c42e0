package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/benchmark/usage"
)

// spent is what a process has cost.
type spent struct {
	wall, cpu time.Duration
	peak      int64 // bytes, 0 where the system does not tell
}

// spend runs a merge, which may end in a conflict.
func spend(command *exec.Cmd, input string) (spent, error) {
	var stderr bytes.Buffer
	command.Stdin, command.Stderr = strings.NewReader(input), &stderr
	begun := time.Now()
	err := command.Run()
	wall := time.Since(begun)
	const conflict = 1
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != conflict) {
		return spent{}, fmt.Errorf("%s: %w\n%s", command, err, stderr.String())
	}
	state := command.ProcessState
	return spent{wall: wall, cpu: state.UserTime() + state.SystemTime(), peak: usage.Peak(state)}, nil
}

// median is the median of each measure.
func median(costs []spent) spent {
	return spent{
		wall: usage.Median(costs, func(s spent) time.Duration { return s.wall }),
		cpu:  usage.Median(costs, func(s spent) time.Duration { return s.cpu }),
		peak: usage.Median(costs, func(s spent) int64 { return s.peak }),
	}
}
