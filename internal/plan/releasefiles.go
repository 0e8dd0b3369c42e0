package plan

import (
	"fmt"
	"maps"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/versionfile"
)

// releasedFiles are the component's version files and changelog as a release has
// them.
type releasedFiles struct {
	files map[string][]byte
	// changelog is the released changelog; nil without one.
	changelog *changelog.File
}

// releaseFiles writes the version into the version files, and version and date
// into the changelog. A line may be older than such a file, and is released without it;
// the train's branch has what environments.yaml declares.
func (p *TagPlan) releaseFiles(s *Snapshot, branch *Branch, request TagRequest) (*releasedFiles, error) {
	released := &releasedFiles{files: maps.Clone(branch.At.Files)}
	if released.files == nil {
		released.files = map[string][]byte{}
	}
	for _, file := range s.Component.VersionFiles {
		content, exists := released.files[file.Path]
		if !exists && branch.Line != nil {
			p.Notes = append(p.Notes, fmt.Sprintf("%s has no %s to write the version into", ShortRef(branch.Ref), file.Path))
			continue
		}
		if !exists {
			return nil, misuse("correct version-files in environments.yaml", "version file %s does not exist in %s", file.Path, branch.At.ID.Short())
		}
		// What cannot be read as a version is not overwritten with one.
		if _, err := versionfile.Read(file, content); err != nil {
			return nil, misuseOf(err)
		}
		var err error
		if released.files[file.Path], err = versionfile.Set(file, content, p.Version.String()); err != nil {
			return nil, misuseOf(err)
		}
	}
	return released, p.releaseChangelog(s, branch, request, released)
}

func (p *TagPlan) releaseChangelog(s *Snapshot, branch *Branch, request TagRequest, released *releasedFiles) error {
	declared := s.Component.Changelog
	if declared == nil {
		return nil
	}
	content, exists := branch.At.Files[declared.Path]
	if !exists && branch.Line != nil {
		p.Notes = append(p.Notes, fmt.Sprintf("%s has no %s to write a section into", ShortRef(branch.Ref), declared.Path))
		return nil
	}
	if !exists {
		return misuse("correct changelog in environments.yaml, or add the file", "changelog %s does not exist in %s", declared.Path, branch.At.ID.Short())
	}
	file, err := changelog.Parse(changelog.Style(declared.Style), content)
	if err != nil {
		return misuseOf(err)
	}
	if file, err = p.carrySections(s, branch, file); err != nil {
		return err
	}
	entries := p.Changes.ForChangelog()
	additions := changelog.Additions{WhenEmpty: entries}
	section, written := file.Section(p.Version)
	if !written {
		section, written = file.Unreleased()
	}
	if written && !section.IsEmpty() {
		missing := changelog.Missing(section, entries)
		if request.FillChangelog {
			additions.Append = missing
		} else {
			for _, change := range missing {
				p.Omitted = append(p.Omitted, Describe(change))
			}
		}
	}
	released.changelog = file.Release(p.Version, s.Today(), additions)
	if section, ok := released.changelog.Section(p.Version); ok {
		p.Section = section.Heading + "\n\n" + section.Body
	}
	released.files[declared.Path] = []byte(released.changelog.String())
	return nil
}

// changelogOf is a revision's changelog, if one is declared and there.
func changelogOf(component release.Component, revision Revision) (content []byte, exists bool) {
	if component.Changelog == nil {
		return nil, false
	}
	content, exists = revision.Files[component.Changelog.Path]
	return content, exists
}

// isReleasedIn reports whether a revision's changelog has a version as released.
func isReleasedIn(component release.Component, revision Revision, version release.Version) bool {
	if component.Changelog == nil {
		return false
	}
	file, err := changelog.Parse(changelog.Style(component.Changelog.Style), revision.Files[component.Changelog.Path])
	if err != nil {
		return false
	}
	section, ok := file.Section(version)
	return ok && !section.Unreleased
}

// SectionAt is a release's section of the changelog that a revision has, "" if there
// is none that can be read.
func SectionAt(component release.Component, revision Revision, version release.Version) string {
	if component.Changelog == nil {
		return ""
	}
	file, err := changelog.Parse(changelog.Style(component.Changelog.Style), revision.Files[component.Changelog.Path])
	if err != nil {
		return ""
	}
	section, ok := file.Section(version)
	if !ok {
		return ""
	}
	return section.Heading + "\n\n" + section.Body
}

// carrySections brings the changelogs' sections of releases that were made on lines
// since to the train's branch: they would be lost otherwise.
func (p *TagPlan) carrySections(s *Snapshot, branch *Branch, file *changelog.File) (*changelog.File, error) {
	var carried []string
	for _, line := range branch.Elsewhere {
		if line.Version.Compare(p.Version) > 0 {
			continue
		}
		theirs, err := changelog.Parse(changelog.Style(s.Component.Changelog.Style), line.Changelog)
		if err != nil {
			return nil, fmt.Errorf("the changelog of %s: %w", line.Version, err)
		}
		section, written := theirs.Section(line.Version)
		if known, ok := file.Section(line.Version); !written || section.IsEmpty() || ok && !known.Unreleased {
			continue
		}
		file = file.Insert(section)
		carried = append(carried, line.Version.String())
	}
	if len(carried) > 0 {
		p.Notes = append(p.Notes, "the changelog gets the sections of releases made on their lines: "+joinSome(carried))
	}
	return file, nil
}

// Describe is a change in one line, with its numbers.
func Describe(change changelog.Change) string {
	text := change.Text
	for _, bug := range change.Bugs {
		text += " (bug " + bug + ")"
	}
	for _, number := range change.PullRequests {
		text += fmt.Sprintf(" (#%d)", number)
	}
	return text
}

// checkVersionInside refuses a tag whose tree would carry another version than
// its name: 0.12.1 once carried 0.13.0-DEV. A file that is not there carries none.
func checkVersionInside(component release.Component, files map[string][]byte, version release.Version) error {
	for _, file := range component.VersionFiles {
		content, exists := files[file.Path]
		if !exists {
			continue
		}
		inside, err := versionfile.Read(file, content)
		if err != nil {
			return misuseOf(err)
		}
		if inside.Version != version || inside.Prerelease != "" {
			return refuse("correct version-files in environments.yaml",
				"%s would carry version %s inside tag %s", file.Path, inside.Text, version)
		}
	}
	return nil
}

// developmentFiles are the files of the commit that follows the release: the next
// version, and a new section on top of the changelog if it opens one. A version
// that is ahead stays: a patch of master itself leaves 0.18.0-dev as it was.
//
// After the release of an earlier commit the tip's files are what counts: what was
// added to the changelog since stays unreleased.
func (p *TagPlan) developmentFiles(s *Snapshot, branch *Branch, released *releasedFiles, opens bool) (map[string][]byte, error) {
	files := maps.Clone(released.files)
	if p.build.earlier {
		files = maps.Clone(branch.Tip.Files)
	}
	var next release.Version
	if opens {
		next = p.Version.Bump(s.Component.Bump)
	}
	for i, file := range s.Component.VersionFiles {
		content, exists := files[file.Path]
		if !exists {
			continue // removed since the commit that is released
		}
		before, err := versionfile.Read(file, branch.Tip.Files[file.Path])
		if err != nil {
			return nil, misuseOf(err)
		}
		text := p.Version.String()
		switch {
		case before.Version.Compare(p.Version) > 0:
			text = before.Text
		case opens:
			text = developmentVersion(s.Component, before, p.Version)
		}
		if parsed, ok := release.ParseFileVersion(text); ok && i == 0 && opens {
			next = parsed.Version
		}
		if files[file.Path], err = versionfile.Set(file, content, text); err != nil {
			return nil, misuseOf(err)
		}
	}
	return files, p.developmentChangelog(s, released, files, next)
}

// developmentChangelog opens the next version's section in the changelog of
// files; the zero version opens none.
func (p *TagPlan) developmentChangelog(s *Snapshot, released *releasedFiles, files map[string][]byte, next release.Version) error {
	if released.changelog == nil {
		return nil
	}
	path := s.Component.Changelog.Path
	if !p.build.earlier {
		if !next.IsZero() {
			files[path] = []byte(released.changelog.Open(next).String())
		}
		return nil
	}
	content, exists := files[path]
	section, written := released.changelog.Section(p.Version)
	if !exists || !written {
		return nil
	}
	tip, err := changelog.Parse(changelog.Style(s.Component.Changelog.Style), content)
	if err != nil {
		return misuseOf(err)
	}
	files[path] = []byte(tip.Subtract(section, next).String())
	return nil
}

// developmentVersion is what a version file carries after a release: the next
// version with the same pre-release, "dev" if it had none.
func developmentVersion(component release.Component, before release.FileVersion, released release.Version) string {
	suffix := before.Prerelease
	if suffix == "" {
		suffix = "dev"
	}
	return released.Bump(component.Bump).String() + "-" + suffix
}
