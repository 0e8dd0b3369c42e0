package gitrepo

import (
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	updates := []RefUpdate{{Name: "refs/heads/a"}, {Name: "refs/heads/b"}}
	statuses := func(of ...string) []*packp.CommandStatus {
		found := []*packp.CommandStatus{{ReferenceName: "refs/heads/a", Status: of[0]}}
		if len(of) > 1 {
			found = append(found, &packp.CommandStatus{ReferenceName: "refs/heads/b", Status: of[1]})
		}
		return found
	}
	tests := []struct {
		name          string
		unpack        string
		statuses      []*packp.CommandStatus
		done, unclear bool
		moved         int
		reasons       string
	}{
		{"all moved", "ok", statuses("ok", "ok"), true, false, 2, ""},
		{"all declined", "ok", statuses("hook declined", "atomic push failure"), false, false, 0, "hook declined atomic push failure"},
		{"objects refused", "index-pack \x1babnormal exit", statuses("unpacker error", "unpacker error"), false, false, 0,
			"the objects were not accepted: index-pack abnormal exit"},
		{"one of two", "ok", statuses("ok", "deny updating a hidden ref"), false, false, 1, "deny updating a hidden ref"},
		{"one left out", "ok", statuses("ok"), false, true, 0, ""},
	}
	for _, test := range tests {
		got := judge(&packp.ReportStatus{UnpackStatus: test.unpack, CommandStatuses: test.statuses}, updates)
		var reasons []string
		for _, reason := range got.reasons {
			reasons = append(reasons, reason.Reason)
		}
		if got.done != test.done || (got.unclear != nil) != test.unclear || len(got.moved) != test.moved || strings.Join(reasons, " ") != test.reasons {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestLostRace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"cannot lock ref 'refs/heads/master': is at 1234 but expected 5678":                    true,
		"cannot lock ref 'refs/tags/0.1.0': reference already exists":                          true,
		"Unable to create '/srv/x.git/refs/heads/master.lock': File exists.":                   true,
		"Unable to create '/srv/x.git/refs/heads/master.lock': Permission denied":              false,
		"cannot lock ref 'refs/tags/a/b': 'refs/tags/a' exists; cannot create 'refs/tags/a/b'": false,
		"protected branch hook declined":                                                       false,
	} {
		if got := lostRace(strings.ToLower(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestMessageLog(t *testing.T) {
	t.Parallel()
	var log messageLog
	for range 100_000 {
		_, _ = log.Write([]byte("Counting: 10%\rCounting: 100%\r\n\x1b]0;title\x07 words\u202e\n\n"))
	}
	lines := log.lines()
	if len(lines) != maxMessages || lines[0] != "Counting: 100%" && lines[0] != "" || lines[1] != "]0;title words" {
		t.Errorf("%q", lines)
	}
	if len(log.text) > maxMessageBytes {
		t.Errorf("%d bytes are kept", len(log.text))
	}
}
