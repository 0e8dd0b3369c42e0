// Command openapi cuts GitHub's OpenAPI description down to the paths that looprel
// uses and what they reference, so that tests load it quickly:
//
//	openapi -from api.github.com.json -paths paths.txt -to openapi.json
//
// Examples, code samples and servers are left out; nothing else is changed. A path
// that the description does not have is an error.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

func main() {
	from := flag.String("from", "", "the whole description, a `FILE`")
	paths := flag.String("paths", "", "the paths to keep, one a line, a `FILE`")
	to := flag.String("to", "", "the `FILE` to write")
	flag.Parse()
	if err := run(*from, *paths, *to); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(from, paths, to string) error {
	whole, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	list, err := os.ReadFile(paths)
	if err != nil {
		return err
	}
	short, err := Cut(whole, lines(list))
	if err != nil {
		return err
	}
	return os.WriteFile(to, short, 0o644) //nolint:gosec // for everybody to read
}

// lines are the lines of a list, without comments and empty ones.
func lines(list []byte) []string {
	var found []string
	for scanner := bufio.NewScanner(bytes.NewReader(list)); scanner.Scan(); {
		if line := strings.TrimSpace(scanner.Text()); line != "" && !strings.HasPrefix(line, "#") {
			found = append(found, line)
		}
	}
	return found
}

// Cut keeps the paths of a description, and the components that they reference.
func Cut(whole []byte, paths []string) ([]byte, error) {
	var description struct {
		OpenAPI    string                    `json:"openapi"`
		Info       json.RawMessage           `json:"info"`
		Paths      map[string]any            `json:"paths"`
		Components map[string]map[string]any `json:"components"`
	}
	if err := json.Unmarshal(whole, &description); err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	c := cut{all: description.Components, kept: map[string]map[string]any{}}
	kept := map[string]any{}
	for _, path := range paths {
		item, ok := description.Paths[path]
		if !ok {
			return nil, fmt.Errorf("the description has no path %s", path)
		}
		kept[path] = c.prune(item)
	}
	if c.missing != "" {
		return nil, fmt.Errorf("the description has no %s", c.missing)
	}
	var short bytes.Buffer
	encoder := json.NewEncoder(&short)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(map[string]any{
		"openapi": description.OpenAPI, "info": description.Info, "paths": kept, "components": c.kept,
	})
	return short.Bytes(), err
}

// cut is what has been kept of the components.
type cut struct {
	all, kept map[string]map[string]any
	missing   string
}

// leftOut are keys of operations and media types that say nothing of what is valid.
// Names of properties stand below "properties" and are kept.
var leftOut = []string{"examples", "example", "servers", "externalDocs", "x-github", "description", "summary", "tags"}

// prune leaves out what is not needed, and keeps the components that are referred
// to.
func (c *cut) prune(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if reference, ok := value["$ref"].(string); ok {
			c.keep(reference)
			return value
		}
		pruned := map[string]any{}
		for key, inner := range value {
			properties, named := inner.(map[string]any)
			switch {
			case slices.Contains(leftOut, key):
			case named && key == "properties":
				pruned[key] = c.pruneEach(properties)
			default:
				pruned[key] = c.prune(inner)
			}
		}
		// A response must say something of itself.
		if _, is := value["content"]; is || value["description"] != nil && isResponse(value) {
			pruned["description"] = ""
		}
		return pruned
	case []any:
		for i := range value {
			value[i] = c.prune(value[i])
		}
	}
	return value
}

// isResponse reports whether a mapping looks like a response without a body.
func isResponse(value map[string]any) bool {
	for key := range value {
		if key != "description" && key != "headers" && key != "content" {
			return false
		}
	}
	return true
}

// pruneEach prunes the values of a mapping whose keys are names.
func (c *cut) pruneEach(named map[string]any) map[string]any {
	pruned := map[string]any{}
	for name, inner := range named {
		pruned[name] = c.prune(inner)
	}
	return pruned
}

// keep keeps the component of a reference, "#/components/KIND/NAME".
func (c *cut) keep(reference string) {
	parts := strings.Split(reference, "/")
	if len(parts) != 4 || parts[0] != "#" || parts[1] != "components" {
		c.missing = reference
		return
	}
	kind, name := parts[2], parts[3]
	if _, done := c.kept[kind][name]; done {
		return
	}
	component, ok := c.all[kind][name]
	if !ok {
		c.missing = reference
		return
	}
	if c.kept[kind] == nil {
		c.kept[kind] = map[string]any{}
	}
	c.kept[kind][name] = nil // a component may refer to itself
	c.kept[kind][name] = c.prune(component)
}
