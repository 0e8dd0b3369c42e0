package config

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// argumentVector is what a command is written as.
const argumentVector = "a list such as [make, deploy]: the command is an argument vector, no shell splits it"

// deploy reads a command with its timeout, or the command alone, or another way.
func (d *decoder) deploy(deploy *release.Deploy) reader {
	command := d.command(&deploy.Command)
	way := ""
	via := d.choice(&way, string(release.DeployByRequest), string(release.DeployByDeployment))
	return func(node *yaml.Node) {
		deploy.Timeout = 0
		switch found := d.follow(node); {
		case found == nil:
		case found.Kind == yaml.MappingNode:
			read := d.mapping(node, "deploy",
				optional("command", command),
				optional("via", via),
				optional("workflow", value(d, &deploy.Workflow.File, "the name of a workflow's file", parseWorkflow)),
				optional("ref", value(d, &deploy.Workflow.Ref, "the name of a branch or tag", parseBranch)),
				optional("inputs", d.inputs(&deploy.Workflow.Inputs)),
				optional("timeout", d.duration(&deploy.Timeout)),
			)
			d.checkWay(read)
		case found.Kind == yaml.ScalarNode && (found.Value == string(release.DeployByRequest) || found.Value == string(release.DeployByDeployment)):
			via(node)
		default:
			command(node)
		}
		deploy.Way = release.DeployWay(way)
		if deploy.Workflow.File != "" {
			deploy.Way = release.DeployByWorkflow
		}
		switch {
		case deploy.Timeout != 0:
		case deploy.Way == release.DeployByRequest:
			deploy.Timeout = release.DefaultRequestTimeout
		default:
			deploy.Timeout = release.DefaultDeployTimeout
		}
	}
}

// checkWay wants one way to deploy, and keys of no other.
func (d *decoder) checkWay(read section) {
	ways := 0
	for _, key := range []string{"command", "via", "workflow"} {
		if read.meant(key) {
			ways++
		}
	}
	if read.readable() && ways != 1 {
		d.report(read.node, "deploy with %s, expected one of a command such as [make, deploy], via: request, via: deployment, and a workflow such as deploy.yml", noneOrSeveral(ways))
	}
	for _, key := range []string{"inputs", "ref"} {
		if read.ok(key) && !read.meant("workflow") {
			d.reportValue(read, key, "%s without a workflow, expected workflow: beside it", key)
		}
	}
}

func noneOrSeveral(ways int) string {
	if ways == 0 {
		return "no way to do it"
	}
	return "several ways to do it"
}

// workflowFile is the name of a file in .github/workflows.
var workflowFile = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml$`)

func parseWorkflow(text string) (string, error) {
	if !workflowFile.MatchString(text) {
		return "", fmt.Errorf("%s is not a workflow, expected the name of a file in .github/workflows, such as deploy.yml", quoted(text))
	}
	return text, nil
}

// inputs reads what a workflow is given.
func (d *decoder) inputs(inputs *map[string]string) reader {
	return func(node *yaml.Node) {
		entries, ok := d.entries(node, "a mapping of a workflow's inputs to texts")
		if !ok {
			return
		}
		*inputs = map[string]string{}
		for _, entry := range entries {
			text := ""
			d.text(&text)(entry.value)
			(*inputs)[entry.name] = text
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
