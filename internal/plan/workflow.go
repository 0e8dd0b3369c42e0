package plan

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// attemptPlaceholder stands for the attempt in a workflow's inputs.
const attemptPlaceholder = "{attempt}"

// WorkflowInputs are what the workflow that deploys is given. attempt is that of the
// deployment, which a later run goes on with.
func (p *PromotionPlan) WorkflowInputs(attempt string) map[string]string {
	fill := strings.NewReplacer("{version}", p.Version, "{tag}", ShortRef(p.Tag), "{commit}", p.Commit.String(),
		"{environment}", p.Environment, "{component}", p.Component, attemptPlaceholder, attempt)
	inputs := map[string]string{}
	for name, text := range p.Target.Deploy.Workflow.Inputs {
		inputs[name] = fill.Replace(text)
	}
	return inputs
}

// NamesRun reports whether the workflow is told the attempt, so that its run-name may
// show it.
func (p *PromotionPlan) NamesRun() bool {
	for _, text := range p.Target.Deploy.Workflow.Inputs {
		if strings.Contains(text, attemptPlaceholder) {
			return true
		}
	}
	return false
}

// workflowRef is what the environment's workflow is taken from, "" without one.
func (s *Snapshot) workflowRef(environment release.Environment) string {
	if environment.Deploy.Way != release.DeployByWorkflow {
		return ""
	}
	if ref := environment.Deploy.Workflow.Ref; ref != "" {
		return ref
	}
	trunk, err := s.TrainBranch()
	if err != nil {
		return ""
	}
	return ShortRef(trunk)
}
