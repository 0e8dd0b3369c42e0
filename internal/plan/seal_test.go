package plan_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// situations are releases of every shape.
func situations() map[string]func(w *world) (plan.TagRequest, object.ID) {
	return map[string]func(w *world) (plan.TagRequest, object.ID){
		"of the train": func(*world) (plan.TagRequest, object.ID) { return plan.TagRequest{}, object.ID{} },
		"of a line": func(w *world) (plan.TagRequest, object.ID) {
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			w.commit("0.9.x", "Bug 1000003 - Fix.", files{"app.js": "fixed\n"})
			return plan.TagRequest{Line: "0.9.x"}, object.ID{}
		},
		"of an earlier commit": func(w *world) (plan.TagRequest, object.ID) {
			at := w.Refs.IDs["refs/heads/master"]
			w.commit("master", "Bug 1000004 - Later.", files{"app.js": "later\n"})
			return plan.TagRequest{}, at
		},
		"of the head itself": func(w *world) (plan.TagRequest, object.ID) {
			w.Component.VersionFiles, w.Component.Changelog = nil, nil
			return plan.TagRequest{}, object.ID{}
		},
	}
}

// Steps, references, commits and objects of a plan tell the same.
func TestPlanAgreesWithItself(t *testing.T) {
	t.Parallel()
	for name, prepare := range situations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			request, at := prepare(w)
			p, err := w.planTagAt(request, at)
			if err != nil {
				t.Fatal(err)
			}
			checkAgreement(t, p)
			sealed := slices.Clone(p.Steps)
			if err := p.Seal(context.Background(), &plan.Signers{}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(sealed, p.Steps) {
				t.Errorf("what is not to be signed changed when it was sealed: %+v, %+v", sealed, p.Steps)
			}
			again, err := w.planTagAt(request, at)
			if err != nil || !slices.Equal(again.Steps, p.Steps) || !p.SameFacts(again) {
				t.Errorf("the same snapshot gave another plan: %+v, %v", again, err)
			}
		})
	}
}

func checkAgreement(t *testing.T, p *plan.TagPlan) {
	t.Helper()
	objects := memory{}
	objects.add(p.Objects...)
	for _, change := range p.Refs {
		if change.New == change.Old {
			continue
		}
		step := plan.Step{Kind: plan.PushRef, Target: change.Ref, Want: change.New.String()}
		if !change.Old.IsZero() {
			step.Was = change.Old.String()
		}
		if !slices.ContainsFunc(p.Steps, func(s plan.Step) bool { s.Reason = ""; return s == step }) {
			t.Errorf("no step moves %+v: %+v", change, p.Steps)
		}
		if _, made := objects[change.New]; !made {
			t.Errorf("%s would point to %s, which the plan does not make", change.Ref, change.New)
		}
	}
	for _, commit := range p.Commits {
		made, ok := objects[commit.ID]
		if !ok {
			t.Fatalf("no object for %+v", commit)
		}
		decoded, err := object.DecodeCommit(made.Data)
		if err != nil || decoded.Tree != commit.Tree || !slices.Equal(decoded.Parents, commit.Parents) || decoded.Subject() != commit.Subject {
			t.Errorf("commit %+v is %+v, %v", commit, decoded, err)
		}
		if _, err := objects.Tree(commit.Tree); err != nil {
			t.Errorf("commit %+v: %v", commit, err)
		}
	}
	tag, err := object.DecodeTag(objects[p.TagID].Data)
	if err != nil || tag.Target != p.Entry.Tagged.Commit || "refs/tags/"+tag.Name != p.Tag || tag.Message != "Release "+p.Version.String()+"\n" {
		t.Errorf("tag %s is %+v, %v", p.TagID, tag, err)
	}
	if p.Entry.Tagged.TagID != p.TagID || p.Entry.Tagged.Tag != p.Tag || p.Entry.Tagged.Branch != p.Branch {
		t.Errorf("the entry has %+v", p.Entry.Tagged)
	}
}

// sign is a signature that can be recognised.
func sign(name string) plan.SignFunc {
	return func(_ context.Context, payload []byte) (string, error) {
		return fmt.Sprintf("-----BEGIN SSH SIGNATURE-----\n%s %s\n-----END SSH SIGNATURE-----\n", name, object.Blob(payload).ID()), nil
	}
}

// What is to be signed has no id before it is; afterwards each object names the
// signed one before it.
func TestSeal(t *testing.T) {
	t.Parallel()
	for name, prepare := range situations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Sign = plan.Signing{Tags: true, Commits: true, Ledger: true}
			request, at := prepare(w)
			p, err := w.planTagAt(request, at)
			if err != nil {
				t.Fatal(err)
			}
			checkUnsealed(t, p)
			if err := p.Seal(context.Background(), &plan.Signers{Commit: sign("commit"), Tag: sign("tag")}); err != nil {
				t.Fatal(err)
			}
			checkAgreement(t, p)
			for _, o := range p.Objects {
				if (o.Kind == object.KindCommit || o.Kind == object.KindTag) && !strings.Contains(string(o.Data), "SSH SIGNATURE") {
					t.Errorf("an unsigned %s:\n%s", o.Kind, o.Data)
				}
			}
			if len(p.Commits) == 2 && !slices.Contains(p.Commits[1].Parents, p.Commits[0].ID) {
				t.Errorf("the second commit has parents %v, not the signed release %s", p.Commits[1].Parents, p.Commits[0].ID)
			}
			w.push(p)
			if _, err := w.planTag(plan.TagRequest{Version: p.Version}); err != nil && p.Cycle.IsZero() {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func checkUnsealed(t *testing.T, p *plan.TagPlan) {
	t.Helper()
	if !p.TagID.IsZero() || !p.Entry.Tagged.TagID.IsZero() {
		t.Errorf("the tag has id %s before it is signed", p.TagID)
	}
	for _, commit := range p.Commits {
		if !commit.ID.IsZero() || commit.Tree.IsZero() || len(commit.Parents) == 0 {
			t.Errorf("before it is signed: %+v", commit)
		}
	}
	for _, o := range p.Objects {
		if o.Kind == object.KindCommit || o.Kind == object.KindTag {
			t.Errorf("a %s was made before it is signed", o.Kind)
		}
	}
}

// With signed tags alone the commits' ids are known, and the branch's new head.
func TestSealTagsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unsigned := w.mustTag(plan.TagRequest{})
	w.Sign = plan.Signing{Tags: true}
	p := w.mustTag(plan.TagRequest{})
	if !p.TagID.IsZero() || p.Commits[1].ID != unsigned.Commits[1].ID || p.Refs[0] != unsigned.Refs[0] {
		t.Errorf("plan %+v, want the commits of %+v and no tag id", p, unsigned)
	}
	failing := func(context.Context, []byte) (string, error) { return "", errors.New("no key") }
	if err := p.Seal(context.Background(), &plan.Signers{Commit: failing, Tag: failing}); err == nil || err.Error() != "sign tag 0.10.0: no key" {
		t.Errorf("a signer that fails: %v", err)
	}
	w.Sign = plan.Signing{Commits: true}
	p = w.mustTag(plan.TagRequest{})
	if err := p.Seal(context.Background(), &plan.Signers{Commit: failing}); err == nil || err.Error() != "sign the release commit: no key" {
		t.Errorf("a signer that fails: %v", err)
	}
}
