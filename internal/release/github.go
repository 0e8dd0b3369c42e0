package release

import (
	"fmt"
	"strings"
)

// GitHub is what looprel keeps up to date on GitHub beside git.
type GitHub struct {
	// Repository is OWNER/NAME or HOST/OWNER/NAME; empty: that of the home remote.
	Repository string
	// Releases says how far a Release is brought: ReleasesPublished, ReleasesDraft or
	// ReleasesNone.
	Releases string
	// Assets are patterns of files in the worktree that a Release gets.
	Assets []string
	// Milestones is the pattern of milestones' titles; empty: none are touched.
	Milestones Pattern
	// ReleasedLabel is what issues and pull requests of a release are labelled with, "" for
	// nothing; {version} is replaced. ReleasedComment: they are commented on.
	ReleasedLabel   string
	ReleasedComment bool
	// NoDeployments: promotions make no deployments.
	NoDeployments bool
	// Backports says how pull requests ask for backports, and are told of them.
	Backports Backports
	// Requests says what the issues are like that ask for a deployment; nil: none are
	// filed, but for environments that are deployed to by request.
	Requests *Requests
}

// Backports are how pull requests ask for backports, and what becomes of them then.
type Backports struct {
	// Label asks for a backport, with {line} for the line, such as 0.9.x.
	Label string
	// Done takes the label's place once the backport is made, with {line}; "": the label
	// is just taken off.
	Done string
	// Comment: pull requests that are named are commented on as well; those with a label
	// always are.
	Comment bool
}

// DefaultBackportLabel asks for a backport unless the file says otherwise.
const DefaultBackportLabel = "backport {line}"

// linePlaceholder stands for a release line.
const linePlaceholder = "{line}"

// Configured reports whether the file says how, and not the defaults alone.
func (b Backports) Configured() bool {
	return b.Label != DefaultBackportLabel || b.Done != "" || b.Comment
}

// DoneLabel is the label of a pull request whose backport to a line is made, "" for
// none.
func (b Backports) DoneLabel(line Line) string {
	return strings.ReplaceAll(b.Done, linePlaceholder, line.String())
}

// LineOf is the line that a label asks for a backport to; ok is false for other labels.
// Small letters and capitals are the same, as they are for GitHub's labels.
func (b Backports) LineOf(label string) (line Line, ok bool) {
	before, after, _ := strings.Cut(strings.ToLower(b.Label), linePlaceholder)
	rest, begins := strings.CutPrefix(strings.ToLower(label), before)
	name, ends := strings.CutSuffix(rest, after)
	if !begins || !ends {
		return Line{}, false
	}
	line, err := ParseLine(name)
	return line, err == nil
}

// CheckLabel says what is wrong with a label for backports: asks wants it to name the
// line once.
func CheckLabel(text string, asks bool) error {
	if asks && strings.Contains(text, ",") {
		return fmt.Errorf("%q cannot be looked for: GitHub takes a comma for the end of a label, expected one without, such as %q", text, DefaultBackportLabel)
	}
	if count := strings.Count(text, linePlaceholder); count > 1 || asks && count == 0 {
		return fmt.Errorf("%q names no line: expected {line} once, such as %q", text, DefaultBackportLabel)
	}
	return nil
}

// Requests are the issues that ask for a deployment.
type Requests struct {
	Labels []string
	// Template is the path of a file of the repository that has their text, "" for
	// looprel's own.
	Template string
}

// DefaultRequestLabel is the label of requests unless the file says otherwise.
const DefaultRequestLabel = "deployment-request"

// How far a Release is brought.
const (
	ReleasesPublished = "published"
	// ReleasesDraft leaves the last step to a person.
	ReleasesDraft = "draft"
	ReleasesNone  = "none"
)
