package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/release"
)

// Finding is one thing that an examination looked at.
type Finding struct {
	// Subject is what was looked at: "remote", "clock".
	Subject string  `json:"subject"`
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"`
	Cure    string  `json:"cure,omitempty"`
}

// Examination says whether anything stands in the way of the train.
type Examination struct {
	Findings []Finding `json:"findings"`
	causes   []error
}

// Cause is what the failures are about, for errors.Is; nil without one.
func (e *Examination) Cause() error { return errors.Join(e.causes...) }

// Add adds a finding.
func (e *Examination) Add(subject string, verdict Verdict, cure, format string, values ...any) {
	e.Findings = append(e.Findings, Finding{Subject: subject, Verdict: verdict, Reason: fmt.Sprintf(format, values...), Cure: cure})
}

// AddError adds a failure, with what it says to do.
func (e *Examination) AddError(subject string, err error) {
	cure := ""
	var hinting interface{ Hint() string }
	if errors.As(err, &hinting) {
		cure = hinting.Hint()
	}
	e.Add(subject, Fail, cure, "%s", err)
	e.causes = append(e.causes, err)
}

// Failed reports whether something stands in the way.
func (e *Examination) Failed() bool {
	return slices.ContainsFunc(e.Findings, func(f Finding) bool { return f.Verdict == Fail })
}

// clockTolerance is how wrong a clock may be: days and windows are judged by it.
const clockTolerance = 2 * time.Minute

// ExamineClock judges the machine's clock by the ledger's last entry, zero for none,
// and by how much the forge's is ahead of it, where that is known.
func (e *Examination) ExamineClock(s *Snapshot, last time.Time, skew *time.Duration) {
	const subject, cure = "clock", "set the clock: days and hours of the train are judged by it"
	now := calendar.Local(s.Now, s.Train.Zone, s.Now.Location())
	switch {
	case s.ClockOverridden:
		e.Add(subject, Undecided, "unset LOOPREL_NOW", "it is overridden: %s", now)
	case skew != nil && max(*skew, -*skew) > clockTolerance:
		e.Add(subject, Fail, cure, "it says %s, and the forge's is %s from it", now, shortDuration(max(*skew, -*skew)))
	case last.After(s.Now.Add(clockTolerance)):
		e.Add(subject, Fail, cure, "it says %s, and the ledger's last entry is of %s", now, calendar.Local(last, s.Train.Zone, s.Now.Location()))
	default:
		e.Add(subject, Pass, "", "it is %s", now)
	}
}

// FeaturesOf are what environments.yaml has looprel do at the forge.
func FeaturesOf(train *release.Train) []forge.Feature {
	github := train.GitHub
	if github == nil {
		return nil
	}
	var features []forge.Feature
	add := func(wanted bool, feature forge.Feature) {
		if wanted && !slices.Contains(features, feature) {
			features = append(features, feature)
		}
	}
	add(github.Releases != release.ReleasesNone, forge.FeatureReleases)
	add(github.Milestones != "", forge.FeatureMilestones)
	add(!github.NoDeployments, forge.FeatureDeployments)
	add(github.Requests != nil || github.ReleasedLabel != "" || github.ReleasedComment, forge.FeatureIssues)
	add(train.ViaPullRequest, forge.FeaturePulls)
	add(github.Backports.Configured(), forge.FeatureBackports)
	add(github.Backports.Configured(), forge.FeatureIssues)
	for _, component := range train.Components {
		add(component.Checks != nil, forge.FeatureChecks)
	}
	for _, environment := range train.Environments {
		add(environment.Deploy.Way == release.DeployByRequest, forge.FeatureIssues)
		for _, gate := range environment.Gates {
			add(gate.Name == release.GateChecks, forge.FeatureChecks)
			add(!gate.Blockers.IsZero(), forge.FeatureIssues)
		}
	}
	return features
}

// permissions are what a fine-grained token, or an App, needs for a feature.
var permissions = map[forge.Feature]string{
	forge.FeatureReleases: "contents: write", forge.FeatureMilestones: "issues: write", forge.FeatureDeployments: "deployments: write",
	forge.FeatureIssues: "issues: write", forge.FeatureChecks: "checks: read and commit statuses: read",
	forge.FeaturePulls: "pull requests: write and contents: write", forge.FeatureBackports: "pull requests: read",
}

// ExamineToken judges what a token may do.
func (e *Examination) ExamineToken(s *Snapshot, standing forge.Standing, features []forge.Feature) {
	about := "the token of " + standing.Source
	if standing.ScopesKnown {
		about += fmt.Sprintf(" (a classic one: %s)", strings.Join(standing.Scopes, ", "))
	}
	for _, feature := range features {
		subject := "github " + strings.Replace(string(feature), "pulls", "pull requests", 1)
		if err := standing.Refused[feature]; err != nil {
			cure := "give it " + permissions[feature]
			if standing.ScopesKnown {
				cure = "give it the scope repo"
			}
			e.Add(subject, Fail, cure, "%s", err)
			e.causes = append(e.causes, err)
			continue
		}
		e.Add(subject, Pass, "", "%s may use them on %s", about, s.Forge)
	}
	if standing.ScopesKnown && !slices.Contains(standing.Scopes, "workflow") {
		e.Add("github workflows", Undecided, "give it the scope workflow",
			"%s may not push commits that touch .github/workflows: a backport of such a commit would be refused", about)
	}
}

// stops are the rules that a push of looprel's does not follow by itself, and why.
var stops = map[string]string{
	"pull_request":                      "it wants a pull request",
	"update":                            "nobody may push to it",
	"creation":                          "nobody may create it",
	"required_status_checks":            "its commits must have passed checks before, and a release commit is new",
	"required_deployments":              "its commits must have been deployed before, and a release commit is new",
	"merge_queue":                       "it is changed by a merge queue alone",
	"workflows":                         "its commits must have passed workflows before, and a release commit is new",
	"code_scanning":                     "its commits must have been scanned before, and a release commit is new",
	"commit_message_pattern":            "commit messages must match a pattern",
	"commit_author_email_pattern":       "authors' addresses must match a pattern",
	"committer_email_pattern":           "committers' addresses must match a pattern",
	"branch_name_pattern":               "names must match a pattern",
	"tag_name_pattern":                  "names must match a pattern",
	"file_path_restriction":             "some paths may not be pushed",
	"required_signatures":               "commits must be signed",
	"max_file_size":                     "",
	"deletion":                          "",
	"non_fast_forward":                  "",
	"required_linear_history":           "",
	"copilot_code_review":               "",
	"max_file_path_length":              "",
	"file_extension_restriction":        "",
	"required_review_thread_resolution": "",
}

// cureOf is how a rule stands in the way no more.
func cureOf(rule forge.Rule) string {
	cure := "let the token's owner bypass " + rule.Set
	if rule.Type == "pull_request" {
		cure += "; or let releases come by pull requests, with release: {via: pull-request} in environments.yaml"
	}
	return cure
}

// ExamineProtected judges the rules that hold for a branch which gets its commits by pull
// requests: only that it is created, if it is new, is a push.
func (e *Examination) ExamineProtected(s *Snapshot, branch string, rules []forge.Rule, isNew bool) {
	at := slices.IndexFunc(rules, func(rule forge.Rule) bool { return isNew && rule.Type == "creation" && !rule.Bypass })
	if at >= 0 {
		e.ExamineRules(s, branch, rules[at:at+1], isNew, false)
		return
	}
	e.Add("push "+branch, Pass, "", "nothing is pushed to it: releases and fixes come by pull requests")
}

// ExamineRules judges the rules that hold for pushes to a reference, named for people.
// isNew: the push creates it. protected: it is protected in a way that the token does
// not see.
func (e *Examination) ExamineRules(s *Snapshot, what string, rules []forge.Rule, isNew, protected bool) {
	subject := "push " + what
	stopped := false
	for _, rule := range rules {
		why, known := stops[rule.Type]
		switch {
		case rule.Bypass, known && why == "", rule.Type == "creation" && !isNew, rule.Type == "update" && isNew, rule.Type == "required_signatures" && s.Sign.Commits:
			continue
		case !known:
			e.Add(subject, Undecided, "look at it on "+s.Web.Forge+"/rules", "the rule %s of %q may refuse it", rule.Type, rule.Set)
		default:
			e.Add(subject, Fail, cureOf(rule), "the rule %s of %q would refuse it: %s", rule.Type, rule.Set, why)
		}
		stopped = true
	}
	switch {
	case stopped:
	case protected:
		e.Add(subject, Undecided, "look at it on "+s.Web.Forge+"/settings/branches", "it is protected, and whether the token's owner may push all the same is not to be seen")
	case len(rules) > 0:
		e.Add(subject, Pass, "", "no rule refuses it")
	default:
		e.Add(subject, Pass, "", "no rule holds for it")
	}
}
