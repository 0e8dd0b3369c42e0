package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// ScaffoldFacts are what a repository shows of itself, for a first file.
type ScaffoldFacts struct {
	// Component is what the component shall be called; Scaffold makes a valid name
	// of it.
	Component string
	// Branch is the short name of the branch that releases are made from; empty:
	// the remote's default branch.
	Branch string
	// TagPattern and BranchPattern are how tags and release branches are named;
	// empty: the defaults.
	TagPattern, BranchPattern release.Pattern
	// VersionFiles are the files that carry the version.
	VersionFiles []release.VersionFile
	// Changelog is nil when there is none in a known style.
	Changelog *release.Changelog
	// Today is the day from which the first tagging day is looked for.
	Today release.Date
	// Zone is the name of the train's zone; one that is not known becomes UTC.
	Zone string
}

// Detect derives the facts from a listing of the repository: short names of tags
// and branches, and the content of those of DetectFiles that are there, by name.
// The zone is the operator's, by name.
func Detect(tags, branches []string, defaultBranch string, files map[string][]byte, repositoryName string, today release.Date, zone string) ScaffoldFacts {
	return ScaffoldFacts{
		Component:     strings.TrimSuffix(repositoryName, ".git"),
		Branch:        defaultBranch,
		TagPattern:    detectTagPattern(tags),
		BranchPattern: detectBranchPattern(branches),
		VersionFiles:  detectVersionFiles(files),
		Changelog:     detectChangelog(files),
		Today:         today,
		Zone:          zone,
	}
}

// DetectFiles are the names, relative to the repository's root, of the files
// that Detect looks into. Others need not be read.
func DetectFiles() []string {
	var names []string
	for _, candidate := range versionFileCandidates() {
		if !slices.Contains(names, candidate.Path) {
			names = append(names, candidate.Path)
		}
	}
	return append(names, changelogCandidates()...)
}

var releaseTag = lazyregexp.New(`^((?:.*[^0-9.])?)([0-9]+\.[0-9]+\.[0-9]+)$`)

// detectTagPattern takes the prefix that most release tags have; of two that are
// as frequent, the one of the highest version.
func detectTagPattern(tags []string) release.Pattern {
	styles := map[release.Pattern]style{}
	for _, tag := range tags {
		parts := releaseTag.FindStringSubmatch(tag)
		if parts == nil {
			continue
		}
		version, err := release.ParseVersion(parts[2])
		pattern := release.Pattern(parts[1] + "{version}")
		if err != nil || pattern.Check(true) != nil {
			continue
		}
		styles[pattern] = styles[pattern].with(version)
	}
	return mostUsed(styles, release.DefaultTagPattern)
}

// releaseBranch wants words of releases around the line's numbers, since
// branches for other purposes carry numbers too.
var releaseBranch = lazyregexp.New(`(?i)^((?:(?:releases?|rel|stable|maint|maintenance|support|hotfix|version)[-_/])*v?)([0-9]{1,9})\.([0-9]{1,9})((?:\.x)?(?:[-_](?:stable|maint|release))?)$`)

func detectBranchPattern(branches []string) release.Pattern {
	styles := map[release.Pattern]style{}
	for _, branch := range branches {
		parts := releaseBranch.FindStringSubmatch(branch)
		if parts == nil {
			continue
		}
		// 0.16.X beside 0.18.x is one style: lines are read in either case.
		pattern := release.Pattern(parts[1] + "{major}.{minor}" + strings.ToLower(parts[4]))
		line, err := release.ParseLine(parts[2] + "." + parts[3] + ".x")
		if err != nil || pattern.Check(false) != nil {
			continue
		}
		styles[pattern] = styles[pattern].with(release.NewVersion(line.Major, line.Minor, 0))
	}
	return mostUsed(styles, release.DefaultBranchPattern)
}

// style is how often a way to name things is used, and the highest version that
// is named so.
type style struct {
	uses    int
	highest release.Version
}

func (s style) with(version release.Version) style {
	s.uses++
	if version.Compare(s.highest) > 0 {
		s.highest = version
	}
	return s
}

// mostUsed is the pattern that is used most, then the one of the highest version,
// then the first by name.
func mostUsed(styles map[release.Pattern]style, fallback release.Pattern) release.Pattern {
	if len(styles) == 0 {
		return fallback
	}
	return slices.MinFunc(slices.Collect(maps.Keys(styles)), func(a, b release.Pattern) int {
		return cmp.Or(
			cmp.Compare(styles[b].uses, styles[a].uses),
			styles[b].highest.Compare(styles[a].highest),
			cmp.Compare(a, b),
		)
	})
}
