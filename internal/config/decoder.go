package config

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// decoder reads values out of YAML nodes and gathers every problem it meets.
type decoder struct {
	file     string
	problems Problems
	// end is where the text ends.
	end place
	// refused are aliases that are not followed; their problem is reported.
	refused map[*yaml.Node]bool
}

// maximumItems bounds the keys of a mapping and the items of a list: no train has
// as many of anything, and rules that compare them with each other stay quick.
const maximumItems = 1000

// reader reads the value of a key into its place.
type reader func(value *yaml.Node)

// field is a key that a mapping may have.
type field struct {
	name string
	read reader
	// example shows a value, for keys that must be there; others have none.
	example string
}

// optional is a key that may be left out.
func optional(name string, read reader) field { return field{name: name, read: read} }

// required is a key that must be there.
func required(name, example string, read reader) field {
	return field{name: name, example: example, read: read}
}

// entry is a key of a mapping with its value.
type entry struct {
	name       string
	key, value *yaml.Node
}

// section is a mapping that has been read.
type section struct {
	// node is the mapping, nil when the value was none.
	node *yaml.Node
	// present are the values of known keys; sound those without a problem.
	present, sound map[string]*yaml.Node
	// misspelt are keys that are not there, but something like them is; that they
	// are missing needs no second message.
	misspelt map[string]bool
}

// readable reports whether there was a mapping to read.
func (s section) readable() bool { return s.node != nil }

// has reports whether the key is there, sound or not.
func (s section) has(key string) bool { return s.present[key] != nil }

// meant reports whether the key is there, or was meant to be.
func (s section) meant(key string) bool { return s.has(key) || s.misspelt[key] }

// ok reports whether all these keys are there and were read without a problem,
// so that rules which join them can be checked.
func (s section) ok(keys ...string) bool {
	for _, key := range keys {
		if s.sound[key] == nil {
			return false
		}
	}
	return true
}

// reportAt adds a problem. The parser places what is not there, such as an empty
// document, on a line after the last; that becomes the end of the text.
func (d *decoder) reportAt(at place, format string, arguments ...any) {
	if at.line > d.end.line {
		at = d.end
	}
	d.problems = append(d.problems, Problem{
		File: d.file, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, arguments...),
	})
}

func (d *decoder) report(node *yaml.Node, format string, arguments ...any) {
	d.reportAt(place{node.Line, node.Column}, format, arguments...)
}

// reportValue adds a problem with the value of a key that was read.
func (d *decoder) reportValue(read section, key, format string, arguments ...any) {
	d.report(d.follow(read.present[key]), format, arguments...)
}

// follow returns what an alias stands for, the node itself when it is none, and
// nil for an alias that is refused.
func (d *decoder) follow(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		if d.refused[node] {
			return nil
		}
		node = node.Alias
	}
	return node
}

// expect returns the value if it is of the kind and carries no tag of its own;
// otherwise the problem is reported and nil returned.
func (d *decoder) expect(node *yaml.Node, kind yaml.Kind, expected string) *yaml.Node {
	value := d.follow(node)
	switch {
	case value == nil:
		return nil
	case value.Style&yaml.TaggedStyle != 0:
		d.report(value, "the tag %s, expected a value without a tag", quoted(value.Tag))
		return nil
	case value.Kind != kind:
		d.report(value, "found %s, expected %s", found(value), expected)
		return nil
	}
	return value
}

// entries are the keys and values of a mapping, in the order of the file;
// repeated keys are reported and left out.
func (d *decoder) entries(node *yaml.Node, expected string) (entries []entry, ok bool) {
	mapping := d.expect(node, yaml.MappingNode, expected)
	if mapping == nil {
		return nil, false
	}
	lines := map[string]int{}
	for pair := range slices.Chunk(d.bounded(mapping.Content, 2), 2) {
		key := d.key(pair[0])
		if key == nil {
			continue
		}
		if line, repeated := lines[key.Value]; repeated {
			d.report(pair[0], "duplicate key %s, expected it once: it stands on line %d already", quoted(key.Value), line)
			continue
		}
		lines[key.Value] = pair[0].Line
		entries = append(entries, entry{name: key.Value, key: pair[0], value: pair[1]})
	}
	return entries, true
}

// bounded is as much of a mapping's or a list's content as is read; each item
// takes some nodes.
func (d *decoder) bounded(content []*yaml.Node, nodes int) []*yaml.Node {
	most := nodes * maximumItems
	if len(content) <= most {
		return content
	}
	d.report(content[most], "item %d, expected at most %d", maximumItems+1, maximumItems)
	return content[:most]
}

// key returns a mapping's key if it is one that can be a name.
func (d *decoder) key(node *yaml.Node) *yaml.Node {
	key := d.expect(node, yaml.ScalarNode, "a name as key")
	if key != nil && key.Tag == "!!merge" {
		d.report(node, "the merge key \"<<\" is not supported, expected the keys themselves, or an alias for a whole value")
		return nil
	}
	return key
}

// mapping reads a mapping with known keys. Fields are read in the order given,
// whatever their order in the file, so that a later one may refer to an earlier.
// what names the mapping in messages.
func (d *decoder) mapping(node *yaml.Node, what string, fields ...field) section {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.name
	}
	entries, ok := d.entries(node, fmt.Sprintf("%s as a mapping with keys of %s", what, strings.Join(names, ", ")))
	if !ok {
		return section{}
	}
	read := section{node: d.follow(node), sound: map[string]*yaml.Node{}}
	read.present, read.misspelt = d.known(entries, names)
	for _, field := range fields {
		switch {
		case read.has(field.name):
			d.readField(read, field)
		case field.example != "" && !read.meant(field.name):
			d.report(read.node, "no key %q in %s, expected it, such as \"%s: %s\"", field.name, what, field.name, field.example)
		}
	}
	return read
}

// known are the values of the keys that have one of the names; other keys are
// reported, and the names that they are near to are misspelt.
func (d *decoder) known(entries []entry, names []string) (values map[string]*yaml.Node, misspelt map[string]bool) {
	values, misspelt = map[string]*yaml.Node{}, map[string]bool{}
	for _, entry := range entries {
		if slices.Contains(names, entry.name) {
			values[entry.name] = entry.value
			continue
		}
		d.report(entry.key, "unknown key %s, expected %s%s", quoted(entry.name), oneOf(names), didYouMean(entry.name, names))
		if name, near := nearest(entry.name, names); near {
			misspelt[name] = true
		}
	}
	return values, misspelt
}

func (d *decoder) readField(read section, field field) {
	before, value := len(d.problems), read.present[field.name]
	field.read(value)
	// A refused alias reports its problem where it is first met, so that no new
	// problem does not mean that there is a value.
	if len(d.problems) == before && d.follow(value) != nil {
		read.sound[field.name] = value
	}
}

// list reads each item of a list.
func (d *decoder) list(expected string, each reader) reader {
	return func(value *yaml.Node) {
		sequence := d.expect(value, yaml.SequenceNode, expected)
		if sequence == nil {
			return
		}
		for _, item := range d.bounded(sequence.Content, 1) {
			each(item)
		}
	}
}

// isNull reports a value that is not there: nothing, "~" or "null".
func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
