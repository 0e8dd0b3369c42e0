package notes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/changelog"
)

// groups are the kinds in the order in which they are printed.
func groups() []changelog.Kind {
	return []changelog.Kind{
		changelog.KindBreaking, changelog.KindSecurity, changelog.KindFeature, changelog.KindFix,
		changelog.KindPerformance, changelog.KindOther, changelog.KindDocumentation, changelog.KindMaintenance,
	}
}

// groupTitle is the kind's heading.
func groupTitle(kind changelog.Kind) string {
	switch kind {
	case changelog.KindBreaking:
		return "Breaking changes"
	case changelog.KindSecurity:
		return "Security"
	case changelog.KindFeature:
		return "Features"
	case changelog.KindFix:
		return "Fixes"
	case changelog.KindPerformance:
		return "Performance"
	case changelog.KindDocumentation:
		return "Documentation"
	case changelog.KindMaintenance:
		return "Maintenance"
	default:
		return "Other changes"
	}
}

// of are the changes of one kind.
func (n Notes) of(kind changelog.Kind) []Change {
	return slices.DeleteFunc(slices.Clone(n.Changes), func(c Change) bool { return c.Kind != kind })
}

// nothing is what notes without changes say.
const nothing = "No changes.\n"

// Markdown prints the notes for a forge or a page: one third-level heading for
// each kind, one list item for each change, with links where the web knows any.
func (n Notes) Markdown(web Web) string {
	return n.print(markdownStyle(web))
}

// Text prints the notes for a mail or a terminal, without links.
func (n Notes) Text() string {
	return n.print(style{
		heading: func(title string) string { return title + ":\n" },
		text:    func(text string) string { return changelog.OneLine(text, maxText) },
		numbers: numbersOf(Web{}, func(text, _ string) string { return text }),
		commit:  func(c Change) string { return c.ID.Short() },
	})
}

// style is how the parts of notes are printed.
type style struct {
	heading func(title string) string
	text    func(untrusted string) string
	numbers func(Change) []string
	commit  func(Change) string
}

func markdownStyle(web Web) style {
	return style{
		heading: func(title string) string { return "### " + title + "\n" },
		text:    markdown,
		numbers: numbersOf(web, link),
		commit:  func(c Change) string { return link("`"+c.ID.Short()+"`", web.commit(c.ID)) },
	}
}

// numbersOf lists a change's bugs, pull requests and issues.
func numbersOf(web Web, link func(text, address string) string) func(Change) []string {
	return func(c Change) []string {
		numbers := make([]string, 0, len(c.Bugs)+len(c.PullRequests)+len(c.Issues))
		for _, bug := range c.Bugs {
			numbers = append(numbers, link("bug "+bug, web.bug(bug)))
		}
		for _, pull := range c.PullRequests {
			numbers = append(numbers, link(fmt.Sprintf("#%d", pull), web.pullRequest(pull)))
		}
		for _, issue := range c.Issues {
			numbers = append(numbers, "closes "+link(fmt.Sprintf("#%d", issue), web.issue(issue)))
		}
		return numbers
	}
}

func (n Notes) print(s style) string {
	var parts []string
	for _, kind := range groups() {
		if changes := n.of(kind); len(changes) > 0 {
			parts = append(parts, s.group(groupTitle(kind), changes))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, nothing)
	}
	if len(n.Reverted) > 0 {
		parts = append(parts, s.group("Made and reverted within this release", n.Reverted))
	}
	return strings.Join(parts, "\n")
}

func (s style) group(title string, changes []Change) string {
	text := s.heading(title) + "\n"
	for _, c := range changes {
		text += s.item(c) + "\n"
	}
	return text
}

// item is a change's line: "text (numbers) — authors". A change without any
// number is shown with its commit.
func (s style) item(c Change) string {
	text := s.text(c.Text)
	if c.Scope != "" {
		text = s.text(c.Scope + ": " + c.Text)
	}
	numbers := s.numbers(c)
	if len(numbers) == 0 {
		numbers = []string{s.commit(c)}
	}
	line := "- " + text + " (" + strings.Join(numbers, ", ") + ")"
	if !c.RevertedBy.IsZero() {
		line += ", reverted by " + c.RevertedBy.Short()
	}
	if len(c.Authors) > 0 {
		line += " — " + s.text(strings.Join(c.Authors, ", "))
	}
	if c.BreakingNote != "" {
		line += "\n  " + s.text(c.BreakingNote)
	}
	return line
}
