package plan_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// setWorld is the Loop service of newWorld with its client, which lives elsewhere and is
// released together with it.
type setWorld struct {
	*world
	client *world
}

// halfPromoted is a train whose second set was on its way to load-stage when the
// promotion broke off at the client.
func halfPromoted(t *testing.T) *setWorld {
	t.Helper()
	s := newSetWorld(t)
	s.makeSet(s.mustSet())
	s.toStage()
	s.nextCycle()
	p, err := s.planSetPromotion("", plan.PromoteRequest{Environment: "load-stage"})
	s.bring(p, err, "loop-client")
	return s
}

func newSetWorld(t *testing.T) *setWorld {
	t.Helper()
	s := &setWorld{world: newWorld(t), client: emptyWorld(t)}
	s.Train.Sets = true
	client := s.Train.Components[0]
	client.Name, client.Changelog = "loop-client", nil
	s.Train.Components = append(s.Train.Components, client)
	s.client.Train, s.client.Component, s.client.Remote, s.client.Elsewhere = s.Train, client, "https://example.org/client", "https://example.org/client"
	s.client.at("2014-07-30 11:00")
	s.client.commit("master", "Bug 1000003 - Begin the client.", files{"package.json": packageFile("0.5.0-dev"), "index.html": "one\n"})
	s.adopt(map[string]release.Version{})
	s.follow()
	return s
}

// follow gives the client the clock and the ledger of the home.
func (s *setWorld) follow() {
	s.client.Now, s.client.Ledger, s.client.EntryID, s.client.Sign = s.Now, s.Ledger, s.EntryID, s.Sign
}

func (s *setWorld) members() []*plan.Snapshot {
	s.follow()
	return []*plan.Snapshot{s.Snapshot, s.client.Snapshot}
}

// planSet plans a set as observe does.
func (s *setWorld) planSet(request plan.SetRequest) (*plan.SetPlan, error) {
	s.t.Helper()
	s.follow()
	open, err := s.Ledger.OpenTagging()
	if err != nil {
		s.t.Fatal(err)
	}
	if open != nil {
		return plan.MakeSetFinish(s.Snapshot, open, map[string]*plan.Snapshot{"loop-server": s.Snapshot, "loop-client": s.client.Snapshot}, request)
	}
	if request.Abandon {
		return plan.MakeSet(s.Snapshot, nil, request)
	}
	var tags []plan.MemberTag
	for _, one := range []*world{s.world, s.client} {
		tag := plan.MemberTag{Snapshot: one.Snapshot}
		if request.Only == "" || request.Only == one.Component.Name {
			made, err := one.planTag(request.TagRequest)
			if last, unchanged := plan.IsUnchanged(err); unchanged && request.Only == "" {
				tag.Last = last
			} else if err != nil {
				return nil, err
			} else {
				tag.Plan = made
			}
		}
		tags = append(tags, tag)
	}
	return plan.MakeSet(s.Snapshot, tags, request)
}

func (s *setWorld) mustSet() *plan.SetPlan {
	s.t.Helper()
	p, err := s.planSet(plan.SetRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// pushHome does the first push of a plan.
func (s *setWorld) pushHome(p *plan.SetPlan) {
	s.t.Helper()
	s.objects.add(p.Home.Objects...)
	s.move(s.world, p.Home.Refs)
	for _, entry := range p.Home.Entries {
		s.record(entry)
	}
}

// move moves references, and knows the commits of tags.
func (s *setWorld) move(of *world, changes []plan.Change) {
	s.t.Helper()
	for _, change := range changes {
		if of.Refs.IDs[change.Ref] != change.Old {
			s.t.Fatalf("%s is %s, the plan has %s", change.Ref, of.Refs.IDs[change.Ref], change.Old)
		}
		of.Refs.IDs[change.Ref] = change.New
		if o := of.objects[change.New]; o.Kind == object.KindTag {
			tag, err := object.DecodeTag(o.Data)
			if err != nil {
				s.t.Fatal(err)
			}
			of.Refs.Peeled[change.Ref] = tag.Target
		}
	}
}

// makeSet does all that a plan says.
func (s *setWorld) makeSet(p *plan.SetPlan) {
	s.t.Helper()
	s.pushHome(p)
	for _, open := range p.Open {
		changes, objects := plan.Pushed(open)
		s.client.objects.add(objects...)
		s.move(s.client, changes)
		s.record(p.Tagged(s.Snapshot, open))
	}
	for _, entry := range p.Outcome {
		s.record(entry)
	}
	s.follow()
}

// nextCycle makes the next cycle's set, of changes in both components.
func (s *setWorld) nextCycle() {
	s.t.Helper()
	s.at("2014-08-19 11:00")
	s.client.Now = s.Now
	s.commit("master", "Bug 1000004 - Go on.", files{"app.js": "three\n"})
	s.client.commit("master", "Bug 1000005 - Go on, too.", files{"index.html": "three\n"})
	s.makeSet(s.mustSet())
}

func (s *setWorld) planSetPromotion(set string, request plan.PromoteRequest) (*plan.SetPromotionPlan, error) {
	s.t.Helper()
	members := s.members()
	selection, err := plan.SelectSet(s.Whole(), members, set, request)
	if err != nil {
		return nil, err
	}
	return plan.MakeSetPromotion(s.Whole(), members, selection, make([]plan.Target, len(members)), request)
}

// bring brings a set to an environment, whatever its gates say, but for the members from
// the one named on.
func (s *setWorld) bring(p *plan.SetPromotionPlan, err error, until string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	s.record(p.Head.Entry)
	outcome := ledger.Verified
	for _, part := range p.Members {
		if part.Already != "" {
			continue
		}
		s.record(part.Entry)
		of := s.world
		if part.Component == s.client.Component.Name {
			of = s.client
		}
		if part.Component == until {
			outcome = ledger.Failed
		}
		s.follow()
		s.record(part.Outcome(of.Snapshot, ledger.Finished{Outcome: outcome, Detail: "as the test wants"}, 0))
	}
	s.record(p.Head.Outcome(s.Whole(), ledger.Finished{Outcome: outcome, Detail: "as the test wants"}, 0))
}

// toStage brings the set whose turn it is to load-stage.
func (s *setWorld) toStage() {
	s.t.Helper()
	p, err := s.planSetPromotion("", plan.PromoteRequest{Environment: "load-stage"})
	s.bring(p, err, "")
}

// TestGoldenSet holds the plans of sets.
func TestGoldenSet(t *testing.T) {
	t.Parallel()
	half := func(s *setWorld) { s.pushHome(s.mustSet()) }
	cases := map[string]struct {
		prepare func(s *setWorld)
		request plan.SetRequest
	}{
		"set-first":  {},
		"set-signed": {prepare: func(s *setWorld) { s.Sign = plan.Signing{Tags: true, Commits: true, Ledger: true} }},
		"set-already": {prepare: func(s *setWorld) {
			s.makeSet(s.mustSet())
			s.at("2014-08-06 11:00")
		}},
		"set-pinned": {prepare: func(s *setWorld) {
			s.makeSet(s.mustSet())
			s.at("2014-08-19 11:00")
			s.commit("master", "Bug 1000004 - Go on.", files{"app.js": "three\n"})
		}},
		"set-unchanged": {prepare: func(s *setWorld) {
			s.makeSet(s.mustSet())
			s.at("2014-08-19 11:00")
		}},
		"set-early": {prepare: func(s *setWorld) {
			s.makeSet(s.mustSet())
			s.at("2014-07-01 11:00")
		}},
		"set-finish": {prepare: half},
		"set-finish-tagged": {prepare: func(s *setWorld) {
			half(s)
			open, _ := s.Ledger.OpenTagging()
			s.client.Refs.IDs[open.Open[0].Tagged.Tag] = open.Open[0].Tagged.TagID
		}},
		"set-finish-other-tag": {prepare: func(s *setWorld) { half(s); s.client.tag("0.5.0", "master") }},
		"set-finish-moved":     {prepare: func(s *setWorld) { half(s); s.client.commit("master", "Meanwhile.", files{"index.html": "two\n"}) }},
		"set-abandon":          {prepare: half, request: plan.SetRequest{Abandon: true, TagRequest: plan.TagRequest{Reason: "the client went on"}}},
		"set-abandon-nothing":  {request: plan.SetRequest{Abandon: true, TagRequest: plan.TagRequest{Reason: "nothing"}}},
		"set-one": {prepare: func(s *setWorld) {
			s.makeSet(s.mustSet())
			s.at("2014-08-07 11:00")
			s.client.Now = s.Now
			s.client.branchFrom("0.5.x", "refs/tags/0.5.0")
			s.client.commit("0.5.x", "Bug 1000006 - Fix it.", files{"index.html": "fixed\n"})
		}, request: plan.SetRequest{Only: "loop-client", TagRequest: plan.TagRequest{Line: "0.5.x"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetWorld(t)
			if c.prepare != nil {
				c.prepare(s)
			}
			p, err := s.planSet(c.request)
			if err != nil {
				compareGolden(t, name, refusalOf(err))
				return
			}
			var last *ledger.Entry
			if len(p.Outcome) > 0 {
				last = entryOf(p.Outcome[0])
			} else if len(p.Home.Entries) > 0 {
				last = entryOf(p.Home.Entries[len(p.Home.Entries)-1])
			}
			compareGolden(t, name, golden{Plan: p, Entry: last})
		})
	}
}

// TestGoldenSetPromotion holds the plans of promotions and rollbacks of sets.
func TestGoldenSetPromotion(t *testing.T) {
	t.Parallel()
	promote := func(environment, set string) func(s *setWorld) (*plan.SetPromotionPlan, error) {
		return func(s *setWorld) (*plan.SetPromotionPlan, error) {
			return s.planSetPromotion(set, plan.PromoteRequest{Environment: environment})
		}
	}
	rollback := func(s *setWorld) (*plan.SetPromotionPlan, error) {
		request := plan.RollbackRequest{Environment: "load-stage", Reason: "loses calls"}
		found, err := plan.SelectSetRollback(s.Whole(), s.members(), "", request)
		if err != nil {
			return nil, err
		}
		return plan.MakeSetRollback(s.Whole(), s.members(), found, make([]plan.Target, 2), request)
	}
	failing := func(s *setWorld) {
		s.toStage()
		s.nextCycle()
		p, err := s.planSetPromotion("", plan.PromoteRequest{Environment: "load-stage"})
		s.bring(p, err, "loop-client")
	}
	cases := map[string]struct {
		prepare func(s *setWorld)
		plan    func(s *setWorld) (*plan.SetPromotionPlan, error)
	}{
		"set-promote":             {plan: promote("load-stage", "")},
		"set-promote-out-of-turn": {plan: promote("production", "0.10.0")},
		"set-promote-already":     {prepare: func(s *setWorld) { s.toStage() }, plan: promote("load-stage", "")},
		"set-promote-goes-on":     {prepare: failing, plan: promote("load-stage", "0.11.0")},
		"set-promote-below": {prepare: func(s *setWorld) {
			s.nextCycle()
			s.toStage()
		}, plan: promote("load-stage", "0.10.0")},
		"set-rollback-failed": {prepare: failing, plan: rollback},
		"set-rollback-first":  {prepare: func(s *setWorld) { s.toStage() }, plan: rollback},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetWorld(t)
			s.makeSet(s.mustSet())
			if c.prepare != nil {
				c.prepare(s)
			}
			p, err := c.plan(s)
			if err != nil {
				compareGolden(t, name, refusalOf(err))
				return
			}
			compareGolden(t, name, golden{Plan: p, Entry: entryOf(p.Head.Entry)})
		})
	}
}

// A set soaks as long as all of its members are on the environment together, whatever
// comes and goes: held against a count of hours.
func TestSetSoak(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newSetWorld(t)
			s.makeSet(s.mustSet())
			s.nextCycle()
			s.environment("production").Gates = []release.Gate{{Name: release.GateSoak, Soak: release.Soak{For: 10_000 * time.Hour}}}
			random := rand.New(rand.NewPCG(seed, 0))
			runs := map[string]string{}
			together := 0 // hours of server 0.10.0 with client 0.5.0
			for range 25 {
				hours := 1 + random.IntN(40)
				if runs["loop-server"] == "0.10.0" && runs["loop-client"] == "0.5.0" {
					together += hours
				}
				s.Now = s.Now.Add(time.Duration(hours) * time.Hour)
				of, versions := s.world, []string{"0.10.0", "0.11.0"}
				if random.IntN(2) == 0 {
					of, versions = s.client, []string{"0.5.0", "0.6.0"}
				}
				text := versions[random.IntN(2)]
				s.deployed(of, text)
				runs[of.Component.Name] = text
			}
			p, err := s.planSetPromotion("loop-server-0.10.0+loop-client-0.5.0", plan.PromoteRequest{Environment: "production", OffCycle: true, Reason: "a test"})
			if err != nil {
				t.Fatal(err)
			}
			for _, gate := range p.Gates {
				if gate.Name != release.GateSoak {
					continue
				}
				if want := hoursText(together); !strings.Contains(gate.Reason, want) {
					t.Errorf("%s; expected %s", gate.Reason, want)
				}
			}
		})
	}
}

func hoursText(hours int) string {
	if hours == 0 {
		return "it has not been on load-stage"
	}
	var parts []string
	for _, unit := range []struct {
		count int
		name  string
	}{{hours / 24, "day"}, {hours % 24, "hour"}} {
		switch unit.count {
		case 0:
		case 1:
			parts = append(parts, "1 "+unit.name)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", unit.count, unit.name))
		}
	}
	return strings.Join(parts, " ") + " of "
}

// deployed records a deployment of a component on load-stage that was made elsewhere.
func (s *setWorld) deployed(of *world, text string) {
	s.t.Helper()
	known, _, err := s.Ledger.Release(of.Component.Name, version(text))
	if err != nil {
		s.t.Fatal(err)
	}
	s.record(ledger.Entry{
		ID: s.EntryID, Kind: ledger.KindRecorded, At: s.Now.UTC(), By: s.Operator, Component: of.Component.Name, Reason: "as the test wants",
		Recorded: &ledger.Deployment{Environment: "load-stage", Version: text, Tag: known.Tag, Commit: known.Commit},
	})
}

// Sets are found by what people call them.
func TestFindSet(t *testing.T) {
	t.Parallel()
	s := newSetWorld(t)
	s.makeSet(s.mustSet())
	s.nextCycle()
	for text, want := range map[string]string{
		"loop-server-0.10.0+loop-client-0.5.0":   "loop-server-0.10.0+loop-client-0.5.0",
		"loop-server 0.10.0 + loop-client 0.5.0": "loop-server-0.10.0+loop-client-0.5.0",
		"0.11.0":                                 "loop-server-0.11.0+loop-client-0.6.0",
		"0.5.0":                                  "loop-server-0.10.0+loop-client-0.5.0",
		"loop-client-0.6.0":                      "loop-server-0.11.0+loop-client-0.6.0",
		"loop-client 0.6.0":                      "loop-server-0.11.0+loop-client-0.6.0",
		"loop-client-0.10.0":                     "",
		"0.12.0":                                 "",
		"../0.10.0":                              "",
		"":                                       "",
	} {
		found, err := s.FindSet(text)
		if (err != nil) != (want == "") || err == nil && found.ID != want {
			t.Errorf("%q is %q, %v; expected %q", text, found.ID, err, want)
		}
	}
}
