package plan

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
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
// tag; nil where there is none.
func (s *Snapshot) deployRequest(p *TagPlan) (*DeployRequest, error) {
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
	var body strings.Builder
	fmt.Fprintf(&body, "## %s %s\n\n", p.Component, p.Version)
	if text := strings.TrimRight(p.Changes.Markdown(s.Web), "\n"); text != "" {
		fmt.Fprintf(&body, "%s\n\n", text)
	}
	s.writeTags(&body, p, environment, state.Running)
	if p.Section != "" {
		fmt.Fprintf(&body, "\n### Changelog\n\n```\n%s\n```\n", strings.TrimRight(p.Section, "\n"))
	}
	return &DeployRequest{
		Environment: environment.Name, Body: body.String(),
		Summary: fmt.Sprintf("Please deploy %s %s to %s", p.Component, p.Version, s.requestName(environment)),
	}, nil
}

// writeTags says what is to be deployed, and what it is compared with: what runs
// there now, by the ledger.
func (s *Snapshot) writeTags(body *strings.Builder, p *TagPlan, environment release.Environment, running *ledger.Running) {
	commit := p.Entry.Tagged.Commit
	fmt.Fprintf(body, "### Tags\n\n- tag `%s`, commit `%s`\n", ShortRef(p.Tag), showCommit(commit))
	page := strings.TrimRight(s.Web.Forge, "/")
	if page != "" {
		fmt.Fprintf(body, "- <%s/releases/tag/%s>\n", page, ShortRef(p.Tag))
		if !commit.IsZero() {
			fmt.Fprintf(body, "- <%s/commit/%s>\n", page, commit)
		}
	}
	switch {
	case running == nil:
		fmt.Fprintf(body, "- what runs on %s is not known; the release before this one is %s\n", environment.Name, p.Previous)
	case page != "" && running.Tag != "":
		fmt.Fprintf(body, "- %s runs %s: <%s/compare/%s...%s>\n", environment.Name, running.Version, page, ShortRef(running.Tag), ShortRef(p.Tag))
	default:
		fmt.Fprintf(body, "- %s runs %s, since %s\n", environment.Name, running.Version, s.civil(running.Since))
	}
}

func showCommit(id object.ID) string {
	if id.IsZero() {
		return "set when signed"
	}
	return id.String()
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
