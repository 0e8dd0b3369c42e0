package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// roster are the roles that the file declares, and who has them.
type roster struct {
	names
	contacts []release.Contact
	// damaged: the contacts have a problem of their own, so that who has a role
	// cannot be judged.
	damaged bool
	// forge: there is one to say whose login somebody's is.
	forge bool
}

// gates reads the conditions of an environment's promotions.
func (d *decoder) gates(environment string, gates *[]release.Gate, roles *roster, order *deployOrder) reader {
	lines := map[string]int{}
	return d.list("a list of gates, each a name or a mapping with the key gate", func(item *yaml.Node) {
		gate, ok := d.gate(environment, item, roles, order)
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
func (d *decoder) gate(environment string, node *yaml.Node, roles *roster, order *deployOrder) (gate release.Gate, ok bool) {
	name := d.choice(&gate.Name, release.DeclarableGates()...)
	item := d.follow(node)
	if item == nil {
		return gate, false
	}
	if item.Kind != yaml.MappingNode {
		name(node)
		if example := gateExamples[gate.Name]; example != "" {
			d.report(item, "the gate %s alone, expected what it asks for, such as {gate: %s, %s}", gate.Name, gate.Name, example)
			return gate, false
		}
		return gate, gate.Name != ""
	}
	contiguous := false
	fields := []field{
		required("gate", release.GateOrder, name),
		optional("waive", d.peopled(&gate.WaivedBy, roles)),
	}
	if d.gateNamed(item) == release.GateSignOff {
		gate.SignOff.People = 1
		fields = append(fields,
			required("role", "qa", value(d, &gate.SignOff.Role, "the name of a role", roles.peopled)),
			optional("people", d.integer(&gate.SignOff.People, 100)),
			optional("on", value(d, &gate.SignOff.On, "the name of an environment", order.other(environment))))
	}
	if d.gateNamed(item) == release.GateSoak {
		fields = append(fields,
			required("for", "3 days", value(d, &gate.Soak, soakForm, parseSoak)),
			optional("contiguous", d.boolean(&contiguous)))
	}
	if d.gateNamed(item) == release.GateChecks {
		fields = append(fields, optional("required", values(d, &gate.Checks.Required, "the name of a check", anyText)))
	}
	if d.gateNamed(item) == release.GateNoBlockers {
		fields = append(fields,
			optional("labels", values(d, &gate.Blockers.Labels, "the name of a label", anyText)),
			optional("milestone", value(d, &gate.Blockers.Milestone, "a pattern such as \"{version}\"", patternParser(true))))
	}
	read := d.mapping(node, "a gate", fields...)
	gate.Soak.Contiguous = contiguous
	return gate, read.ok("gate")
}

// gateExamples are keys of the gates that cannot be declared by name alone.
var gateExamples = map[string]string{
	release.GateSoak:    "for: 3 days",
	release.GateSignOff: "role: qa",
}

// soakForm is how the time of a soak is written.
const soakForm = "a time such as 36 hours, 3 days or 3 working days"

var soakText = lazyregexp.New(`^([1-9][0-9]{0,3}) (hours?|days?|working days?)$`)

// longestSoak bounds a soak: no release waits for longer than a year.
const longestSoak = 366 * 24 * time.Hour

// parseSoak reads how long a release must have been there.
func parseSoak(text string) (release.Soak, error) {
	parts := soakText.FindStringSubmatch(text)
	if parts == nil {
		return release.Soak{}, fmt.Errorf("%s is not a time, expected %s", quoted(text), soakForm)
	}
	number, _ := strconv.Atoi(parts[1]) // the expression lets nothing else through
	soak := release.Soak{For: time.Duration(number) * time.Hour, Working: strings.HasPrefix(parts[2], "working")}
	if !strings.HasPrefix(parts[2], "hour") {
		soak.For *= 24
	}
	if soak.For > longestSoak {
		return release.Soak{}, fmt.Errorf("the time %s, expected at most 366 days", quoted(text))
	}
	return soak, nil
}

// gateNamed is what a gate's mapping says its name is: it decides which keys the
// mapping may have.
func (d *decoder) gateNamed(mapping *yaml.Node) string {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, named := d.follow(mapping.Content[i]), d.follow(mapping.Content[i+1])
		if key != nil && named != nil && key.Value == "gate" {
			return named.Value
		}
	}
	return ""
}

// peopled reads a list of roles that say who has them.
func (d *decoder) peopled(target *[]string, roles *roster) reader {
	return values(d, target, "the name of a role", roles.peopled)
}

// peopled takes a role on whose people something depends: who has it must be known.
func (r *roster) peopled(role string) (string, error) {
	if err := r.check(role); err != nil {
		return "", err
	}
	at := slices.IndexFunc(r.contacts, func(contact release.Contact) bool { return contact.Role == role })
	if r.damaged || at < 0 || r.contacts[at].NamesAnybody() && (r.forge || !r.contacts[at].KnownByLogin()) {
		return role, nil
	}
	if r.contacts[at].KnownByLogin() {
		return "", fmt.Errorf("the role %s has logins alone and there is no section github, expected people or email for it in contacts as well, to know whose word counts", quoted(role))
	}
	return "", fmt.Errorf("nobody has the role %s, expected people or email for it in contacts, to know whose word counts", quoted(role))
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
	if _, declared := e.Gate(release.GateLive); declared && e.After == release.AfterTag {
		report("the gate live of %s, which comes right after the tag, expected an environment before it to look at", e.Name)
	}
	if _, declared := e.Gate(release.GateSoak); declared && e.After == release.AfterTag {
		report("a soak before %s, which comes right after the tag, expected an environment before it", e.Name)
	}
	if gate, declared := e.Gate(release.GateSignOff); declared && gate.SignOff.On == "" && e.After == release.AfterTag {
		report("sign-offs before %s, which comes right after the tag, expected on: the environment on which the release was tried", e.Name)
	}
}
