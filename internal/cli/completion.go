package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// registerCompletions offers names of environments, components, remotes and
// versions. They come from the clone alone: a key press must not wait for a
// network.
func (a *app) registerCompletions(root *cobra.Command) {
	flag := func(command *cobra.Command, name string, values func(*cobra.Command) []string) {
		// The flags exist: a test completes each of them.
		_ = command.RegisterFlagCompletionFunc(name, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return values(cmd), cobra.ShellCompDirectiveNoFileComp
		})
	}
	flag(root, "component", a.componentNames)
	flag(root, "remote", a.remoteNames)
	flag(root, "output", func(cmd *cobra.Command) []string {
		switch cmd.Name() {
		case "calendar":
			return []string{"text", "json", "ics"}
		case "announce":
			return []string{"text", "json", mailFormat}
		}
		return []string{"text", "json"}
	})
	for _, command := range root.Commands() {
		switch command.Name() {
		case "promote":
			command.ValidArgsFunction = a.completePromote
			_ = command.RegisterFlagCompletionFunc("waive", a.completeWaive)
			for _, name := range []string{"reason", "embargo"} {
				flag(command, name, func(*cobra.Command) []string { return nil })
			}
		case "signoff":
			command.ValidArgsFunction = a.completePromote
			for _, name := range []string{"note", "ref"} {
				flag(command, name, func(*cobra.Command) []string { return nil })
			}
		case "block":
			command.ValidArgsFunction = a.completeBlock
			for _, name := range []string{"reason", "ref"} {
				flag(command, name, func(*cobra.Command) []string { return nil })
			}
		case "backoff":
			command.ValidArgsFunction = func(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
				return a.versions(cmd, len(arguments) == 0), cobra.ShellCompDirectiveNoFileComp
			}
			flag(command, "reason", func(*cobra.Command) []string { return nil })
		case "rollback":
			command.ValidArgsFunction = func(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
				if len(arguments) > 0 {
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				return a.environmentNames(cmd), cobra.ShellCompDirectiveNoFileComp
			}
			flag(command, "to", func(cmd *cobra.Command) []string { return a.versions(cmd, true) })
			flag(command, "reason", func(*cobra.Command) []string { return nil })
		case "announce":
			command.ValidArgsFunction = func(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
				return a.versions(cmd, len(arguments) == 0), cobra.ShellCompDirectiveNoFileComp
			}
			flag(command, "reason", func(*cobra.Command) []string { return nil })
		case "unblock":
			command.ValidArgsFunction = cobra.NoFileCompletions
			flag(command, "reason", func(*cobra.Command) []string { return nil })
		case "adopt":
			flag(command, "running", a.environmentNames)
		case "notes":
			command.ValidArgsFunction = func(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
				return a.versions(cmd, len(arguments) == 0), cobra.ShellCompDirectiveNoFileComp
			}
		case "backport":
			command.ValidArgsFunction = func(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
				return a.versions(cmd, len(arguments) == 0), cobra.ShellCompDirectiveNoFileComp
			}
			for _, name := range []string{"line", "mainline", "reason", "embargo"} {
				flag(command, name, func(*cobra.Command) []string { return nil })
			}
		case "fixes":
			command.ValidArgsFunction = cobra.NoFileCompletions
			flag(command, "line", a.lineNames)
			flag(command, "missing-from", func(cmd *cobra.Command) []string {
				return append(a.lineNames(cmd), a.versions(cmd, true)...)
			})
		case "where":
			command.ValidArgsFunction = cobra.NoFileCompletions
		case "tag":
			command.ValidArgsFunction = cobra.NoFileCompletions
			for _, name := range []string{"line", "at", "reason", "without-fix", "embargo"} {
				flag(command, name, func(*cobra.Command) []string { return nil })
			}
			flag(command, "bump", func(*cobra.Command) []string {
				return []string{string(release.BumpMajor), string(release.BumpMinor), string(release.BumpPatch)}
			})
		}
	}
}

func (a *app) completePromote(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
	switch len(arguments) {
	case 0:
		return a.environmentNames(cmd), cobra.ShellCompDirectiveNoFileComp
	case 1:
		return a.versions(cmd, true), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeBlock offers what may be blocked: environments and versions.
func (a *app) completeBlock(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(arguments) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Concat(a.environmentNames(cmd), a.versions(cmd, true)), cobra.ShellCompDirectiveNoFileComp
}

// completeWaive offers the gates of the environment that may be set aside.
func (a *app) completeWaive(cmd *cobra.Command, arguments []string, _ string) ([]string, cobra.ShellCompDirective) {
	train, _ := a.localTrain(cmd)
	if train == nil || len(arguments) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	environment, _ := train.Environment(arguments[0])
	var names []string
	for _, gate := range environment.Gates {
		if len(gate.WaivedBy) > 0 {
			names = append(names, gate.Name+"\tas "+strings.Join(gate.WaivedBy, " or "))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// localTrain is the train of the worktree's file, nil if there is none in order.
func (a *app) localTrain(cmd *cobra.Command) (*release.Train, *gitrepo.Repository) {
	repository, err := gitrepo.Open(cmd.Context(), gitrepo.Options{Dir: a.dir, Environ: a.env.Environ})
	if err != nil {
		return nil, nil
	}
	path := a.path(a.config)
	if path == "" {
		path = filepath.Join(repository.Worktree(), observe.ConfigName)
	}
	source, err := observe.ReadFile(path, observe.ConfigName)
	if err != nil {
		return nil, repository
	}
	return source.Train, repository
}

func (a *app) environmentNames(cmd *cobra.Command) []string {
	train, _ := a.localTrain(cmd)
	if train == nil {
		return nil
	}
	var names []string
	for _, environment := range train.Environments {
		if environment.Commissioned {
			names = append(names, environment.Name+"\tmaintained by "+environment.Maintainer)
		}
	}
	return names
}

func (a *app) componentNames(cmd *cobra.Command) []string {
	train, _ := a.localTrain(cmd)
	if train == nil {
		return nil
	}
	var names []string
	for _, component := range train.Components {
		names = append(names, component.Name)
	}
	return names
}

func (a *app) remoteNames(cmd *cobra.Command) []string {
	_, repository := a.localTrain(cmd)
	if repository == nil {
		return nil
	}
	var names []string
	for _, remote := range repository.Config().Remotes() {
		names = append(names, remote.Name)
	}
	return names
}

// lineNames are the release lines of the clone's tags, the highest first.
func (a *app) lineNames(cmd *cobra.Command) []string {
	var names []string
	for _, text := range a.versions(cmd, true) {
		version, err := release.ParseVersion(text)
		if err != nil {
			continue
		}
		if name := version.Line().String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// versions are those of the clone's release tags, the highest first.
func (a *app) versions(cmd *cobra.Command, wanted bool) []string {
	train, repository := a.localTrain(cmd)
	if train == nil || !wanted {
		return nil
	}
	tags, err := repository.Refs("refs/tags/")
	if err != nil {
		return nil
	}
	var versions []release.Version
	for ref := range tags {
		for _, component := range train.Components {
			if version, ok := component.TagPattern.ParseTag(plan.ShortRef(ref)); ok && !slices.Contains(versions, version) {
				versions = append(versions, version)
			}
		}
	}
	slices.SortFunc(versions, func(a, b release.Version) int { return b.Compare(a) })
	texts := make([]string, len(versions))
	for i, version := range versions {
		texts[i] = version.String()
	}
	return texts
}
