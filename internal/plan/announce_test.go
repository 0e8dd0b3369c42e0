package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// announcingWorld is a world whose train tells people, by mail and by webhook.
func announcingWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Train.Announce = release.Announce{
		To: []string{"loop@lists.example.org"}, From: "train@example.org",
		Mail:    &release.MailServer{Host: "smtp.example.org", Port: 587, Security: release.SecuritySTARTTLS, Timeout: 30 * time.Second},
		Webhook: &release.Webhook{URL: "https://chat.example.org/hook/secret", Timeout: 10 * time.Second},
	}
	w.environment("production").Announce = true
	w.adopt(map[string]release.Version{"production": version("0.9.0")})
	return w
}

func (w *world) planAnnouncements(request plan.AnnounceRequest) (*plan.AnnouncementsPlan, error) {
	w.t.Helper()
	selected, err := plan.SelectAnnouncements(w.Snapshot, request)
	if err != nil {
		return nil, err
	}
	return plan.MakeAnnouncements(w.Snapshot, selected, make([]plan.AnnouncementFacts, len(selected)), request)
}

func (w *world) mustPlanAnnouncements(request plan.AnnounceRequest) *plan.AnnouncementsPlan {
	w.t.Helper()
	p, err := w.planAnnouncements(request)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// announce does with the plan's announcements what apply would, with that outcome;
// of no outcome, it stops in between.
func (w *world) announce(p *plan.AnnouncementsPlan, delivery ledger.Delivery) {
	w.t.Helper()
	for _, one := range p.Announcements {
		if !one.Sends() {
			continue
		}
		w.record(one.Entry)
		if delivery != "" && !one.RecordsOnly() {
			w.record(one.Outcome(w.Snapshot, delivery, "as the test wants", 0))
		}
	}
}

// TestGoldenAnnounce holds the plan of announce, and the entry that comes before.
func TestGoldenAnnounce(t *testing.T) {
	t.Parallel()
	w := announcingWorld(t)
	w.release(plan.TagRequest{})
	p := w.mustPlanAnnouncements(plan.AnnounceRequest{})
	if len(p.Announcements) != 2 {
		t.Fatalf("%+v", p.Announcements)
	}
	compareGolden(t, "announce", golden{Plan: p, Entry: entryOf(p.Announcements[0].Entry)})
}

// TestGoldenTagAnnounced holds the plan of a tag that owes announcements.
func TestGoldenTagAnnounced(t *testing.T) {
	t.Parallel()
	w := announcingWorld(t)
	p := w.mustTag(plan.TagRequest{Embargo: w.Now.Add(24 * time.Hour)})
	compareGolden(t, "tag-embargo", golden{Plan: p, Entry: entryOf(p.Entry)})
}

// What is owed is sent once, whatever happens to the attempts.
func TestAnnouncedOnce(t *testing.T) {
	t.Parallel()
	everything := plan.AnnounceRequest{}
	cases := map[string]struct {
		prepare func(w *world)
		request plan.AnnounceRequest
		sends   int
		held    string
	}{
		"owed":        {func(*world) {}, everything, 2, ""},
		"sent":        {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), ledger.Sent) }, everything, 0, ""},
		"failed":      {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), ledger.NotSent) }, everything, 2, ""},
		"being sent":  {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), "") }, everything, 0, "Release Manager is sending it"},
		"lost answer": {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), ledger.MaybeSent) }, everything, 0, "may have been sent"},
		"killed": {func(w *world) {
			w.announce(w.mustPlanAnnouncements(everything), "")
			w.at("2014-08-05 11:04")
		}, everything, 0, "may have been sent"},
		"being sent, and again": {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), "") },
			plan.AnnounceRequest{Version: version("0.10.0"), Again: true}, 0, "is sending it"},
		"being sent, and settled": {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), "") },
			plan.AnnounceRequest{Version: version("0.10.0"), Sent: true, Reason: "seen"}, 0, "is sending it"},
		"lost answer, and again": {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), ledger.MaybeSent) },
			plan.AnnounceRequest{Version: version("0.10.0"), Again: true}, 2, ""},
		"lost answer, and settled": {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), ledger.MaybeSent) },
			plan.AnnounceRequest{Key: "tagged-0.10.0-mail", Sent: true, Reason: "the list has it"}, 1, ""},
		"sent, and again": {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), ledger.Sent) },
			plan.AnnounceRequest{Version: version("0.10.0"), Again: true}, 2, ""},
		"sent, and looked at": {func(w *world) { w.announce(w.mustPlanAnnouncements(everything), ledger.Sent) },
			plan.AnnounceRequest{Version: version("0.10.0")}, 0, "it was sent"},
		"no channel any more": {func(w *world) { w.Train.Announce.Mail = nil }, everything, 1, "declares no mail"},
		"never owed":          {func(*world) {}, plan.AnnounceRequest{Version: version("0.9.0"), Again: true}, 2, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := announcingWorld(t)
			w.release(plan.TagRequest{})
			c.prepare(w)
			p := w.mustPlanAnnouncements(c.request)
			sends, held := 0, ""
			for _, one := range p.Announcements {
				if one.Sends() {
					sends++
				}
				held += one.Held
			}
			if sends != c.sends || len(p.Steps) != sends || !strings.Contains(held, c.held) || (held == "") != (c.held == "") {
				t.Errorf("sends %d, held %q; want %d, %q", sends, held, c.sends, c.held)
			}
			w.announce(p, ledger.Sent) // the ledger takes what the plan says
		})
	}
}

// A mail in doubt is sent again under its name; one that arrived, under another.
func TestMessageIDs(t *testing.T) {
	t.Parallel()
	w := announcingWorld(t)
	w.release(plan.TagRequest{})
	first := w.mustPlanAnnouncements(plan.AnnounceRequest{})
	if again := w.mustPlanAnnouncements(plan.AnnounceRequest{}); again.Announcements[0].MessageID != first.Announcements[0].MessageID {
		t.Errorf("%s and %s", first.Announcements[0].MessageID, again.Announcements[0].MessageID)
	}
	w.announce(first, ledger.MaybeSent)
	doubted := w.mustPlanAnnouncements(plan.AnnounceRequest{Version: version("0.10.0"), Again: true})
	if doubted.Announcements[0].MessageID != first.Announcements[0].MessageID {
		t.Errorf("%s and %s", first.Announcements[0].MessageID, doubted.Announcements[0].MessageID)
	}
	w.announce(doubted, ledger.Sent)
	purpose := w.mustPlanAnnouncements(plan.AnnounceRequest{Version: version("0.10.0"), Again: true})
	if purpose.Announcements[0].MessageID == first.Announcements[0].MessageID || !strings.HasSuffix(purpose.Announcements[0].MessageID, "@example.org") {
		t.Errorf("%s", purpose.Announcements[0].MessageID)
	}
}

// What does not go together is refused.
func TestAnnounceMisuse(t *testing.T) {
	t.Parallel()
	ten := version("0.10.0")
	cases := map[string]struct {
		request plan.AnnounceRequest
		want    string
	}{
		"again of what":     {plan.AnnounceRequest{Again: true}, "misuse: --again wants to know which"},
		"sent without why":  {plan.AnnounceRequest{Version: ten, Sent: true}, "misuse: --sent wants a reason"},
		"lift without why":  {plan.AnnounceRequest{Version: ten, Lift: true}, "misuse: --lift-embargo wants a reason"},
		"again and sent":    {plan.AnnounceRequest{Version: ten, Again: true, Sent: true}, "misuse: --again sends"},
		"unknown release":   {plan.AnnounceRequest{Version: version("0.77.0")}, "refused: the ledger does not know loop-server 0.77.0"},
		"unknown key":       {plan.AnnounceRequest{Key: "nothing"}, "misuse: there is no announcement"},
		"nobody was to be":  {plan.AnnounceRequest{Version: version("0.9.0")}, "refused: nobody was to be told of 0.9.0"},
		"all that are open": {plan.AnnounceRequest{}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := announcingWorld(t)
			w.release(plan.TagRequest{})
			_, err := w.planAnnouncements(c.request)
			check(t, err, c.want)
		})
	}
}

// Each step that people are to hear of owes its announcements, and no other does.
func TestOwes(t *testing.T) {
	t.Parallel()
	w := announcingWorld(t)
	w.release(plan.TagRequest{})
	w.announce(w.mustPlanAnnouncements(plan.AnnounceRequest{}), ledger.Sent)
	steps := []struct {
		name string
		act  func()
		want string
	}{
		{"to load-stage", func() { w.promote("load-stage", "0.10.0", ledger.Verified) }, ""},
		{"production failed", func() { w.promote("production", "0.10.0", ledger.Failed) }, ""},
		{"to production", func() { w.promote("production", "0.10.0", ledger.Verified) }, "0.10.0 is on production"},
		{"rolled back", func() {
			p, err := w.planRollback(plan.RollbackRequest{Environment: "production", Reason: "loses calls"}, "")
			if err != nil {
				t.Fatal(err)
			}
			w.record(p.Entry)
			w.record(p.Outcome(w.Snapshot, ledger.Finished{Outcome: ledger.Verified}, 0))
		}, "production is rolled back to 0.9.0"},
		{"reinstated", func() { w.decideBackOff(plan.BackOffRequest{Version: version("0.10.0"), Revoke: true}) }, "0.10.0 may go on after all"},
		{"backed off", func() { w.decideBackOff(plan.BackOffRequest{Version: version("0.10.0"), Reason: "loses calls"}) }, "0.10.0 is backed off"},
	}
	for _, step := range steps {
		step.act()
		p := w.mustPlanAnnouncements(plan.AnnounceRequest{})
		if step.want == "" && len(p.Announcements) > 0 || step.want != "" && (len(p.Announcements) != 2 || !strings.Contains(p.Announcements[0].What, step.want)) {
			t.Errorf("%s: %+v", step.name, p.Announcements)
		}
		w.announce(p, ledger.Sent)
	}
}

func (w *world) decideBackOff(request plan.BackOffRequest) {
	w.t.Helper()
	p, err := plan.MakeBackOff(w.Snapshot, request)
	if err != nil {
		w.t.Fatal(err)
	}
	w.record(p.Entry)
}

// Days that are not as told come with a calendar; told once, they are told.
func TestDatesAreToldOnce(t *testing.T) {
	t.Parallel()
	w := announcingWorld(t)
	w.Train.Schedule.Exceptions = []release.Exception{{Cycle: date("2014-08-19"), Tag: date("2014-08-20"), Reason: "a holiday"}}
	w.release(plan.TagRequest{})
	p := w.mustPlanAnnouncements(plan.AnnounceRequest{})
	if !strings.Contains(p.Announcements[0].Calendar, "20140820") || !strings.Contains(p.Announcements[0].Text, "a holiday") {
		t.Errorf("%s\n%s", p.Announcements[0].Text, p.Announcements[0].Calendar)
	}
	w.announce(p, ledger.Sent)
	again := w.mustPlanAnnouncements(plan.AnnounceRequest{Key: p.Announcements[0].Key, Again: true})
	if again.Announcements[0].Calendar != "" {
		t.Errorf("told again: %s", again.Announcements[0].Calendar)
	}
	w.Train.Schedule.Exceptions = nil
	again = w.mustPlanAnnouncements(plan.AnnounceRequest{Key: p.Announcements[0].Key, Again: true})
	if !strings.Contains(again.Announcements[0].Calendar, "20140819") {
		t.Errorf("the day went back, and nobody is told: %s", again.Announcements[0].Text)
	}
}
