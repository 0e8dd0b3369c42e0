package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// pullOptions say whether a branch gets its commits by a pull request.
type pullOptions struct {
	wanted, again bool
	flags         *pflag.FlagSet
}

func (o *pullOptions) register(flags *pflag.FlagSet) {
	flags.BoolVar(&o.wanted, "pr", false, "by a pull request, even where the branch takes pushes; --pr=false by a push")
	flags.BoolVar(&o.again, "again", false, "propose anew what was closed and not merged")
	o.flags = flags
}

// viaPull is what the command line says or, where it says nothing, environments.yaml.
func (o *pullOptions) viaPull(session *observe.Session) bool {
	if o.flags != nil && o.flags.Changed("pr") {
		return o.wanted
	}
	return session.Source().Train.ViaPullRequest
}

// errSetByPull refuses to make a set by a pull request.
func errSetByPull() error {
	return &usageError{reason: "a set is made at once, and does not wait for a pull request", hint: "leave out --pr, or give --pr=false"}
}

// given is the flag as it was given, to go behind a command.
func (o *pullOptions) given() string {
	switch {
	case o.flags == nil || !o.flags.Changed("pr"):
		return ""
	case o.wanted:
		return " --pr"
	}
	return " --pr=false"
}

// command is the backport that goes on once its pull request is merged.
func (o *pullOptions) command(options backportOptions) string {
	words := []string{"looprel", "backport"}
	if options.labelled {
		words = append(words, "--labelled")
	}
	if len(options.request.Bases) > 0 {
		words = append(words, strings.Join(options.request.Bases, ","))
	}
	words = append(words, options.wanted.Commits...)
	for i, word := range words {
		words[i] = shellQuote(word)
	}
	return strings.Join(words, " ") + options.repeated()
}

// proposalFacts are what a plan says of a pull request.
func proposalFacts(proposal *plan.Proposal) []fact {
	if proposal == nil {
		return nil
	}
	text := fmt.Sprintf("\"%s\", of %s for %s", proposal.Title, plan.ShortRef(proposal.Head), plan.ShortRef(proposal.Base))
	facts := []fact{{"proposal", text}, {"at", proposal.Page}}
	for _, list := range []struct {
		name  string
		words []string
	}{{"labels", proposal.Labels}, {"reviewers", proposal.Reviewers}} {
		facts = append(facts, fact{list.name, strings.Join(list.words, ", ")})
	}
	return facts
}

// proposed says that something has been proposed.
func (p *printer) proposed(s *plan.Snapshot, proposal *plan.Proposal) {
	if proposal.State != plan.ProposalNew {
		return
	}
	p.blank()
	p.line(terminal.Green|terminal.Bold, "Proposed \"%s\" for %s on %s.", proposal.Title, plan.ShortRef(proposal.Base), s.Remote)
}

// tagQuestion asks for a plan that changes something.
func tagQuestion(p *plan.TagPlan) string {
	if p.Awaits() {
		return fmt.Sprintf("Propose %s %s for %s?", p.Component, p.Version, plan.ShortRef(p.Branch))
	}
	return fmt.Sprintf("Release %s %s?", p.Component, p.Version)
}

// byPullError is a push that the remote refused and that a pull request can do without.
type byPullError struct{ error }

func (e *byPullError) Unwrap() error { return e.error }

// Hint says what to type.
func (e *byPullError) Hint() string {
	return "propose it by a pull request: the same command with --pr, or release: {via: pull-request} in environments.yaml"
}

// orByPull adds to the refusal of a push that wants a pull request how to make one, where
// there is a forge for it.
func orByPull(err error, session *observe.Session) error {
	if _, wanted, forgeErr := session.Forge(); forgeErr != nil || !wanted || !errors.Is(err, gitrepo.ErrRefused) || !strings.Contains(err.Error(), "pull request") {
		return err
	}
	return &byPullError{err}
}
