package config

import (
	"bytes"
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// versionFileCandidates are the usual places of a version, in the order in which
// a scaffold lists them.
func versionFileCandidates() []release.VersionFile {
	const alone = `^(\d+\.\d+\.\d+\S*)\s*$`
	return []release.VersionFile{
		{Path: "package.json", Key: "version"},
		{Path: "pyproject.toml", Key: "project.version"},
		{Path: "pyproject.toml", Key: "tool.poetry.version"},
		{Path: "Cargo.toml", Key: "package.version"},
		{Path: "Cargo.toml", Key: "workspace.package.version"},
		{Path: "Chart.yaml", Key: "version"},
		{Path: "pubspec.yaml", Key: "version"},
		{Path: "composer.json", Key: "version"},
		{Path: "setup.cfg", Pattern: `^version\s*=\s*(\d+\.\d+\.\d+\S*)\s*$`},
		{Path: "VERSION", Pattern: alone},
		{Path: "version.txt", Pattern: alone},
	}
}

// detectVersionFiles keeps the candidates that really carry a version.
func detectVersionFiles(files map[string][]byte) []release.VersionFile {
	var carrying []release.VersionFile
	for _, candidate := range versionFileCandidates() {
		content, there := files[candidate.Path]
		if !there || len(content) > maximumSize {
			continue
		}
		// A byte order mark is no part of any of the formats.
		content = bytes.TrimPrefix(content, []byte(byteOrderMark))
		if _, ok := release.ParseFileVersion(carriedVersion(candidate, content)); ok {
			carrying = append(carrying, candidate)
		}
	}
	return carrying
}

// carriedVersion is the text where the version should stand, "" when there is
// none, or more than one.
func carriedVersion(file release.VersionFile, content []byte) string {
	if file.Pattern != "" {
		matches := regexp.MustCompile("(?m)"+file.Pattern).FindAllSubmatch(content, 2)
		if len(matches) != 1 {
			return ""
		}
		return string(matches[0][1])
	}
	keys := strings.Split(file.Key, ".")
	if path.Ext(file.Path) == ".yaml" {
		return yamlText(content, keys)
	}
	values := map[string]any{}
	unmarshal := json.Unmarshal
	if path.Ext(file.Path) == ".toml" {
		unmarshal = toml.Unmarshal
	}
	if unmarshal(content, &values) != nil {
		return ""
	}
	return nestedText(values, keys)
}

// nestedText is the text at the end of a path of keys.
func nestedText(values map[string]any, keys []string) string {
	for len(keys) > 1 {
		values, _ = values[keys[0]].(map[string]any)
		keys = keys[1:]
	}
	text, _ := values[keys[0]].(string)
	return text
}

// yamlText is the same for YAML, whose nodes are looked at as they stand: a value
// behind an alias is none that could be changed in its place.
func yamlText(content []byte, keys []string) string {
	node, _, err := parseYAML(content)
	if err != nil {
		return ""
	}
	for _, key := range keys {
		node = childNode(node, key)
	}
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}

func childNode(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// changelogCandidates are the usual names of a changelog, the likeliest first.
func changelogCandidates() []string {
	return []string{
		"CHANGELOG", "CHANGELOG.md", "CHANGELOG.rst", "CHANGELOG.txt", "Changelog.md", "changelog.md",
		"CHANGES", "CHANGES.md", "CHANGES.rst", "CHANGES.txt",
		"HISTORY", "HISTORY.md", "HISTORY.rst", "NEWS", "NEWS.md",
	}
}

// detectChangelog takes the first changelog that shows a known style.
func detectChangelog(files map[string][]byte) *release.Changelog {
	for _, name := range changelogCandidates() {
		if style := changelogStyle(files[name]); style != "" {
			return &release.Changelog{Path: name, Style: style}
		}
	}
	return nil
}

var (
	keepHeading = lazyregexp.New(`(?mi)^## +\[?(?:v?[0-9]+\.[0-9]+\.[0-9]+|unreleased)\b`)
	loopHeading = lazyregexp.New(`(?mi)^v?[0-9]+\.[0-9]+(?:\.[0-9]+)?\b.*\r?\n(?:-{3,}|={3,})[ \t]*\r?$`)
)

// changelogStyle is the style of most headings, "" without any.
func changelogStyle(content []byte) string {
	if len(content) > maximumSize {
		content = content[:maximumSize]
	}
	keep, loop := len(keepHeading.FindAllIndex(content, -1)), len(loopHeading.FindAllIndex(content, -1))
	switch {
	case keep > loop:
		return styleKeep
	case loop > 0:
		return styleLoop
	}
	return ""
}
