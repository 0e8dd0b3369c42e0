package cli

import (
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/plan"
)

// embargoText writes an embargo, "" for none.
func embargoText(s *plan.Snapshot, until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return "nobody is told before " + moment(until, s.Train.Zone, s.Now.Location())
}

const embargoUsage = "announce it at `TIME` only (2014-08-12, \"2014-08-12 10:00\", or RFC 3339)"

// parseEmbargo reads a time in the train's zone, or one that brings its own.
func parseEmbargo(s *plan.Snapshot, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, text, s.Train.Zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, &usageError{
		reason: fmt.Sprintf("--embargo %q is no time", text),
		hint:   "give it as 2014-08-12, \"2014-08-12 10:00\" (in " + s.Train.Zone.String() + ") or 2014-08-12T10:00:00Z",
	}
}
