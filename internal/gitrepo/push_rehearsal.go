package gitrepo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// unusualCreations are the updates that make references other than branches and
// tags, of which a remote may have hidden the place.
func unusualCreations(updates []RefUpdate) []RefUpdate {
	return slices.DeleteFunc(slices.Clone(updates), func(u RefUpdate) bool {
		return !u.Old.IsZero() || strings.HasPrefix(u.Name, "refs/heads/") || strings.HasPrefix(u.Name, "refs/tags/")
	})
}

// rehearse finds out, in a session that it uses up, whether the remote would
// take references that do not exist yet. git drops the update of a hidden
// reference (receive.hideRefs, transfer.hideRefs) before it begins the
// transaction, so that the rest of an atomic push takes place without it, and
// a hidden reference looks the same as one that does not exist.
//
// It sends updates that cannot happen, from the new value to the new value of a
// reference that is not there: the remote answers that it is hidden, or that the
// value is another. It may keep the objects, to which nothing refers.
func (r *Remote) rehearse(ctx context.Context, to *session, created []RefUpdate, objects []object.Object) error {
	defer func() { _ = to.close() }()
	impossible := slices.Clone(created)
	for i := range impossible {
		impossible[i].Old = impossible[i].New
	}
	message, err := to.pushMessage(impossible, objects)
	if err != nil {
		return fmt.Errorf("preparing the push to %s: %w", to.remote, err)
	}
	op := startOperation(ctx, r.patience)
	defer op.end()
	answer, err := to.exchange(op, request{message: message})
	if err != nil {
		return brokenOff(to, "pushing to", err)
	}
	report, messages, err := to.readReport(answer)
	if err != nil {
		return brokenOff(to, "pushing to", op.reason(err))
	}
	reasons := judge(report, impossible).reasons
	hidden := slices.ContainsFunc(reasons, func(reason RefusedRef) bool { return strings.Contains(reason.Reason, hiddenReason) })
	if hidden {
		return &RefusedError{Remote: to.remote, Refs: reasons, Messages: messages}
	}
	return nil
}

// hiddenReason is in git's words for a reference that it hides.
const hiddenReason = "hidden ref"
