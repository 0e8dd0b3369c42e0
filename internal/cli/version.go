package cli

import (
	"github.com/spf13/cobra"
)

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: groupSetup,
		Short:   "looprel's own version",
		Long: `Prints looprel's own version. JSON: version.

` + exitStatus,
		Example: "  looprel version",
		Args:    cobra.NoArgs,

		Annotations: map[string]string{unguarded: ""},
		RunE: func(*cobra.Command, []string) error {
			asJSON, err := a.json()
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(map[string]string{"version": Version})
			}
			p := a.printer()
			p.line(0, "looprel %s", Version)
			return p.err
		},
	}
}
