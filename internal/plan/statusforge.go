package plan

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// ForgeLook is what the forge shows of the train.
type ForgeLook struct {
	// Requests are the open issues that may ask for a deployment.
	Requests []forge.Issue
	// Deployments are those that are under way, by environment.
	Deployments map[string]DeployingStatus
	// Releases are the newest ones.
	Releases []forge.Release
	// Missed is what could not be seen.
	Missed []MissedLook
}

// MissedLook is something that could not be seen at the forge, and why.
type MissedLook struct {
	What   string `json:"what"`
	Reason string `json:"reason"`
}

// RequestStatus is a deployment request that is open.
type RequestStatus struct {
	Version   string    `json:"version"`
	Number    int       `json:"number"`
	Assignees []string  `json:"assignees"`
	Since     time.Time `json:"since"`
	Page      string    `json:"page"`
}

// DeployingStatus is what the forge says of a deployment that others carry out.
type DeployingStatus struct {
	Version     string      `json:"version"`
	State       forge.State `json:"state"`
	Description string      `json:"description,omitempty"`
	// Page shows how it goes: the run of a workflow, for one.
	Page string `json:"page,omitempty"`
	// Run is how that run ended, "running" while it has not, "" where there is none.
	Run string `json:"run,omitempty"`
}

// RunRunning says that a run has not ended.
const RunRunning = "running"

// ForgeQuestions are what is worth asking the forge for a status.
type ForgeQuestions struct {
	// Requests: whether requests are open; Labels are those that they have, and Key is
	// what each has in its body.
	Requests bool
	Labels   []string
	Key      string
	// Environments may have deployments under way that others carry out.
	Environments []release.Environment
	// Task is that of deployments.
	Task string
	// Releases: whether drafts wait.
	Releases bool
}

// AskForge finds what is worth asking: where an attempt has begun and has no end that
// is known, and where releases are on their way.
func (status *Status) AskForge(s *Snapshot) ForgeQuestions {
	questions := ForgeQuestions{Task: deploymentTask, Key: requestKeyStart(s.Component.Name)}
	if s.Train.GitHub == nil || s.Forge == "" {
		return questions
	}
	if requests := s.Train.GitHub.Requests; requests != nil {
		questions.Requests, questions.Labels = true, requests.Labels
	}
	for i, one := range status.Environments {
		environment := s.Train.Environments[i]
		questions.Requests = questions.Requests || environment.Deploy.Way == release.DeployByRequest
		unclear := one.Underway != nil || one.Broken != nil && one.Broken.Outcome == ledger.Unknown
		if unclear && !s.Train.GitHub.NoDeployments {
			questions.Environments = append(questions.Environments, environment)
		}
	}
	questions.Releases = s.Train.GitHub.Releases != release.ReleasesNone && len(status.Releases) > 0
	return questions
}

// AddForge adds what the forge shows.
func (status *Status) AddForge(s *Snapshot, look ForgeLook) {
	status.Missed = look.Missed
	for i := range status.Environments {
		one := &status.Environments[i]
		// The newest come first, and each environment shows the one that was asked first
		// for what is wanted last.
		for _, issue := range look.Requests {
			if version, ok := s.requestedIn(issue.Body, one.Name); ok {
				one.Request = &RequestStatus{Version: version, Number: issue.Number, Assignees: append([]string{}, issue.Assignees...), Since: issue.Filed, Page: issue.Page}
				break
			}
		}
		if deploying, ok := look.Deployments[one.Name]; ok {
			one.Deploying = &deploying
		}
	}
	for i := range status.Releases {
		one := &status.Releases[i]
		named := func(other forge.Release) bool { return other.Tag == ShortRef(one.Tag) }
		published := slices.ContainsFunc(look.Releases, func(other forge.Release) bool { return named(other) && !other.Draft })
		if at := slices.IndexFunc(look.Releases, named); at >= 0 && !published {
			one.Draft = look.Releases[at].Page
		}
	}
}

// requestKey is what the body of a deployment request is found by.
func requestKey(component, version, environment string) string {
	return requestKeyStart(component) + version + requestKeyEnd(environment)
}

func requestKeyStart(component string) string { return "<!-- looprel: deploy " + component + " " }
func requestKeyEnd(environment string) string { return " to " + environment + " -->" }

// isNoVersion reports whether a character is in no name of a version.
func isNoVersion(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-+_", r)
}

// requestedIn is the version that an issue asks to be deployed to an environment.
func (s *Snapshot) requestedIn(body, environment string) (version string, ok bool) {
	for rest := body; ; {
		_, after, found := strings.Cut(rest, requestKeyStart(s.Component.Name))
		if !found {
			return "", false
		}
		key, _, _ := strings.Cut(after, "\n")
		version, _, ok = strings.Cut(key, requestKeyEnd(environment))
		if ok && version != "" && !strings.ContainsFunc(version, isNoVersion) {
			return version, true
		}
		rest = after
	}
}
