package announcement

import (
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ics"
	"github.com/mozilla-services/looprel/internal/release"
)

// sequenceEpoch is where an event's revision counts from, in seconds since 1970:
// the revision is a time, and has to fit into 31 bits.
const sequenceEpoch = 1388534400 // 2014-01-01T00:00:00Z

// Calendar is the cycles as an iCalendar object. stamp is when the timetable was
// changed, or when it is told: a later one wins over an earlier.
func Calendar(train *release.Train, cycles []calendar.Cycle, stamp time.Time) ([]byte, error) {
	name := train.Name()
	feed, err := ics.Feed("Release train of "+name, cycles, train.Zone, ics.Options{
		Identity: name + " since " + train.Schedule.FirstTag.String(), Sequence: int(stamp.Unix() - sequenceEpoch), Stamp: stamp,
		PushFrom: train.Schedule.PushFrom, PushTo: train.Schedule.PushTo,
	})
	if err != nil {
		return nil, fmt.Errorf("write the calendar: %w", err)
	}
	return feed, nil
}
