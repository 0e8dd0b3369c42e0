package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/demo"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// The tours of the demonstration.
const (
	tourCycle  = "cycle"
	tourMonday = "monday"
)

// scene is a command of the demonstration, when it is typed and how it ends.
type scene struct {
	said      string
	now       string
	arguments []string
	want      ExitCode
	// by is who types it, unless that is the release manager.
	by demo.Person
	// fix, in place of a command, is the subject of a commit that a developer makes.
	fix string
}

func tours() map[string][]scene {
	return map[string][]scene{tourCycle: cycleScenes(), tourMonday: mondayScenes()}
}

// cycleScenes are a cycle in which nothing goes wrong.
func cycleScenes() []scene {
	return []scene{
		{said: "The repository has a release, 0.9.0, that looprel has not made. It is taken over.",
			now: "2014-08-05T17:30:00Z", arguments: []string{"adopt", "--yes"}},
		{said: "Tuesday, 5 August: the release manager asks what is due.",
			now: "2014-08-05T18:00:00Z", arguments: []string{"next"}},
		{said: "It is tagged: release commit, tag and ledger entry in one push.",
			now: "2014-08-05T18:00:00Z", arguments: []string{"tag", "--yes"}},
		{said: "Operations bring it to load-stage, and see that it runs there.",
			now: "2014-08-05T18:30:00Z", arguments: []string{"promote", "load-stage", "--yes"}},
		{said: "Friday: somebody is in a hurry, and the calendar says no.",
			now: "2014-08-08T18:00:00Z", arguments: []string{"promote", "production", "--yes"}, want: ExitRefused},
		{said: "Monday, 11 August: the push.",
			now: "2014-08-11T18:00:00Z", arguments: []string{"promote", "production", "--yes"}},
		{said: "Where the train stands.",
			now: "2014-08-11T18:30:00Z", arguments: []string{"status"}},
		{said: "And what happened, by the ledger.",
			now: "2014-08-11T18:30:00Z", arguments: []string{"log"}},
	}
}

// mondayScenes are a cycle with a regression in it, and what is decided about that.
func mondayScenes() []scene {
	return []scene{
		{said: "Tuesday, 5 August: 0.9.0, made by hand, is taken over; 0.10.0 is tagged, and goes to load-stage.",
			now: "2014-08-05T17:30:00Z", arguments: []string{"adopt", "--yes"}},
		{now: "2014-08-05T18:00:00Z", arguments: []string{"tag", "--yes"}},
		{now: "2014-08-05T18:30:00Z", arguments: []string{"promote", "load-stage", "--yes"}},
		{said: "Wednesday: what would Monday's decision be by now?",
			now: "2014-08-06T18:30:00Z", arguments: []string{"promote", "production", "--explain"}, want: ExitRefused},
		{said: "QA has tried it, and signs it off.", by: demo.QA,
			now: "2014-08-06T19:00:00Z", arguments: []string{"signoff", "load-stage", "0.10.0", "--note", "2,000 connections", "--yes"}},
		{said: "Thursday: under load, calls get lost. The release is backed off.",
			now: "2014-08-07T16:00:00Z", arguments: []string{"backoff", "0.10.0", "--reason", "calls get lost under load", "--yes"}},
		{said: "Nobody gets past that by accident.",
			now: "2014-08-07T16:10:00Z", arguments: []string{"promote", "production", "--off-cycle", "--reason", "in a hurry", "--yes"}, want: ExitRefused},
		{said: "A developer fixes it on master, ...", now: "2014-08-07T19:00:00Z", fix: "Bug 1050001 - Keep the calls."},
		{said: "... and releases the fix as 0.10.1 of the same train.",
			now: "2014-08-07T19:10:00Z", arguments: []string{"backport", "0.10.0", "HEAD", "--yes"}},
		{now: "2014-08-07T20:00:00Z", arguments: []string{"promote", "load-stage", "--yes"}},
		{said: "Friday: it soaks from its own beginning, and nobody has signed it off yet.",
			now: "2014-08-08T20:00:00Z", arguments: []string{"promote", "production", "--yes"}, want: ExitRefused},
		{by: demo.QA,
			now: "2014-08-08T21:00:00Z", arguments: []string{"signoff", "load-stage", "0.10.1", "--note", "no call is lost", "--yes"}},
		{said: "Monday, 11 August: all is as it should be.",
			now: "2014-08-11T18:00:00Z", arguments: []string{"promote", "production", "--yes"}},
		{said: "Tuesday night: it was not good after all.",
			now: "2014-08-12T07:00:00Z", arguments: []string{"rollback", "production", "--reason", "calls get lost at night", "--yes"}},
		{said: "Where the train stands.",
			now: "2014-08-12T07:30:00Z", arguments: []string{"status"}},
	}
}

// play runs one command of the demonstration.
func (a *app) play(ctx context.Context, stage *demo.Stage, one scene) error {
	p := a.printer()
	p.blank()
	if one.said != "" {
		p.line(terminal.Cyan, "# %s", one.said)
	}
	if one.fix != "" {
		return a.playFix(ctx, p, stage, one)
	}
	words := make([]string, len(one.arguments))
	for i, word := range one.arguments {
		words[i] = shellQuote(word)
	}
	p.line(terminal.Bold, "$ %s=%s looprel %s", clockVariable, one.now, strings.Join(words, " "))
	if p.err != nil {
		return p.err
	}
	env := a.env
	env.Dir = stage.Clone
	env.Environ = append(slices.Clone(stage.Environ), clockVariable+"="+one.now)
	if one.by.Name != "" {
		env.Environ = append(env.Environ, one.by.Environ()...)
	}
	code := run(ctx, env, one.arguments)
	if err := ctx.Err(); err != nil {
		return err
	}
	if ExitCode(code) != one.want {
		return fmt.Errorf("looprel %s ended with %d, and should have with %d", strings.Join(one.arguments, " "), code, one.want)
	}
	return nil
}

// playFix makes a commit of the demonstration.
func (a *app) playFix(ctx context.Context, p *printer, stage *demo.Stage, one scene) error {
	when, err := time.Parse(time.RFC3339, one.now)
	if err != nil {
		return err
	}
	p.line(terminal.Bold, "$ git commit -m %s && git push origin master", shellQuote(one.fix))
	if p.err != nil {
		return p.err
	}
	return stage.Fix(ctx, when, one.fix, "loop/rooms.js", "// keep the calls\n")
}
