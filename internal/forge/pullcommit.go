package forge

import (
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

// PullCommit is a commit on the branch of a pull request, as it was before the merge.
type PullCommit struct {
	ID      object.ID
	Message string
	// Authored is when its author made it.
	Authored time.Time
	// Merge: it is a merge itself.
	Merge bool
}
