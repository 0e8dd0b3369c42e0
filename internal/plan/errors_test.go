package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/plan"
)

// check compares an error with what is wanted: "" for none, otherwise the kind of
// error ("refused", "misuse" or "moved"), a colon, and a part of its text or hint.
func check(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("got %s", describeError(err))
		}
		return
	}
	kind, text, _ := strings.Cut(want, ": ")
	got := describeError(err)
	if !strings.HasPrefix(got, kind+": ") || !strings.Contains(got, text) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// describeError writes an error's kind, text and hint in two lines.
func describeError(err error) string {
	var refusal *plan.Refusal
	var misuse *plan.Misuse
	var moved *plan.Moved
	switch {
	case err == nil:
		return "no error"
	case errors.As(err, &refusal):
		return "refused: " + refusal.Error() + "\n" + refusal.Hint()
	case errors.As(err, &misuse):
		return "misuse: " + misuse.Error() + "\n" + misuse.Hint()
	case errors.As(err, &moved):
		return "moved: " + moved.Error() + "\n" + moved.Hint()
	}
	return "failure: " + err.Error()
}
