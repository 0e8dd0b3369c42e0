package probe

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

const (
	// maxText bounds a text from a server, in bytes.
	maxText = 200
	// maxNames bounds how many checks or third parties are read.
	maxNames = 32
)

// The states of a third party, by the words of environments.yaml.
const (
	partyMocked = "mocked"
	partyReal   = "real"
)

// read takes the fields of the root URL's JSON object. A field of another type
// than expected counts as absent.
func (a *Answer) read(body []byte) error {
	fields := fieldsOf(body)
	if fields == nil {
		return errors.New("answered 200, but not with a JSON object; a component that shows none wants \"probe: none\"")
	}
	a.Name = text(fields["name"])
	a.Version = text(fields["version"])
	a.Revision = text(fields["rev"])
	a.Branch = text(fields["branch"])
	a.Switches = booleans(fields)
	for name, fake := range a.Switches {
		party, found := strings.CutPrefix(name, "fake")
		if first, _ := utf8.DecodeRuneInString(party); !found || !unicode.IsUpper(first) {
			continue
		}
		if a.ThirdParties == nil {
			a.ThirdParties = map[string]string{}
		}
		state := partyReal
		if fake {
			state = partyMocked
		}
		a.ThirdParties[strings.ToLower(party)] = state
	}
	return nil
}

// read takes the checks of a health check's answer, if it is a JSON object.
func (h *Heartbeat) read(body []byte) {
	fields := fieldsOf(body)
	h.Checks = booleans(fields)
	h.Message = text(fields["message"])
}

// fieldsOf gives the fields of a JSON object, nil for anything else.
func fieldsOf(body []byte) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil
	}
	return fields
}

// text gives a field that is a string, made printable.
func text(field json.RawMessage) string {
	var value string
	if err := json.Unmarshal(field, &value); err != nil {
		return ""
	}
	return strings.TrimSpace(printable.Bounded(value, maxText))
}

// booleans gives the fields that are true or false, the first of them by name
// when there are too many; nil when there are none.
func booleans(fields map[string]json.RawMessage) map[string]bool {
	var found map[string]bool
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		// Unmarshal would take null for false.
		value := string(fields[name])
		if value != "true" && value != "false" {
			continue
		}
		if found == nil {
			found = map[string]bool{}
		}
		found[printable.Bounded(name, maxText)] = value == "true"
		if len(found) == maxNames {
			break
		}
	}
	return found
}
