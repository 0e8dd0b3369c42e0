package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// constructors make the commands, by their names. Making all of them costs more than
// finding a merge's tree, so that a run makes the one that it is asked for, and all
// for help, completions and what is not a command.
func constructors() map[string]func(*app) *cobra.Command {
	return map[string]func(*app) *cobra.Command{
		"adopt":      newAdoptCommand,
		"announce":   newAnnounceCommand,
		"backoff":    newBackOffCommand,
		"backport":   newBackportCommand,
		"block":      newBlockCommand,
		"calendar":   newCalendarCommand,
		"demo":       newDemoCommand,
		"doctor":     newDoctorCommand,
		"extract":    newExtractCommand,
		"fixes":      newFixesCommand,
		"init":       newInitCommand,
		"log":        newLogCommand,
		"merge-tree": newMergeTreeCommand,
		"next":       newNextCommand,
		"notes":      newNotesCommand,
		"promote":    newPromoteCommand,
		"rollback":   newRollbackCommand,
		"signoff":    newSignOffCommand,
		"status":     newStatusCommand,
		"tag":        newTagCommand,
		"tick":       newTickCommand,
		"unblock":    newUnblockCommand,
		"validate":   newValidateCommand,
		"version":    newVersionCommand,
		"where":      newWhereCommand,
	}
}

// addCommands adds the command that the arguments name, or all of them.
func (a *app) addCommands(root *cobra.Command, arguments []string) {
	known := constructors()
	if construct, found := known[firstWord(root.PersistentFlags(), arguments)]; found {
		root.CompletionOptions.DisableDefaultCmd = true
		root.AddCommand(construct(a))
		return
	}
	for _, construct := range known {
		root.AddCommand(construct(a))
	}
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
}

// firstWord is the first of the arguments that is neither a flag nor a flag's value,
// as cobra tells them apart; "" if there is none.
func firstWord(global *pflag.FlagSet, arguments []string) string {
	for i := 0; i < len(arguments); i++ {
		switch argument := arguments[i]; {
		case argument == "--":
			return ""
		case !strings.HasPrefix(argument, "-") && argument != "":
			return argument
		case takesValue(global, argument):
			i++
		}
	}
	return ""
}

// takesValue says whether the argument is a flag whose value is the next argument.
// A flag that is not known takes one.
func takesValue(global *pflag.FlagSet, argument string) bool {
	if !strings.HasPrefix(argument, "-") || strings.Contains(argument, "=") {
		return false
	}
	var flag *pflag.Flag
	switch name := strings.TrimLeft(argument, "-"); {
	case strings.HasPrefix(argument, "--"):
		flag = global.Lookup(name)
	case len(name) != 1:
		return false
	default:
		flag = global.ShorthandLookup(name)
	}
	return flag == nil || flag.NoOptDefVal == ""
}
