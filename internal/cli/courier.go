package cli

import (
	"cmp"
	"context"
	"errors"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/mail"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/webhook"
)

// The variables that hold what environments.yaml must not.
const (
	mailUserVariable      = "LOOPREL_SMTP_USERNAME"
	mailPasswordVariable  = "LOOPREL_SMTP_PASSWORD" //nolint:gosec // the name of a variable
	webhookURLVariable    = "LOOPREL_WEBHOOK_URL"
	webhookSecretVariable = "LOOPREL_WEBHOOK_SECRET" //nolint:gosec // the name of a variable
)

// courier takes announcements where the configuration says.
func (a *app) courier(announce release.Announce) apply.Courier {
	return func(ctx context.Context, one plan.PlannedAnnouncement) (ledger.Delivery, string) {
		if one.Channel == ledger.ChannelMail {
			return a.sendMail(ctx, announce.Mail, one)
		}
		return a.callWebhook(ctx, announce.Webhook, one)
	}
}

func (a *app) sendMail(ctx context.Context, server *release.MailServer, one plan.PlannedAnnouncement) (ledger.Delivery, string) {
	if server == nil {
		return ledger.NotSent, "environments.yaml declares no mail server"
	}
	answer, err := mail.Send(ctx, mail.Server{
		Host: server.Host, Port: server.Port, Security: mail.Security(server.Security), Timeout: server.Timeout,
		Username: a.env.lookup(mailUserVariable), Password: a.env.lookup(mailPasswordVariable),
	}, mailOf(one))
	var lost *mail.LostError
	return deliveryOf(answer, err, errors.As(err, &lost))
}

func mailOf(one plan.PlannedAnnouncement) mail.Message {
	return mail.Message{
		ID: one.MessageID, From: one.From, FromName: one.FromName, To: one.To, Subject: one.Subject, Date: one.Date,
		Text: one.Text, HTML: one.HTML, Calendar: []byte(one.Calendar), Event: string(one.Event),
	}
}

func (a *app) callWebhook(ctx context.Context, hook *release.Webhook, one plan.PlannedAnnouncement) (ledger.Delivery, string) {
	if hook == nil {
		return ledger.NotSent, "environments.yaml declares no webhook"
	}
	address, secret := cmp.Or(hook.URL, a.env.lookup(webhookURLVariable)), ""
	if address == "" {
		return ledger.NotSent, "neither environments.yaml nor " + webhookURLVariable + " has the webhook's address"
	}
	if !hook.Unsigned {
		if secret = a.env.lookup(webhookSecretVariable); secret == "" {
			return ledger.NotSent, webhookSecretVariable + " is not set, and the call is to be signed with it"
		}
	}
	answer, err := webhook.Post(ctx, webhook.Hook{URL: address, Secret: secret, Timeout: hook.Timeout, Environ: a.env.Environ},
		webhook.Call{ID: one.MessageID, Event: string(one.Event), Body: one.Payload})
	var lost *webhook.LostError
	return deliveryOf(answer, err, errors.As(err, &lost))
}

// deliveryOf is what an outlet's answer means for the ledger.
func deliveryOf(answer string, err error, lost bool) (ledger.Delivery, string) {
	switch {
	case err == nil:
		return ledger.Sent, answer
	case lost:
		return ledger.MaybeSent, err.Error()
	}
	return ledger.NotSent, err.Error()
}
