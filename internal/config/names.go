package config

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// longestName bounds the names of components, environments and roles.
const longestName = 64

var nameForm = lazyregexp.New(`^[a-z0-9][a-z0-9._-]*$`)

// validName reports whether a component, environment or role may be called so.
// Names are segments of paths in the ledger's tree and parts of references, so
// that git's rules for both hold.
func validName(name string) bool {
	return len(name) <= longestName && nameForm.MatchString(name) && release.ValidRefName(name)
}

func parseName(text string) (string, error) {
	if !validName(text) {
		return "", fmt.Errorf("%s is not a name, expected at most %d of a-z, 0-9, \".\", \"_\" and \"-\", a letter or digit first, no \"..\", no \".lock\" or \".\" at the end",
			quoted(text), longestName)
	}
	return text, nil
}

// named reads a mapping from names to values of one kind. Entries with a name
// that cannot be one are reported and left out.
func (d *decoder) named(node *yaml.Node, expected string, each func(name string, key, value *yaml.Node)) {
	entries, ok := d.entries(node, expected)
	if !ok {
		return
	}
	for _, entry := range entries {
		if _, err := parseName(entry.name); err != nil {
			d.report(entry.key, "%s", err)
			continue
		}
		each(entry.name, entry.key, entry.value)
	}
}

// names are what a reference may point at.
type names struct {
	// kind is what the names are of, in the singular: "role", "environment".
	kind  string
	known []string
	// unreadable: the section that declares them has a problem of its own, so that
	// a reference cannot be judged.
	unreadable bool
}

// reference reads the name of something that the file declares.
func (d *decoder) reference(target *string, declared *names) reader {
	return value(d, target, "the name of a "+declared.kind, func(text string) (string, error) {
		return text, declared.check(text)
	})
}

// check says what is wrong with a reference.
func (n *names) check(text string) error {
	switch {
	case n.unreadable || slices.Contains(n.known, text):
		return nil
	case len(n.known) == 0:
		return fmt.Errorf("unknown %s %s, expected a declared one, and the file declares none", n.kind, quoted(text))
	}
	return fmt.Errorf("unknown %s %s, expected %s%s", n.kind, quoted(text), oneOf(n.known), didYouMean(text, n.known))
}

// declaredNames are the valid names that a mapping declares.
func (d *decoder) declaredNames(kind string, node *yaml.Node) *names {
	declared := &names{kind: kind}
	mapping := d.follow(node)
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		declared.unreadable = true
		return declared
	}
	read := min(len(mapping.Content), 2*maximumItems)
	for pair := range slices.Chunk(mapping.Content[:read], 2) {
		key := d.follow(pair[0])
		if key != nil && key.Kind == yaml.ScalarNode && validName(key.Value) && !slices.Contains(declared.known, key.Value) {
			declared.known = append(declared.known, key.Value)
		}
	}
	return declared
}

func parseBranch(text string) (string, error) {
	short, isBranch := strings.CutPrefix(text, "refs/heads/")
	switch {
	case isBranch:
		return "", fmt.Errorf("%s is a full reference name, expected the short name of a branch%s", quoted(text), didYouMeanThis(clipped(short)))
	case strings.HasPrefix(text, "refs/"):
		return "", fmt.Errorf("%s is a full reference name, expected the short name of a branch, such as master", quoted(text))
	case !release.ValidRefName(text):
		return "", fmt.Errorf("%s is not the name of a branch, expected one that git accepts, such as master", quoted(text))
	}
	return text, nil
}

// parseLedgerRef takes the full name of a reference that is neither a tag nor one
// that git keeps for itself.
func parseLedgerRef(text string) (string, error) {
	rest, full := strings.CutPrefix(text, "refs/")
	if !full || !strings.Contains(rest, "/") || !release.ValidRefName(text) ||
		strings.HasPrefix(rest, "tags/") || strings.HasPrefix(rest, "remotes/") {
		return "", fmt.Errorf("%s cannot hold the ledger, expected the full name of a reference, such as %s or refs/heads/looprel-ledger",
			quoted(text), release.DefaultLedgerRef)
	}
	return text, nil
}
