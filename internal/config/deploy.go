package config

import (
	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// argumentVector is what a command is written as.
const argumentVector = "a list such as [make, deploy]: the command is an argument vector, no shell splits it"

// deploy reads a command with its timeout, or the command alone, or another way.
func (d *decoder) deploy(deploy *release.Deploy) reader {
	command := d.command(&deploy.Command)
	way := ""
	via := d.choice(&way, string(release.DeployByRequest))
	return func(node *yaml.Node) {
		deploy.Timeout = 0
		switch value := d.follow(node); {
		case value == nil:
		case value.Kind == yaml.MappingNode:
			read := d.mapping(node, "deploy",
				optional("command", command),
				optional("via", via),
				optional("timeout", d.duration(&deploy.Timeout)),
			)
			if read.readable() && read.meant("command") == read.meant("via") {
				d.report(read.node, "deploy with %s, expected a command such as [make, deploy], or via: request", bothOrNone(read.has("command")))
			}
		case value.Kind == yaml.ScalarNode && value.Value == string(release.DeployByRequest):
			via(node)
		default:
			command(node)
		}
		deploy.Way = release.DeployWay(way)
		switch {
		case deploy.Timeout != 0:
		case deploy.Way == release.DeployByRequest:
			deploy.Timeout = release.DefaultRequestTimeout
		default:
			deploy.Timeout = release.DefaultDeployTimeout
		}
	}
}

func bothOrNone(both bool) string {
	if both {
		return "both a command and another way"
	}
	return "neither a command nor another way"
}

func (d *decoder) command(command *[]string) reader {
	return func(node *yaml.Node) {
		list := d.expect(node, yaml.SequenceNode, argumentVector)
		if list == nil {
			return
		}
		for _, item := range d.bounded(list.Content, 1) {
			text, ok := d.scalar(item, unquotedHint(d.follow(item), "text as an argument", argument, []string{textTag}), textTag)
			if !ok {
				continue
			}
			if _, err := argument(text); err != nil {
				d.report(d.follow(item), "%s", err)
			}
			*command = append(*command, text)
		}
		if len(list.Content) == 0 || len(*command) > 0 && (*command)[0] == "" {
			d.report(list, "a command without a program, expected %s", argumentVector)
		}
	}
}
