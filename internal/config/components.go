package config

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// homeRepository is the repository of a component that names none.
const homeRepository = "."

// components reads what is released.
func (d *decoder) components(components *[]release.Component) reader {
	return func(node *yaml.Node) {
		tags := map[string]string{}
		d.named(node, "a mapping of components", func(name string, key, value *yaml.Node) {
			component, read := d.component(name, value)
			// Two components with the same tags would take each other's releases for
			// their own.
			tag := component.Repository + "\n" + string(component.TagPattern)
			if other, repeated := tags[tag]; repeated && read.readable() {
				d.report(key, "the components %s and %s name their tags alike (%s) in one repository, expected another pattern, such as tag: \"%s-{version}\"",
					other, name, quoted(string(component.TagPattern)), name)
			}
			tags[tag] = name
			*components = append(*components, component)
		})
		if mapping := d.follow(node); mapping != nil && mapping.Kind == yaml.MappingNode && len(mapping.Content) == 0 {
			d.report(mapping, "no components, expected at least one")
		}
	}
}

func (d *decoder) component(name string, node *yaml.Node) (release.Component, section) {
	c := release.Component{
		Name: name, Repository: homeRepository, TagPattern: release.DefaultTagPattern,
		BranchPattern: release.DefaultBranchPattern, Bump: release.BumpMinor,
	}
	development := true
	read := d.mapping(node, fmt.Sprintf("the component %s", name),
		optional("repository", value(d, &c.Repository, remoteForms, parseRemote)),
		optional("branch", value(d, &c.Branch, "the name of a branch", parseBranch)),
		optional("path", value(d, &c.Path, "a path", componentPath)),
		optional("tag", value(d, &c.TagPattern, "a pattern such as \"v{version}\"", patternParser(true))),
		optional("release-branch", value(d, &c.BranchPattern, "a pattern such as \"{major}.{minor}.x\"", patternParser(false))),
		optional("bump", value(d, &c.Bump, oneOf(bumps()), parseBump)),
		optional("version-files", d.versionFiles(&c.VersionFiles)),
		optional("changelog", d.changelog(&c.Changelog)),
		optional("development", d.boolean(&development)),
		optional("checks", d.checks(&c.Checks)),
		optional("extract", d.extract(&c.Extract)),
		optional("probe", d.componentProbe(&c.Probe)),
	)
	c.NoDevelopment = !development
	return c, read
}

func (d *decoder) versionFiles(files *[]release.VersionFile) reader {
	lines := map[release.VersionFile]int{}
	return d.list("a list of version files", func(node *yaml.Node) {
		file := release.VersionFile{}
		read := d.mapping(node, "a version file",
			required("path", "package.json", value(d, &file.Path, "a path", cleanFile)),
			optional("key", d.text(&file.Key)),
			optional("pattern", value(d, &file.Pattern, "a regular expression", parsePattern)),
		)
		switch {
		case !read.readable():
			return
		case read.meant("key") == read.meant("pattern"):
			d.report(read.node, "a version file with %s, expected a key such as version, or a pattern such as '^version = (.*)$'", bothOrNeither(read.has("key")))
		case read.ok("path", "key") && !hasKeys(file.Path):
			d.reportValue(read, "key", "a key for %s, expected a pattern: keys are known in %s files", quoted(file.Path), strings.Join(keyedFormats(), ", "))
		}
		if line, repeated := lines[file]; repeated && read.ok("path") {
			d.report(read.node, "duplicate version file %s, expected it once: it stands on line %d already", quoted(file.Path), line)
			return
		}
		lines[file] = read.node.Line
		*files = append(*files, file)
	})
}

func bothOrNeither(both bool) string {
	if both {
		return "both a key and a pattern"
	}
	return "neither a key nor a pattern"
}

// keyedFormats are the endings of files in which a key can be looked up.
func keyedFormats() []string { return []string{".json", ".yaml", ".yml", ".toml"} }

func hasKeys(file string) bool {
	return slices.Contains(keyedFormats(), strings.ToLower(path.Ext(file)))
}

// The styles of a changelog.
const (
	styleLoop = "loop"
	styleKeep = "keep-a-changelog"
)

func (d *decoder) changelog(changelog **release.Changelog) reader {
	return func(node *yaml.Node) {
		c := release.Changelog{}
		d.mapping(node, "the changelog",
			required("path", "CHANGELOG", value(d, &c.Path, "a path", cleanFile)),
			optional("style", d.choice(&c.Style, styleLoop, styleKeep)),
		)
		*changelog = &c
	}
}

func (d *decoder) extract(extract **release.Extract) reader {
	return func(node *yaml.Node) {
		e := release.Extract{}
		d.mapping(node, "the extract",
			required("from", "https://example.org/browser", value(d, &e.From, remoteForms, parseRemote)),
			required("map", "[{from: src/shared, to: shared}]", d.mappings(&e.Map)),
		)
		*extract = &e
	}
}

func (d *decoder) mappings(mappings *[]release.Mapping) reader {
	return func(node *yaml.Node) {
		lines := map[[2]string]int{}
		d.list("a list of mappings", func(item *yaml.Node) {
			m := release.Mapping{}
			read := d.mapping(item, "a mapping",
				required("from", "src/shared", value(d, &m.From, "a path", cleanPath)),
				required("to", "shared", value(d, &m.To, "a path", cleanPath)),
				optional("except", values(d, &m.Except, "a pattern of paths", cleanGlob)),
			)
			pair := [2]string{m.From, m.To}
			if line, repeated := lines[pair]; repeated && read.ok("from", "to") {
				d.report(read.node, "duplicate mapping from %s to %s, expected it once: it stands on line %d already", quoted(m.From), quoted(m.To), line)
			}
			lines[pair] = item.Line
			*mappings = append(*mappings, m)
		})(node)
		if list := d.follow(node); list != nil && list.Kind == yaml.SequenceNode && len(list.Content) == 0 {
			d.report(list, "an empty list, expected at least one mapping such as {from: src/shared, to: shared}")
		}
	}
}

// componentPath takes the component's directory; the whole repository is "".
func componentPath(text string) (string, error) {
	clean, err := cleanPath(text)
	if clean == "." {
		return "", err
	}
	return clean, err
}

// patternParser takes a pattern for tags, or for release branches.
func patternParser(tag bool) func(string) (release.Pattern, error) {
	return func(text string) (release.Pattern, error) {
		pattern := release.Pattern(text)
		if pattern.Check(tag) == nil {
			return pattern, nil
		}
		if tag {
			return "", fmt.Errorf("%s does not name tags, expected {version} once, or {major}, {minor} and {patch} once each, "+
				"and else what git accepts in a name, such as \"v{version}\"", quoted(text))
		}
		return "", fmt.Errorf("%s does not name release branches, expected {major} and {minor} once each, "+
			"and else what git accepts in a name, such as \"{major}.{minor}.x\"", quoted(text))
	}
}

func bumps() []string {
	return []string{string(release.BumpMajor), string(release.BumpMinor), string(release.BumpPatch)}
}

func parseBump(text string) (release.Bump, error) {
	name, err := chosen(text, bumps())
	return release.Bump(name), err
}

// parsePattern takes a regular expression as version files are searched with:
// "^" and "$" match at the lines' ends.
func parsePattern(text string) (string, error) {
	expression, err := regexp.Compile("(?m)" + text)
	if err != nil {
		return "", fmt.Errorf("%s is not a regular expression, expected Go's syntax, such as '^version = (.*)$'", quoted(text))
	}
	if groups := expression.NumSubexp(); groups != 1 {
		return "", fmt.Errorf("the pattern %s has %d groups, expected one (…), around the version, and (?:…) for others", quoted(text), groups)
	}
	return text, nil
}
