package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// deployOrder is the order of environments while it is read.
type deployOrder struct {
	decoder  *decoder
	declared *names
	sections map[string]section
}

// others are the environments that the one named may refer to.
func (o *deployOrder) others(name string) *names {
	rest := slices.DeleteFunc(slices.Clone(o.declared.known), func(other string) bool {
		return other == name || other == release.AfterTag
	})
	return &names{kind: o.declared.kind, known: rest, unreadable: o.declared.unreadable}
}

// other takes the name of an environment other than the one given.
func (o *deployOrder) other(name string) func(string) (string, error) {
	return func(text string) (string, error) {
		if text == name {
			return "", fmt.Errorf("the environment %s refers to itself, expected another environment", name)
		}
		return text, o.others(name).check(text)
	}
}

// predecessor takes the name of what an environment comes after.
func (o *deployOrder) predecessor(name string) func(string) (string, error) {
	return func(text string) (string, error) {
		choices := o.others(name)
		choices.known = append([]string{release.AfterTag}, choices.known...)
		if text == name {
			return "", fmt.Errorf("the environment %s comes after itself, expected %s", name, oneOf(choices.known))
		}
		return text, choices.check(text)
	}
}

// check reports environments that come after each other in a circle, and those
// that come after one which no release reaches.
func (o *deployOrder) check(environments []release.Environment) {
	after, follows := map[string]string{}, map[string]bool{}
	for _, e := range environments {
		if o.sections[e.Name].ok("after") {
			after[e.Name] = e.After
		}
		follows[e.Name] = e.Follows != ""
	}
	inCircle := map[string]bool{}
	for _, e := range environments {
		if follows[after[e.Name]] {
			o.report(e.Name, "the environment %s comes after %s, which follows a branch and gets no releases, expected tag or an environment that gets them", e.Name, e.After)
		}
		if gate, declared := e.Gate(release.GateSignOff); declared && follows[gate.SignOff.On] {
			o.decoder.reportValue(o.sections[e.Name], "gates", "sign-offs on %s, which follows a branch and gets no releases, expected an environment that gets them", gate.SignOff.On)
		}
		if circle := circleFrom(e.Name, after); circle != nil && !inCircle[e.Name] {
			o.report(e.Name, "the environments %s come after each other in a circle, expected one of them after tag", strings.Join(circle, ", "))
			for _, name := range circle {
				inCircle[name] = true
			}
		}
	}
}

func (o *deployOrder) report(name, format string, arguments ...any) {
	o.decoder.reportValue(o.sections[name], "after", format, arguments...)
}

// circleFrom is the way from an environment back to itself, nil if there is none.
func circleFrom(start string, after map[string]string) []string {
	way := []string{start}
	for at := after[start]; at != "" && len(way) <= len(after); at = after[at] {
		if at == start {
			return way
		}
		way = append(way, at)
	}
	return nil
}
