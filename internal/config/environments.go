package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// The words of an environment's section.
const (
	windowPush        = "push"
	onFailureRollback = "rollback"
	thirdReal         = "real"
	thirdMocked       = "mocked"
)

// environments reads where releases run.
func (d *decoder) environments(environments *[]release.Environment, roles *roster) reader {
	return func(node *yaml.Node) {
		order := &deployOrder{decoder: d, declared: d.declaredNames("environment", node), sections: map[string]section{}}
		d.named(node, "a mapping of environments", func(name string, key, value *yaml.Node) {
			if name == release.AfterTag {
				d.report(key, "the environment name %q, expected another: after: tag means the tag itself", name)
				return
			}
			environment, read := d.environment(name, value, roles, order)
			order.sections[name] = read
			*environments = append(*environments, environment)
		})
		order.check(*environments)
		if mapping := d.follow(node); mapping != nil && mapping.Kind == yaml.MappingNode && len(mapping.Content) == 0 {
			d.report(mapping, "no environments, expected at least one")
		}
	}
}

func (d *decoder) environment(name string, node *yaml.Node, roles *roster, order *deployOrder) (release.Environment, section) {
	e := release.Environment{
		Name: name, Commissioned: true,
		Deploy: release.Deploy{Timeout: release.DefaultDeployTimeout}, Probe: defaultProbe(),
	}
	window, onFailure := "", ""
	read := d.mapping(node, fmt.Sprintf("the environment %s", name),
		required("maintainer", "ops", d.reference(&e.Maintainer, &roles.names)),
		optional("url", value(d, &e.URL, "a URL", parseURL)),
		optional("follows", value(d, &e.Follows, "the name of a branch", parseBranch)),
		optional("after", value(d, &e.After, "tag or the name of an environment", order.predecessor(name))),
		optional("commissioned", d.boolean(&e.Commissioned)),
		optional("mirrors", value(d, &e.Mirrors, "the name of an environment", order.other(name))),
		optional("window", d.choice(&window, windowPush)),
		optional("gates", d.gates(name, &e.Gates, roles, order)),
		optional("third-parties", d.thirdParties(&e.ThirdParties)),
		optional("deploy", d.deploy(&e.Deploy)),
		optional("on-failure", d.choice(&onFailure, onFailureRollback)),
		optional("probe", d.probe(&e.Probe)),
		optional("announce", d.boolean(&e.Announce)),
	)
	e.PushWindow = window == windowPush
	e.RollsBack = onFailure == onFailureRollback
	d.checkSource(name, read)
	d.checkGates(e, read)
	d.checkOnFailure(e, read)
	return e, read
}

// checkSource wants exactly one origin of what runs in the environment.
func (d *decoder) checkSource(name string, read section) {
	switch {
	case !read.readable():
	case read.has("follows") && read.has("after"):
		d.report(read.present["follows"], "the environment %s both follows a branch and comes after something, expected one of follows and after", name)
	case !read.meant("follows") && !read.meant("after"):
		d.report(read.node, "the environment %s has neither follows nor after, expected after: tag, after: another environment, or follows: a branch", name)
	}
}

// checkOnFailure reports a rollback that could never be made.
func (d *decoder) checkOnFailure(e release.Environment, read section) {
	if !e.RollsBack {
		return
	}
	switch {
	case e.Follows != "":
		d.reportValue(read, "on-failure", "a rollback of %s, which follows a branch, expected none: its last head would come back by the next commit alone", e.Name)
	case len(e.Deploy.Command) == 0 && !read.meant("deploy"):
		d.reportValue(read, "on-failure", "a rollback of %s, which has no deploy command, expected deploy beside it", e.Name)
	}
}

// thirdParties reads which services that others run are real and which are not.
func (d *decoder) thirdParties(parties *map[string]string) reader {
	return func(node *yaml.Node) {
		entries, ok := d.entries(node, "a mapping of third parties to real or mocked")
		if !ok {
			return
		}
		*parties = map[string]string{}
		for _, entry := range entries {
			if entry.name == "" || len(entry.name) > longestName || strings.ContainsFunc(entry.name, unprintable) {
				d.report(entry.key, "the third party %s, expected a name of at most %d printable characters", quoted(entry.name), longestName)
				continue
			}
			kind := ""
			d.choice(&kind, thirdReal, thirdMocked)(entry.value)
			(*parties)[entry.name] = kind
		}
	}
}
