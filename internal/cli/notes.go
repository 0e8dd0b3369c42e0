package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/release"
)

// notesJSON is the notes for programs.
type notesJSON struct {
	Component string `json:"component"`
	// Version is empty for what has not been released yet.
	Version  release.Version `json:"version"`
	Previous release.Version `json:"previous"`
	Branch   string          `json:"branch,omitempty"`
	notes.Report
}

func newNotesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "notes [VERSION]",
		GroupID: groupLook,
		Short:   "The changes in a release, or in the next one",
		Long: `Lists the changes in a release since the one before it, grouped, with authors
and linked bugs and pull requests; without VERSION, what the next release will
bring. The text is Markdown.

JSON: component, version, previous, branch, groups (kind, title, changes),
reverted, authors; a change has text, scope, breaking_note, bugs, pull_requests,
issues, authors, reviewers, commit, commits, url, reverted_by.

` + exitStatus,
		Example: `  looprel notes
  looprel notes 0.10.0
  looprel notes 0.10.0 -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			version := ""
			if len(arguments) == 1 {
				version = arguments[0]
			}
			return a.notes(cmd.Context(), version)
		},
	}
}

func (a *app) notes(ctx context.Context, text string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	var version release.Version
	if text != "" {
		if version, err = parseVersion(text); err != nil {
			return err
		}
	}
	session, err := a.lookAtMember(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	found, err := observe.Notes(ctx, session, version)
	if err != nil {
		return err
	}
	s := session.Snapshot()
	collected := notes.Collect(found.Commits)
	if asJSON {
		return a.printJSON(notesJSON{
			Component: s.Component.Name, Version: version, Previous: found.Previous, Branch: found.Branch,
			Report: collected.Report(s.Web),
		})
	}
	p := a.printer()
	p.write(notesHeading(s.Component.Name, version, found) + "\n\n")
	if collected.IsEmpty() {
		p.write("No changes.\n")
		return p.err
	}
	// Markdown is for pasting: lines are not broken at the terminal's width.
	p.write(collected.Markdown(s.Web))
	return p.err
}

func notesHeading(component string, version release.Version, found *observe.Release) string {
	heading := "# " + component + " " + version.String()
	if version.IsZero() {
		heading = "# " + component + ", next release"
	}
	if !found.Previous.IsZero() {
		heading += " (since " + found.Previous.String() + ")"
	}
	return heading
}
