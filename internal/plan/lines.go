package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// LineChoice is a release line that fixes go to.
type LineChoice struct {
	BranchChoice
	// CutFrom is the full name of the tag that a new branch is cut from.
	CutFrom string
	// Newest is the line's highest release.
	Newest release.Version
	// Notes say what is otherwise than the words of the request.
	Notes []string
}

// SelectLines says which lines a backport is about, in the order of the request,
// each once.
func SelectLines(s *Snapshot, request BackportRequest) ([]LineChoice, error) {
	if err := checkBackportRequest(s, request); err != nil {
		return nil, err
	}
	var choices []LineChoice
	for _, base := range request.Bases {
		version, line, err := s.parseBase(base)
		if err != nil {
			return nil, err
		}
		if request.Line != "" {
			if line, err = s.parseLine(request.Line); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(choices, func(known LineChoice) bool { return *known.Line == line }) {
			continue
		}
		choice, err := s.chooseLine(line, version)
		if err != nil {
			return nil, err
		}
		choices = append(choices, choice)
	}
	return choices, nil
}

func checkBackportRequest(s *Snapshot, request BackportRequest) error {
	if err := s.checkEmbargo(request.Embargo); err != nil {
		return err
	}
	switch {
	case !request.Embargo.IsZero() && request.NoRelease:
		return misuse("leave out --embargo", "--no-release releases nothing that could be announced")
	case request.Labelled && request.AllOrNone:
		return misuse("leave out --all-or-none", "--labelled takes what applies, and --all-or-none wants all of it")
	case request.Labelled && request.Line != "":
		return misuse("leave out --line", "with --labelled the labels say which line")
	case len(request.Bases) == 0 && !request.Labelled:
		return misuse("looprel backport 0.9.0 COMMIT", "BASE is missing: the release, or the line, that is to get the fix")
	case request.Line != "" && len(request.Bases) > 1:
		return misuse("leave out --line", "--line names one line, and there are %d bases", len(request.Bases))
	case s.Component.Repository != ".":
		return releasedElsewhere(s)
	case request.Reason != "" && !request.OffCycle && !request.NotOnBranch:
		return misuse("add --off-cycle or --not-on-branch, or leave out --reason", "--reason says why a rule is set aside, and none is")
	case request.NotOnBranch:
		return checkReason("--not-on-branch", true, request.Reason)
	case request.OffCycle:
		return checkReason("--off-cycle", true, request.Reason)
	}
	return nil
}

// parseBase reads a version, a tag or a line. The version is zero for a line.
func (s *Snapshot) parseBase(text string) (release.Version, release.Line, error) {
	if version, err := release.ParseVersion(text); err == nil {
		return version, version.Line(), nil
	}
	if version, ok := s.Component.TagPattern.ParseTag(strings.TrimPrefix(text, TagRef(""))); ok {
		return version, version.Line(), nil
	}
	line, err := s.parseLine(strings.TrimPrefix(text, BranchRef("")))
	if err != nil {
		err = misuse("give a version (0.9.0), a tag or a line (0.9.x); "+s.basesHint(), "%q is neither a release nor a release line", text)
	}
	return release.Version{}, line, err
}

// basesHint says what there is to give fixes to: a line needs no branch for that.
func (s *Snapshot) basesHint() string {
	known := s.taggedVersions()
	switch {
	case len(known) == 0:
		return s.linesHint()
	case len(s.Lines()) == 0:
		return newestHint(known)
	}
	return newestHint(known) + "; " + s.linesHint()
}

func newestHint(known []release.Version) string {
	return fmt.Sprintf("the newest release is %s", slices.MaxFunc(known, release.Version.Compare))
}

// chooseLine finds the line's branch, or what to cut it from.
func (s *Snapshot) chooseLine(line release.Line, version release.Version) (LineChoice, error) {
	newest, err := newestOfLine(s, line)
	if err != nil {
		return LineChoice{}, err
	}
	choice := LineChoice{Newest: newest}
	if !version.IsZero() {
		if err := s.checkRelease(version); err != nil {
			return choice, err
		}
	}
	if s.hasLine(line) {
		choice.BranchChoice, err = s.lineBranch(line, version)
		if err == nil && !version.IsZero() && version != newest {
			choice.Notes = append(choice.Notes, fmt.Sprintf("%s is not the newest release of line %s, which is %s: the fix goes on top of that",
				version, line, newest))
		}
		return choice, err
	}
	if newest.IsZero() {
		return choice, refuse(s.basesHint(), "there is no line %s on %s: it has neither a release nor a branch", line, s.Remote)
	}
	return choice, s.cut(&choice, line, version)
}

// cut makes a new branch of the line's newest release.
func (s *Snapshot) cut(choice *LineChoice, line release.Line, version release.Version) error {
	if err := s.checkRelease(choice.Newest); err != nil {
		return err
	}
	tag, err := s.releaseTag(choice.Newest)
	if err != nil {
		return err
	}
	head, _ := s.Refs.Commit(tag)
	choice.BranchChoice = BranchChoice{Ref: BranchRef(s.Component.BranchPattern.Branch(line)), Head: head, New: true, Line: &line}
	choice.CutFrom = tag
	if !version.IsZero() && version != choice.Newest {
		choice.Notes = append(choice.Notes, fmt.Sprintf("%s is not the newest release of line %s, which is %s: the line is cut from that",
			version, line, choice.Newest))
	}
	return nil
}

// releaseTag is the full name of a release's tag.
func (s *Snapshot) releaseTag(version release.Version) (string, error) {
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil {
		return "", err
	}
	if ok {
		return known.Tag, nil
	}
	return TagRef(s.Component.TagPattern.Tag(version)), nil
}

// checkRelease refuses a version whose tag is missing, or not what the ledger has.
func (s *Snapshot) checkRelease(version release.Version) error {
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil {
		return err
	}
	if ok {
		if problem := s.tagProblem(known.Tag, known.TagID); problem != "" {
			return refuse(s.putBack(known), "%s", problem)
		}
		return nil
	}
	tag := TagRef(s.Component.TagPattern.Tag(version))
	if _, exists := s.Refs.IDs[tag]; exists {
		return nil
	}
	advice := "looprel tag makes the first one"
	if known := s.taggedVersions(); len(known) > 0 {
		advice = newestHint(known)
	}
	return misuse(advice, "there is no release %s on %s", version, s.Remote)
}
