package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// assertJSON looks into the last output, which must be JSON and nothing else:
//
//	json PATH WANT       the value at PATH is WANT
//	json PATH            there is a value at PATH
//	! json PATH          there is none
//	json -len PATH N     the list at PATH has N elements
//	json -env NAME PATH  keep the value in a variable
//
// A PATH is keys and positions with dots between them; "." is the whole, and
// [KEY=VALUE] the element of a list of which that is true.
func assertJSON(ts *testscript.TestScript, neg bool, args []string) {
	const synopsis = "[!] json PATH [WANT], json -len PATH N, or json -env NAME PATH"
	usage(ts, len(args) == 0, synopsis)
	option := ""
	if strings.HasPrefix(args[0], "-") {
		option, args = args[0], args[1:]
	}
	usage(ts, option != "" && (neg || len(args) != 2) || len(args) > 2, synopsis)
	switch option {
	case "":
		value, found := lookUp(ts, args[0])
		switch {
		case len(args) == 1 && found == neg:
			ts.Fatalf("%s: %v", args[0], value)
		case len(args) == 2 && (found && jsonText(value) == args[1]) == neg:
			ts.Fatalf("%s is %q, not %q", args[0], jsonText(value), args[1])
		}
	case "-len":
		value, _ := lookUp(ts, args[0])
		list, ok := value.([]any)
		if !ok || strconv.Itoa(len(list)) != args[1] {
			ts.Fatalf("%s has %d elements, expected %s", args[0], len(list), args[1])
		}
	case "-env":
		value, found := lookUp(ts, args[1])
		if !found {
			ts.Fatalf("there is no %s", args[1])
		}
		ts.Setenv(args[0], jsonText(value))
	default:
		ts.Fatalf("usage: %s", synopsis)
	}
}

func parsedOutput(ts *testscript.TestScript) any {
	var value any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &value); err != nil {
		ts.Fatalf("the output is not JSON: %v", err)
	}
	return value
}

func lookUp(ts *testscript.TestScript, path string) (any, bool) {
	value := parsedOutput(ts)
	if path == "." {
		return value, true
	}
	for _, part := range pathParts(path) {
		switch container := value.(type) {
		case map[string]any:
			var found bool
			if value, found = container[part]; !found {
				return nil, false
			}
		case []any:
			var found bool
			if value, found = element(container, part); !found {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return value, true
}

// pathParts splits a path at its dots, those within brackets aside.
func pathParts(path string) []string {
	var parts []string
	for path != "" {
		end := strings.IndexByte(path, '.')
		if strings.HasPrefix(path, "[") {
			end = strings.IndexByte(path, ']') + 1
		}
		if end <= 0 || end >= len(path) {
			return append(parts, path)
		}
		parts = append(parts, path[:end])
		path = path[end+1:]
	}
	return parts
}

// element finds an element by its position, or by one of its fields.
func element(list []any, which string) (any, bool) {
	if condition, ok := strings.CutPrefix(which, "["); ok {
		key, want, _ := strings.Cut(strings.TrimSuffix(condition, "]"), "=")
		for _, one := range list {
			if fields, ok := one.(map[string]any); ok && jsonText(fields[key]) == want {
				return one, true
			}
		}
		return nil, false
	}
	position, err := strconv.Atoi(which)
	if err != nil || position < 0 || position >= len(list) {
		return nil, false
	}
	return list[position], true
}

// jsonText writes a value as a script would: texts without quotes, all else as
// JSON.
func jsonText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// jsonKeys replaces the last output, JSON, by the sorted paths of all keys in
// it, a line each; an element of a list is written []. Names of fields are a
// contract, and cmp holds it.
func jsonKeys(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 0, "jsonkeys")
	paths := map[string]bool{}
	collectKeys("", parsedOutput(ts), paths)
	var sorted []string
	for path := range paths {
		sorted = append(sorted, path)
	}
	slices.Sort(sorted)
	_, err := fmt.Fprintln(ts.Stdout(), strings.Join(sorted, "\n"))
	ts.Check(err)
}

func collectKeys(prefix string, value any, paths map[string]bool) {
	switch container := value.(type) {
	case map[string]any:
		for key, inner := range container {
			path := strings.TrimPrefix(prefix+"."+key, ".")
			paths[path] = true
			collectKeys(path, inner, paths)
		}
	case []any:
		for _, inner := range container {
			collectKeys(prefix+"[]", inner, paths)
		}
	}
}
