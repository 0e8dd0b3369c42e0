package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// printJSON writes a value for programs, and nothing beside it.
func (a *app) printJSON(value any) error {
	encoder := json.NewEncoder(a.env.Streams.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// printer writes text for people. Texts from outside are made safe; the first
// failure to write is kept and the rest passed over.
type printer struct {
	streams *terminal.Streams
	// typed completes commands, see app.typed.
	typed  func(string) string
	to     io.Writer
	colour bool
	width  int
	err    error
}

func (a *app) printer() *printer {
	streams := a.env.Streams
	return &printer{streams: streams, typed: a.typed, to: streams.Out, colour: streams.Colour, width: streams.Width}
}

// line writes a line, broken at the terminal's width.
func (p *printer) line(style terminal.Style, format string, values ...any) {
	p.indented("", style, format, values...)
}

// indented writes a line with an indentation, which its continuations share.
func (p *printer) indented(indent string, style terminal.Style, format string, values ...any) {
	text := terminal.Sanitize(fmt.Sprintf(format, values...))
	lines := []string{text}
	if p.width > 0 {
		lines = terminal.Wrap(text, max(p.width-len(indent), 20))
	}
	for _, line := range lines {
		p.write(indent + style.Render(line, p.colour) + "\n")
	}
}

func (p *printer) blank() { p.write("\n") }

func (p *printer) write(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.to, text)
	}
}

func (p *printer) table(table *terminal.Table) {
	if p.err == nil {
		p.err = table.Write(p.to, p.width, p.colour)
	}
}

// factWidth is the column at which the values of facts begin.
const factWidth = 14

// facts shows names and their values, one in a line; those without a value are
// left out.
func (p *printer) facts(facts ...fact) {
	for _, f := range facts {
		if f.value == "" {
			continue
		}
		value := terminal.Sanitize(f.value)
		lines := []string{value}
		if p.width > 0 {
			lines = terminal.Wrap(value, max(p.width-factWidth, 20))
		}
		for i, line := range lines {
			name := ""
			if i == 0 {
				name = f.name
			}
			p.write("  " + terminal.Faint.Render(fmt.Sprintf("%-*s", factWidth-2, name), p.colour) + line + "\n")
		}
	}
}

type fact struct{ name, value string }

// steps lists what a plan does, each with its reason below it.
func (p *printer) steps(steps []plan.Step) {
	if len(steps) == 0 {
		return
	}
	p.blank()
	p.line(terminal.Bold, "Steps")
	for i, step := range steps {
		p.indented("  ", 0, "%d. %s", i+1, stepText(step))
		p.indented("     ", terminal.Faint, "%s", step.Reason)
	}
}

// delivered says what was done at the forge.
func (p *printer) delivered(forge string, done []string) {
	for _, what := range done {
		p.line(0, "On %s: %s.", forge, what)
	}
}

// stepText says what a step does, in words.
func stepText(step plan.Step) string {
	switch step.Kind {
	case plan.PushRef:
		if step.Was == "" {
			return fmt.Sprintf("push %s = %s", step.Target, shortWant(step.Want))
		}
		return fmt.Sprintf("push %s %s..%s", step.Target, shortWant(step.Was), shortWant(step.Want))
	case plan.AppendLedger:
		return "record: " + step.Want
	case plan.KeepEntry:
		return "keep here: " + step.Want
	case plan.LocalRef:
		return fmt.Sprintf("set %s here", step.Target)
	case plan.Deploy:
		return fmt.Sprintf("deploy %s to %s", step.Want, step.Target)
	case plan.Verify:
		return "look at " + step.Target
	case plan.DraftRelease:
		return fmt.Sprintf("draft Release %s on %s", step.Want, step.Target)
	case plan.AttachAsset:
		return fmt.Sprintf("attach %s on %s", step.Want, step.Target)
	case plan.CloseMilestone:
		return fmt.Sprintf("close milestone %s on %s", step.Want, step.Target)
	case plan.OpenMilestone:
		return fmt.Sprintf("open milestone %s on %s", step.Want, step.Target)
	case plan.ShowDeployment:
		return fmt.Sprintf("show the deployment to %s on %s", step.Want, step.Target)
	case plan.RunWorkflow:
		return fmt.Sprintf("run %s on %s", step.Want, step.Target)
	case plan.AwaitDeployment:
		return fmt.Sprintf("wait for the deployment to %s on %s", step.Want, step.Target)
	case plan.TellIssues:
		return fmt.Sprintf("tell %s on %s", step.Want, step.Target)
	case plan.OpenPull:
		return fmt.Sprintf("open the pull request \"%s\" on %s", step.Want, step.Target)
	case plan.AwaitMerge:
		return fmt.Sprintf("wait until it is merged into %s on %s", step.Want, step.Target)
	case plan.CommentPull:
		return fmt.Sprintf("comment on %s on %s", step.Want, step.Target)
	case plan.LabelPull:
		return fmt.Sprintf("give %s the label %q", step.Target, step.Want)
	case plan.UnlabelPull:
		return fmt.Sprintf("take the label %q off %s", step.Was, step.Target)
	case plan.FileRequest:
		return fmt.Sprintf("file %q on %s", step.Want, step.Target)
	case plan.PublishRelease:
		return fmt.Sprintf("publish Release %s on %s", step.Want, step.Target)
	case plan.Announce:
		return "announce by " + step.Target
	}
	return string(step.Kind) + " " + step.Target
}

// shortWant shortens an id; one that signing sets is not known yet.
func shortWant(id string) string {
	if id == "" {
		return "(set when signed)"
	}
	if parsed, err := object.ParseID(id); err == nil {
		return parsed.Short()
	}
	return id
}

func showID(id object.ID) string {
	if id.IsZero() {
		return "id set when signed"
	}
	return id.String()
}

// notes lists remarks.
func (p *printer) notes(remarks []string) {
	for _, remark := range remarks {
		p.line(terminal.Faint, "note: %s", p.typed(remark))
	}
}

// maxShown is how many changes a plan lists before it points to `notes`.
const maxShown = 15

// changes lists what a release brings. Those that the changelog leaves out are
// marked.
func (p *printer) changes(changes notes.Notes, omitted []string, hint string) {
	all := changes.ForChangelog()
	if len(all) == 0 {
		return
	}
	heading := fmt.Sprintf("Changes (%d)", len(all))
	if len(omitted) > 0 {
		heading += fmt.Sprintf(", %d of them not in the changelog (*, --fill-changelog adds them)", len(omitted))
	}
	p.line(terminal.Bold, "%s", heading)
	for i, change := range all {
		if i == maxShown {
			p.indented("  ", terminal.Faint, "and %d more: %s", len(all)-maxShown, p.typed(hint))
			break
		}
		text, mark := plan.Describe(change), " "
		if slices.Contains(omitted, text) {
			mark = "*"
		}
		p.marked(mark+" ", text)
	}
}

// marked writes a text behind a mark, which its continuations leave blank.
func (p *printer) marked(mark, text string) {
	lines := []string{terminal.Sanitize(text)}
	if p.width > 0 {
		lines = terminal.Wrap(lines[0], max(p.width-len(mark), 20))
	}
	p.write(mark + strings.Join(lines, "\n"+strings.Repeat(" ", len(mark))) + "\n")
}

// moment writes a time in the train's zone and, where it differs, the
// operator's.
func moment(at time.Time, train, operator *time.Location) string {
	return calendar.Local(at, train, operator)
}

// counted writes a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// daysLate says how late something is, "" when it is not.
func daysLate(n int) string {
	if n == 0 {
		return ""
	}
	return counted(n, "day", "days") + " late"
}

func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ", ")
}
