package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// NewerError is met when the ledger holds what this looprel does not know.
type NewerError struct {
	What  string // what is not known
	Needs string // the looprel that knows it, "" if the ledger does not say
}

func (e *NewerError) Error() string {
	needs := "a newer looprel"
	if e.Needs != "" {
		needs = "looprel " + e.Needs + " or newer"
	}
	return fmt.Sprintf("the ledger holds %s: it needs %s", e.What, needs)
}

// Encode gives the commit message of an entry, its Format and Needs filled in.
func Encode(entry Entry) (string, error) {
	entry.Format, entry.Needs = Format, FormatSince
	if err := entry.check(); err != nil {
		return "", err
	}
	text, err := encodeJSON(entry)
	if err != nil {
		return "", fmt.Errorf("encode ledger entry: %w", err)
	}
	message := entry.Subject() + "\n\n" + string(text)
	if len(message) > maxEntry {
		return "", fmt.Errorf("ledger entry of %d bytes: at most %d are allowed", len(message), maxEntry)
	}
	return message, nil
}

// Decode reads the entry out of a commit message.
func Decode(message string) (Entry, error) {
	if len(message) > maxEntry {
		return Entry{}, fmt.Errorf("ledger entry of %d bytes: at most %d are allowed", len(message), maxEntry)
	}
	_, text, found := strings.Cut(message, "\n\n")
	if !found {
		return Entry{}, errors.New("not a ledger entry: it has no body")
	}
	// The format comes first: what a newer one means by the other fields is not
	// for this looprel to guess.
	var head struct {
		Format int    `json:"format"`
		Needs  string `json:"needs"`
		Kind   Kind   `json:"kind"`
	}
	if err := json.Unmarshal([]byte(text), &head); err != nil {
		return Entry{}, fmt.Errorf("not a ledger entry: %w", err)
	}
	if head.Format != Format {
		return Entry{}, &NewerError{What: fmt.Sprintf("entries of format %d", head.Format), Needs: head.Needs}
	}
	var entry Entry
	if err := json.Unmarshal([]byte(text), &entry); err != nil {
		return Entry{}, fmt.Errorf("not a ledger entry: %w", err)
	}
	return entry, entry.check()
}

// check says whether the entry has just the part that its kind announces.
func (e Entry) check() error {
	parts := map[Kind]bool{
		KindAdopted:           e.Adopted != nil,
		KindTagged:            e.Tagged != nil,
		KindPromotionStarted:  e.Started != nil,
		KindPromotionFinished: e.Finished != nil,
		KindRecorded:          e.Recorded != nil,
		KindPicked:            e.Picked != nil,
		KindProposed:          e.Proposed != nil,
		KindSignedOff:         e.SignedOff != nil,
		KindBlocked:           e.Blocked != nil,
		KindUnblocked:         e.Unblocked != nil,
		KindBackedOff:         e.BackedOff != nil,
		KindRolledBack:        e.RolledBack != nil,
		KindSetTagging:        e.SetTagging != nil,
		KindSetTagged:         e.SetTagged != nil,
		KindSetAbandoned:      e.SetAbandoned != nil,

		KindAnnouncementStarted:  e.AnnouncementStarted != nil,
		KindAnnouncementFinished: e.AnnouncementFinished != nil,
		KindDelivering:           e.Delivering != nil,
	}
	if _, known := parts[e.Kind]; !known {
		return &NewerError{What: fmt.Sprintf("an entry of kind %q", e.Kind), Needs: e.Needs}
	}
	for kind, present := range parts {
		if present != (kind == e.Kind) {
			return fmt.Errorf("ledger entry %s of kind %q has the wrong parts", e.ID, e.Kind)
		}
	}
	if e.Component == "" || e.ID == "" || e.At.IsZero() {
		return fmt.Errorf("ledger entry of kind %q lacks its id, component or time", e.Kind)
	}
	return nil
}

// encodeJSON writes JSON for people: indented, and with < and > as they are.
func encodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return text.Bytes(), err
}
