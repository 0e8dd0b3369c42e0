package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/release"
)

// proposalTitle is the title of a release's pull request, and the subject of the commit
// that a squash makes of it.
func (p *TagPlan) proposalTitle(branch *Branch) string {
	if len(branch.Picks) == 0 {
		return "Release " + p.Version.String()
	}
	return picksTitle(branch)
}

// picksTitle is the title of a pull request that brings fixes to a line.
func picksTitle(branch *Branch) string {
	name := ShortRef(branch.Ref)
	if len(branch.Picks) == 1 {
		return notes.PlainTitle(fmt.Sprintf("[%s] %s", name, branch.Picks[0].Original.Subject()))
	}
	return fmt.Sprintf("[%s] Backport %d fixes", name, len(branch.Picks))
}

// proposalBody says what a release's pull request brings, where that comes from, and
// how it goes on.
func (p *TagPlan) proposalBody(s *Snapshot, branch *Branch) string {
	var text strings.Builder
	own := ShortRef(branch.Ref)
	fmt.Fprintf(&text, "This releases %s %s from `%s`", p.Component, p.Version, own)
	if !p.Previous.IsZero() {
		fmt.Fprintf(&text, ", after %s", p.Previous)
	}
	text.WriteString(".\n\n")
	text.WriteString(bounded(branch.pickRows(s)))
	if changes := bounded(strings.TrimRight(p.Changes.Markdown(s.Web), "\n")); changes != "" && len(branch.Picks) == 0 {
		fmt.Fprintf(&text, "%s\n\n", changes)
	}
	fmt.Fprintf(&text, "Merge it in whatever way: the tag goes where `%s` has version %s for the first time. What else is merged before is released with it. Then this goes on:\n\n    %s\n",
		own, p.Version, p.command)
	return notes.WithoutClosing(text.String())
}

// pickRows lists the picks with their origins.
func (b *Branch) pickRows(s *Snapshot) string {
	var text strings.Builder
	for _, one := range b.Picks {
		fmt.Fprintf(&text, "- %s", notes.Inline(one.Original.Subject()))
		if author := notes.Inline(one.Original.Author.Name); author != "" {
			fmt.Fprintf(&text, " (%s)", author)
		}
		fmt.Fprintf(&text, ", from %s", one.Source)
		if origin, ok := b.Origins[one.Source]; ok {
			fmt.Fprintf(&text, " of #%d", origin.Number)
		}
		if len(one.Kept) > 0 {
			fmt.Fprintf(&text, "; it conflicted in %s, which stays as `%s` has it", codeNames(one.Kept), ShortRef(b.Ref))
		}
		if one.Stray {
			if train, err := s.TrainBranch(); err == nil {
				fmt.Fprintf(&text, "; it is not on `%s`", ShortRef(train))
			}
		}
		text.WriteString("\n")
	}
	if len(b.Picks) > 0 {
		text.WriteString("\n")
	}
	return text.String()
}

// isBackportLabel reports whether a label asks for a backport, or tells of one.
func (s *Snapshot) isBackportLabel(label string) bool {
	backports := s.Train.GitHub.Backports
	_, asks := backports.LineOf(label)
	_, told := release.Backports{Label: backports.Done}.LineOf(label)
	return asks || told && backports.Done != ""
}

// codeNames writes paths as code.
func codeNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + strings.ReplaceAll(name, "`", "'") + "`"
	}
	return joinSome(quoted)
}

// originals are the labels and reviewers of the pull requests that picks come from, each
// once. Those by which backports are asked for, or told of, are theirs alone.
func (b *Branch) originals(s *Snapshot) (labels, reviewers []string) {
	add := func(to []string, names []string) []string {
		for _, name := range names {
			if !slices.Contains(to, name) {
				to = append(to, name)
			}
		}
		return to
	}
	for _, one := range b.Picks {
		origin := b.Origins[one.Source]
		labels = add(labels, slices.DeleteFunc(slices.Clone(origin.Labels), s.isBackportLabel))
		reviewers = add(reviewers, origin.Reviewers)
	}
	return labels, reviewers
}
