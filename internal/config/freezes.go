package config

import (
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// The actions that a freeze may stop.
const (
	stopsPush = "push"
	stopsTag  = "tag"
)

// freeze reads an item of freezes.
func (t *timetable) freeze(node *yaml.Node) {
	d := t.decoder
	var freeze release.Freeze
	var stops []string
	read := d.mapping(node, "a freeze",
		required("from", "2014-12-22", d.date(&freeze.From)),
		required("to", "2015-01-04", d.date(&freeze.To)),
		optional("reason", d.text(&freeze.Reason)),
		optional("stops", values(d, &stops, "push or tag", parseStop)),
	)
	if read.ok("from", "to") && freeze.To.Before(freeze.From) {
		d.reportValue(read, "to", "the freeze ends on %s, before it begins on %s, expected a later day", freeze.To, freeze.From)
		delete(read.sound, "to")
	}
	if read.ok("stops") && !slices.Contains(stops, stopsPush) {
		d.reportValue(read, "stops", "a freeze that does not stop pushes, expected [push] or [push, tag]")
	}
	freeze.StopsTags = slices.Contains(stops, stopsTag)
	t.schedule.Freezes = append(t.schedule.Freezes, freeze)
	t.freezes = append(t.freezes, read)
}

func parseStop(text string) (string, error) { return chosen(text, []string{stopsPush, stopsTag}) }

// checkFreezes reports freezes that are over before the train begins.
func (t *timetable) checkFreezes(read section) {
	for i, freeze := range t.schedule.Freezes {
		if read.ok("first-tag") && t.freezes[i].ok("to") && freeze.To.Before(t.schedule.FirstTag) {
			t.decoder.reportValue(t.freezes[i], "to", "the freeze touches no cycle: it ends on %s, expected %s, the first tag, or later", freeze.To, t.schedule.FirstTag)
		}
	}
}
