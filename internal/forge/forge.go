// Package forge is the vocabulary of what a forge keeps beside git: releases,
// milestones, deployments. Plans speak in these types of what shall be so, and the
// outlet that talks to the forge of what is so.
//
// Each thing has a key by which a later run finds it again: a Release its tag, a
// Milestone its title, a Deployment what its payload says. The package is pure.
package forge

import (
	"errors"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

// What a failure at the forge means for those who asked, for errors.Is.
var (
	// ErrUnauthorised: somebody has to be let in, or allowed, first.
	ErrUnauthorised = errors.New("not authorised at the forge")
	// ErrRejected: the forge does not take it as it is; nothing was done.
	ErrRejected = errors.New("rejected by the forge")
	// ErrUnreachable: the forge does not answer now; what else is asked of it will
	// not be answered either.
	ErrUnreachable = errors.New("the forge does not answer")
)

// Release is a release as the forge shows one.
type Release struct {
	// ID is the forge's own; zero for one that is not there yet.
	ID int64
	// Tag is the short name of the tag, and the release's key.
	Tag string
	// Title and Body are what people read; Body is Markdown.
	Title, Body string
	Prerelease  bool
	// Draft: nobody but those who may write sees it.
	Draft  bool
	Assets []Asset
	// Page is the release's page.
	Page string
}

// Asset is a file of a release. Its name is its key.
type Asset struct {
	ID   int64
	Name string
	Size int64 // in bytes
	// Complete is false for what an upload that was cut off left behind.
	Complete bool
}

// Milestone gathers issues. Its title is its key.
type Milestone struct {
	Number int
	Title  string
	Open   bool
}

// Issue is something that people shall do.
type Issue struct {
	Number int
	Title  string
	// Body is Markdown. The issue's key stands in it, where people do not see it.
	Body      string
	Labels    []string
	Assignees []string // logins
	Open      bool
	// Filed is when.
	Filed time.Time
	// Page is the issue's page.
	Page string
}

// Standing is what the forge lets a token do.
type Standing struct {
	// Source is where the token is from.
	Source string
	// Scopes are those of a classic token; ScopesKnown is false for others.
	Scopes      []string
	ScopesKnown bool
	// Skew is how much the forge's clock is ahead of this machine's, to the second.
	Skew time.Duration
	// Refused are the features that the token may not use, with the forge's words.
	Refused map[Feature]error
}

// Feature is something that looprel does at the forge.
type Feature string

// The features.
const (
	FeatureReleases    Feature = "releases"
	FeatureMilestones  Feature = "milestones"
	FeatureDeployments Feature = "deployments"
	FeatureIssues      Feature = "issues"
	FeatureChecks      Feature = "checks"
	FeaturePulls       Feature = "pulls"
	// FeatureBackports reads pull requests that ask for backports.
	FeatureBackports Feature = "backports"
)

// Rule is something that the forge holds pushes of a reference to.
type Rule struct {
	// Type is the forge's name of the rule, such as "pull_request".
	Type string
	// Set is the name of the set of rules that it is of.
	Set string
	// Bypass: the token's owner need not follow it.
	Bypass bool
}

// Check is one verdict on a commit, of whatever kind.
type Check struct {
	Name  string
	State CheckState
	// Detail is the forge's word for it.
	Detail string
	// Page is where to look, "" if that is not known.
	Page string
}

// CheckState is what a check says.
type CheckState string

// The states. What was skipped, or is neutral, has passed.
const (
	CheckPassed  CheckState = "passed"
	CheckFailed  CheckState = "failed"
	CheckPending CheckState = "pending"
)

// Deployment is a version on its way to an environment, or there.
type Deployment struct {
	// ID is the forge's own; zero for one that is not there yet.
	ID          int64
	Environment string
	// Ref is what is deployed, by name or commit.
	Ref    string
	Commit object.ID
	// Task tells deployments of this kind from others in the environment.
	Task string
	// Payload says what the deployment is of.
	Payload     Payload
	Description string
}

// Payload is what a Deployment carries of its own.
type Payload struct {
	Component string `json:"component"`
	Version   string `json:"version"`
	// Attempt is the ledger's.
	Attempt string `json:"attempt"`
}

// State is a stage of a deployment, in the forge's words.
type State string

// The stages of a deployment. The last four are ends.
const (
	StateQueued     State = "queued"
	StateInProgress State = "in_progress"
	StateSuccess    State = "success"
	StateFailure    State = "failure"
	StateError      State = "error"
	StateInactive   State = "inactive"
)

// Ended reports whether nothing more is to come of the deployment by itself.
func (s State) Ended() bool {
	switch s {
	case StateSuccess, StateFailure, StateError, StateInactive:
		return true
	default:
		return false
	}
}

// Run is a run of a workflow.
type Run struct {
	ID int64
	// Page is the run's page.
	Page string
	// Ended: it has; Conclusion is the forge's word for how, and Passed whether well.
	Ended, Passed bool
	Conclusion    string
}

// Status is a deployment's stage, with where to look.
type Status struct {
	State       State
	Description string
	// Log and Environment are pages, "" without one.
	Log, Environment string
}
