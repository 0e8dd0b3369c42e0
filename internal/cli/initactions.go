package cli

import (
	"context"
	_ "embed" // the workflow
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

//go:embed workflow/release-train.yml
var workflow string

// workflowPath is where the forge looks for it.
const workflowPath = ".github/workflows/release-train.yml"

// initActions writes the workflow.
func (a *app) initActions(ctx context.Context) error {
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: a.dir, Environ: a.env.Environ})
	if err != nil {
		return err
	}
	defer repository.Close() //nolint:errcheck // nothing was written to it
	root := repository.Worktree()
	text, err := a.workflow(root)
	switch {
	case err != nil:
		return err
	case a.dryRun:
		_, err := a.env.Streams.Out.Write(text)
		return err
	case root == "":
		return &usageError{reason: "a bare repository has no place for a workflow", hint: "run it in a clone with a worktree"}
	}
	path := filepath.Join(root, filepath.FromSlash(workflowPath))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a directory of the repository, like any other
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := writeNew(path, text); err != nil {
		return notWritten(path, err)
	}
	p := a.printer()
	p.line(terminal.Green|terminal.Bold, "Wrote %s.", path)
	p.line(0, "Next: say under \"tick\" in environments.yaml what it may do, and commit both.")
	return p.err
}

// contentsPermission is the line of the workflow behind which further permissions stand.
const contentsPermission = "  contents: write                    # tags, release commits, and the ledger\n"

// workflow is the workflow with the permissions for what the worktree's environments.yaml
// keeps at GitHub. Without one it has those for git alone.
func (a *app) workflow(root string) ([]byte, error) {
	name := a.path(a.config)
	if name == "" {
		name = filepath.Join(root, observe.ConfigName)
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && a.config == "" {
		return []byte(workflow), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the workflow may do: %w", err)
	}
	train, err := config.Parse(name, text)
	if err != nil {
		return nil, err
	}
	var lines strings.Builder
	for _, one := range workflowPermissions(train) {
		fmt.Fprintf(&lines, "  %-34s # %s\n", one.grant, one.use)
	}
	return []byte(strings.Replace(workflow, contentsPermission, contentsPermission+lines.String(), 1)), nil
}

// permission is what a workflow's token may do, and for what.
type permission struct{ grant, use string }

// workflowPermissions are those beyond git's.
func workflowPermissions(train *release.Train) []permission {
	features := plan.FeaturesOf(train)
	has := func(wanted ...forge.Feature) bool {
		return slices.ContainsFunc(wanted, func(one forge.Feature) bool { return slices.Contains(features, one) })
	}
	var list []permission
	add := func(wanted bool, grant, use string) {
		if wanted {
			list = append(list, permission{grant, use})
		}
	}
	byWorkflow := slices.ContainsFunc(train.Environments, func(e release.Environment) bool { return e.Deploy.Way == release.DeployByWorkflow })
	add(has(forge.FeatureMilestones, forge.FeatureIssues), "issues: write", "milestones, deployment requests")
	add(has(forge.FeatureDeployments), "deployments: write", "deployments")
	add(has(forge.FeaturePulls), "pull-requests: write", "releases by pull request")
	add(has(forge.FeatureChecks), "checks: read", "checks")
	add(has(forge.FeatureChecks), "statuses: read", "checks")
	add(byWorkflow, "actions: write", "workflows that deploy")
	return list
}
