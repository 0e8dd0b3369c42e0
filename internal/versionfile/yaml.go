package versionfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// readYAML walks the documents' nodes, whose lines and columns give the value's
// place. The key may stand in any document of the stream.
func readYAML(data []byte, key []string) (*finder, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	walk := yamlWalk{data: data, lines: yamlLines(data)}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return &walk.finder, nil
		}
		if err != nil {
			return nil, err
		}
		walk.rest = append(walk.rest, "document")
		for _, root := range document.Content {
			if err := walk.node(root, key, true); err != nil {
				return nil, err
			}
		}
	}
}

type yamlWalk struct {
	finder
	data  []byte
	lines []int // the offset at which each line begins
}

// node takes down the node and those below it. wanted says that it is on the way
// to the key, of which the given segments are left.
func (w *yamlWalk) node(node *yaml.Node, key []string, wanted bool) error {
	comments := strings.Join([]string{node.HeadComment, node.LineComment, node.FootComment}, "\n")
	w.rest = append(w.rest, fmt.Sprintf("%d %d %q %q %q", node.Kind, node.Style, node.Tag, node.Anchor, comments))
	if wanted && len(key) == 0 {
		return w.found(node)
	}
	w.rest = append(w.rest, node.Value)
	if node.Kind == yaml.AliasNode {
		// What it stands for belongs to another key.
		return nil
	}
	for i, child := range node.Content {
		below, onWay := key, false
		if wanted && node.Kind == yaml.MappingNode && i%2 == 1 && isYAMLKey(node.Content[i-1], key[0]) {
			below, onWay = key[1:], true
		}
		if err := w.node(child, below, onWay); err != nil {
			return err
		}
	}
	return nil
}

func isYAMLKey(node *yaml.Node, name string) bool {
	return node.Kind == yaml.ScalarNode && node.Value == name
}

// found takes down the value's place, or says why it is none that could be
// changed by itself.
func (w *yamlWalk) found(node *yaml.Node) error {
	start := w.offset(node.Line, node.Column)
	if reason := unusableYAML(node); reason != "" {
		return &unusableError{start, reason}
	}
	quote := ""
	switch node.Style {
	case yaml.SingleQuotedStyle:
		quote = "'"
	case yaml.DoubleQuotedStyle:
		quote = `"`
	default: // plain
	}
	if !bytes.HasPrefix(w.data[start:], []byte(quote+node.Value+quote)) {
		return &unusableError{start, "is written with escapes or over several lines: write it plainly"}
	}
	start += len(quote)
	w.add(span{start, start + len(node.Value)})
	return nil
}

func unusableYAML(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.AliasNode:
		return fmt.Sprintf("is the alias *%s of a value elsewhere: write the version here, or name the key that it stands under", node.Value)
	case node.Kind != yaml.ScalarNode:
		return "is not a string: name the key of the version itself in version-files"
	case node.Anchor != "":
		return fmt.Sprintf("carries the anchor &%s, so that changing it would change other values: write the version here without it", node.Anchor)
	case node.Style&yaml.TaggedStyle != 0:
		return fmt.Sprintf("carries the tag %s: write the version without it", node.Tag)
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return "is a block of text (| or >): write the version on the key's line"
	case node.Tag == "!!null":
		return "is empty: write the version there"
	case node.Tag != "!!str":
		return fmt.Sprintf("is not a string (%s reads as %s): put it in quotes", node.Value, strings.TrimPrefix(node.Tag, "!!"))
	}
	return ""
}

// offset turns a line and a column, both from 1 and in characters, into bytes.
func (w *yamlWalk) offset(line, column int) int {
	if line < 1 || line > len(w.lines) {
		return len(w.data)
	}
	at := w.lines[line-1]
	for range column - 1 {
		_, size := utf8.DecodeRune(w.data[at:])
		at += size
	}
	return at
}

// yamlLines finds where lines begin by YAML's own rules: next to LF and CRLF, a
// lone CR and Unicode's three separators end a line as well.
func yamlLines(data []byte) []int {
	lines := []int{0}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		at += size
		switch r {
		case '\r':
			if at < len(data) && data[at] == '\n' {
				continue
			}
			lines = append(lines, at)
		case '\n', '\u0085', '\u2028', '\u2029':
			lines = append(lines, at)
		}
	}
	return lines
}
