package release

import "slices"

// Tick is what the train may do by itself.
type Tick struct {
	// Remind tells people whose turn it is.
	Remind bool
	// Announce sends the announcements that are open.
	Announce bool
	// Tag makes the cycle's release on its day, not before the hour From.
	Tag  bool
	From TimeOfDay
	// Promote are the environments that releases are brought to, or the heads of the
	// branch that they follow.
	Promote []string
	// Late allows what is allowed late: a tag or a push after its day.
	Late bool
}

// Promotes reports whether an environment is among those.
func (t Tick) Promotes(environment string) bool { return slices.Contains(t.Promote, environment) }
