package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// testEnv is an Env whose output goes into buffers.
func testEnv(t *testing.T, settings ...string) (env Env, out, err *bytes.Buffer) {
	t.Helper()
	streams, _, out, err := terminal.Test()
	return Env{
		Streams: streams, Environ: append([]string{"HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1"}, settings...),
		Dir: t.TempDir(), Random: rand.Reader,
		Now: func() time.Time { return time.Date(2014, 8, 5, 18, 0, 0, 0, time.UTC) },
	}, out, err
}

// Help is read on a terminal of 80 columns.
func TestHelpIsNarrow(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	root := newRoot(&app{env: env}, nil)
	for _, command := range append(root.Commands(), root) {
		if command.Name() == "completion" {
			continue // cobra's own
		}
		for line := range strings.Lines(command.UsageString() + command.Short) {
			if width := len([]rune(strings.TrimRight(line, "\n"))); width > 80 {
				t.Errorf("%s: %d columns: %s", command.Name(), width, line)
			}
		}
	}
}

// Every command says what it does, shows an example, and repeats the exit codes.
func TestHelpIsComplete(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	root := newRoot(&app{env: env}, nil)
	for _, command := range root.Commands() {
		if command.Name() == "help" || command.Name() == "completion" {
			continue
		}
		if command.Short == "" || command.Example == "" || command.GroupID == "" {
			t.Errorf("%s lacks a summary, an example or a group", command.Name())
		}
		if !strings.Contains(command.Long, exitStatus) {
			t.Errorf("the help of %s does not say its exit codes", command.Name())
		}
		if !strings.Contains(command.Example, "looprel "+command.Name()) {
			t.Errorf("the example of %s does not show it", command.Name())
		}
		for _, line := range strings.Split(command.Long+"\n"+command.Example, "\n") {
			if len([]rune(line)) > 80 {
				t.Errorf("the help of %s has a line of over 80 columns: %s", command.Name(), line)
			}
		}
	}
}

// A wrong command line is told in two lines, and ends with 2.
func TestUsageErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"frobnicate":                             "unknown command",
		"tag --frobnicate":                       "unknown flag",
		"tag 1 2":                                "accepts at most 1 arg",
		"tag v0.10.0":                            "is not a version",
		"where":                                  "requires at least 1 arg",
		"fixes 1":                                "unknown command",
		"tag --bump middle":                      "is not a part of a version",
		"promote":                                "accepts between 1 and 2 arg",
		"calendar -o yaml":                       "unknown output format",
		"status -o ics":                          "unknown output format",
		"log --limit 0":                          "shows nothing",
		"adopt --running production":             "expected ENVIRONMENT=VERSION",
		"calendar --from yesterday --config ENV": "is not a date",
		"status":                                 "in no git repository",
		"status --config missing.yaml":           "in no git repository",
		"validate":                               "there is no environments.yaml",
		"calendar --config missing.yaml":         "missing.yaml",
		"validate missing.yaml":                  "there is no missing.yaml",
	}
	for line, want := range cases {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			env, out, errors := testEnv(t)
			line = strings.ReplaceAll(line, "ENV", "../../environments.yaml")
			if strings.Contains(line, "../..") {
				env.Dir = ""
			}
			code := run(context.Background(), env, strings.Fields(line))
			if code != int(ExitUsage) {
				t.Errorf("exit code %d, want %d", code, ExitUsage)
			}
			if out.Len() > 0 {
				t.Errorf("standard output has %q", out)
			}
			lines := strings.Split(strings.TrimSpace(errors.String()), "\n")
			if !strings.HasPrefix(lines[0], "error: ") || !strings.Contains(lines[0], want) {
				t.Errorf("the first line is %q, want one with %q", lines[0], want)
			}
			if len(lines) != 2 || !strings.HasPrefix(lines[1], "  hint: ") {
				t.Errorf("want a second line with what to do:\n%s", errors)
			}
		})
	}
}

// Without a remote and without a file there is a way out, too.
func TestNoConfiguration(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	env, _, errors := testEnv(t)
	env.Dir = repo.Dir
	if code := run(context.Background(), env, []string{"calendar"}); code != int(ExitUsage) || !strings.Contains(errors.String(), "looprel init") {
		t.Errorf("exit code %d: %s", code, errors)
	}
}

func TestClockMustBeATime(t *testing.T) {
	t.Parallel()
	env, _, errors := testEnv(t, "LOOPREL_NOW=tuesday")
	if code := run(context.Background(), env, []string{"calendar"}); code != int(ExitUsage) || !strings.Contains(errors.String(), "LOOPREL_NOW") {
		t.Errorf("exit code %d: %s", code, errors)
	}
}

// The fields of JSON are named in the help of each command that prints them.
func TestHelpNamesJSONFields(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	root := newRoot(&app{env: env}, nil)
	fields := map[string]any{
		"calendar": cycleJSON{},
		"validate": validationJSON{},
		"notes":    notesJSON{},
	}
	for name, value := range fields {
		command, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var decoded map[string]any
		if err := json.Unmarshal(encoded, &decoded); err != nil {
			t.Fatal(err)
		}
		for field := range decoded {
			if !strings.Contains(command.Long, field) {
				t.Errorf("the help of %s does not name the field %s", name, field)
			}
		}
	}
}

// Each completion that is registered answers, and never fails.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"promote ", "promote load-stage ", "notes ", "tag --bump ", "status --output ", "calendar -o ", "tag --component ", "tag --remote ", "fixes --line ", "fixes --missing-from ", "where "} {
		env, out, _ := testEnv(t)
		arguments := append([]string{cobra.ShellCompRequestCmd}, strings.Split(line, " ")...)
		if code := run(context.Background(), env, arguments); code != 0 {
			t.Errorf("completing %q ends with %d", line, code)
		}
		if !strings.Contains(out.String(), ":4") {
			t.Errorf("completing %q offers files: %q", line, out)
		}
	}
}

// A command that a message suggests can be typed as it stands.
func TestSuggestionsCarryGlobalFlags(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	a := &app{env: env, dir: "a clone", config: "train.yaml", remote: "upstream"}
	const flags = "-C 'a clone' --config train.yaml --remote upstream "
	cases := map[string]string{
		"looprel promote dev; or looprel tag":   "looprel " + flags + "promote dev; or looprel " + flags + "tag",
		"what looprel knows":                    "what looprel knows",
		"it needs looprel 0.2.0 or newer":       "it needs looprel 0.2.0 or newer",
		"looprel next says what is due":         "looprel " + flags + "next says what is due",
		"git fetch --unshallow origin":          "git fetch --unshallow origin",
		"another looprel of this clone is busy": "another looprel of this clone is busy",
	}
	for text, want := range cases {
		if got := a.typed(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	a.component, a.remote = "server", ""
	const where = "-C 'a clone' --config train.yaml "
	for text, want := range map[string]string{
		"looprel tag":                      "looprel " + where + "--component server tag",
		"looprel log --all":                "looprel " + where + "--component server log --all",
		"looprel tag --all finishes it":    "looprel " + where + "tag --all finishes it",
		"looprel adopt --component client": "looprel " + where + "adopt --component client",
	} {
		if got := a.typed(text); got != want {
			t.Errorf("of a component, %q becomes %q, want %q", text, got, want)
		}
	}
	a = &app{env: env, dir: env.Dir}
	if got := a.typed("looprel tag"); got != "looprel tag" {
		t.Errorf("without flags: %q", got)
	}
}
