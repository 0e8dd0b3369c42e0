package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// propose makes the plan's proposal: its references and its entry.
func (w *world) propose(p *plan.TagPlan) ledger.Proposal {
	w.t.Helper()
	w.objects.add(p.Objects...)
	for _, change := range p.Refs {
		w.Refs.IDs[change.Ref] = change.New
	}
	w.record(p.Entry)
	open, err := w.Ledger.Proposals(component)
	if err != nil || len(open) == 0 {
		w.t.Fatalf("proposals %v, %v", open, err)
	}
	return open[len(open)-1]
}

// opened is a proposal's pull request, in a state.
func opened(proposal ledger.Proposal, state forge.PullState) forge.Pull {
	return forge.Pull{
		Number: 7, Title: proposal.Title, Body: proposal.Body + plan.ProposalKey(proposal.Head), Head: plan.ShortRef(proposal.Head),
		Base: plan.ShortRef(proposal.Base), Commit: proposal.Commit, State: state, Page: "https://forge.example.org/loop-server/pull/7",
	}
}

// TestGoldenPull holds the plans of releases that go by pull requests.
func TestGoldenPull(t *testing.T) {
	t.Parallel()
	pending := func(change func(w *world, pending *plan.Pending)) func(w *world) (plan.TagRequest, *plan.Pending) {
		return func(w *world) (plan.TagRequest, *plan.Pending) {
			proposal := w.propose(w.mustTag(plan.TagRequest{ViaPull: true}))
			found := &plan.Pending{Proposal: proposal, Now: proposal.Commit, Known: true, Pull: opened(proposal, forge.PullOpen)}
			w.at("2014-08-07 09:00")
			change(w, found)
			return plan.TagRequest{ViaPull: true}, found
		}
	}
	cases := map[string]func(w *world) (plan.TagRequest, *plan.Pending){
		"pull-new": func(*world) (plan.TagRequest, *plan.Pending) { return plan.TagRequest{ViaPull: true}, nil },
		"pull-signed": func(w *world) (plan.TagRequest, *plan.Pending) {
			w.Sign = plan.Signing{Tags: true, Commits: true, Ledger: true}
			return plan.TagRequest{ViaPull: true}, nil
		},
		"pull-line": func(w *world) (plan.TagRequest, *plan.Pending) {
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			w.commit("0.9.x", "Bug 1000003 - Ask @everyone, fixes #3.", files{"app.js": "fixed\n"})
			return plan.TagRequest{Line: "0.9.x", ViaPull: true}, nil
		},
		"pull-no-files": func(w *world) (plan.TagRequest, *plan.Pending) {
			w.Component.VersionFiles, w.Component.Changelog = nil, nil
			return plan.TagRequest{ViaPull: true}, nil
		},
		"pull-embargo": func(w *world) (plan.TagRequest, *plan.Pending) {
			return plan.TagRequest{ViaPull: true, Embargo: w.Now.AddDate(0, 0, 1)}, nil
		},
		"pull-unopened": pending(func(_ *world, found *plan.Pending) { found.Pull = forge.Pull{} }),
		"pull-open": pending(func(_ *world, found *plan.Pending) {
			found.Now = (object.Object{Kind: object.KindBlob, Data: []byte("theirs")}).ID()
		}),
		"pull-unclear":  pending(func(_ *world, found *plan.Pending) { found.Known, found.Unclear = false, "the forge does not answer" }),
		"pull-closed":   pending(func(_ *world, found *plan.Pending) { found.Pull.State = forge.PullClosed }),
		"pull-gone":     pending(func(_ *world, found *plan.Pending) { found.Pull, found.Now = forge.Pull{}, object.ID{} }),
		"pull-stripped": pending(func(_ *world, found *plan.Pending) { found.Pull.State = forge.PullMerged }),
		"pull-arrived": pending(func(w *world, found *plan.Pending) {
			found.Arrived = found.Commit
			w.Refs.IDs["refs/heads/master"] = found.Commit
			w.commit("master", "Bug 1000004 - Later.", files{"app.js": "later\n"})
		}),
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.onGitHub()
			request, found := prepare(w)
			p, err := w.planPending(request, found)
			if err == nil {
				err = p.Owe(w.Snapshot, plan.ForgeFacts{})
			}
			if err != nil {
				compareGolden(t, name, refusalOf(err))
				return
			}
			compareGolden(t, name, golden{Plan: p, Entry: entryOf(p.Entry), Outbox: p.Outbox})
		})
	}
}

// planPending plans a release that may be proposed already.
func (w *world) planPending(request plan.TagRequest, pending *plan.Pending) (*plan.TagPlan, error) {
	w.t.Helper()
	choice, err := plan.SelectBranch(w.Snapshot, request)
	if err != nil {
		return nil, err
	}
	var at object.ID
	if pending != nil {
		at = pending.Arrived
	}
	branch := w.observe(choice, at)
	branch.Pending = pending
	return plan.MakeTag(w.Snapshot, branch, request)
}

// A proposal that came to nothing is made anew when somebody says so, on a branch of
// another name, and takes the place of the first.
func TestProposedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onGitHub()
	first := w.propose(w.mustTag(plan.TagRequest{ViaPull: true}))
	found := &plan.Pending{Proposal: first, Now: first.Commit, Known: true, Pull: opened(first, forge.PullClosed)}
	p, err := w.planPending(plan.TagRequest{ViaPull: true, Again: true}, found)
	if err != nil {
		t.Fatal(err)
	}
	second := w.propose(p)
	open, err := w.Ledger.Proposals(component)
	if err != nil || len(open) != 1 || second.Head != first.Head+"-2" || second.Version != first.Version {
		t.Errorf("open %+v, %v", open, err)
	}
}

// Whoever releases meanwhile what is proposed, by whatever way, ends the proposal; and
// what follows a release ends with the next one.
func TestProposalsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onGitHub()
	proposal := w.propose(w.mustTag(plan.TagRequest{ViaPull: true}))
	w.Refs.IDs["refs/heads/master"] = proposal.Commit
	p, err := w.planPending(plan.TagRequest{}, &plan.Pending{Proposal: proposal, Now: proposal.Commit, Arrived: proposal.Commit})
	if err != nil {
		t.Fatal(err)
	}
	entries := p.Entries()
	w.push(p)
	w.record(entries[1])
	open, err := w.Ledger.Proposals(component)
	if err != nil || len(open) != 1 || open[0].Purpose != ledger.ForDevelopment || open[0].Head != "refs/heads/looprel/after-0.10.0" {
		t.Fatalf("open %+v, %v", open, err)
	}
	w.at("2014-08-19 11:00")
	w.commit("master", "Bug 1000005 - More.", files{"app.js": "more\n"})
	w.release(plan.TagRequest{})
	if open, err := w.Ledger.Proposals(component); err != nil || len(open) != 0 {
		t.Errorf("open %+v, %v", open, err)
	}
}

// What is due says what waits to be merged and, once it is, what to type.
func TestNextTellsOfProposals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onGitHub()
	proposal := w.propose(w.mustTag(plan.TagRequest{ViaPull: true}))
	next, err := plan.MakeNext(w.Snapshot)
	if err != nil || len(next.Due) != 0 || len(next.Waiting) != 1 || !strings.Contains(next.Waiting[0].Reason, "looprel tag 0.10.0") {
		t.Errorf("before: %+v, %v", next, err)
	}
	w.Arrived = map[string]object.ID{proposal.Head: proposal.Commit}
	next, err = plan.MakeNext(w.Snapshot)
	if err != nil || len(next.Due) != 1 || next.Due[0].Command != "looprel tag 0.10.0" || len(next.Waiting) != 0 {
		t.Errorf("after: %+v, %v", next, err)
	}
}

// A proposal has arrived where the first version file has its version or, without one,
// where the changelog has that as released.
func TestHasProposed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	with, without := w.Component, w.Component
	without.VersionFiles = nil
	for _, c := range []struct {
		name      string
		component release.Component
		purpose   ledger.Purpose
		of        string
		file, log string
		want      bool
	}{
		{"before", with, ledger.ForRelease, "0.10.0", packageFile("0.10.0-dev"), openSection, false},
		{"release", with, ledger.ForRelease, "0.10.0", packageFile("0.10.0"), openSection, true},
		{"another one", with, ledger.ForRelease, "0.10.0", packageFile("0.11.0-dev"), openSection, false},
		{"not yet open", with, ledger.ForDevelopment, "0.10.0", packageFile("0.10.0"), changelogText, false},
		{"open", with, ledger.ForDevelopment, "0.10.0", packageFile("0.11.0-dev"), changelogText, true},
		{"no version", with, ledger.ForRelease, "0.10.0", "{}", changelogText, false},
		{"unreleased section", without, ledger.ForRelease, "0.10.0", "", openSection, false},
		{"section", without, ledger.ForRelease, "0.9.0", "", changelogText, true},
		{"no section", without, ledger.ForRelease, "0.10.0", "", changelogText, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			revision := plan.Revision{Files: map[string][]byte{"package.json": []byte(c.file), "CHANGELOG": []byte(c.log)}}
			proposal := ledger.Proposal{Proposed: ledger.Proposed{Purpose: c.purpose, Version: version(c.of)}}
			if got := plan.HasProposed(c.component, revision, proposal); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// A release whose cycle has released something else by the time that it is merged is made
// off the calendar, or not at all.
func TestArrivedAfterAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onGitHub()
	proposal := w.propose(w.mustTag(plan.TagRequest{ViaPull: true}))
	w.release(plan.TagRequest{Version: version("0.11.0")})
	w.Refs.IDs["refs/heads/master"] = proposal.Commit
	found := &plan.Pending{Proposal: proposal, Now: proposal.Commit, Arrived: proposal.Commit}
	var refusal *plan.Refusal
	if _, err := w.planPending(plan.TagRequest{Version: version("0.10.0")}, found); !errors.As(err, &refusal) || !strings.Contains(refusal.Advice, "looprel tag 0.10.0 --off-cycle") {
		t.Errorf("%v", err)
	}
	p, err := w.planPending(plan.TagRequest{Version: version("0.10.0"), OffCycle: true, Reason: "it is merged"}, found)
	if err != nil || !p.Cycle.IsZero() || !p.OffCycle || p.Reason != "it is merged" {
		t.Errorf("%+v, %v", p, err)
	}
}
