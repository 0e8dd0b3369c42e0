package plan

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
)

// toldAhead is how many cycles after the current one are told.
const toldAhead = 3

// cycleDates is a cycle and its days as the ledger keeps them.
type cycleDates struct {
	cycle calendar.Cycle
	dates ledger.CycleDates
}

// comingDates are the current cycle and the next ones.
func (s *Snapshot) comingDates() []cycleDates {
	schedule := s.Calendar()
	from := s.Today()
	if current, ok := schedule.Current(from); ok {
		from = current.Planned
	}
	cycles, err := schedule.Cycles(from, from.AddDays(toldAhead*s.Train.Schedule.Every))
	if err != nil {
		return nil // at the end of the calendar there is nothing to tell
	}
	var coming []cycleDates
	for _, cycle := range cycles {
		if !cycle.Planned.Before(from) {
			coming = append(coming, cycleDates{cycle, ledger.CycleDates{Planned: cycle.Planned, Tag: cycle.Tag, Push: cycle.Push}})
		}
	}
	return coming
}

// datesChanged reports whether a coming day is another than was told, or than follows
// from the count where nothing was told of the cycle.
func (s *Snapshot) datesChanged(coming []cycleDates) (bool, error) {
	told, err := s.Ledger.ToldDates(s.Component.Name)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(coming, func(one cycleDates) bool {
		want := ledger.CycleDates{Planned: one.cycle.Planned, Tag: one.cycle.Planned, Push: one.cycle.PlannedPush}
		if at := slices.IndexFunc(told, func(t ledger.CycleDates) bool { return t.Planned == one.dates.Planned }); at >= 0 {
			want = told[at]
		}
		return want != one.dates
	}), nil
}

func cyclesOf(coming []cycleDates) []calendar.Cycle {
	cycles := make([]calendar.Cycle, len(coming))
	for i, one := range coming {
		cycles[i] = one.cycle
	}
	return cycles
}

func datesOf(coming []cycleDates) []ledger.CycleDates {
	dates := make([]ledger.CycleDates, len(coming))
	for i, one := range coming {
		dates[i] = one.dates
	}
	return dates
}
