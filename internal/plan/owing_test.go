package plan_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// owing are the keys of what may be left to do at the forge.
func (w *world) owing() string {
	w.t.Helper()
	list, err := plan.Owings(w.Snapshot)
	if err != nil {
		w.t.Fatal(err)
	}
	var keys []string
	for _, one := range list {
		key, _, _ := strings.Cut(one.Key, "-14") // the time
		keys = append(keys, key)
	}
	return strings.Join(keys, " ")
}

// What has been done is looked after from when whoever did it is through, for two
// cycles; not what was adopted, nor what is kept back.
func TestOwings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onGitHub()
	w.adopt(nil)
	if got := w.owing(); got != "" {
		t.Errorf("adopted: %s", got)
	}
	w.release(plan.TagRequest{})
	for at, want := range map[string]string{
		"2014-08-05 11:09": "", "2014-08-05 11:10": "release-0.10.0", "2014-09-02 11:00": "release-0.10.0", "2014-09-02 11:01": "",
	} {
		w.at(at)
		if got := w.owing(); got != want {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
	w.at("2014-08-06 11:00")
	w.promote("load-stage", "0.10.0", ledger.Verified)
	w.at("2014-08-06 12:00")
	if got := w.owing(); got != "release-0.10.0 deployment-load-stage" {
		t.Errorf("on load-stage: %s", got)
	}
	w.Train.GitHub = nil
	if got := w.owing(); got != "" {
		t.Errorf("without GitHub: %s", got)
	}
}

func TestOwingUnderEmbargo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onGitHub()
	w.release(plan.TagRequest{Embargo: w.Now.Add(48 * time.Hour)})
	for at, want := range map[string]string{"2014-08-07 10:59": "", "2014-08-07 11:00": "release-0.10.0", "2014-09-04 11:00": "release-0.10.0"} {
		w.at(at)
		if got := w.owing(); got != want {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
}

// One runner finishes it; the others leave it alone until its time is up, which is
// twice as long each time.
func TestDelivering(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onGitHub()
	w.release(plan.TagRequest{})
	w.at("2014-08-05 12:00")
	list, err := plan.Owings(w.Snapshot)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, pause := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		entry, err := plan.MakeDelivering(w.Snapshot, list[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := entry.Delivering.Until.Sub(entry.At); got != pause {
			t.Errorf("a pause of %s, want %s", got, pause)
		}
		w.record(entry)
		w.Now = w.Now.Add(pause - time.Second)
		var moved *plan.Moved
		if _, err := plan.MakeDelivering(w.Snapshot, list[0]); !errors.As(err, &moved) || w.owing() != "" {
			t.Errorf("a second one: %v; %s", err, w.owing())
		}
		w.Now = w.Now.Add(time.Second)
	}
	if got := w.owing(); got != "release-0.10.0" {
		t.Errorf("after that: %s", got)
	}
}
