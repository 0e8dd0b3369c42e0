package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// trainFile is the train of the tests: the Loop service's, with one component, a
// deploy command on the first environment, and an end-of-year freeze.
const trainFile = `version: 1
timezone: America/Los_Angeles
train:
  first-tag: 2014-07-08
  every: 2 weeks
  tag: {day: tuesday}
  push: {day: monday, from: "10:00", to: "17:00"}
  freezes:
    - {from: 2014-09-08, to: 2014-09-10, reason: audit, stops: [push, tag]}
    - {from: 2014-12-22, to: 2015-01-05, reason: end of year}
contacts: {server-dev: {}, ops: {}}
components:
  loop-server:
    repository: .
    branch: master
    version-files: [{path: package.json, key: version}]
    changelog: {path: CHANGELOG}
environments:
  dev: {maintainer: server-dev, url: "https://dev.example.org/", follows: master}
  load-stage: {maintainer: ops, url: "https://stage.example.org/", after: tag, deploy: {command: [bin/deploy, load-stage]}}
  real-stage: {maintainer: ops, commissioned: false, after: tag}
  production: {maintainer: ops, url: "https://www.example.org/", after: load-stage, window: push}
`

// component is the name of the only component.
const component = "loop-server"

// memory holds objects by id.
type memory map[object.ID]object.Object

func (m memory) add(objects ...object.Object) {
	for _, o := range objects {
		m[o.ID()] = o
	}
}

func (m memory) Tree(id object.ID) (object.Tree, error) {
	o, ok := m[id]
	if !ok || o.Kind != object.KindTree {
		return nil, fmt.Errorf("no tree %s", id)
	}
	return object.DecodeTree(o.Data)
}

func (m memory) Blob(id object.ID) ([]byte, error) {
	o, ok := m[id]
	if !ok || o.Kind != object.KindBlob {
		return nil, fmt.Errorf("no blob %s", id)
	}
	return o.Data, nil
}

// world is a remote with its ledger in memory, and a clock that the test sets. It
// answers what observe would.
type world struct {
	t *testing.T
	*plan.Snapshot
	objects memory
	entries int
}

// newWorld is the Loop service on the tagging day of its third cycle, at 11:00:
// 0.9.0 has been released, by hand, and two bugs were fixed since.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := emptyWorld(t)
	w.at("2014-07-22 11:00")
	w.commit("master", "Begin", files{"package.json": packageFile("0.9.0"), "CHANGELOG": changelogText, "app.js": "one\n"})
	w.tag("0.9.0", "master")
	w.commit("master", "Back to development", files{
		"package.json": packageFile("0.10.0-dev"), "CHANGELOG": openSection + changelogText[len(changelogTitle):]})
	w.at("2014-07-30 11:00")
	w.commit("master", "Bug 1000001 - Add callType to the calls.", files{"app.js": "two\n"})
	w.commit("master", "Bug 1000002 - Let people delete their account.", files{"lib/account.js": "one\n"})
	w.at("2014-08-05 11:00")
	return w
}

// emptyWorld is a remote without anything.
func emptyWorld(t *testing.T) *world {
	t.Helper()
	train, err := config.Parse("environments.yaml", []byte(trainFile))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, objects: memory{}, Snapshot: &plan.Snapshot{
		Operator: ledger.Person{Name: "Release Manager", Email: "release-manager@example.org"},
		Train:    train, ConfigDigest: config.Digest([]byte(trainFile)), Component: train.Components[0], Remote: "origin",
		Refs:   plan.Refs{IDs: map[string]object.ID{}, Peeled: map[string]object.ID{}, Default: "refs/heads/master"},
		Ledger: ledger.Empty(),
		Web:    notes.Web{Forge: "https://forge.example.org/loop-server"},
	}}
	w.nextEntry()
	return w
}

const (
	changelogTitle = "Change Log\n==========\n\n"
	openSection    = changelogTitle + "0.10.0 (unreleased)\n-------------------\n\n- Bug 1000001 - Add callType to the calls.\n\n"
	changelogText  = changelogTitle + "0.9.0 (2014-07-22)\n------------------\n\n- Bug 1000000 - Begin.\n\n" +
		"0.8.0 (2014-07-08)\n------------------\n\n- Nothing.\n"
)

// files are contents by path; an empty one removes the file.
type files map[string]string

func packageFile(version string) string {
	return "{\n  \"name\": \"loop-server\",\n  \"version\": \"" + version + "\"\n}\n"
}

func version(text string) release.Version {
	if text == "" {
		return release.Version{}
	}
	parsed, err := release.ParseVersion(text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func date(text string) release.Date {
	parsed, err := release.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return parsed
}

// at sets the clock, by a time of the train's zone.
func (w *world) at(text string) {
	w.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", text, w.Train.Zone)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Now = now
}

// nextEntry gives the next run another entry id.
func (w *world) nextEntry() {
	w.entries++
	w.EntryID = fmt.Sprintf("%016x", w.entries)
}

// onGitHub keeps everything up to date on GitHub.
func (w *world) onGitHub() {
	w.Train.GitHub = &release.GitHub{Releases: release.ReleasesPublished, Milestones: "{version}", Requests: &release.Requests{Labels: []string{release.DefaultRequestLabel}}}
	w.Forge = "acme/loop-server"
}

// environment returns an environment of the train, to be changed.
func (w *world) environment(name string) *release.Environment {
	at := slices.IndexFunc(w.Train.Environments, func(e release.Environment) bool { return e.Name == name })
	return &w.Train.Environments[at]
}

// commit adds a commit to a branch, which it makes if there is none.
func (w *world) commit(branch, message string, changed files) object.ID {
	w.t.Helper()
	commit := object.Commit{Message: message + "\n", Author: object.Signature{Name: "Developer", Email: "developer@example.org", When: w.Now}}
	commit.Committer = commit.Author
	if head, exists := w.Refs.IDs[plan.BranchRef(branch)]; exists {
		commit.Parents = []object.ID{head}
		commit.Tree = w.commitAt(head).Tree
	}
	edits := map[string][]byte{}
	for path, content := range changed {
		edits[path] = []byte(content)
		if content == "" {
			edits[path] = nil
		}
	}
	root, objects, err := object.Edit(w.objects, commit.Tree, edits)
	if err != nil {
		w.t.Fatal(err)
	}
	commit.Tree = root
	w.objects.add(append(objects, commit.Object())...)
	w.Refs.IDs[plan.BranchRef(branch)] = commit.Object().ID()
	return commit.Object().ID()
}

// branchFrom makes a branch at another reference's commit.
func (w *world) branchFrom(name, ref string) {
	w.t.Helper()
	id, ok := w.Refs.Commit(ref)
	if !ok {
		w.t.Fatalf("no %s", ref)
	}
	w.Refs.IDs[plan.BranchRef(name)] = id
}

// tag makes an annotated tag on a branch's head, without the ledger.
func (w *world) tag(name, branch string) {
	commit := w.Refs.IDs[plan.BranchRef(branch)]
	tag := object.Tag{
		Target: commit, TargetKind: object.KindCommit, Name: name, Message: "Release " + name + "\n",
		Tagger: object.Signature{Name: w.Operator.Name, Email: w.Operator.Email, When: w.Now},
	}
	w.objects.add(tag.Object())
	w.Refs.IDs[plan.TagRef(name)], w.Refs.Peeled[plan.TagRef(name)] = tag.Object().ID(), commit
}

// untag deletes a tag.
func (w *world) untag(name string) {
	delete(w.Refs.IDs, plan.TagRef(name))
	delete(w.Refs.Peeled, plan.TagRef(name))
}

func (w *world) commitAt(id object.ID) object.Commit {
	w.t.Helper()
	commit, err := object.DecodeCommit(w.objects[id].Data)
	if err != nil {
		w.t.Fatalf("commit %s: %v", id, err)
	}
	return commit
}

// planTag plans a release.
func (w *world) planTag(request plan.TagRequest) (*plan.TagPlan, error) {
	w.t.Helper()
	return w.planTagAt(request, object.ID{})
}

func (w *world) planTagAt(request plan.TagRequest, at object.ID) (*plan.TagPlan, error) {
	w.t.Helper()
	choice, err := plan.SelectBranch(w.Snapshot, request)
	if err != nil {
		return nil, err
	}
	return plan.MakeTag(w.Snapshot, w.observe(choice, at), request)
}

// mustTag plans a release that must not be refused.
func (w *world) mustTag(request plan.TagRequest) *plan.TagPlan {
	w.t.Helper()
	p, err := w.planTag(request)
	if err != nil {
		w.t.Fatalf("tag %+v: %v", request, err)
	}
	return p
}

// release plans a release and makes it.
func (w *world) release(request plan.TagRequest) *plan.TagPlan {
	w.t.Helper()
	p := w.mustTag(request)
	w.push(p)
	return p
}

// push does what apply does with the plan.
func (w *world) push(p *plan.TagPlan) {
	w.t.Helper()
	if p.Already != "" {
		w.t.Fatalf("nothing to push: %s", p.Already)
	}
	w.objects.add(p.Objects...)
	for _, change := range p.Refs {
		if w.Refs.IDs[change.Ref] != change.Old {
			w.t.Fatalf("%s is %s, the plan has %s", change.Ref, w.Refs.IDs[change.Ref], change.Old)
		}
		w.Refs.IDs[change.Ref] = change.New
	}
	w.Refs.Peeled[p.Tag] = p.Entry.Tagged.Commit
	w.record(p.Entry)
}

// record appends an entry to the ledger.
func (w *world) record(entry ledger.Entry) {
	w.t.Helper()
	commit, objects, err := ledger.Append(w.Ledger, entry)
	if err != nil {
		w.t.Fatal(err)
	}
	w.objects.add(append(objects, commit.Object())...)
	if w.Ledger, err = ledger.At(commit.Object().ID(), commit.Tree, w.objects); err != nil {
		w.t.Fatal(err)
	}
	w.nextEntry()
}

// adopt takes over what exists; running says what runs where.
func (w *world) adopt(running map[string]release.Version) *plan.AdoptionPlan {
	w.t.Helper()
	p, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{Running: running})
	if err != nil {
		w.t.Fatal(err)
	}
	w.record(p.Entry)
	return p
}

// planPromotion plans a promotion; the environment follows master if it follows
// a branch.
func (w *world) planPromotion(request plan.PromoteRequest, target plan.Target) (*plan.PromotionPlan, error) {
	w.t.Helper()
	selection, err := plan.SelectRelease(w.Snapshot, request)
	if err != nil {
		return nil, err
	}
	if selection.Environment.Follows != "" {
		target.HeadVersion = plan.ShownVersion(w.Component, w.revision(selection.Commit))
	}
	return plan.MakePromotion(w.Snapshot, selection, target, request)
}

func (w *world) mustPromote(request plan.PromoteRequest) *plan.PromotionPlan {
	w.t.Helper()
	p, err := w.planPromotion(request, plan.Target{})
	if err != nil {
		w.t.Fatalf("promote %+v: %v", request, err)
	}
	return p
}

// start begins a promotion and leaves it under way.
func (w *world) start(environment, text string) *plan.PromotionPlan {
	w.t.Helper()
	p := w.mustPromote(plan.PromoteRequest{Environment: environment, Version: version(text), TakeOver: true})
	if p.Already != "" {
		// Deployed again by somebody who knows why.
		p.Entry = ledger.Entry{ID: w.EntryID, Kind: ledger.KindPromotionStarted, At: w.Now.UTC(), By: w.Operator, Component: component,
			Started: &ledger.Started{Attempt: w.EntryID, Until: w.Now.Add(7 * time.Minute).UTC(),
				Deployment: ledger.Deployment{Environment: environment, Version: p.Version, Tag: p.Tag, Commit: p.Commit}}}
	}
	w.record(p.Entry)
	return p
}

// promote brings a release to an environment, whatever its gates say.
func (w *world) promote(environment, text string, outcome ledger.Outcome) {
	w.t.Helper()
	p := w.start(environment, text)
	entry := p.Outcome(w.Snapshot, ledger.Finished{Outcome: outcome, Detail: "as the test wants"}, 0)
	w.record(entry)
}
