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
		read := d.mapping(node, "github",
			optional("repository", value(d, &g.Repository, repositoryForm, parseGitHubRepository)),
			optional("releases", d.choice(&g.Releases, release.ReleasesPublished, release.ReleasesDraft, release.ReleasesNone)),
			optional("assets", values(d, &g.Assets, "a pattern of paths", cleanGlob)),
			optional("milestones", value(d, &g.Milestones, "a pattern such as \"{version}\"", patternParser(true))),
			optional("deployments", d.boolean(&deployments)),
		)
		if read.ok("assets") && g.Releases == release.ReleasesNone {
			d.reportValue(read, "assets", "assets without releases, expected releases: published or releases: draft beside them")
		}
		g.NoDeployments = !deployments
		*target = &g
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
