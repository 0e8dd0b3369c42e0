package config

import (
	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// argumentVector is what a command is written as.
const argumentVector = "a list such as [make, deploy]: the command is an argument vector, no shell splits it"

// deploy reads a command with its timeout, or the command alone.
func (d *decoder) deploy(deploy *release.Deploy) reader {
	command := d.command(&deploy.Command)
	return func(node *yaml.Node) {
		switch value := d.follow(node); {
		case value == nil:
		case value.Kind == yaml.MappingNode:
			d.mapping(node, "deploy",
				required("command", "[make, deploy]", command),
				optional("timeout", d.duration(&deploy.Timeout)),
			)
		default:
			command(node)
		}
	}
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
