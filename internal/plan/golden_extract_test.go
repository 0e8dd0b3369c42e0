package plan_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// TestGoldenExtract holds the plans of extract.
func TestGoldenExtract(t *testing.T) {
	t.Parallel()
	id := func(text string) object.ID { return object.Blob([]byte(text)).ID() }
	made := []extract.Made{
		{ID: id("first"), Tree: id("tree 1"), Source: id("upstream 1"), Subject: "Bug 974837 - Begin. r=dmose,mhammond"},
		{ID: id("second"), Tree: id("tree 2"), Parents: []object.ID{id("first")}, Source: id("upstream 3"), Subject: "Bug 1000237 - Hang up. r=abr"},
	}
	changes := []notes.Commit{
		{ID: id("second"), Parents: []object.ID{id("first")}, Subject: made[1].Subject, Author: "Developer", Email: "dev@example.org"},
		{ID: id("first"), Subject: made[0].Subject, Author: "Developer", Email: "dev@example.org"},
	}
	facts := plan.Extraction{
		Branch: "refs/heads/master", Remote: "https://example.org/loop-client", Upstream: "../browser", To: id("upstream 4"), Mode: extract.FirstParent,
		Web: notes.Web{Forge: "https://forge.example.org/loop-client"},
	}
	cases := map[string]func(facts *plan.Extraction){
		"extract-first": func(facts *plan.Extraction) {
			facts.Made, facts.Changes = made, changes
			facts.Absent = []extract.Absence{{Path: "loop/later"}}
		},
		"extract-more": func(facts *plan.Extraction) {
			facts.Tip, facts.From, facts.Mode = id("first"), id("upstream 1"), extract.Squash
			facts.Made, facts.Changes = made[1:], changes[:1]
			facts.Absent = []extract.Absence{{Path: "loop", Since: id("upstream 3"), MovedTo: "extensions/loop"}}
		},
		"extract-already": func(facts *plan.Extraction) { facts.Tip, facts.From = id("second"), id("upstream 3") },
		"extract-nothing": func(*plan.Extraction) {},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, facts := newWorld(t), facts
			w.Component.Name = "loop-client"
			prepare(&facts)
			compareGolden(t, name, golden{Plan: plan.MakeExtraction(w.Snapshot, &facts)})
		})
	}
}
