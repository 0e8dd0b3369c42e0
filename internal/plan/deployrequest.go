package plan

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// DeployRequest asks operations to deploy a release.
type DeployRequest struct {
	Environment string `json:"environment"`
	Summary     string `json:"summary"`
	// Body is Markdown: the release notes, what runs there now, the tags, and the
	// changelog's section.
	Body string `json:"body"`
}

// deployRequest is the request for the environment that comes first after the
// tag; nil where there is none, or nothing was released.
func (s *Snapshot) deployRequest(p *TagPlan) (*DeployRequest, error) {
	if p.Already != "" {
		return nil, nil
	}
	for _, environment := range s.Train.Environments {
		if environment.After == release.AfterTag && environment.Commissioned {
			return s.requestFor(p, environment)
		}
	}
	return nil, nil
}

func (s *Snapshot) requestFor(p *TagPlan, environment release.Environment) (*DeployRequest, error) {
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return nil, err
	}
	request := &DeployRequest{
		Environment: environment.Name,
		Summary:     fmt.Sprintf("Please deploy %s %s to %s", p.Component, p.Version, s.requestName(environment)),
	}
	var body strings.Builder
	fmt.Fprintf(&body, "## %s %s\n\n", p.Component, p.Version)
	if text := strings.TrimRight(p.Changes.Markdown(s.Web), "\n"); text != "" {
		fmt.Fprintf(&body, "%s\n\n", text)
	}
	running := "nothing that the ledger knows of"
	if state.Running != nil {
		running = fmt.Sprintf("%s, since %s", state.Running.Version, s.civil(state.Running.Since))
	}
	fmt.Fprintf(&body, "- %s runs now: %s\n- previous release of the line: %s\n- tag: %s, the release's commit follows %s\n",
		environment.Name, running, p.Previous, ShortRef(p.Tag), ShortRef(p.Branch))
	if page := s.Web.Forge; page != "" {
		page = strings.TrimRight(page, "/")
		fmt.Fprintf(&body, "- %s/releases/tag/%s\n- %s/compare/%s...%s\n", page, ShortRef(p.Tag), page,
			s.Component.TagPattern.Tag(p.Previous), ShortRef(p.Tag))
	}
	if p.Section != "" {
		fmt.Fprintf(&body, "\n### Changelog\n\n```\n%s\n```\n", strings.TrimRight(p.Section, "\n"))
	}
	request.Body = body.String()
	return request, nil
}

// requestName is what requests call an environment: STAGE for load-stage, unless
// another one of the train is a stage, too.
func (s *Snapshot) requestName(environment release.Environment) string {
	short := lastWord(environment.Name)
	for _, other := range s.Train.Environments {
		if other.Name != environment.Name && other.Commissioned && lastWord(other.Name) == short {
			return strings.ToUpper(environment.Name)
		}
	}
	return strings.ToUpper(short)
}

func lastWord(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }
