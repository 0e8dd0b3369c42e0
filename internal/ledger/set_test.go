package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// released adds a release of a component, and returns it as a member of a set.
func (h *history) released(component, text string) ledger.Member {
	h.t.Helper()
	one := tagged(h.t, text, release.Date{}, 0)
	one.Component = component
	h.add(one)
	return ledger.Member{Component: component, Version: one.Tagged.Version, Tag: one.Tagged.Tag, TagID: one.Tagged.TagID, Commit: one.Tagged.Commit}
}

func pins(members ...ledger.Member) ledger.Pins {
	return ledger.Pins{ID: ledger.SetID(members), Members: members}
}

func ofSets(kind ledger.Kind) ledger.Entry {
	e := entry(kind, 0)
	e.Component = ledger.AllComponents
	return e
}

func setTagged(of ledger.Pins) ledger.Entry {
	e := ofSets(ledger.KindSetTagged)
	e.SetTagged = &ledger.SetTagged{Pins: of}
	return e
}

func setTagging(of ledger.Pins, open ...ledger.OpenRelease) ledger.Entry {
	e := ofSets(ledger.KindSetTagging)
	e.SetTagging = &ledger.Tagging{Pins: of, Open: open}
	return e
}

// The id of a set is the same for everybody and can be read; its title is for people.
func TestSetNames(t *testing.T) {
	t.Parallel()
	members := []ledger.Member{{Component: "loop-server", Version: version(t, "0.10.0")}, {Component: "loop-client.2", Version: version(t, "0.5.1")}}
	of := pins(members...)
	if of.ID != "loop-server-0.10.0+loop-client.2-0.5.1" {
		t.Errorf("the id is %s", of.ID)
	}
	if title := "loop-server 0.10.0 + loop-client.2 0.5.1"; of.Title() != title || ledger.SetTitle(of.ID) != title {
		t.Errorf("the titles are %q and %q", of.Title(), ledger.SetTitle(of.ID))
	}
	versions := ledger.SetVersions(of.ID)
	if len(versions) != 2 || versions["loop-client.2"] != members[1].Version || versions["loop-server"] != members[0].Version {
		t.Errorf("the versions are %v", versions)
	}
	if none := ledger.SetVersions("no set"); len(none) != 0 {
		t.Errorf("no set has %v", none)
	}
}

// A set at home comes into being by one entry, and is found by its members, its cycle
// and its age.
func TestFoldSetTagged(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	server, client := h.released("server", "0.10.0"), h.released("client", "0.5.0")
	first := pins(server, client)
	first.Cycle = cycle
	h.add(setTagged(first))
	fixed := pins(h.released("server", "0.10.1"), client)
	fixed.Follows, fixed.Patch = first.ID, true
	h.add(setTagged(fixed))

	known, ok, err := h.Set(fixed.ID)
	if err != nil || !ok || !known.Patch || known.Follows != first.ID || known.By.Name == "" || known.At.IsZero() {
		t.Errorf("the set is %+v, %v", known, err)
	}
	if recent, err := h.RecentSets(); err != nil || !slices.Equal(recent, []string{fixed.ID, first.ID}) {
		t.Errorf("the recent sets are %v, %v", recent, err)
	}
	if sets, err := h.SetsOf("client", client.Version); err != nil || !slices.Equal(sets, []string{first.ID, fixed.ID}) {
		t.Errorf("the client's sets are %v, %v", sets, err)
	}
	if id, err := h.CycleSet(cycle); err != nil || id != first.ID {
		t.Errorf("the cycle's set is %s, %v", id, err)
	}
	if _, ok, err := h.Set("server-9.9.9+client-0.5.0"); ok || err != nil {
		t.Errorf("an unknown set is known, %v", err)
	}

	h.refuses(setTagged(first)) // twice
	unknown := client
	unknown.Version = version(t, "0.6.0")
	h.refuses(setTagged(pins(server, unknown)))
	moved := client
	moved.TagID = id("another tag")
	h.refuses(setTagged(pins(h.released("server", "0.11.0"), moved)))
	renamed := pins(server, client)
	renamed.ID = "another"
	h.refuses(setTagged(renamed))
}

// A set with a member elsewhere is written ahead, with all that is to be pushed, and
// ends as a set or as none.
func TestFoldSetTagging(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	server := h.released("server", "0.10.0")
	client := *tagged(t, "0.5.0", release.Date{}, 0).Tagged
	member := ledger.Member{Component: "client", Version: client.Version, Tag: client.Tag, TagID: client.TagID, Commit: client.Commit, Repository: "../client.git"}
	whole := pins(server, member)
	open := ledger.OpenRelease{
		Component: "client", Tagged: client, Refs: []ledger.RefChange{{Ref: client.Tag, New: client.TagID}},
		Objects: []ledger.RawObject{{Kind: object.KindBlob, Data: []byte{0, 255, '\n'}}},
	}
	h.refuses(setTagging(whole)) // the ledger does not know the client, and nobody makes it
	h.add(setTagging(whole, open))
	h.refuses(setTagging(whole, open)) // one at a time

	known, err := h.OpenTagging()
	if err != nil || known == nil || known.ID != whole.ID || len(known.Open) != 1 || string(known.Open[0].Objects[0].Data) != "\x00\xff\n" {
		t.Fatalf("the open tagging is %+v, %v", known, err)
	}
	h.refuses(setTagged(whole)) // before the client is tagged
	other := pins(h.released("server", "0.11.0"))
	h.refuses(setTagged(other)) // before that one has ended

	abandoned := ofSets(ledger.KindSetAbandoned)
	abandoned.SetAbandoned = &ledger.SetAbandoned{ID: other.ID}
	h.refuses(abandoned)
	abandoned.SetAbandoned = &ledger.SetAbandoned{ID: whole.ID}
	h.add(abandoned)
	if known, err := h.OpenTagging(); known != nil || err != nil {
		t.Errorf("after it was given up: %+v, %v", known, err)
	}
	h.refuses(abandoned)

	h.add(setTagging(whole, open))
	h.released("client", "0.5.0")
	h.add(setTagged(whole))
	if known, err := h.OpenTagging(); known != nil || err != nil {
		t.Errorf("after its end: %+v, %v", known, err)
	}
}

// Decisions about a set are the set's, and leave its members as they are.
func TestFoldSetDecisions(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	whole := pins(h.released("server", "0.10.0"), h.released("client", "0.5.0"))
	h.add(setTagged(whole))
	signed := ofSets(ledger.KindSignedOff)
	signed.SignedOff = &ledger.SignedOff{Environment: "load-stage", Set: whole.ID, Note: "calls"}
	h.add(signed)
	off := ofSets(ledger.KindBackedOff)
	off.Reason = "loses calls"
	off.BackedOff = &ledger.BackedOff{Set: whole.ID}
	h.add(off)
	h.refuses(off)
	blocked := ofSets(ledger.KindBlocked)
	blocked.Blocked = &ledger.Blocked{Number: 1, Set: whole.ID}
	h.add(blocked)

	known, _, err := h.Set(whole.ID)
	if err != nil || len(known.SignOffs) != 1 || known.SignOffs[0].Note != "calls" || known.BackedOff == nil || known.BackedOff.Reason != "loses calls" {
		t.Errorf("the set is %+v, %v", known, err)
	}
	for _, member := range whole.Members {
		if one, _, err := h.Release(member.Component, member.Version); err != nil || len(one.SignOffs) > 0 || one.BackedOff != nil {
			t.Errorf("%s is %+v, %v", member.Component, one, err)
		}
	}
	if blocks, err := h.Blocks(ledger.AllComponents); err != nil || len(blocks.Open) != 1 || blocks.Open[0].Set != whole.ID {
		t.Errorf("the blocks are %+v, %v", blocks, err)
	}
	off.BackedOff = &ledger.BackedOff{Set: whole.ID, Revoked: true}
	h.add(off)
	if known, _, err := h.Set(whole.ID); err != nil || known.BackedOff != nil {
		t.Errorf("revoked, the set is %+v, %v", known, err)
	}
	for _, text := range []string{signed.Subject(), off.Subject(), blocked.Subject()} {
		if !strings.Contains(text, "server 0.10.0 + client 0.5.0") {
			t.Errorf("a subject is %q", text)
		}
	}
}

// A rollback of a set backs off the set as it begins, and nothing else.
func TestFoldSetRollback(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	bad := pins(h.released("server", "0.10.0"), h.released("client", "0.5.0"))
	h.add(setTagged(bad))
	start := ofSets(ledger.KindPromotionStarted)
	start.Started = &ledger.Started{
		Deployment: ledger.Deployment{Environment: "production", Version: "server-0.9.0+client-0.4.0"}, Attempt: "a", RollsBackSet: bad.ID,
	}
	h.add(start)
	if known, _, err := h.Set(bad.ID); err != nil || known.BackedOff == nil {
		t.Errorf("the set is %+v, %v", known, err)
	}
	finish := ofSets(ledger.KindPromotionFinished)
	finish.Finished = &ledger.Finished{Deployment: start.Started.Deployment, Attempt: "a", Outcome: ledger.Verified, RollsBackSet: bad.ID}
	h.add(finish)
	on, err := h.Environment("production", ledger.AllComponents)
	if err != nil || on.Running == nil || on.Running.RollsBackSet != bad.ID || on.Underway != nil {
		t.Errorf("production is %+v, %v", on, err)
	}
	if text := finish.Subject(); text != "roll production back to server 0.9.0 + client 0.4.0: verified" {
		t.Errorf("the subject is %q", text)
	}
}

// So does a rollback that was made without the ledger, and recorded afterwards.
func TestSetRolledBackAfterwards(t *testing.T) {
	t.Parallel()
	for outcome, runs := range map[ledger.Outcome]bool{ledger.Verified: true, ledger.Failed: false} {
		h := newHistory(t)
		bad := pins(h.released("server", "0.10.0"), h.released("client", "0.5.0"))
		h.add(setTagged(bad))
		back := ofSets(ledger.KindRolledBack)
		back.RolledBack = &ledger.RolledBack{Finished: ledger.Finished{
			Deployment: ledger.Deployment{Environment: "production", Version: "server-0.9.0+client-0.4.0"}, Attempt: "a", Outcome: outcome, RollsBackSet: bad.ID,
		}}
		h.add(back)
		if known, _, err := h.Set(bad.ID); err != nil || known.BackedOff == nil {
			t.Errorf("%s: the set is %+v, %v", outcome, known, err)
		}
		on, err := h.Environment("production", ledger.AllComponents)
		if err != nil || runs != (on.Running != nil) || runs && on.Running.RollsBackSet != bad.ID || !runs && on.Broken.RollsBackSet != bad.ID {
			t.Errorf("%s: production is %+v, %v", outcome, on, err)
		}
		if text := back.Subject(); text != "roll production back to server 0.9.0 + client 0.4.0: "+string(outcome)+", recorded afterwards" {
			t.Errorf("the subject is %q", text)
		}
	}
}

// A title has spaces before the versions, and nowhere else.
func TestSetTitle(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"loop-server-0.10.0+loop-client-0.5.0": "loop-server 0.10.0 + loop-client 0.5.0",
		"loop-client 0.5.0":                    "loop-client 0.5.0",
		"0.5.0":                                "0.5.0",
		"":                                     "",
	} {
		if got := ledger.SetTitle(id); got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}
