package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// Scaffold writes a first environments.yaml, with comments for whoever reads one
// for the first time. Parse accepts it, whatever the facts: what could not stand
// in the file is left out, and names are made valid.
func Scaffold(facts ScaffoldFacts) []byte {
	facts = acceptable(facts)
	var b strings.Builder
	b.WriteString(scaffoldHead)
	fmt.Fprintf(&b, "timezone: %s\n", scalarText(facts.Zone))
	fmt.Fprintf(&b, scaffoldTrain, firstTag(facts.Today))
	b.WriteString(scaffoldContacts)
	b.WriteString(scaffoldComponent(facts))
	fmt.Fprintf(&b, scaffoldEnvironments, followed(facts.Branch))
	return []byte(b.String())
}

// acceptable keeps of the facts what Parse accepts.
func acceptable(facts ScaffoldFacts) ScaffoldFacts {
	facts.Component = slug(facts.Component)
	if _, err := parseBranch(facts.Branch); err != nil || !writable(facts.Branch) {
		facts.Branch = ""
	}
	facts.TagPattern = validPattern(facts.TagPattern, true, release.DefaultTagPattern)
	facts.BranchPattern = validPattern(facts.BranchPattern, false, release.DefaultBranchPattern)
	if zone, err := parseZone(facts.Zone); err != nil || zone.String() != facts.Zone {
		facts.Zone = "UTC"
	}
	facts.VersionFiles = validVersionFiles(facts.VersionFiles)
	if c := facts.Changelog; c != nil && (!validPath(c.Path) || !slices.Contains([]string{"", styleLoop, styleKeep}, c.Style)) {
		facts.Changelog = nil
	}
	return facts
}

// writable reports text that can stand in the file.
func writable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable)
}

func validPattern(pattern release.Pattern, tag bool, fallback release.Pattern) release.Pattern {
	if pattern.Check(tag) != nil || !writable(string(pattern)) {
		return fallback
	}
	return pattern
}

func validPath(text string) bool {
	clean, err := cleanFile(text)
	return err == nil && clean == text && writable(text)
}

func validVersionFiles(files []release.VersionFile) []release.VersionFile {
	var valid []release.VersionFile
	for _, file := range files {
		_, err := parsePattern(file.Pattern)
		byKey := file.Key != "" && file.Pattern == "" && hasKeys(file.Path) && writable(file.Key)
		byPattern := file.Key == "" && err == nil && writable(file.Pattern)
		if validPath(file.Path) && (byKey || byPattern) && !slices.Contains(valid, file) {
			valid = append(valid, file)
		}
	}
	return valid
}

// firstTag is the first Tuesday on the day or after it.
func firstTag(today release.Date) release.Date { return today.AddDays(-1).Next(time.Tuesday) }

// followed is the branch that the first environment follows.
func followed(branch string) string {
	if branch == "" {
		return "main"
	}
	return scalarText(branch)
}

var outsideName = lazyregexp.New(`[^a-z0-9._-]+`)

// slug makes a valid name of any text: "Loop Server" becomes "loop-server".
func slug(text string) string {
	name := outsideName.ReplaceAllString(strings.ToLower(text), "-")
	for strings.Contains(name, "..") {
		name = strings.ReplaceAll(name, "..", ".")
	}
	name = strings.TrimLeft(name, "._-")
	name = name[:min(len(name), longestName)]
	for trimmed := ""; trimmed != name; {
		trimmed = name
		name = strings.TrimSuffix(strings.TrimRight(name, "._-"), ".lock")
	}
	if !validName(name) {
		return "component"
	}
	return name
}

// scalarText writes text as a YAML scalar: bare where it cannot be taken for
// anything else, backslashes as they are in single quotes, otherwise in double
// quotes, whose escapes are Go's.
func scalarText(text string) string {
	bare := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/.-]*$`)
	words := []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "none"}
	if bare.MatchString(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	if strings.Contains(text, `\`) && !strings.Contains(text, "'") {
		return "'" + text + "'"
	}
	return strconv.Quote(text)
}
