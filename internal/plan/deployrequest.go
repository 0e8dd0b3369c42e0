package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
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
	// Issue is the request as it is filed at the forge; nil where it is not.
	Issue *OwedIssue `json:"-"`
}

// OwedIssue is an issue that shall be there, open until what it asks for is done.
type OwedIssue struct {
	Want forge.Issue
	// Key is found in its body.
	Key string
	// Since is before it can have been filed; zero: that is not known.
	Since time.Time
	// Evidence is what was seen of the deployment, as far as that is recorded already.
	Evidence []string
}

// requested is what a deployment request is about.
type requested struct {
	version  string
	tag      string // full reference name, "" for a branch's head
	commit   object.ID
	previous release.Version
	changes  notes.Notes
	section  string
	// tagged is when the release was made.
	tagged time.Time
}

// deployRequest is the request for the environment that comes first after the
// tag; nil where there is none.
func (s *Snapshot) deployRequest(p *TagPlan) (*DeployRequest, error) {
	about := requested{version: p.Version.String(), tag: p.Tag, previous: p.Previous, changes: p.Changes, section: p.Section, tagged: s.Now}
	if p.Entry.Tagged != nil {
		about.commit = p.Entry.Tagged.Commit
	}
	if p.known != nil {
		about.commit, about.tagged = p.known.Commit, p.known.At
	}
	for _, environment := range s.Train.Environments {
		if environment.After == release.AfterTag && environment.Commissioned {
			return s.requestFor(about, environment)
		}
	}
	return nil, nil
}

func (s *Snapshot) requestFor(about requested, environment release.Environment) (*DeployRequest, error) {
	state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
	if err != nil {
		return nil, err
	}
	request := &DeployRequest{
		Environment: environment.Name,
		Summary:     fmt.Sprintf("Please deploy %s %s to %s", s.Component.Name, about.version, s.requestName(environment)),
	}
	changes := bounded(strings.TrimRight(about.changes.Markdown(s.Web), "\n"))
	tags := s.requestTags(about, environment, state.Running)
	section := bounded(strings.TrimRight(about.section, "\n"))
	var body strings.Builder
	fmt.Fprintf(&body, "## %s %s\n\n", s.Component.Name, about.version)
	if changes != "" {
		fmt.Fprintf(&body, "%s\n\n", changes)
	}
	body.WriteString("### Tags\n\n" + tags)
	if section != "" {
		fmt.Fprintf(&body, "\n### Changelog\n\n%s", fenced(section))
	}
	request.Body = body.String()
	if s.Train.GitHub != nil && s.Forge != "" {
		request.Issue = s.oweIssue(request, about, environment, strings.NewReplacer(
			"{component}", s.Component.Name, "{version}", about.version, "{environment}", environment.Name,
			"{notes}", changes, "{tags}", strings.TrimRight(tags, "\n"), "{changelog}", strings.TrimRight(fenced(section), "\n")))
	}
	return request, nil
}

// maxPart bounds the notes, the changelog's section and the rows of commits in the body
// of an issue or a pull request, in bytes: GitHub takes 65,536 characters in all.
const maxPart = 25_000

// bounded cuts a part of a body at the end of a line.
func bounded(text string) string {
	if len(text) <= maxPart {
		return text
	}
	return text[:strings.LastIndexByte(text[:maxPart], '\n')+1] + "\nand more."
}

// fenced makes a text a block that is shown as it is, whatever is in it: nothing in
// it mentions anybody.
func fenced(text string) string {
	if text == "" {
		return ""
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + text + "\n" + fence + "\n"
}

// oweIssue is the request as an issue: from the template, if there is one, else with
// a checklist; the key at its end.
func (s *Snapshot) oweIssue(request *DeployRequest, about requested, environment release.Environment, fill *strings.Replacer) *OwedIssue {
	key := requestKey(s.Component.Name, about.version, environment.Name)
	body := request.Body
	if s.RequestTemplate != "" {
		body = fill.Replace(s.RequestTemplate)
	} else {
		body += fmt.Sprintf("\n### Checklist\n\n- [ ] deployed to %s\n- [ ] %s %s is seen there\n", environment.Name, s.Component.Name, about.version)
	}
	issue := forge.Issue{Title: request.Summary, Body: strings.TrimRight(body, "\n") + "\n\n" + key + "\n"}
	if requests := s.Train.GitHub.Requests; requests != nil {
		issue.Labels = requests.Labels
	}
	if contact, ok := s.Train.Contact(environment.Maintainer); ok {
		issue.Assignees = contact.GitHub
	}
	owed := &OwedIssue{Want: issue, Key: key}
	if !about.tagged.IsZero() {
		owed.Since = about.tagged.Add(-clockSlack)
	}
	return owed
}

// clockSlack is more than the operator's clock and the forge's differ by.
const clockSlack = 24 * time.Hour

// Done is the issue's body once the release is there, with what was seen: the boxes
// are ticked.
func (o *OwedIssue) Done(body string, evidence []string) string {
	var done strings.Builder
	done.WriteString(strings.ReplaceAll(strings.TrimRight(body, "\n"), "- [ ] ", "- [x] "))
	done.WriteString("\n\n### Deployed\n\n")
	done.WriteString(fenced(strings.Join(evidence, "\n")))
	return done.String()
}

// requestTags says what is to be deployed, and what it is compared with: what runs
// there now, by the ledger.
func (s *Snapshot) requestTags(about requested, environment release.Environment, running *ledger.Running) string {
	var text strings.Builder
	what := "head of a branch"
	if about.tag != "" {
		what = "tag `" + ShortRef(about.tag) + "`"
	}
	fmt.Fprintf(&text, "- %s, commit `%s`\n", what, showCommit(about.commit))
	page := strings.TrimRight(s.Web.Forge, "/")
	if page != "" && about.tag != "" {
		fmt.Fprintf(&text, "- <%s/releases/tag/%s>\n", page, ShortRef(about.tag))
	}
	if page != "" && !about.commit.IsZero() {
		fmt.Fprintf(&text, "- <%s/commit/%s>\n", page, about.commit)
	}
	switch {
	case running == nil && about.previous.IsZero():
		fmt.Fprintf(&text, "- what runs on %s is not known\n", environment.Name)
	case running == nil:
		fmt.Fprintf(&text, "- what runs on %s is not known; the release before this one is %s\n", environment.Name, about.previous)
	case page != "" && running.Tag != "" && about.tag != "":
		fmt.Fprintf(&text, "- %s runs %s: <%s/compare/%s...%s>\n", environment.Name, running.Version, page, ShortRef(running.Tag), ShortRef(about.tag))
	default:
		fmt.Fprintf(&text, "- %s runs %s, since %s\n", environment.Name, running.Version, s.civil(running.Since))
	}
	return text.String()
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
