package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/announcement"
	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type calendarOptions struct {
	from, until string
}

// cycleJSON is a cycle for programs.
type cycleJSON struct {
	Number  int           `json:"number"`
	Planned release.Date  `json:"planned"`
	Tag     *release.Date `json:"tag"`  // null when skipped
	Push    *release.Date `json:"push"` // null when skipped
	// Test are the days of the load tests.
	Test       []release.Date `json:"test"`
	PushOpens  *time.Time     `json:"push_opens"`
	PushCloses *time.Time     `json:"push_closes"`
	Skipped    bool           `json:"skipped"`
	Notes      []string       `json:"notes"`
}

func newCalendarCommand(a *app) *cobra.Command {
	var options calendarOptions
	command := &cobra.Command{
		Use:     "calendar",
		GroupID: groupLook,
		Short:   "The cycles: tagging, testing and pushing days",
		Long: `The cycles of the train: the day of each tag, the days of the load tests and
the day of each push, in civil dates of the train's zone. What a freeze, a
holiday or an exception moves is explained.

JSON is an array of cycles: number, planned (the tagging day by the count, which
identifies the cycle), tag, push, test (dates), push_opens, push_closes (times),
skipped, notes. -o ics writes an iCalendar feed to subscribe to.

Without --from and --until the current cycle and the next seven are shown.

` + exitStatus,
		Example: `  looprel calendar
  looprel calendar --from 2014-07-01 --until 2014-08-31
  looprel calendar -o ics > train.ics`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.calendar(cmd.Context(), options) },
	}
	command.Flags().StringVar(&options.from, "from", "", "first day, as `YYYY-MM-DD`")
	command.Flags().StringVar(&options.until, "until", "", "last day, as `YYYY-MM-DD`")
	return command
}

func (a *app) calendar(ctx context.Context, options calendarOptions) error {
	asJSON, err := a.json("ics")
	if err != nil {
		return err
	}
	clock, err := a.env.clock()
	if err != nil {
		return err
	}
	source, err := a.loadConfig(ctx)
	if err != nil {
		return err
	}
	train := source.Train
	schedule := calendar.New(train.Schedule, train.Zone)
	from, until, err := calendarRange(options, schedule, train.Schedule.Every, clock.now)
	if err != nil {
		return err
	}
	cycles, err := schedule.Cycles(from, until)
	if err != nil {
		return &usageError{reason: err.Error(), hint: "choose other days: looprel calendar --from YYYY-MM-DD --until YYYY-MM-DD"}
	}
	switch {
	case asJSON:
		return a.printJSON(cyclesJSON(schedule, cycles))
	case a.output == "ics":
		changed := source.Changed
		if changed.IsZero() {
			changed = clock.now
		}
		feed, err := announcement.Calendar(train, cycles, changed)
		if err != nil {
			return err
		}
		_, err = a.env.Streams.Out.Write(feed)
		return err
	}
	return a.printCycles(cycles)
}

// shownCycles is how many cycles are shown when no range is given.
const shownCycles = 8

// calendarRange reads the range; by default it begins with the current cycle.
func calendarRange(options calendarOptions, schedule *calendar.Calendar, every int, now time.Time) (from, until release.Date, err error) {
	from = schedule.Today(now)
	if current, ok := schedule.Current(from); ok {
		from = current.Planned
	} else if first, ok := schedule.Next(from); ok {
		from = first.Planned
	}
	if options.from != "" {
		if from, err = parseDate("--from", options.from); err != nil {
			return from, until, err
		}
	}
	until = from.AddDays(shownCycles*every - 1)
	if options.until != "" {
		until, err = parseDate("--until", options.until)
	}
	return from, until, err
}

func parseDate(flag, text string) (release.Date, error) {
	date, err := release.ParseDate(text)
	if err != nil {
		return date, &usageError{reason: flag + ": " + err.Error(), hint: "give it as in " + flag + " 2014-07-01"}
	}
	return date, nil
}

func cyclesJSON(schedule *calendar.Calendar, cycles []calendar.Cycle) []cycleJSON {
	list := make([]cycleJSON, 0, len(cycles))
	for _, cycle := range cycles {
		one := cycleJSON{Number: cycle.Number, Planned: cycle.Planned, Test: cycle.Test, Skipped: cycle.Skipped, Notes: cycle.Notes}
		if !cycle.Skipped {
			opens, closes := schedule.Window(cycle.Push)
			one.Tag, one.Push, one.PushOpens, one.PushCloses = &cycle.Tag, &cycle.Push, &opens, &closes
		}
		if one.Test == nil {
			one.Test = []release.Date{}
		}
		if one.Notes == nil {
			one.Notes = []string{}
		}
		list = append(list, one)
	}
	return list
}

func (a *app) printCycles(cycles []calendar.Cycle) error {
	p := a.printer()
	if len(cycles) == 0 {
		p.line(0, "No tagging or pushing day in this range.")
		return p.err
	}
	table := terminal.NewTable(
		terminal.Column{Header: "CYCLE", Align: terminal.AlignRight}, terminal.Column{Header: "TAG"},
		terminal.Column{Header: "LOAD TESTS"}, terminal.Column{Header: "PUSH"}, terminal.Column{Fit: terminal.FitWrap})
	for _, cycle := range cycles {
		number := terminal.Text(fmt.Sprint(cycle.Number))
		if cycle.Skipped {
			table.Row(number, terminal.Styled(terminal.Yellow, "skipped"), terminal.Text(""), terminal.Text(""), terminal.Text(firstNote(cycle)))
		} else {
			table.Row(number, terminal.Text(calendar.Day(cycle.Tag)), terminal.Text(testDays(cycle)),
				terminal.Text(calendar.Day(cycle.Push)), terminal.Text(firstNote(cycle)))
		}
		for i, note := range cycle.Notes {
			if i > 0 {
				table.Row(terminal.Text(""), terminal.Text(""), terminal.Text(""), terminal.Text(""), terminal.Text(note))
			}
		}
	}
	p.table(table)
	return p.err
}

func firstNote(cycle calendar.Cycle) string {
	if len(cycle.Notes) == 0 {
		return ""
	}
	return cycle.Notes[0]
}

// testDays names the days of the week only: the dates follow from the tag.
func testDays(cycle calendar.Cycle) string {
	if len(cycle.Test) == 0 {
		return ""
	}
	first, last := cycle.Test[0].Weekday().String(), cycle.Test[len(cycle.Test)-1].Weekday().String()
	if first == last {
		return first[:3]
	}
	return first[:3] + " to " + last[:3]
}
