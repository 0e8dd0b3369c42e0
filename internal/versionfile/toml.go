package versionfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// readTOML walks the expressions of the document, whose raw ranges give the
// value's place.
func readTOML(data []byte, key []string) (*finder, error) {
	// The expressions alone do not show that a key is defined twice.
	var discard any
	if err := toml.Unmarshal(data, &discard); err != nil {
		return nil, tomlSyntaxError(err)
	}
	walk := tomlWalk{data: data, key: key, parser: &unstable.Parser{KeepComments: true}}
	walk.parser.Reset(data)
	for walk.parser.NextExpression() {
		if err := walk.expression(walk.parser.Expression()); err != nil {
			return nil, err
		}
	}
	if err := walk.parser.Error(); err != nil {
		return nil, err
	}
	return &walk.finder, nil
}

func tomlSyntaxError(err error) error {
	var syntax *toml.DecodeError
	if errors.As(err, &syntax) {
		line, _ := syntax.Position()
		return fmt.Errorf("line %d: %w", line, err)
	}
	return err
}

type tomlWalk struct {
	finder
	data   []byte
	key    []string
	parser *unstable.Parser
	// table is the table that key-values belong to at this point, and arrays are
	// the arrays of tables so far.
	table  []string
	arrays [][]string
}

func (w *tomlWalk) expression(node *unstable.Node) error {
	switch node.Kind {
	case unstable.Table, unstable.ArrayTable:
		w.table = keyParts(node)
		if node.Kind == unstable.ArrayTable {
			w.arrays = append(w.arrays, w.table)
		}
		w.takeDown(node)
		return nil
	case unstable.KeyValue:
		return w.keyValue(node, w.table)
	default:
		w.takeDown(node)
		return nil
	}
}

// keyValue takes down a key-value, which may be the one that is looked for or an
// inline table on the way to it.
func (w *tomlWalk) keyValue(node *unstable.Node, table []string) error {
	full := slices.Concat(table, keyParts(node))
	value := node.Value()
	w.rest = append(w.rest, fmt.Sprintf("%q", full))
	if slices.Equal(full, w.key) {
		return w.found(node)
	}
	if value.Kind != unstable.InlineTable {
		w.takeDown(value)
		return nil
	}
	w.rest = append(w.rest, "inline table")
	for children := value.Children(); children.Next(); {
		child := children.Node()
		if child.Kind != unstable.KeyValue {
			w.takeDown(child)
			continue
		}
		if err := w.keyValue(child, full); err != nil {
			return err
		}
	}
	w.rest = append(w.rest, "end")
	return nil
}

func (w *tomlWalk) found(node *unstable.Node) error {
	value, line := node.Value(), int(node.Raw.Offset)
	for _, array := range w.arrays {
		if len(array) < len(w.key) && slices.Equal(array, w.key[:len(array)]) {
			return &unusableError{line, "stands in an array of tables, of which any may be meant: use pattern:"}
		}
	}
	if value.Kind != unstable.String {
		return &unusableError{line, "is not a string: put the version in quotes"}
	}
	start := int(value.Raw.Offset)
	inner := span{start + 1, start + int(value.Raw.Length) - 1}
	if inner.end < inner.start || !bytes.Equal(w.data[inner.start:inner.end], value.Data) {
		return &unusableError{line, "is written with escapes or over several lines: write it plainly"}
	}
	w.rest = append(w.rest, "the value")
	w.add(inner)
	return nil
}

// takeDown notes a node and those below it in the rest.
func (w *tomlWalk) takeDown(node *unstable.Node) {
	w.rest = append(w.rest, fmt.Sprintf("%d %s", node.Kind, node.Data))
	for children := node.Children(); children.Next(); {
		w.takeDown(children.Node())
	}
	w.rest = append(w.rest, "end")
}

func keyParts(node *unstable.Node) []string {
	var parts []string
	for key := node.Key(); key.Next(); {
		parts = append(parts, string(key.Node().Data))
	}
	return parts
}
