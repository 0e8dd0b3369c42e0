package config

import (
	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// contacts reads the roles, and the people and addresses behind them.
func (d *decoder) contacts(contacts *[]release.Contact) reader {
	return func(node *yaml.Node) {
		d.named(node, "a mapping of roles", func(role string, _, value *yaml.Node) {
			contact := release.Contact{Role: role}
			if resolved := d.follow(value); resolved != nil && !isNull(resolved) {
				d.mapping(value, "the role "+role,
					optional("people", values(d, &contact.People, "a name", anyText)),
					optional("email", values(d, &contact.Email, "an e-mail address", parseEmail)),
					optional("github", values(d, &contact.GitHub, "a login on GitHub", parseLogin)),
				)
			}
			*contacts = append(*contacts, contact)
		})
	}
}
