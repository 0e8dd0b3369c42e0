package observe

import (
	"context"
)

// meter tells how far a long piece of work has come.
type meter struct {
	session *Session
	what    string
	total   int
}

func (s *Session) meter(what string, total int) meter { return meter{s, what, total} }

// meterStep is how much is done between two reports.
const meterStep = 512

// at reports, now and then, and looks whether it is to go on.
func (m meter) at(ctx context.Context, done int) error {
	if done%meterStep != 0 {
		return nil
	}
	m.now(done)
	return ctx.Err()
}

// now reports.
func (m meter) now(done int) {
	if m.session.options.Meter != nil {
		m.session.options.Meter(m.what, done, m.total)
	}
}

func (m meter) done() { m.session.progress("") }
