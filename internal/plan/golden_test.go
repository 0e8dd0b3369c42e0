package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

var update = flag.Bool("update", false, "write the golden plans of testdata instead of comparing with them")

// golden is what a golden file holds: the plan as a program gets it, and the
// ledger entry that it would write; or the refusal.
type golden struct {
	Plan    any           `json:"plan,omitempty"`
	Entry   *ledger.Entry `json:"entry,omitempty"`
	Outbox  *plan.Outbox  `json:"outbox,omitempty"`
	Refusal string        `json:"refusal,omitempty"`
	Hint    string        `json:"hint,omitempty"`
}

// TestGoldenTag holds the plans of tag.
func TestGoldenTag(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world) (plan.TagRequest, object.ID){
		"tag-on-time": func(*world) (plan.TagRequest, object.ID) { return plan.TagRequest{}, object.ID{} },
		"tag-late": func(w *world) (plan.TagRequest, object.ID) {
			w.at("2014-08-08 09:00")
			return plan.TagRequest{}, object.ID{}
		},
		"tag-early": func(w *world) (plan.TagRequest, object.ID) {
			w.at("2014-07-01 09:00")
			return plan.TagRequest{}, object.ID{}
		},
		"tag-off-cycle": func(*world) (plan.TagRequest, object.ID) {
			return plan.TagRequest{OffCycle: true, Reason: "security fix"}, object.ID{}
		},
		"tag-already": func(w *world) (plan.TagRequest, object.ID) {
			w.release(plan.TagRequest{})
			w.at("2014-08-07 09:00")
			return plan.TagRequest{}, object.ID{}
		},
		"tag-line": func(w *world) (plan.TagRequest, object.ID) {
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			w.commit("0.9.x", "Bug 1000003 - Fix the crash.", files{"app.js": "fixed\n"})
			return plan.TagRequest{Line: "0.9.x"}, object.ID{}
		},
		"tag-patch-of-master": func(*world) (plan.TagRequest, object.ID) {
			return plan.TagRequest{Line: "master"}, object.ID{}
		},
		"tag-at": func(w *world) (plan.TagRequest, object.ID) {
			at := w.Refs.IDs["refs/heads/master"]
			w.commit("master", "Bug 1000004 - Later.", files{"app.js": "later\n"})
			return plan.TagRequest{}, at
		},
		"tag-no-files": func(w *world) (plan.TagRequest, object.ID) {
			w.Component.VersionFiles, w.Component.Changelog = nil, nil
			return plan.TagRequest{}, object.ID{}
		},
		"tag-signed": func(w *world) (plan.TagRequest, object.ID) {
			w.Sign = plan.Signing{Tags: true, Commits: true, Ledger: true}
			return plan.TagRequest{}, object.ID{}
		},
		"tag-rehearsal": func(w *world) (plan.TagRequest, object.ID) {
			w.ClockOverridden = true
			return plan.TagRequest{FillChangelog: true}, object.ID{}
		},
		"tag-github": func(w *world) (plan.TagRequest, object.ID) {
			w.onGitHub()
			return plan.TagRequest{}, object.ID{}
		},
		"tag-github-again": func(w *world) (plan.TagRequest, object.ID) {
			w.release(plan.TagRequest{})
			w.onGitHub()
			return plan.TagRequest{}, object.ID{}
		},
		"tag-first": func(w *world) (plan.TagRequest, object.ID) {
			w.untag("0.9.0")
			return plan.TagRequest{}, object.ID{}
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			request, at := prepare(w)
			p, err := w.planTagAt(request, at)
			if err == nil {
				err = p.Owe(w.Snapshot, plan.ForgeFacts{Assets: []plan.AssetFile{
					{Name: "loop-server.tgz", Path: "dist/loop-server.tgz", Size: 7, SHA256: "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"},
				}})
			}
			if err != nil {
				compareGolden(t, name, refusalOf(err))
				return
			}
			compareGolden(t, name, golden{Plan: p, Entry: entryOf(p.Entry), Outbox: p.Outbox})
		})
	}
}

// TestGoldenPromote holds the plans of promote.
func TestGoldenPromote(t *testing.T) {
	t.Parallel()
	production := plan.PromoteRequest{Environment: "production"}
	cases := map[string]func(w *world) plan.PromoteRequest{
		"promote-github": func(w *world) plan.PromoteRequest {
			w.onGitHub()
			return plan.PromoteRequest{Environment: "load-stage"}
		},
		"promote-first": func(*world) plan.PromoteRequest { return plan.PromoteRequest{Environment: "load-stage"} },
		"promote-monday": func(w *world) plan.PromoteRequest {
			w.promote("load-stage", "0.10.0", ledger.Verified)
			w.at("2014-08-11 11:00")
			return production
		},
		"promote-refused": func(w *world) plan.PromoteRequest {
			w.promote("load-stage", "0.10.0", ledger.Verified)
			w.at("2014-08-08 11:00")
			return production
		},
		"promote-off-cycle": func(w *world) plan.PromoteRequest {
			w.promote("load-stage", "0.10.0", ledger.Verified)
			w.at("2014-08-08 11:00")
			return plan.PromoteRequest{Environment: "production", OffCycle: true, Reason: "security fix"}
		},
		"promote-off-cycle-skips": func(w *world) plan.PromoteRequest {
			w.Train.OffCycle = []string{release.GateOrder, release.GateSignOff}
			w.environment("production").Gates = []release.Gate{
				{Name: release.GateSignOff, SignOff: release.SignOff{Role: "qa", People: 1}}, {Name: release.GateSigned},
			}
			w.environment("production").RollsBack = true
			return plan.PromoteRequest{Environment: "production", Version: version("0.10.0"), OffCycle: true, Reason: "security fix"}
		},
		"promote-resumed": func(w *world) plan.PromoteRequest {
			w.promote("load-stage", "0.10.0", ledger.Verified)
			w.at("2014-08-11 16:50")
			w.start("production", "0.10.0")
			w.at("2014-08-11 18:00")
			return production
		},
		"promote-already": func(w *world) plan.PromoteRequest {
			w.promote("load-stage", "0.10.0", ledger.Verified)
			return plan.PromoteRequest{Environment: "load-stage"}
		},
		"promote-record-only": func(*world) plan.PromoteRequest {
			return plan.PromoteRequest{Environment: "production", Version: version("0.10.0"), RecordOnly: true, Reason: "by hand"}
		},
		"promote-dev": func(*world) plan.PromoteRequest { return plan.PromoteRequest{Environment: "dev"} },
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.adopt(map[string]release.Version{"production": version("0.9.0")})
			w.release(plan.TagRequest{})
			p := w.mustPromote(prepare(w))
			compareGolden(t, name, golden{Plan: p, Entry: entryOf(p.Entry)})
		})
	}
}

// TestGoldenAdopt holds the plans of adopt.
func TestGoldenAdopt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	w.tag("0.2", "0.9.x")
	p, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{
		Running: map[string]release.Version{"production": version("0.9.0")},
		Seen:    map[string]string{"load-stage": "0.10.0-dev"},
	})
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "adopt", golden{Plan: p, Entry: entryOf(p.Entry)})
}

// TestGoldenStatus holds what status says, with what next says in it.
func TestGoldenStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.adopt(map[string]release.Version{"production": version("0.9.0"), "load-stage": version("0.9.0")})
	w.release(plan.TagRequest{})
	w.promote("load-stage", "0.10.0", ledger.Verified)
	w.at("2014-08-08 11:00")
	healthy, ill := true, false
	status, err := plan.MakeStatus(w.Snapshot, map[string]plan.Seen{
		"dev":        {Looked: true, Error: "connection refused"},
		"load-stage": {Looked: true, Version: "0.10.0", Healthy: &ill, Health: "provider is down"},
		"production": {Looked: true, Version: "0.10.0", Healthy: &healthy},
	})
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "status", golden{Plan: status})
}

func entryOf(entry ledger.Entry) *ledger.Entry {
	if entry.Kind == "" {
		return nil
	}
	return &entry
}

func refusalOf(err error) golden {
	refused := golden{Refusal: err.Error()}
	var hinting interface{ Hint() string }
	if errors.As(err, &hinting) {
		refused.Hint = hinting.Hint()
	}
	return refused
}

func compareGolden(t *testing.T, name string, got golden) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./internal/plan -update writes it", err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
