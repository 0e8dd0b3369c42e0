package plan_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Git takes the objects of a release, and of its ledger entry, for what they are.
func TestGitAcceptsObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.Refs.IDs["refs/heads/master"]
	w.commit("master", "Bug 1000004 - Later.", files{"app.js": "later\n"})
	p, err := w.planTagAt(plan.TagRequest{}, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range p.Objects {
		if _, known := w.objects[o.ID()]; known {
			t.Errorf("the plan makes %s %s, which the remote has", o.Kind, o.ID())
		}
	}
	w.push(p)

	repo := gittest.NewBare(t)
	write(t, repo, w.objects)
	for ref, id := range w.Refs.IDs {
		repo.Git("update-ref", ref, id.String())
	}
	repo.Git("update-ref", w.Train.LedgerRef, w.Ledger.Tip().String())
	repo.Git("fsck", "--strict", "--full", "--no-dangling")

	if got := repo.Git("show", "--no-patch", "--format=%an <%ae> %ad|%P|%s", "--date=iso", "refs/tags/0.10.0^{commit}"); got !=
		"Release Manager <release-manager@example.org> 2014-08-05 11:00:00 -0700|"+at.String()+"|Release 0.10.0" {
		t.Errorf("git shows the release as %q", got)
	}
	if got := repo.Git("cat-file", "tag", "refs/tags/0.10.0"); !strings.HasSuffix(got, "\n\nRelease 0.10.0") {
		t.Errorf("git shows the tag as %q", got)
	}
	if got := repo.Git("show", "--format=", "--name-only", "refs/tags/0.10.0"); !strings.HasSuffix(got, "CHANGELOG\npackage.json") {
		t.Errorf("git says that the release changes %q", got)
	}
	if got := repo.Git("describe", "master"); !strings.HasPrefix(got, "0.10.0-") {
		t.Errorf("git describes the branch as %q", got)
	}
	entry, err := ledger.Decode(repo.Git("show", "--no-patch", "--format=%B", w.Train.LedgerRef))
	if err != nil || entry.Tagged.TagID != p.TagID {
		t.Errorf("git shows the entry as %+v, %v", entry, err)
	}
}

// write stores objects by git's own hand, what they name first.
func write(t *testing.T, repo *gittest.Repo, objects memory) {
	t.Helper()
	for _, kind := range []object.Kind{object.KindBlob, object.KindTree, object.KindCommit, object.KindTag} {
		for id, o := range objects {
			if o.Kind != kind {
				continue
			}
			if got := repo.GitInput(string(o.Data), "hash-object", "-t", string(kind), "-w", "--stdin"); got != id.String() {
				t.Errorf("git calls %s %s %s", kind, id, got)
			}
		}
	}
}
