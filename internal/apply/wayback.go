package apply

import (
	"errors"
	"fmt"
)

// wayBack is what a promotion that failed says of going back: what was brought back
// already, or what would.
type wayBack struct {
	// RolledBack is what was brought back without being asked, "" if nothing was;
	// RollbackFailed is why that did not go well.
	RolledBack     string
	RollbackFailed error

	// fallback is the command that goes back, with what it does, "" if there is none.
	fallback string
	// automatic: the environment goes back by itself.
	automatic bool
}

// told continues the error's text.
func (w wayBack) told() string {
	switch {
	case w.RollbackFailed != nil:
		return fmt.Sprintf("; and the rollback: %v", w.RollbackFailed)
	case w.RolledBack != "":
		return "; rolled back to " + w.RolledBack
	}
	return ""
}

// hint says what comes next: again is what tries again, and what and name are of the
// release or set that is backed off once something else was brought back.
func (w wayBack) hint(again, what, name string) string {
	if hinting, ok := errors.AsType[interface {
		error
		Hint() string
	}](w.RollbackFailed); ok {
		return hinting.Hint()
	}
	if w.RolledBack != "" && w.RollbackFailed == nil {
		return fmt.Sprintf("%s is backed off; if it is good after all: looprel backoff %s --revoke --reason TEXT", what, name)
	}
	if w.fallback != "" {
		again += "; " + w.fallback
	}
	return again
}
