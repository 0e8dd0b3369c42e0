package config

import "github.com/mozilla-services/looprel/internal/release"

// checkSets holds a train that releases sets to what makes one, and to what can be done
// with one.
func (d *decoder) checkSets(read section, train *release.Train) {
	if !train.Sets || !read.ok("train", "components") {
		return
	}
	if len(train.Components) == 1 {
		d.reportValue(read, "components", "sets of %s alone, expected at least two components, or no \"sets: true\" under train", train.Components[0].Name)
	}
	for _, environment := range train.Environments {
		if read.ok("environments") && environment.Deploy.Way != "" {
			d.reportValue(read, "environments", "%s is deployed to by %s, which knows no order of the members of a set, expected a command", environment.Name, environment.Deploy.Way)
		}
	}
	if read.ok("release") && train.ViaPullRequest {
		d.reportValue(read, "release", "releases by pull request, expected pushes with sets, which are made at once")
	}
	if read.ok("tick") && (train.Tick.Tag || len(train.Tick.Promote) > 0) {
		d.reportValue(read, "tick", "tick tags or promotes, expected neither with sets, which people tag and promote")
	}
}
