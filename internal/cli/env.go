// Package cli is looprel's command line: one file for each command. A command
// reads its flags, has the world observed, the plan made and applied, and prints
// what came of it. Decisions belong to plan, acts to apply.
//
// What a command needs of its surroundings comes in once, as an Env. Errors are
// turned into messages and exit codes in one place, exit.go.
package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/terminal"
)

// Version is looprel's own version.
const Version = "0.1.0"

// Env is everything that a run takes from its surroundings.
type Env struct {
	Streams *terminal.Streams
	// Environ is the environment, as os.Environ gives it.
	Environ []string
	// Dir is the directory that the command runs in; empty: the process's own.
	Dir string
	// Now reads the clock.
	Now func() time.Time
	// Random gives the ids of ledger entries.
	Random io.Reader
	// Exit ends the process.
	Exit func(code int)
	// interrupts are the signals that the process gets; run fills it in.
	interrupts *interrupts
}

// lookup returns a variable of the environment; as in a shell, the last setting
// counts.
func (e *Env) lookup(name string) string {
	value := ""
	for _, setting := range e.Environ {
		if key, v, found := strings.Cut(setting, "="); found && key == name {
			value = v
		}
	}
	return value
}

// clock is the time of a run.
type clock struct {
	now        time.Time
	overridden bool
}

// clockVariable replaces the clock, for rehearsals and tests.
const clockVariable = "LOOPREL_NOW"

// clock reads the time once: everything in a run happens at one moment. The
// time is in the operator's zone.
func (e *Env) clock() (clock, error) {
	text := e.lookup(clockVariable)
	if text == "" {
		return clock{now: e.Now()}, nil
	}
	now, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return clock{}, &usageError{
			reason: fmt.Sprintf("%s=%q is not a time", clockVariable, text),
			hint:   "give it as in RFC 3339, such as " + clockVariable + "=2014-08-05T18:00:00Z",
		}
	}
	return clock{now: now, overridden: true}, nil
}

// entryIDBytes is the length of a ledger entry's random id: enough that two runs
// never share one.
const entryIDBytes = 8

// entryID makes the id of a ledger entry.
func (e *Env) entryID() (string, error) {
	id := make([]byte, entryIDBytes)
	if _, err := io.ReadFull(e.Random, id); err != nil {
		return "", fmt.Errorf("make an entry id: %w", err)
	}
	return hex.EncodeToString(id), nil
}
