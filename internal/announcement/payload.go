package announcement

import (
	"encoding/json"
	"fmt"
	"strings"
)

// payload is what a webhook is told. Chat services show "text"; programs use the
// rest.
type payload struct {
	ID          string `json:"id"`
	Event       string `json:"event"`
	Component   string `json:"component"`
	Version     string `json:"version,omitempty"`
	Environment string `json:"environment,omitempty"`
	By          string `json:"by,omitempty"`
	At          string `json:"at,omitempty"`
	Reason      string `json:"reason,omitempty"`
	URL         string `json:"url,omitempty"`
	Subject     string `json:"subject"`
	Text        string `json:"text"`
}

// Payload is an announcement for programs, as JSON. id is the announcement's for
// ever: who gets it twice knows that.
func Payload(id string, facts Facts, message Message) ([]byte, error) {
	facts = facts.clean()
	text := message.Text
	if !strings.HasPrefix(text, message.Subject) {
		text = message.Subject + "\n\n" + text
	}
	encoded, err := json.Marshal(payload{
		ID: id, Event: string(facts.Event), Component: facts.Component, Version: facts.Version, Environment: facts.Environment,
		By: facts.By, At: facts.At, Reason: facts.Reason, URL: facts.Page,
		Subject: message.Subject, Text: text,
	})
	if err != nil {
		return nil, fmt.Errorf("write the announcement as JSON: %w", err)
	}
	return encoded, nil
}
