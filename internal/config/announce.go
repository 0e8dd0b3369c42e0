package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// announce reads how people learn of releases.
func (d *decoder) announce(announce *release.Announce) reader {
	return func(node *yaml.Node) {
		read := d.mapping(node, "announce",
			required("to", "[loop@lists.example.org]", values(d, &announce.To, "an e-mail address", parseEmail)),
			optional("from", value(d, &announce.From, "an e-mail address", parseEmail)),
			optional("mail", d.mail(announce)),
			optional("webhook", d.webhook(announce)),
			optional("templates", value(d, &announce.Templates, "a directory of the repository", cleanPath)),
		)
		if read.has("mail") && !read.meant("from") {
			d.report(read.present["mail"], "a mail server without a sender, expected \"from: ADDRESS\" beside it")
		}
	}
}

func (d *decoder) mail(announce *release.Announce) reader {
	return func(node *yaml.Node) {
		server := &release.MailServer{Security: release.SecuritySTARTTLS, Timeout: release.DefaultMailTimeout}
		read := d.mapping(node, "mail",
			required("server", "smtp.example.org", value(d, server, "a host, or HOST:PORT", parseServer(server))),
			optional("security", d.choice(&server.Security, release.SecuritySTARTTLS, release.SecurityTLS, release.SecurityNone)),
			optional("timeout", d.duration(&server.Timeout)),
		)
		if !read.readable() {
			return
		}
		if server.Port == 0 {
			server.Port = server.DefaultPort()
		}
		announce.Mail = server
	}
}

var hostForm = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

// parseServer takes a host with or without a port, beside what is known of the
// server already.
func parseServer(known *release.MailServer) func(string) (release.MailServer, error) {
	return func(text string) (release.MailServer, error) {
		server := *known
		wrong := fmt.Errorf("%s is not a mail server, expected a host, or a host and a port, such as smtp.example.org:587", quoted(text))
		address, err := url.Parse("//" + text)
		if err != nil || address.Host != text {
			return server, wrong
		}
		host := address.Hostname()
		if _, err := netip.ParseAddr(host); err != nil && !hostForm.MatchString(host) || !validPort(address.Port()) {
			return server, wrong
		}
		if port := address.Port(); port != "" {
			// A valid port always fits.
			server.Port, _ = strconv.Atoi(port)
		}
		server.Host = host
		return server, nil
	}
}

func (d *decoder) webhook(announce *release.Announce) reader {
	return func(node *yaml.Node) {
		hook, signed := &release.Webhook{Timeout: release.DefaultWebhookTimeout}, true
		read := d.mapping(node, "webhook",
			optional("url", value(d, &hook.URL, "a URL", parseHook)),
			optional("signed", d.boolean(&signed)),
			optional("timeout", d.duration(&hook.Timeout)),
		)
		if read.readable() {
			hook.Unsigned = !signed
			announce.Webhook = hook
		}
	}
}

// parseHook takes the address of a webhook, which may have a query.
func parseHook(text string) (string, error) {
	if _, err := webAddress(text); err != nil {
		return "", err
	}
	return text, nil
}
