package config

import "gopkg.in/yaml.v3"

// maximumExpansion bounds the nodes that a file may have beyond those that are
// written in it, through aliases.
const maximumExpansion = 10_000

// expansion measures what the aliases of a document stand for, without
// expanding them.
type expansion struct {
	decoder *decoder
	// sizes are the nodes of each value with its aliases expanded; zero while the
	// value is being measured, so that a value met again within itself shows.
	sizes map[*yaml.Node]int
	total int
}

// checkAliases reports aliases that contain themselves, and the first one with
// which the document grows beyond bounds. Those aliases are not followed later.
func (d *decoder) checkAliases(root *yaml.Node) {
	e := expansion{decoder: d, sizes: map[*yaml.Node]int{}}
	e.measure(root)
}

// measure returns the expanded size of a value, at most one beyond the bound.
func (e *expansion) measure(node *yaml.Node) int {
	if node.Kind == yaml.AliasNode {
		return e.measureAlias(node)
	}
	e.sizes[node] = 0
	size := 1
	for _, child := range node.Content {
		size = min(size+e.measure(child), maximumExpansion+1)
	}
	e.sizes[node] = size
	return size
}

// measureAlias counts what the alias adds. Its target stands before it in the
// file, so that it is measured already or is just being measured.
func (e *expansion) measureAlias(node *yaml.Node) int {
	size := e.sizes[node.Alias]
	if size == 0 {
		e.refuse(node, "the alias %s is part of the value that it stands for, expected a value that ends", quoted(node.Value))
		return 1
	}
	before := e.total
	e.total = min(before+size, maximumExpansion+1)
	if e.total <= maximumExpansion {
		return size
	}
	if before <= maximumExpansion {
		e.refuse(node, "with the alias %s the file grows by more than %d values, expected the values themselves", quoted(node.Value), maximumExpansion)
	}
	e.decoder.refused[node] = true
	return 1
}

func (e *expansion) refuse(node *yaml.Node, format string, arguments ...any) {
	e.decoder.refused[node] = true
	e.decoder.report(node, format, arguments...)
}
