package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// github reads what is kept up to date on GitHub.
func (d *decoder) github(target **release.GitHub) reader {
	return func(node *yaml.Node) {
		g := release.GitHub{Releases: release.ReleasesPublished}
		deployments := true
		g.Backports.Label = release.DefaultBackportLabel
		g.Requests = &release.Requests{Labels: []string{release.DefaultRequestLabel}}
		read := d.mapping(node, "github",
			optional("repository", value(d, &g.Repository, repositoryForm, parseGitHubRepository)),
			optional("releases", d.choice(&g.Releases, release.ReleasesPublished, release.ReleasesDraft, release.ReleasesNone)),
			optional("assets", values(d, &g.Assets, "a pattern of paths", cleanGlob)),
			optional("milestones", value(d, &g.Milestones, "a pattern such as \"{version}\"", patternParser(true))),
			optional("released", d.released(&g)),
			optional("deployments", d.boolean(&deployments)),
			optional("backports", d.backports(&g.Backports)),
			optional("requests", d.requests(&g.Requests)),
		)
		if read.ok("assets") && g.Releases == release.ReleasesNone {
			d.reportValue(read, "assets", "assets without releases, expected releases: published or releases: draft beside them")
		}
		g.NoDeployments = !deployments
		*target = &g
	}
}

// released reads what becomes of the issues and pull requests of a release.
func (d *decoder) released(g *release.GitHub) reader {
	return func(node *yaml.Node) {
		d.mapping(node, "released",
			optional("label", d.text(&g.ReleasedLabel)),
			optional("comment", d.boolean(&g.ReleasedComment)),
		)
	}
}

// backports reads how pull requests ask for backports, and are told of them.
func (d *decoder) backports(backports *release.Backports) reader {
	label := func(asks bool) func(text string) (string, error) {
		return func(text string) (string, error) { return text, release.CheckLabel(text, asks) }
	}
	return func(node *yaml.Node) {
		d.mapping(node, "backports",
			optional("label", value(d, &backports.Label, "a label such as \"backport {line}\"", label(true))),
			optional("done", value(d, &backports.Done, "a label such as \"backported {line}\"", label(false))),
			optional("comment", d.boolean(&backports.Comment)),
		)
	}
}

// requests reads what deployment requests are like, or that none are filed.
func (d *decoder) requests(target **release.Requests) reader {
	return func(node *yaml.Node) {
		if value := d.follow(node); value != nil && value.Kind == yaml.ScalarNode {
			none := ""
			d.choice(&none, release.ReleasesNone)(node)
			*target = nil
			return
		}
		requests := *(*target)
		var labels []string
		read := d.mapping(node, "requests",
			optional("labels", values(d, &labels, "the name of a label", anyText)),
			optional("template", value(d, &requests.Template, "a path", cleanFile)),
		)
		if read.ok("labels") {
			requests.Labels = labels
		}
		*target = &requests
	}
}

var login = lazyregexp.New(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9])?$`)

func parseLogin(text string) (string, error) {
	if !login.MatchString(text) {
		return "", fmt.Errorf("%s is not a login on GitHub, expected one without the @", quoted(text))
	}
	return text, nil
}

// checks reads which checks a commit must have passed: all, or those of a list.
func (d *decoder) checks(target **release.Checks) reader {
	return func(node *yaml.Node) {
		checks := release.Checks{}
		if value := d.follow(node); value != nil && value.Kind == yaml.ScalarNode {
			all := ""
			d.choice(&all, allChecks)(node)
		} else {
			values(d, &checks.Required, "the name of a check", anyText)(node)
			if value != nil && value.Kind == yaml.SequenceNode && len(value.Content) == 0 {
				d.report(value, "an empty list of checks, expected names, or checks: %s", allChecks)
			}
		}
		*target = &checks
	}
}

// allChecks stands for all checks that a commit has.
const allChecks = "all"

// The ways that the commits of releases and fixes get to their branch.
const (
	viaPush        = "push"
	viaPullRequest = "pull-request"
)

// releaseWay reads how a branch gets the commits of its releases.
func (d *decoder) releaseWay(viaPull *bool) reader {
	return func(node *yaml.Node) {
		way := viaPush
		d.mapping(node, "release", required("via", viaPullRequest, d.choice(&way, viaPush, viaPullRequest)))
		*viaPull = way == viaPullRequest
	}
}

// checkGitHubWanted reports what is asked of GitHub where nothing says which
// repository there.
func (d *decoder) checkGitHubWanted(train *release.Train, read section) {
	report := func(key, format string, arguments ...any) {
		if read.ok(key) {
			d.report(d.follow(read.present[key]), format+", expected a section github: beside it", arguments...)
		}
	}
	if train.ViaPullRequest {
		report("release", "releases via pull-request")
	}
	for _, component := range train.Components {
		if component.Checks != nil {
			report("components", "the component %s wants checks", component.Name)
		}
	}
	for _, environment := range train.Environments {
		if environment.Deploy.Way != "" {
			report("environments", "the environment %s is deployed to by %s", environment.Name, environment.Deploy.Way)
		}
		for _, gate := range environment.Gates {
			if gate.Name == release.GateChecks || !gate.Blockers.IsZero() {
				report("environments", "the environment %s asks GitHub for the gate %s", environment.Name, gate.Name)
			}
		}
	}
}

// repositoryForm is how a repository on GitHub is named.
const repositoryForm = "a repository such as mozilla-services/loop-server, or with the host of an Enterprise Server before it"

var gitHubRepository = lazyregexp.New(`^(?:[A-Za-z0-9.:-]+/)?[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

func parseGitHubRepository(text string) (string, error) {
	if !gitHubRepository.MatchString(text) || strings.Contains("/"+text+"/", "/../") || strings.Contains("/"+text+"/", "/./") {
		return "", fmt.Errorf("%s is not a repository on GitHub, expected %s", quoted(text), repositoryForm)
	}
	return strings.TrimSuffix(text, ".git"), nil
}
