package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// The kinds of plain scalars that YAML tells apart.
const (
	textTag      = "!!str"
	integerTag   = "!!int"
	booleanTag   = "!!bool"
	timestampTag = "!!timestamp"
)

// longestDuration bounds what a person or another run waits for.
const longestDuration = 24 * time.Hour

// found names a value in a message, by its kind.
func found(node *yaml.Node) string {
	if node.Kind == yaml.MappingNode {
		return "a mapping"
	}
	if node.Kind == yaml.SequenceNode {
		return "a list"
	}
	switch node.Tag {
	case "!!null":
		return "nothing"
	case integerTag, "!!float":
		return "the number " + clipped(node.Value)
	case booleanTag:
		return "the boolean " + clipped(node.Value)
	case timestampTag:
		return "the date " + clipped(node.Value)
	}
	return "the text " + quoted(node.Value)
}

// scalar returns the text of a value that YAML takes for one of the kinds.
func (d *decoder) scalar(node *yaml.Node, expected string, kinds ...string) (text string, ok bool) {
	value := d.expect(node, yaml.ScalarNode, expected)
	if value == nil {
		return "", false
	}
	if slices.Contains(kinds, value.Tag) {
		return value.Value, true
	}
	d.report(value, "found %s, expected %s", found(value), expected)
	return "", false
}

// line returns one line of text, without the line end that a block scalar adds.
func (d *decoder) line(node *yaml.Node, expected string, kinds []string) (text string, ok bool) {
	text, ok = d.scalar(node, expected, kinds...)
	if !ok {
		return "", false
	}
	text = strings.TrimRight(text, "\n")
	switch {
	case text == "":
		d.report(d.follow(node), "found empty text, expected %s", expected)
		return "", false
	case strings.ContainsFunc(text, unprintable):
		d.report(d.follow(node), "a control character in %s, expected one line of printable text", quoted(text))
		return "", false
	}
	return text, true
}

// value reads text that has a form of its own. The error of parse is the message
// in full; expected is for values of another type. Beside text, the value may be
// of the other kinds.
func value[T any](d *decoder, target *T, expected string, parse func(string) (T, error), kinds ...string) reader {
	kinds = slices.Concat([]string{textTag}, kinds)
	return func(node *yaml.Node) {
		text, ok := d.line(node, unquotedHint(d.follow(node), expected, parse, kinds), kinds)
		if !ok {
			return
		}
		parsed, err := parse(text)
		if err != nil {
			d.report(d.follow(node), "%s", err)
			return
		}
		*target = parsed
	}
}

// unquotedHint adds to what is expected that quotes alone are missing: YAML takes
// the text for a number, a boolean or a date, and it would be right as text.
func unquotedHint[T any](node *yaml.Node, expected string, parse func(string) (T, error), kinds []string) string {
	if node == nil || node.Kind != yaml.ScalarNode || isNull(node) || slices.Contains(kinds, node.Tag) {
		return expected
	}
	if _, err := parse(node.Value); err != nil {
		return expected
	}
	return expected + ": put it in quotes"
}

// values reads a list of such texts, each of them once.
func values[T comparable](d *decoder, target *[]T, expected string, parse func(string) (T, error)) reader {
	lines := map[T]int{}
	return d.list("a list, each item "+expected, func(item *yaml.Node) {
		var parsed, none T
		value(d, &parsed, expected, parse)(item)
		if parsed == none {
			return
		}
		if line, repeated := lines[parsed]; repeated {
			d.report(item, "duplicate %s, expected it once: it stands on line %d already", quoted(fmt.Sprint(parsed)), line)
			return
		}
		lines[parsed] = item.Line
		*target = append(*target, parsed)
	})
}

// anyText takes text as it is.
func anyText(text string) (string, error) { return text, nil }

func (d *decoder) text(target *string) reader { return value(d, target, "text", anyText) }

func (d *decoder) date(target *release.Date) reader {
	return value(d, target, "a date such as 2014-07-08", parseDate, timestampTag)
}

func (d *decoder) weekday(target *time.Weekday) reader {
	return value(d, target, "a day of the week such as tuesday", parseWeekday)
}

func (d *decoder) timeOfDay(target *release.TimeOfDay) reader {
	return value(d, target, "a time of day such as \"10:00\"", parseTimeOfDay)
}

func (d *decoder) duration(target *time.Duration) reader {
	return value(d, target, "a duration such as 90s, 30m or 1h30m", parseDuration)
}

// choice reads one of a few words.
func (d *decoder) choice(target *string, words ...string) reader {
	return value(d, target, oneOf(words), func(text string) (string, error) { return chosen(text, words) })
}

func (d *decoder) boolean(target *bool) reader {
	return func(node *yaml.Node) {
		text, ok := d.scalar(node, "true or false", booleanTag)
		if !ok {
			return
		}
		// YAML takes no other word than these two, in three spellings each.
		*target = strings.EqualFold(text, "true")
	}
}

// integer reads a decimal number from 1 on.
func (d *decoder) integer(target *int, highest int) reader {
	return func(node *yaml.Node) {
		expected := "the number 1"
		if highest > 1 {
			expected = fmt.Sprintf("a whole number from 1 to %d", highest)
		}
		text, ok := d.scalar(node, expected, integerTag)
		if !ok {
			return
		}
		parsed, err := strconv.Atoi(text)
		if err != nil || parsed < 1 || parsed > highest {
			d.report(d.follow(node), "found the number %s, expected %s", clipped(text), expected)
			return
		}
		*target = parsed
	}
}

func chosen(text string, words []string) (string, error) {
	if !slices.Contains(words, text) {
		return "", fmt.Errorf("unknown word %s, expected %s%s", quoted(text), oneOf(words), didYouMean(text, words))
	}
	return text, nil
}

func parseDate(text string) (release.Date, error) {
	date, err := release.ParseDate(text)
	if err != nil {
		return date, fmt.Errorf("%s is not a date, expected YYYY-MM-DD, a day that exists", quoted(text))
	}
	return date, nil
}

func parseWeekday(text string) (time.Weekday, error) {
	day, err := release.ParseWeekday(text)
	if err != nil {
		names := release.WeekdayNames()
		return day, fmt.Errorf("%s is not a day of the week, expected %s%s", quoted(text), oneOf(names), didYouMean(text, names))
	}
	return day, nil
}

func parseTimeOfDay(text string) (release.TimeOfDay, error) {
	clock, err := release.ParseTimeOfDay(text)
	if err != nil {
		hint := ""
		if _, err := release.ParseTimeOfDay("0" + text); err == nil {
			hint = didYouMeanThis("0" + text)
		}
		return clock, fmt.Errorf("%s is not a time of day, expected HH:MM from 00:00 to 24:00%s", quoted(text), hint)
	}
	return clock, nil
}

func parseDuration(text string) (time.Duration, error) {
	duration, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s is not a duration, expected a number with a unit, such as 90s, 30m or 1h30m", quoted(text))
	case duration <= 0 || duration > longestDuration:
		return 0, fmt.Errorf("the duration %s, expected more than 0s and at most 24h", quoted(text))
	}
	return duration, nil
}

// argument takes an argument of a command, which may run over several lines.
func argument(text string) (string, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return "", fmt.Errorf("a control character in %s, expected an argument of printable text", quoted(text))
	}
	return text, nil
}
