package config

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// roster are the roles that the file declares, and who has them.
type roster struct {
	names
	contacts []release.Contact
	// damaged: the contacts have a problem of their own, so that who has a role
	// cannot be judged.
	damaged bool
}

// gates reads the conditions of an environment's promotions.
func (d *decoder) gates(gates *[]release.Gate, roles *roster) reader {
	lines := map[string]int{}
	return d.list("a list of gates, each a name or a mapping with the key gate", func(item *yaml.Node) {
		gate, ok := d.gate(item, roles)
		if !ok {
			return
		}
		if line, repeated := lines[gate.Name]; repeated {
			d.report(item, "duplicate gate %s, expected it once: it stands on line %d already", quoted(gate.Name), line)
			return
		}
		lines[gate.Name] = item.Line
		*gates = append(*gates, gate)
	})
}

// gate reads a gate, by name alone or with what there is to say of it.
func (d *decoder) gate(node *yaml.Node, roles *roster) (gate release.Gate, ok bool) {
	name := d.choice(&gate.Name, release.DeclarableGates()...)
	item := d.follow(node)
	if item == nil {
		return gate, false
	}
	if item.Kind != yaml.MappingNode {
		name(node)
		return gate, gate.Name != ""
	}
	read := d.mapping(node, "a gate",
		required("gate", release.GateOrder, name),
		optional("waive", d.peopled(&gate.WaivedBy, roles)),
	)
	return gate, read.ok("gate")
}

// peopled reads a list of roles that say who has them.
func (d *decoder) peopled(target *[]string, roles *roster) reader {
	return values(d, target, "the name of a role", func(role string) (string, error) {
		if err := roles.check(role); err != nil {
			return "", err
		}
		return role, roles.checkPeople(role)
	})
}

// checkPeople wants to know who has a role on whose people something depends.
func (r *roster) checkPeople(role string) error {
	at := slices.IndexFunc(r.contacts, func(contact release.Contact) bool { return contact.Role == role })
	if r.damaged || at < 0 || r.contacts[at].NamesAnybody() {
		return nil
	}
	return fmt.Errorf("nobody has the role %s, expected people or email for it in contacts, to know whose word counts", quoted(role))
}

// checkGates reports gates that have nothing to judge in their environment.
func (d *decoder) checkGates(e release.Environment, read section) {
	if !read.ok("gates") {
		return
	}
	report := func(format string, arguments ...any) { d.reportValue(read, "gates", format, arguments...) }
	if e.Follows != "" && len(e.Gates) > 0 {
		report("gates of %s, which follows a branch and gets no releases, expected none", e.Name)
		return
	}
	if _, declared := e.Gate(release.GateWindow); declared && !e.PushWindow && !read.meant("window") {
		report("the gate window without a window, expected window: push beside it")
	}
}
