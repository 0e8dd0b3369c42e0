package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// TagRequest is what `tag` was asked for.
type TagRequest struct {
	Version release.Version // zero: the next one
	Bump    release.Bump    // "": as configured
	// Line is a release line (0.9.x), or the short name of the train's branch to
	// make a patch release of that branch itself.
	Line string
	// All: the other components of a set are released as well.
	All      bool
	OffCycle bool
	Reason   string
	// FillChangelog adds what the changelog's section leaves out.
	FillChangelog bool
	// WithoutFix are the fixes of earlier lines that are left out, as the operator typed
	// them.
	WithoutFix []string
	// Embargo is until when nobody is told; zero: at once.
	Embargo time.Time
	// ViaPull: the branch gets its commits by a pull request.
	ViaPull bool
	// Again proposes anew what came to nothing.
	Again bool
	// Command is what goes on once a pull request is merged; "": what tags the version.
	Command string
}

// BranchChoice is the branch that a release is made from.
type BranchChoice struct {
	Ref string // full name
	// Head is where the branch is; of a new one, what it is cut from.
	Head object.ID
	// New: the remote does not have the branch yet.
	New bool
	// Line is the release line of the branch; nil for the train's own branch.
	Line *release.Line
}

// Branch is what a release needs to know of its branch.
type Branch struct {
	BranchChoice
	// At is the revision to release; it is Head's unless an earlier commit was
	// asked for. With Picks it has Head's id, and the tree and files that they lead
	// to.
	At Revision
	// Tip is the branch's head.
	Tip Revision
	// Base is the highest release tag that At contains; no version if it has none.
	Base Base
	// Latest is the highest release tag that Tip contains; it is Base's unless an
	// earlier commit is released.
	Latest release.Version
	// Ignored are tags that look like versions and are not releases.
	Ignored []string
	// Changes are the commits since Base, newest first, limited to the
	// component's path.
	Changes []notes.Commit
	// Picks are cherry-picks that go on top of Head, in their order, and Made are
	// the blobs and trees of them.
	Picks []Pick
	Made  []object.Object
	// Elsewhere are releases made on lines since, lowest first, whose changelog the
	// train's branch may lack; none for a line.
	Elsewhere []LineRelease
	// Pending is a release of the branch that is proposed already; nil: none.
	Pending *Pending
	// Ended are the heads of proposals of fixes for the branch that are not open any more:
	// it has them, or they came to nothing.
	Ended []string
	// Asked are the commits that Picks were asked for by.
	Asked []object.ID
	// Origins are the pull requests by which the sources of picks came to the train's
	// branch; those who reviewed them are among their Reviewers. Unread says what could
	// not be read of them.
	Origins map[object.ID]forge.Pull
	Unread  []string
	// Unchanged: At differs from Base in nothing but version files and changelog.
	Unchanged bool
}

// LineRelease is a release that the train's branch does not contain, with the
// changelog that it has.
type LineRelease struct {
	Version   release.Version
	Changelog []byte
}

// Base is a release that another one is compared with.
type Base struct {
	Version release.Version
	Tag     string // full reference name
	Commit  object.ID
}

// Revision is a commit with what a release commit on top of it may change.
type Revision struct {
	ID   object.ID
	Root object.ID // its tree
	// Files are the version files and the changelog that it has, by path.
	Files map[string][]byte
	// Trees are the directories on the way to them.
	Trees object.TreeMap
}

// ReleaseFiles are the paths that a release commit of the component may change.
func ReleaseFiles(component release.Component) []string {
	var paths []string
	for _, file := range component.VersionFiles {
		if !slices.Contains(paths, file.Path) {
			paths = append(paths, file.Path)
		}
	}
	if component.Changelog != nil {
		paths = append(paths, component.Changelog.Path)
	}
	return paths
}

// TrainBranch is the full name of the component's own branch.
func (s *Snapshot) TrainBranch() (string, error) {
	if s.Component.Branch != "" {
		return BranchRef(s.Component.Branch), nil
	}
	if s.Refs.Default != "" {
		return s.Refs.Default, nil
	}
	return "", misuse(fmt.Sprintf("add \"branch: NAME\" to %s in environments.yaml", s.Component.Name),
		"%s has no default branch, and environments.yaml names none for %s", s.Remote, s.Component.Name)
}

// SelectBranch says which branch a tag request is about.
func SelectBranch(s *Snapshot, request TagRequest) (BranchChoice, error) {
	if err := checkTagRequest(s, request); err != nil {
		return BranchChoice{}, err
	}
	train, err := s.TrainBranch()
	if err != nil {
		return BranchChoice{}, err
	}
	if request.Line != "" {
		if BranchRef(request.Line) == train {
			return s.branch(train, nil)
		}
		line, err := s.parseLine(request.Line)
		if err != nil {
			return BranchChoice{}, err
		}
		if !request.Version.IsZero() && !line.Contains(request.Version) {
			return BranchChoice{}, misuse("leave out --line, or give a version of that line", "version %s does not belong to line %s", request.Version, line)
		}
		return s.lineBranch(line, request.Version)
	}
	if request.Version.IsPatch() && (s.Component.Bump != release.BumpPatch || s.hasLine(request.Version.Line())) {
		return s.lineBranch(request.Version.Line(), request.Version)
	}
	return s.branch(train, nil)
}

func (s *Snapshot) hasLine(line release.Line) bool {
	return slices.ContainsFunc(s.Lines(), func(branch LineBranch) bool { return branch.Line == line })
}

// releasedElsewhere refuses to release a component that lives in another repository, where
// the train makes no sets.
func releasedElsewhere(s *Snapshot) error {
	return misuse(`run looprel in a clone of that repository, which has an environments.yaml of its own; or have this train release both, as sets: "sets: true" under train`,
		"%s is released in %s, not here", s.Component.Name, s.Component.Repository)
}

func checkTagRequest(s *Snapshot, request TagRequest) error {
	if !request.Version.IsZero() && request.Bump != "" {
		return misuse("give one of the two", "VERSION and --bump both say what the next version is")
	}
	if s.Component.Repository != "." {
		return releasedElsewhere(s)
	}
	if err := s.checkEmbargo(request.Embargo); err != nil {
		return err
	}
	if len(request.WithoutFix) > 0 {
		return checkReason("--without-fix", true, request.Reason)
	}
	return checkReason("--off-cycle", request.OffCycle, request.Reason)
}

func (s *Snapshot) branch(ref string, line *release.Line) (BranchChoice, error) {
	head, ok := s.Refs.IDs[ref]
	if !ok {
		return BranchChoice{}, misuse("push it first, or name another one in environments.yaml",
			"%s has no branch %s", s.Remote, strings.TrimPrefix(ref, BranchRef("")))
	}
	return BranchChoice{Ref: ref, Head: head, Line: line}, nil
}

func (s *Snapshot) parseLine(text string) (release.Line, error) {
	if line, err := release.ParseLine(text); err == nil {
		return line, nil
	}
	if line, ok := s.Component.BranchPattern.ParseBranch(text); ok {
		return line, nil
	}
	return release.Line{}, misuse(s.linesHint(), "%q is not a release line", text)
}

func (s *Snapshot) linesHint() string {
	lines := s.Lines()
	if len(lines) == 0 {
		return "a line is named as in 0.9.x; there is none yet"
	}
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = line.Line.String()
	}
	return "the lines are " + strings.Join(names, ", ")
}

// LineBranch is a release line and its branch.
type LineBranch struct {
	Line release.Line
	Ref  string
	Head object.ID
}

// Lines are the component's release lines that have a branch, lowest first; a
// line spelled in two ways is listed twice.
func (s *Snapshot) Lines() []LineBranch {
	var lines []LineBranch
	for ref, id := range s.Refs.IDs {
		name, isBranch := strings.CutPrefix(ref, BranchRef(""))
		if !isBranch {
			continue
		}
		if line, ok := s.Component.BranchPattern.ParseBranch(name); ok {
			lines = append(lines, LineBranch{Line: line, Ref: ref, Head: id})
		}
	}
	slices.SortFunc(lines, func(a, b LineBranch) int {
		if order := a.Line.Compare(b.Line); order != 0 {
			return order
		}
		return strings.Compare(a.Ref, b.Ref)
	})
	return lines
}

func (s *Snapshot) lineBranch(line release.Line, version release.Version) (BranchChoice, error) {
	var found []LineBranch
	for _, candidate := range s.Lines() {
		if candidate.Line == line {
			found = append(found, candidate)
		}
	}
	switch len(found) {
	case 1:
		return s.branch(found[0].Ref, &line)
	case 0:
		train, err := s.TrainBranch()
		if err != nil {
			return BranchChoice{}, err
		}
		own := strings.TrimPrefix(train, BranchRef(""))
		hint := fmt.Sprintf("to release a patch of %s itself: looprel tag %s --line %s", own, version, own)
		if version.IsZero() {
			hint = s.linesHint()
		}
		return BranchChoice{}, refuse(hint, "line %s has no branch on %s", line, s.Remote)
	}
	return BranchChoice{}, misuse("delete or rename one of them", "line %s has two branches on %s: %s and %s",
		line, s.Remote, found[0].Ref, found[1].Ref)
}
