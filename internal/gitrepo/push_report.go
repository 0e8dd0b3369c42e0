package gitrepo

import (
	"context"
	"errors"
	"io"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
)

// readReport reads the remote's answer to a push, and what it says beside it
// until it ends the conversation: hooks that run after the push still speak.
func (s *session) readReport(answer io.Reader) (*packp.ReportStatus, []string, error) {
	messages := &messageLog{}
	reader := answer
	if s.capabilities.Supports(capability.Sideband64k) {
		demuxer := sideband.NewDemuxer(sideband.Sideband64k, answer)
		demuxer.Progress = messages
		reader = demuxer
	}
	report := packp.NewReportStatus()
	if err := report.Decode(reader); err != nil {
		return nil, nil, noEarlyEnd(err)
	}
	// The report stands whatever comes after it.
	_, _ = io.Copy(io.Discard, reader)
	_, _ = io.Copy(io.Discard, answer)
	return report, messages.lines(), nil
}

// verdict is what a report says of an atomic push.
type verdict struct {
	done bool
	// unclear: the report leaves something out.
	unclear error
	// moved are the references that were moved although others were not.
	moved   []string
	reasons []RefusedRef
}

// judge holds the report against what was asked for.
func judge(report *packp.ReportStatus, updates []RefUpdate) verdict {
	if report.UnpackStatus != "ok" {
		reason := "the objects were not accepted: " + printableText(report.UnpackStatus)
		return verdict{reasons: []RefusedRef{{Name: updates[0].Name, Reason: reason}}}
	}
	statuses := map[string]string{}
	for _, status := range report.CommandStatuses {
		statuses[string(status.ReferenceName)] = status.Status
	}
	var found verdict
	for _, update := range updates {
		status, answered := statuses[update.Name]
		switch {
		case !answered:
			return verdict{unclear: errors.New("the remote's answer leaves out " + update.Name)}
		case status != "ok":
			found.reasons = append(found.reasons, RefusedRef{Name: update.Name, Reason: printableText(status)})
		default:
			found.moved = append(found.moved, update.Name)
		}
	}
	found.done = len(found.reasons) == 0
	return found
}

// declined tells a push that lost a race from one that the remote does not
// allow. Servers say this in words of their own, so the references are looked at
// once more; words count only where the winner is not yet to be seen.
func (r *Remote) declined(ctx context.Context, to *session, updates []RefUpdate, reasons []RefusedRef, messages []string) error {
	if again, err := r.begin(ctx, r.config.PushURLs[0], receivePack, isUpdated(updates)); err == nil {
		moved := movedRefs(again.shown, updates)
		_ = again.close()
		if len(moved) > 0 {
			return &MovedError{Remote: to.remote, Refs: moved}
		}
	}
	if lostRace(reasonText(reasons, messages)) {
		return &MovedError{Remote: to.remote}
	}
	return &RefusedError{Remote: to.remote, Refs: reasons, Messages: messages}
}

// lostRace reports whether the words are those of git or JGit for a reference
// that somebody else is moving.
func lostRace(text string) bool {
	return containsAny(text, "but expected", "reference already exists", "file exists", "unable to resolve reference",
		"fetch first", "stale info", "failed to lock", "lock_failure", "lock error", "already locked")
}
