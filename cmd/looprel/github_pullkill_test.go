package main

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/githubtest"
)

// throughMerge runs a command that proposes, has what it opened merged, and runs it
// again.
func throughMerge(method string, command ...string) func(h *hub) (int, string) {
	return func(h *hub) (int, string) {
		code, output := h.run(command...)
		if code != 7 {
			return code, output
		}
		h.merge(method)
		return h.run(command...)
	}
}

// pullBackportRequests is how many requests `backport --pr` makes of GitHub. To
// propose: the pull requests of the commit and the reviews of the one that it came by,
// the list of pull requests, the new one, its labels, its reviewers, its body. Once it
// is merged: those of a backport.
const pullBackportRequests = 7 + backportRequests

func TestKilledPullBackport(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {}\n")
	fix := template.remote.ID("master~1").String()
	template.state = githubtest.State{NextID: 2, Pulls: []githubtest.Pull{{
		ID: 1, Number: 12, Title: "Delete accounts", Head: "accounts", Base: "master", Commit: fix, From: template.remote.ID("master~2").String(),
		Merged: fix, Author: "developer", Labels: []string{"bug"}, Reviewers: []string{"alice"}, Reviewed: []string{"bob"},
	}}}
	asked := killAtEach(t, template, throughMerge("squash", "backport", "0.8.0", fix, "--pr", "--yes"))
	if asked != pullBackportRequests {
		t.Errorf("backport --pr made %d requests, expected %d", asked, pullBackportRequests)
	}
}

// pullTagRequests is how many requests `tag` makes of GitHub by pull requests. To
// propose: the list of pull requests, and the new one. Once it is merged: the list of
// releases, the draft, the list of pull requests and the one that opens the next
// version, the publication.
const pullTagRequests = 2 + 5

func TestKilledPullTag(t *testing.T) {
	t.Parallel()
	template := makeHub(t, "\ngithub: {}\nrelease: {via: pull-request}\n")
	asked := killAfterWrites(t, template, throughMerge("rebase", "tag", "--yes"))
	if asked != pullTagRequests {
		t.Errorf("tag made %d requests, expected %d", asked, pullTagRequests)
	}
}
