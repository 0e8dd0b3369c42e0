package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type logOptions struct {
	limit int
	all   bool
}

// entryJSON is a ledger entry for programs: what the ledger has, and its commit.
type entryJSON struct {
	Commit object.ID `json:"commit"`
	Signed bool      `json:"signed"`
	ledger.Entry
}

// defaultEntries is how many entries are shown unless told otherwise.
const defaultEntries = 20

func newLogCommand(a *app) *cobra.Command {
	var options logOptions
	command := &cobra.Command{
		Use:     "log",
		GroupID: groupLook,
		Short:   "The ledger: who did what, when and why",
		Long: `Shows the ledger's newest entries. Older ones are fetched as they are asked for.
A rollback that was made without the remote stands where it was recorded, with
its own time; one that still waits in this clone is mentioned.

JSON is an array of entries: commit, signed, format, needs, id, kind, at, by,
clock, config, component, off_cycle, reason, and what the kind adds (adopted,
tagged, started, finished, recorded, rolled_back, picked, signed_off, blocked,
unblocked, backed_off, set_tagging, set_tagged, set_abandoned,
announcement_started, announcement_finished, delivering), owes (the
announcements that it makes due). The component of an entry about a set is "*".
Fields without a value are left out.

` + exitStatus,
		Example: `  looprel log
  looprel log --limit 100
  looprel log --all -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.log(cmd.Context(), options) },
	}
	command.Flags().IntVar(&options.limit, "limit", defaultEntries, "show at most `N` entries")
	command.Flags().BoolVar(&options.all, "all", false, "show all entries")
	return command
}

func (a *app) log(ctx context.Context, options logOptions) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	limit := options.limit
	if options.all {
		limit = 0
	} else if limit < 1 {
		return &usageError{reason: fmt.Sprintf("--limit %d shows nothing", limit), hint: "looprel log --limit 20, or looprel log --all"}
	}
	a.wholeTrain = true
	session, err := a.look(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	commits, complete, err := session.History(ctx, limit)
	if err != nil {
		return err
	}
	entries, err := decodeEntries(commits)
	if err != nil {
		return err
	}
	waiting, err := session.WaitingEntries()
	if err != nil {
		return err
	}
	for _, one := range waiting {
		a.note("%s", waitingText(session.Snapshot(), one))
	}
	if asJSON {
		return a.printJSON(entries)
	}
	return a.printEntries(session.Snapshot(), entries, complete)
}

func decodeEntries(commits []gitrepo.CommitInfo) ([]entryJSON, error) {
	entries := make([]entryJSON, len(commits))
	for i, commit := range commits {
		entry, err := ledger.Decode(commit.Message)
		if err != nil {
			return nil, fmt.Errorf("ledger entry %s: %w", commit.ID.Short(), err)
		}
		entries[i] = entryJSON{Commit: commit.ID, Signed: commit.Armor != "", Entry: entry}
	}
	return entries, nil
}

func (a *app) printEntries(s *plan.Snapshot, entries []entryJSON, complete bool) error {
	p := a.printer()
	if len(entries) == 0 {
		p.line(0, "The ledger on %s has no entries yet.", s.Remote)
		return p.err
	}
	for _, entry := range entries {
		marks := ""
		if entry.Signed {
			marks = " (signed)"
		}
		p.line(terminal.Bold, "%s %s", entry.Commit.Short(), entry.Subject())
		p.indented("        ", 0, "%s, %s%s", entry.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"), entry.By.Name, marks)
		for _, line := range entryDetails(entry.Entry) {
			p.indented("        ", terminal.Faint, "%s", line)
		}
	}
	if !complete {
		p.line(terminal.Faint, "Older entries: looprel log --limit %d, or --all", 5*len(entries))
	}
	return p.err
}

// entryDetails are what an entry has to say beyond its subject.
func entryDetails(entry ledger.Entry) []string {
	var lines []string
	add := func(format string, values ...any) { lines = append(lines, fmt.Sprintf(format, values...)) }
	switch {
	case entry.Tagged != nil:
		add("%s at %s%s", plan.ShortRef(entry.Tagged.Tag), entry.Tagged.Commit.Short(), cycleOf(entry.Tagged))
		if without := entry.Tagged.Without; len(without) > 0 {
			add("without the fix %s of an earlier release", shortIDs(without))
		}
		lines = append(lines, pickLines(entry.Tagged.Picks)...)
	case entry.Started != nil:
		if late := daysLate(entry.Started.DaysLate); late != "" {
			add("%s", late)
		}
		if entry.Started.TakesOver != "" {
			add("takes over attempt %s", entry.Started.TakesOver)
		}
		if bad := entry.Started.RollsBackSet; bad != "" && entry.Component == ledger.AllComponents {
			add("%s is backed off, %s", ledger.SetTitle(bad), identityOf(entry, entry.Started.Signed))
		}
		if bad := entry.Started.RollsBack; !bad.IsZero() {
			if entry.Started.After != "" {
				add("without being asked, after attempt %s had failed", entry.Started.After)
			}
			add("%s is backed off, %s", bad, identityOf(entry, entry.Started.Signed))
		}
		for _, waiver := range entry.Started.Waived {
			add("%s", waiverText(waiver))
		}
	case entry.Finished != nil:
		lines = append(lines, outcomeLines(*entry.Finished)...)
	case entry.RolledBack != nil:
		back := entry.RolledBack
		add("%s is backed off, %s", back.RollsBack, identityOf(entry, back.Signed))
		add("made without the ledger, of which %s was the last known entry", back.Seen.Short())
		lines = append(lines, outcomeLines(back.Finished)...)
	case entry.SignedOff != nil:
		add("%s", identityOf(entry, entry.SignedOff.Signed))
		addText(add, entry.SignedOff.Note, entry.SignedOff.Ref)
	case entry.Blocked != nil:
		add("%s", identityOf(entry, entry.Blocked.Signed))
		addText(add, "", entry.Blocked.Ref)
	case entry.BackedOff != nil:
		add("%s", identityOf(entry, entry.BackedOff.Signed))
	case entry.Unblocked != nil:
		add("%s", identityOf(entry, entry.Unblocked.Signed))
	case entry.SetTagging != nil:
		for _, one := range entry.SetTagging.Open {
			add("%s %s is to be tagged elsewhere", one.Component, one.Tagged.Version)
		}
	case entry.SetTagged != nil:
		if follows := entry.SetTagged.Follows; follows != "" {
			add("follows %s", ledger.SetTitle(follows))
		}
	case entry.Picked != nil:
		lines = append(lines, pickLines(entry.Picked.Picks)...)
	case entry.AnnouncementStarted != nil:
		if to := entry.AnnouncementStarted.To; len(to) > 0 {
			add("to %s", strings.Join(to, ", "))
		}
	case entry.AnnouncementFinished != nil:
		if answer := entry.AnnouncementFinished.Answer; answer != "" {
			add("%s", answer)
		}
	case entry.Adopted != nil:
		for _, running := range entry.Adopted.Running {
			add("%s runs %s", running.Environment, running.Version)
		}
	}
	if entry.OffCycle {
		add("off-cycle: %s", entry.Reason)
	} else if entry.Reason != "" {
		add("reason: %s", entry.Reason)
	}
	if entry.Clock != "" {
		add("clock %s", entry.Clock)
	}
	return lines
}

// outcomeLines say how an attempt ended.
func outcomeLines(finished ledger.Finished) []string {
	var lines []string
	if finished.Detail != "" {
		lines = append(lines, finished.Detail)
	}
	for line := range strings.Lines(finished.Output) {
		lines = append(lines, "| "+strings.TrimRight(line, "\n"))
	}
	return lines
}

// addText adds what somebody had to say beside a decision.
func addText(add func(format string, values ...any), note, ref string) {
	for line := range strings.Lines(note) {
		add("%s", strings.TrimRight(line, "\n"))
	}
	if ref != "" {
		add("see %s", ref)
	}
}

// pickLines are cherry-picks, one in a line.
func pickLines(picks []ledger.Pick) []string {
	var lines []string
	for _, pick := range picks {
		line := fmt.Sprintf("picked %s as %s", pick.Source.Short(), pick.Commit.Short())
		if pick.Stray {
			line += ", which the train's branch lacks"
		}
		lines = append(lines, line)
	}
	return lines
}

func cycleOf(tagged *ledger.Tagged) string {
	if tagged.Cycle.IsZero() {
		return ""
	}
	return joined(" for the cycle of "+tagged.Cycle.String(), daysLate(tagged.DaysLate))
}
