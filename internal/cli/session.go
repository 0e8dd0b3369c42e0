package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/probe"
)

// options says what to observe.
func (a *app) options(writes bool) (observe.Options, error) {
	clock, err := a.env.clock()
	if err != nil {
		return observe.Options{}, err
	}
	options := observe.Options{
		Dir: a.dir, Config: a.path(a.config), Component: a.component, Remote: a.remote,
		Environ: a.env.Environ, Interactive: a.env.Streams.InIsTerminal && a.env.Streams.ErrIsTerminal,
		Train: a.wholeTrain, Now: clock.now, ClockOverridden: clock.overridden, Writes: writes, Progress: a.progress(),
		Expected: a.expected,
	}
	options.Meter = a.meter(options.Progress)
	if writes {
		options.EntryID, err = a.env.entryID()
	}
	return options, err
}

// open observes the clone for a command that may write, and records first what this
// clone could not record before.
func (a *app) open(ctx context.Context) (*observe.Session, error) {
	session, err := a.observe(ctx, true)
	if err != nil {
		return nil, err
	}
	if err := a.flush(ctx, session); err != nil {
		session.Close()
		return nil, err
	}
	return session, nil
}

// openTrain is open; whole says that no component need be chosen, since the command is
// about all of them.
func (a *app) openTrain(ctx context.Context, whole bool) (*observe.Session, error) {
	a.wholeTrain = whole
	if whole && a.component != "" {
		return nil, &usageError{reason: "--component chooses one component, and --all is about all", hint: "leave out one of them"}
	}
	return a.open(ctx)
}

// look observes the clone for a command that only reads.
func (a *app) look(ctx context.Context) (*observe.Session, error) { return a.observe(ctx, false) }

// lookAtMember is look at the repository of the component that was chosen.
func (a *app) lookAtMember(ctx context.Context) (*observe.Session, error) {
	return ofMember(ctx, a.look)
}

// openMember is open for the repository of the component that was chosen.
func (a *app) openMember(ctx context.Context) (*observe.Session, error) { return ofMember(ctx, a.open) }

func ofMember(ctx context.Context, open func(context.Context) (*observe.Session, error)) (*observe.Session, error) {
	session, err := open(ctx)
	if err != nil {
		return nil, err
	}
	member, err := session.Member(ctx)
	if err != nil {
		session.Close()
		return nil, err
	}
	return member, nil
}

// show has a command that changes nothing look, and report what it sees.
func (a *app) show(ctx context.Context, report func(ctx context.Context, session *observe.Session, asJSON bool) error) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	session, err := a.lookAtMember(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	return report(ctx, session, asJSON)
}

func (a *app) observe(ctx context.Context, writes bool) (*observe.Session, error) {
	options, err := a.options(writes)
	if err != nil {
		return nil, err
	}
	session, err := observe.Open(ctx, options)
	if err != nil {
		a.noteKept(ctx, options)
		return nil, err
	}
	a.sourceNotes(session.Source())
	a.useForge(session)
	return session, nil
}

// loadConfig finds the environments.yaml that counts, for a command that needs
// nothing else.
func (a *app) loadConfig(ctx context.Context) (*observe.Source, error) {
	options, err := a.options(false)
	if err != nil {
		return nil, err
	}
	source, err := observe.Config(ctx, options)
	if err != nil {
		return nil, err
	}
	a.sourceNotes(source)
	return source, nil
}

func (a *app) sourceNotes(source *observe.Source) {
	for _, remark := range source.Notes {
		a.note("%s", remark)
	}
}

// progress shows what is being waited for, in a line that appears when it takes
// long and disappears when it is over.
func (a *app) progress() func(string) {
	var shown interface {
		Update(string)
		Done()
	}
	return func(text string) {
		switch {
		case text == "" && shown != nil:
			shown.Done()
			shown = nil
		case text != "" && shown != nil:
			shown.Update(text)
		case text != "":
			shown = a.env.Streams.Progress(text)
		}
	}
}

// meter shows how far a long piece of work has come, how fast it is and how long it
// will take, in the line of progress.
func (a *app) meter(progress func(string)) func(what string, done, total int) {
	var begun string
	var since time.Time
	return func(what string, done, total int) {
		now := a.env.Now()
		if what != begun || done == 0 {
			begun, since = what, now
		}
		text := fmt.Sprintf("%s: %d of %d", what, done, total)
		if passed := now.Sub(since); passed > time.Second && done > 0 {
			rate := float64(done) / passed.Seconds()
			left := time.Duration(float64(total-done) / rate * float64(time.Second))
			text += fmt.Sprintf(", %.0f a second, %s left", rate, left.Round(time.Second))
		}
		progress(text)
	}
}

// prober looks at environments with the real clock: how long to wait does not
// depend on a rehearsal's.
func (a *app) prober() *probe.Prober { return probe.New(a.env.Environ, a.env.Now) }
