// Package forge is the vocabulary of what a forge keeps beside git: releases,
// milestones, deployments. Plans speak in these types of what shall be so, and the
// outlet that talks to the forge of what is so.
//
// Each thing has a key by which a later run finds it again: a Release its tag, a
// Milestone its title, a Deployment what its payload says. The package is pure.
package forge

import (
	"errors"

	"github.com/mozilla-services/looprel/internal/object"
)

// What a failure at the forge means for those who asked, for errors.Is.
var (
	// ErrUnauthorised: somebody has to be let in, or allowed, first.
	ErrUnauthorised = errors.New("not authorised at the forge")
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
	// Page is the issue's page.
	Page string
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
	}
	return false
}

// Status is a deployment's stage, with where to look.
type Status struct {
	State       State
	Description string
	// Log and Environment are pages, "" without one.
	Log, Environment string
}
