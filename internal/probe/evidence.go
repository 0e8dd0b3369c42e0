package probe

import (
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

const (
	// maxEvidence bounds the lines of evidence; one of them counts what the
	// others leave out.
	maxEvidence = 8
	// maxEvidenceLine bounds a line of evidence, in bytes.
	maxEvidenceLine = 300
)

// evidence is what answers said, those that said the same in a row as one.
type evidence struct {
	spans   []span
	dropped int // answers that are not shown any more
}

type span struct {
	from, to time.Time
	answers  int
	said     string
}

func (e *evidence) add(when time.Time, said string) {
	if last := len(e.spans) - 1; last >= 0 && e.spans[last].said == said {
		e.spans[last].to = when
		e.spans[last].answers++
		return
	}
	e.spans = append(e.spans, span{from: when, to: when, answers: 1, said: said})
	if len(e.spans) >= maxEvidence {
		e.dropped += e.spans[0].answers
		e.spans = e.spans[1:]
	}
}

// lines gives the evidence, times in UTC.
func (e *evidence) lines() []string {
	var lines []string
	if e.dropped > 0 {
		lines = append(lines, fmt.Sprintf("earlier answers: %d", e.dropped))
	}
	for _, span := range e.spans {
		lines = append(lines, printable.Bounded(span.String(), maxEvidenceLine))
	}
	return lines
}

func (s span) String() string {
	from := s.from.UTC().Format(time.RFC3339)
	if s.answers == 1 {
		return from + " " + s.said
	}
	return fmt.Sprintf("%s to %s, %d answers: %s", from, s.to.UTC().Format(time.RFC3339), s.answers, s.said)
}
