package cli

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// toldJSON is what became of an announcement, for programs.
type toldJSON struct {
	Key      string          `json:"key"`
	What     string          `json:"what"`
	Channel  ledger.Channel  `json:"channel"`
	Delivery ledger.Delivery `json:"delivery,omitempty"`
	Answer   string          `json:"answer,omitempty"`
	// Held says why it did not go out, and Command what to type about it.
	Held    string `json:"held,omitempty"`
	Command string `json:"command,omitempty"`

	to string
	// open: somebody has to see to it.
	open bool
}

type announcementsJSON struct {
	*plan.AnnouncementsPlan
	Told []toldJSON `json:"told"`
}

// rowsOf says of each announcement of a plan what became of it, or why it was held
// back.
func rowsOf(p *plan.AnnouncementsPlan, told []apply.Told) []toldJSON {
	rows := []toldJSON{}
	for _, one := range p.Announcements {
		row := toldJSON{Key: one.Key, What: one.What, Channel: one.Channel, Held: one.Held, Command: one.Command, to: strings.Join(one.To, ", ")}
		// An embargo is as it should be; a doubt is not.
		row.open = one.Held != "" && one.Doubtful
		for _, result := range told {
			if result.Announcement.Key == one.Key {
				row.take(result)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *toldJSON) take(result apply.Told) {
	r.Delivery, r.Answer, r.Held = result.Delivery, result.Answer, result.Overtaken
	if result.Delivery == ledger.NotSent {
		r.open, r.Command = true, "looprel announce"
	}
	if result.Delivery == ledger.MaybeSent {
		r.open = true
		r.Command = fmt.Sprintf("looprel announce %s --again, or, if it has arrived, looprel announce %s --sent --reason TEXT", r.Key, r.Key)
	}
}

// openError says what is left to be seen to, nil if nothing is.
func openError(rows []toldJSON) error {
	var reasons, commands []string
	for _, row := range rows {
		if !row.open {
			continue
		}
		reason := row.Answer
		if reason == "" {
			reason = row.Held
		}
		verb := "was not sent"
		if row.Delivery == ledger.MaybeSent || row.Held != "" {
			verb = "may have been sent"
		}
		reasons = append(reasons, fmt.Sprintf("the %s %s: %s", row.What, verb, reason))
		if len(commands) == 0 || commands[len(commands)-1] != row.Command {
			commands = append(commands, row.Command)
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return &exitError{code: ExitOpen, reason: strings.Join(reasons, "\n"), hint: strings.Join(commands, "; ")}
}

// printTold says what became of announcements.
func (a *app) printTold(rows []toldJSON) error {
	p := a.printer()
	for _, row := range rows {
		receivers := ""
		if row.to != "" {
			receivers = " to " + row.to
		}
		switch {
		case row.Delivery == ledger.Sent:
			p.line(terminal.Green, "Sent the %s%s (%s).", row.What, receivers, row.Answer)
		case row.Delivery == ledger.SentElsewhere:
			p.line(terminal.Green, "Recorded that the %s needs no sending.", row.What)
		case row.Held != "" && !row.open:
			p.line(terminal.Yellow, "The %s is held back: %s.", row.What, row.Held)
		}
	}
	return p.err
}

// printAnnouncements shows what a plan is going to send.
func (a *app) printAnnouncements(t *plan.AnnouncementsPlan) error {
	p := a.printer()
	if t.Already != "" {
		p.line(terminal.Green, "%s.", capitalised(t.Already))
		return p.err
	}
	p.line(terminal.Bold, "Announcements of %s", t.Component)
	for _, one := range t.Announcements {
		p.indented("  ", 0, "%s", capitalised(one.What))
		p.indented("      ", terminal.Faint, "%s", one.Subject)
		if one.Failed != "" {
			p.indented("      ", terminal.Faint, "not sent before: %s", one.Failed)
		}
		if one.Held != "" {
			p.indented("      ", terminal.Yellow, "%s", one.Held)
			p.indented("      ", terminal.Faint, "%s", p.typed(one.Command))
		}
	}
	p.steps(t.Steps)
	return p.err
}

func capitalised(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// previewAnnouncements shows what would be sent, word for word.
func (a *app) previewAnnouncements(t *plan.AnnouncementsPlan, asJSON bool) error {
	if asJSON {
		return a.printJSON(t)
	}
	p := a.printer()
	if t.Already != "" {
		p.line(terminal.Green, "%s.", capitalised(t.Already))
		return p.err
	}
	for i, one := range t.Announcements {
		if i > 0 {
			p.blank()
		}
		p.preview(one)
	}
	return p.err
}

func (p *printer) preview(one plan.PlannedAnnouncement) {
	p.line(terminal.Bold, "%s (%s)", capitalised(one.What), one.Key)
	p.facts(fact{"from", one.From}, fact{"to", strings.Join(one.To, ", ")}, fact{"id", one.MessageID}, fact{"held", one.Held})
	if len(one.Payload) > 0 {
		p.verbatim("payload", string(one.Payload))
		return
	}
	p.facts(fact{"subject", one.Subject})
	p.verbatim("text", one.Text)
	p.verbatim("HTML", one.HTML)
	p.verbatim("calendar", strings.ReplaceAll(one.Calendar, "\r\n", "\n"))
}

// verbatim shows lines as they are, below a heading.
func (p *printer) verbatim(heading, text string) {
	if text == "" {
		return
	}
	p.blank()
	p.line(terminal.Faint, "-- %s --", heading)
	p.write(terminal.SanitizeLines(strings.TrimRight(text, "\n")) + "\n")
}

// writeMails writes the mails of a plan as a server gets them.
func (a *app) writeMails(t *plan.AnnouncementsPlan) error {
	written := false
	for _, one := range t.Announcements {
		if one.Channel != ledger.ChannelMail {
			continue
		}
		encoded, err := mailOf(one).Encode()
		if err != nil {
			return err
		}
		if _, err := a.env.Streams.Out.Write(encoded); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
		written = true
	}
	if !written {
		return &exitError{code: ExitRefused, reason: "no mail would be sent", hint: "looprel announce VERSION --preview -o eml shows the one of a release"}
	}
	return nil
}
