package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

// BackportRequest is what `backport` was asked for, the commits apart: observe
// finds those.
type BackportRequest struct {
	// Bases are versions, tags or release lines; each stands for its line.
	Bases []string
	// Line names the line, for bases that are not of one.
	Line string
	// NoRelease leaves the release to a later `tag --line`.
	NoRelease bool
	// NotOnBranch allows commits that the train's branch lacks.
	NotOnBranch bool
	// AllOrNone: a line that cannot take the commits holds the others back.
	AllOrNone bool
	OffCycle  bool
	Reason    string
	// Labelled: merged pull requests ask for it by their labels.
	Labelled bool
	// Embargo is until when nobody is told of the releases; zero: at once.
	Embargo time.Time
	// ViaPull, Again and Command are as in TagRequest.
	ViaPull, Again bool
	Command        string
}

// BackportPlan puts commits on release lines and releases them.
type BackportPlan struct {
	Verb      string  `json:"verb"`
	Component string  `json:"component"`
	Commits   []Asked `json:"commits"`
	// Pulls are the pull requests that the commits are of.
	Pulls []PullRequest `json:"pull_requests,omitempty"`
	Lines []*LinePlan   `json:"lines"`
	// LeftOut are pull requests that a line does not get now.
	LeftOut []LeftOut `json:"left_out,omitempty"`
	// Lacking are releases on their way that lack a commit.
	Lacking []Lacking `json:"lacking"`
	Reason  string    `json:"reason,omitempty"`
	// Together: the lines reach the remote in one push, or none does.
	Together bool `json:"all_or_none,omitempty"`
	// Labelled: merged pull requests asked for it by their labels.
	Labelled bool `json:"labelled,omitempty"`
	// Steps are what follows once the lines are where they should be.
	Steps []Step `json:"steps,omitempty"`

	// Tellings are what the pull requests learn.
	Tellings []*Telling `json:"-"`
}

// MakeBackport plans a backport, each line by itself.
func MakeBackport(s *Snapshot, facts *BackportFacts, request BackportRequest) (*BackportPlan, error) {
	p := &BackportPlan{
		Verb: "backport", Component: s.Component.Name, Commits: facts.Asked, Lines: []*LinePlan{}, Lacking: []Lacking{},
		Reason: request.Reason, Together: request.AllOrNone && len(facts.Lines) > 1, Labelled: request.Labelled, LeftOut: facts.LeftOut,
	}
	for _, pull := range facts.Pulls {
		p.Pulls = append(p.Pulls, pull.PullRequest)
	}
	if err := checkStray(s, facts, request); err != nil {
		return nil, err
	}
	for i, line := range facts.Lines {
		one, err := makeLine(s, line, request)
		if err != nil {
			return nil, err
		}
		if one.refusal != nil && len(facts.Lines) == 1 && !request.Labelled {
			return nil, one.refusal
		}
		if i > 0 {
			// Acts of one run have one random id; each entry needs its own.
			one.nameEntry(s.EntryID + "-" + line.Choice.Line.String())
		}
		p.Lines = append(p.Lines, one)
	}
	if p.Together && slices.ContainsFunc(p.Lines, (*LinePlan).Stuck) {
		for _, line := range p.Lines {
			line.holdBack()
		}
	}
	for _, lacking := range facts.Lacking {
		if !slices.ContainsFunc(p.Lines, func(line *LinePlan) bool { return line.Line.Contains(lacking.Version) }) {
			lacking.Command = bringing(lacking, facts.Asked)
			p.Lacking = append(p.Lacking, lacking)
		}
	}
	p.tellPulls(s, facts, request.Labelled)
	return p, nil
}

// bringing is the command that brings commits to a release that lacks them.
func bringing(lacking Lacking, asked []Asked) string {
	command := fmt.Sprintf("looprel backport %s %s", lacking.Version, joinIDs(lacking.Commits))
	mainline, stray := 0, false
	for _, one := range asked {
		if slices.Contains(lacking.Commits, one.ID) {
			mainline, stray = max(mainline, one.Mainline), stray || one.Stray
		}
	}
	if mainline > 0 {
		command += fmt.Sprintf(" --mainline %d", mainline)
	}
	if stray {
		command += " --not-on-branch --reason TEXT"
	}
	return command
}

func joinIDs(ids []object.ID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.Short()
	}
	return strings.Join(names, " ")
}

// checkStray refuses commits that the next train would lose, unless that is meant.
func checkStray(s *Snapshot, facts *BackportFacts, request BackportRequest) error {
	var strays []string
	for _, asked := range facts.Asked {
		if asked.Stray {
			strays = append(strays, fmt.Sprintf("%s %q", asked.ID.Short(), asked.Subject))
		}
	}
	if len(strays) == 0 {
		return nil
	}
	train, err := s.TrainBranch()
	if err != nil {
		return err
	}
	if !request.NotOnBranch {
		return refuse("commit the fix there first; or, if it is for the line alone: --not-on-branch --reason TEXT",
			"%s is not on %s of %s: the next train would lose the fix", strings.Join(strays, ", "), ShortRef(train), s.Remote)
	}
	return checkReason("--not-on-branch", true, request.Reason)
}
