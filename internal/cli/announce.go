package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

type announceOptions struct {
	request plan.AnnounceRequest
	preview bool
}

func newAnnounceCommand(a *app) *cobra.Command {
	var options announceOptions
	command := &cobra.Command{
		Use:     "announce [VERSION|KEY]",
		GroupID: groupTrain,
		Short:   "Tell people what is left to be told, once",
		Long: `Sends the announcements that are open: by mail to the addresses of
train.announce.to, and by webhook, as far as environments.yaml declares them. A
release is announced when it is tagged, when it comes to an environment that
says "announce: true", and when it is backed off or rolled back; the command
that does so sends the announcement itself. What could not be sent then, or was
held back by --embargo, is sent by this one, or by looprel tick.

Each is sent once, whoever runs this and how often: the ledger records that it
is going to be sent before, and what the server answered afterwards. Where the
answer was lost, or the program was killed in between, it may have been sent;
it is not sent again until somebody says so (--again), or says that it arrived
(--sent). A mail that is sent again because of such a doubt keeps its
Message-ID.

--preview shows exactly what would be sent, and sends nothing; -o eml with it
gives the mail as a server gets it.

Credentials come from the environment alone: LOOPREL_SMTP_USERNAME and
LOOPREL_SMTP_PASSWORD, LOOPREL_WEBHOOK_SECRET, which signs, and, where the file
names none, LOOPREL_WEBHOOK_URL.

JSON: verb, component, reason, announcements (key, what, event, channel,
version, environment, from, to, message_id, subject, text, html, calendar,
payload, held, command, failed), already, steps; and told (key, what, channel,
delivery, answer, held, command) once it has been applied. delivery is sent,
not-sent, may-have-been-sent or recorded. Fields without a value are left out.

` + exitStatus,
		Example: `  looprel announce                     what is open
  looprel announce --preview           what would be sent
  looprel announce 0.10.0 --preview    likewise, of one release
  looprel announce 0.10.0 --again      once more, on purpose
  looprel announce tagged-0.10.0-mail --sent --reason "the list has it"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			if len(arguments) == 1 {
				options.name(arguments[0])
			}
			return a.announce(cmd.Context(), options)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&options.preview, "preview", false, "show what would be sent, and send nothing")
	flags.BoolVar(&options.request.Again, "again", false, "send what was sent, or may have been, once more")
	flags.BoolVar(&options.request.Sent, "sent", false, "record that it needs no sending; wants --reason")
	flags.BoolVar(&options.request.Lift, "lift-embargo", false, "send it before its embargo ends; wants --reason")
	flags.StringVar(&options.request.Reason, "reason", "", "why, in `TEXT` that is recorded")
	return command
}

// name takes a version, or the key of an announcement.
func (o *announceOptions) name(text string) {
	if version, err := release.ParseVersion(text); err == nil {
		o.request.Version = version
		return
	}
	o.request.Key = text
}

// mailFormat is an output of --preview beside text and JSON.
const mailFormat = "eml"

func (a *app) announce(ctx context.Context, options announceOptions) error {
	var more []string
	if options.preview {
		more = append(more, mailFormat)
	}
	asJSON, err := a.json(more...)
	if err != nil {
		return err
	}
	request := options.request
	if options.preview && (!request.Version.IsZero() || request.Key != "") {
		// What was sent can be looked at again.
		request.Again, request.Sent = true, false
	}
	session, err := a.observe(ctx, !options.preview)
	if err != nil {
		return err
	}
	defer session.Close()
	makePlan := func(ctx context.Context) (*plan.AnnouncementsPlan, error) {
		return observe.Announcements(ctx, session, request)
	}
	p, err := makePlan(ctx)
	if err != nil {
		return err
	}
	switch {
	case options.preview && a.output == mailFormat:
		return a.writeMails(p)
	case options.preview:
		return a.previewAnnouncements(p, asJSON)
	}
	if !asJSON {
		if err := a.printAnnouncements(p); err != nil {
			return err
		}
	}
	sending := countSending(p)
	if sending == 0 {
		return errors.Join(a.printPlanJSON(asJSON, p), openError(rowsOf(p, nil)))
	}
	proceed, err := a.approve(ctx, asJSON, p, announceQuestion(p, sending))
	if err != nil || !proceed {
		return err
	}
	told, err := a.applyAnnouncements(ctx, session, p, makePlan)
	rows := rowsOf(p, told)
	if asJSON {
		err = errors.Join(a.printJSON(announcementsJSON{p, rows}), err)
	} else {
		err = errors.Join(a.printTold(rows), err)
	}
	return errors.Join(err, openError(rows))
}

func countSending(p *plan.AnnouncementsPlan) int {
	count := 0
	for _, one := range p.Announcements {
		if one.Sends() {
			count++
		}
	}
	return count
}

func announceQuestion(p *plan.AnnouncementsPlan, count int) string {
	for _, one := range p.Announcements {
		if one.Sends() && one.RecordsOnly() {
			return fmt.Sprintf("Record that %s?", counted(count, "announcement needs no sending", "announcements need no sending"))
		}
	}
	return fmt.Sprintf("Send %s?", counted(count, "announcement", "announcements"))
}

func (a *app) applyAnnouncements(ctx context.Context, session *observe.Session, p *plan.AnnouncementsPlan, remake func(context.Context) (*plan.AnnouncementsPlan, error)) ([]apply.Told, error) {
	return apply.Announce(ctx, session, p, apply.Announcing{Courier: a.courier(session.Snapshot().Train.Announce), Now: a.env.Now, Remake: remake})
}

// tellPeople sends what an act has made due, and what is left of its release from
// before. The act stands whatever becomes of it; what is left makes the exit code 7.
func (a *app) tellPeople(ctx context.Context, session *observe.Session, version release.Version, asJSON bool) ([]toldJSON, error) {
	if len(channelsOf(session)) == 0 {
		return nil, nil
	}
	request := plan.AnnounceRequest{Version: version}
	if err := session.Refresh(ctx); err != nil {
		return nil, untold(err)
	}
	if open, err := opensOf(session, version); err != nil || !open {
		return nil, untold(err)
	}
	makePlan := func(ctx context.Context) (*plan.AnnouncementsPlan, error) {
		return observe.Announcements(ctx, session, request)
	}
	p, err := makePlan(ctx)
	if err != nil {
		return nil, untold(err)
	}
	told, err := a.applyAnnouncements(ctx, session, p, makePlan)
	rows := rowsOf(p, told)
	if !asJSON {
		err = errors.Join(a.printTold(rows), err)
	}
	return rows, errors.Join(untold(err), openError(rows))
}

func channelsOf(session *observe.Session) []string {
	var channels []string
	announce := session.Snapshot().Train.Announce
	if announce.Mail != nil {
		channels = append(channels, "mail")
	}
	if announce.Webhook != nil {
		channels = append(channels, "webhook")
	}
	return channels
}

// opensOf reports whether something is left to be told of a release.
func opensOf(session *observe.Session, version release.Version) (bool, error) {
	s := session.Snapshot()
	open, err := s.Ledger.Outbox(s.Component.Name)
	for _, one := range open {
		if one.Version == version {
			return true, err
		}
	}
	return false, err
}

// untold makes what went wrong after an act something that is left open.
func untold(err error) error {
	if err == nil {
		return nil
	}
	hint := hintOf(err)
	if hint == "" {
		hint = "looprel announce sends what is left"
	}
	return &exitError{code: ExitOpen, reason: fmt.Sprintf("it is done; but not announced: %v", err), hint: hint}
}
