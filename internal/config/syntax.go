package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// errSeveral marks a second document.
var errSeveral = errors.New("several documents")

// document reads the text as one YAML document and returns its content: nil,
// with the problem reported, when it is none.
func (d *decoder) document(text []byte) *yaml.Node {
	root, extra, err := parseYAML(text)
	switch {
	case errors.Is(err, errSeveral):
		d.report(extra, "a second document begins here, expected one document in the file")
	case err != nil:
		d.reportSyntax(text, err.Error())
		return nil
	case root == nil || isNull(root):
		d.reportAt(place{1, 1}, "the file is empty, expected the keys version, timezone, train, components and environments")
		return nil
	}
	return root
}

// parseYAML returns the content of the first document, nil when there is none,
// and with errSeveral that of the second one.
func parseYAML(text []byte) (root, extra *yaml.Node, err error) {
	// The parser panics on states that its authors hold to be impossible; a file
	// that gets there is refused like any other that cannot be read.
	defer func() {
		if reason := recover(); reason != nil {
			root, extra, err = nil, nil, fmt.Errorf("yaml: %v", reason)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if err := decoder.Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, nil
		}
		return nil, nil, err
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return first.Content[0], nil, nil
	case err != nil:
		return nil, nil, err
	}
	return first.Content[0], second.Content[0], errSeveral
}

// reportSyntax reports what the parser said, at the place where it stopped. The
// parser gives at most a line, and not always the right one.
func (d *decoder) reportSyntax(text []byte, message string) {
	at := max(0, failureEnd(text, message)-1)
	said := bareMessage(message)
	if name, found := unknownAnchor(said); found {
		at = max(0, at-len(name))
		d.reportAt(placeOf(text, at), "unknown anchor %s, expected an alias of an anchor that stands before it", quoted(name))
		return
	}
	d.reportAt(placeOf(text, at), "invalid YAML (%s), expected %s", clipped(said), remedy(said))
}

// failureEnd is the length of the shortest beginning of the text that fails with
// the same words. The parser reads from left to right, so each longer beginning
// fails with them too, and the place is found by halving.
func failureEnd(text []byte, message string) int {
	return sort.Search(len(text), func(length int) bool {
		_, _, err := parseYAML(text[:length])
		return err != nil && err.Error() == message
	})
}

var messagePrefix = lazyregexp.New(`^yaml: (?:line \d+: )?`)

// bareMessage is the parser's message without its idea of the line.
func bareMessage(message string) string { return messagePrefix.ReplaceAllString(message, "") }

// unknownAnchor is the anchor that the message says is missing.
func unknownAnchor(said string) (name string, found bool) {
	rest, hasPrefix := strings.CutPrefix(said, "unknown anchor '")
	name, hasSuffix := strings.CutSuffix(rest, "' referenced")
	return name, hasPrefix && hasSuffix
}

// remedy says what would be right, for the slips that are made most.
func remedy(said string) string {
	switch {
	case strings.HasPrefix(said, "mapping values are not allowed"):
		return "one key on a line, and quotes around text that holds \": \""
	case strings.HasPrefix(said, "found unexpected end of stream"):
		return "a closing quote"
	case strings.Contains(said, "',' or '}'"):
		return "a comma or a closing brace"
	case strings.Contains(said, "',' or ']'"):
		return "a comma or a closing bracket"
	case strings.HasPrefix(said, "could not find expected ':'"):
		return "a colon after the key"
	case strings.HasPrefix(said, "did not find expected key"), strings.HasPrefix(said, "did not find expected '-' indicator"):
		return "the same indentation as the line that begins this block"
	case strings.HasPrefix(said, "found character that cannot start any token"):
		return "quotes around text that begins with this character"
	}
	return "valid YAML"
}
