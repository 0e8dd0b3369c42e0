package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/versionfile"
)

// chosen is the version of a release, and why it is that one.
type chosen struct {
	version release.Version
	reason  string
}

// chooseVersion follows section "Which version" of the rules: what was asked
// for; on a line always the next patch; on the train's branch a pre-release in
// the version file above the base, otherwise the bump; without any tag the
// version file.
func chooseVersion(s *Snapshot, branch *Branch, request TagRequest) (chosen, error) {
	if !request.Version.IsZero() {
		return chosen{request.Version, "as asked for"}, nil
	}
	base := branch.Base.Version
	if branch.Line != nil {
		return nextOnLine(s, branch, request)
	}
	file, err := versionInFile(s.Component, branch.At)
	if err != nil {
		return chosen{}, err
	}
	bump := request.Bump
	if bump == "" && wantsPatch(s, branch, request) {
		bump = release.BumpPatch
	}
	switch {
	case bump != "" && !base.IsZero():
		return chosen{base.Bump(bump), fmt.Sprintf("%s with the %s number raised, as asked for", base, bump)}, nil
	case file.Prerelease != "" && file.Version.Compare(base) > 0:
		return chosen{file.Version, fmt.Sprintf("%s announces %s", s.Component.VersionFiles[0].Path, file.Text)}, nil
	case base.IsZero() && !file.Version.IsZero():
		return chosen{file.Version, fmt.Sprintf("the first release, as %s has it", s.Component.VersionFiles[0].Path)}, nil
	case base.IsZero():
		return chosen{}, misuse("looprel tag 0.1.0", "there is no release yet and no version file that says what the first one is")
	}
	return chosen{base.Bump(s.Component.Bump), fmt.Sprintf("%s with the %s number raised", base, s.Component.Bump)}, nil
}

func nextOnLine(s *Snapshot, branch *Branch, request TagRequest) (chosen, error) {
	if request.Bump != "" && request.Bump != release.BumpPatch {
		return chosen{}, misuse("leave out --bump", "on line %s only the patch number rises", branch.Line)
	}
	newest, err := newestOfLine(s, *branch.Line)
	if err != nil {
		return chosen{}, err
	}
	if newest.IsZero() {
		return chosen{}, refuse(fmt.Sprintf("looprel tag %d.%d.0 --line %s", branch.Line.Major, branch.Line.Minor, branch.Line),
			"line %s has no release yet", branch.Line)
	}
	return chosen{newest.Bump(release.BumpPatch), fmt.Sprintf("the next patch after %s", newest)}, nil
}

// versionInFile is the version that the first version file has; the zero value
// without version files, or where the file does not exist.
func versionInFile(component release.Component, revision Revision) (release.FileVersion, error) {
	if len(component.VersionFiles) == 0 {
		return release.FileVersion{}, nil
	}
	first := component.VersionFiles[0]
	content, ok := revision.Files[first.Path]
	if !ok {
		return release.FileVersion{}, misuse("correct version-files in environments.yaml",
			"version file %s does not exist in %s", first.Path, revision.ID.Short())
	}
	version, err := versionfile.Read(first, content)
	if err != nil {
		return release.FileVersion{}, misuseOf(err)
	}
	return version, nil
}

// ShownVersion is what a revision calls itself: the version of its first version
// file, or its short id where that cannot be read. A branch's head may be in any
// state.
func ShownVersion(component release.Component, revision Revision) string {
	version, err := versionInFile(component, revision)
	if err != nil || version.Text == "" {
		return revision.ID.Short()
	}
	return version.Text
}

// misuseOf makes a file that does not hold what the configuration says a
// configuration error.
func misuseOf(err error) error {
	var misuse *Misuse
	if errors.As(err, &misuse) {
		return err
	}
	return &Misuse{Reason: err.Error(), Advice: "correct the file, or what environments.yaml says of it"}
}

// newestOfLine is the highest version of a line over the remote's tags and the
// ledger, which remembers deleted ones.
func newestOfLine(s *Snapshot, line release.Line) (release.Version, error) {
	known, err := s.Ledger.Versions(s.Component.Name, line)
	if err != nil {
		return release.Version{}, err
	}
	var newest release.Version
	for _, version := range slices.Concat(known, s.taggedVersions()) {
		if line.Contains(version) && version.Compare(newest) > 0 {
			newest = version
		}
	}
	return newest, nil
}

// taggedVersions are the versions of the component's release tags on the
// remote, in no order.
func (s *Snapshot) taggedVersions() []release.Version {
	var versions []release.Version
	for ref := range s.Refs.IDs {
		if version, ok := s.Release(ref); ok {
			versions = append(versions, version)
		}
	}
	return versions
}

// NextVersion is what the next release may be called: the highest that there is,
// raised. It serves to look at the rules for names.
func (s *Snapshot) NextVersion() release.Version {
	var newest release.Version
	for _, version := range s.taggedVersions() {
		if version.Compare(newest) > 0 {
			newest = version
		}
	}
	if newest.IsZero() {
		return release.NewVersion(0, 1, 0)
	}
	return newest.Bump(s.Component.Bump)
}

// Release is the version of the release that a reference is the tag of, by its full
// name; ok is false for any other reference.
func (s *Snapshot) Release(ref string) (version release.Version, ok bool) {
	name, isTag := strings.CutPrefix(ref, TagRef(""))
	if !isTag {
		return release.Version{}, false
	}
	return s.Component.TagPattern.ParseTag(name)
}

// checkUnused refuses a version that exists, or that is not above the last one
// of its line, or of the branch.
func checkUnused(s *Snapshot, branch *Branch, version release.Version) error {
	tag := TagRef(s.Component.TagPattern.Tag(version))
	known, inLedger, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil {
		return err
	}
	if inLedger {
		tag = known.Tag
	}
	id, tagged := s.Refs.IDs[tag]
	switch {
	case inLedger && !tagged:
		return refuse("choose a higher version: looprel tag VERSION",
			"%s was %s and its tag has been deleted since; a version is never used again", version, s.origin(known))
	case inLedger:
		return refuse("choose a higher version: looprel tag VERSION",
			"%s exists: %s", version, s.origin(known))
	case tagged:
		return refuse("to take it over as it is: looprel adopt",
			"tag %s exists on %s (%s) and the ledger does not know it", version, s.Remote, id.Short())
	}
	newest, err := newestOfLine(s, version.Line())
	if err != nil {
		return err
	}
	if version.Compare(newest) <= 0 {
		return refuse(fmt.Sprintf("the next one is %s", newest.Bump(release.BumpPatch)),
			"%s is not above %s, the last release of line %s", version, newest, version.Line())
	}
	if base := branch.Base.Version; version.Compare(base) <= 0 {
		return refuse(fmt.Sprintf("give a version above %s", base),
			"%s is not above %s, which %s contains", version, base, ShortRef(branch.Ref))
	}
	return nil
}

// origin says how the ledger came to know a release.
func (s *Snapshot) origin(known ledger.Release) string {
	act := "tagged"
	if known.Adopted {
		act = "adopted"
	}
	return fmt.Sprintf("%s by %s on %s", act, known.By.Name, s.civil(known.At))
}
