package config

import (
	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// tick reads what the train may do by itself. The environments have been read.
func (d *decoder) tick(train *release.Train) reader {
	return func(node *yaml.Node) {
		declared := &names{kind: "environment", unreadable: len(train.Environments) == 0}
		for _, environment := range train.Environments {
			declared.known = append(declared.known, environment.Name)
		}
		tick := &train.Tick
		read := d.mapping(node, "tick",
			optional("remind", d.boolean(&tick.Remind)),
			optional("announce", d.boolean(&tick.Announce)),
			optional("tag", d.boolean(&tick.Tag)),
			optional("from", d.timeOfDay(&tick.From)),
			optional("promote", values(d, &tick.Promote, "the name of an environment", func(text string) (string, error) {
				return text, declared.check(text)
			})),
			optional("late", d.boolean(&tick.Late)),
		)
		if read.ok("from") && !tick.Tag {
			d.report(read.present["from"], "an hour for tags, and tick tags nothing, expected \"tag: true\" beside it")
		}
	}
}
