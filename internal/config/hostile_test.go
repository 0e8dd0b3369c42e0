package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mozilla-services/looprel/internal/config"
)

// billionLaughs nests aliases: each level is ten of the one before.
func billionLaughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for level := 1; level <= 9; level++ {
		alias := fmt.Sprintf("*a%d", level-1)
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", level, level, strings.Join([]string{alias, alias, alias, alias, alias, alias, alias, alias, alias, alias}, ", "))
	}
	return b.String()
}

// patience is far above what any file may take, and far below what one without
// bounds would.
const patience = 2 * time.Minute

// within fails the test when reading the file takes longer than anyone waits.
func within(t *testing.T, data string) error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := config.Parse("e", []byte(data))
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatalf("still reading after %s", patience)
		return nil
	}
}

func TestBillionLaughs(t *testing.T) {
	t.Parallel()
	message := within(t, base+billionLaughs()).Error()
	if !strings.Contains(message, `e:23:45: with the alias "a2" the file grows by more than 10000 values, expected the values themselves`) {
		t.Errorf("the bomb is not reported:\n%s", message)
	}
	if strings.Count(message, "grows by") != 1 {
		t.Errorf("the bomb is reported more than once:\n%s", message)
	}
}

// Aliases within bounds are what they stand for; a mistake behind several of them
// is reported once, where it stands.
func TestAliases(t *testing.T) {
	t.Parallel()
	text := strings.Replace(base, "ops: {}", "ops: &role {people: [one]}", 1)
	train := parsed(t, []byte(strings.Replace(text, "qa: {}", "qa: *role", 1)))
	if people := train.Contacts[1].People; len(people) != 1 || people[0] != "one" {
		t.Errorf("people of qa: %v", people)
	}
	text = strings.Replace(text, "people", "peoplle", 1)
	_, err := config.Parse("e", []byte(strings.Replace(text, "qa: {}", "qa: *role", 1)))
	if want := `e:10:15: unknown key "peoplle", expected one of people, email, github; did you mean "people"?`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Files that are made to take time or room do neither, and each is refused.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	keys := func(form string, count int) string {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, form, i, i-1)
		}
		return b.String()
	}
	for name, data := range map[string]string{
		"too large":         base + strings.Repeat("#", 1<<20),
		"unknown keys":      base + keys("k%d: %d\n", 70_000),
		"one key":           base + strings.Repeat("k: 1\n", 150_000),
		"many environments": base + keys("  e%06d: {after: e%06d}\n", 30_000),
		"deep brackets":     base + "x: " + strings.Repeat("[", 9_000),
		"deeper brackets":   base + "x: " + strings.Repeat("[", 500_000),
		"deep dashes":       base + "x:\n" + strings.Repeat("- ", 100_000) + "a",
		"comments":          base + strings.Repeat("# comment\n", 80_000) + "x: [",
		"many controls":     base + strings.Repeat("\x01\n", 300_000),
		"long key":          base + strings.Repeat("k", 500_000) + ": 1\n",
		"long scalar":       strings.Replace(base, "2 weeks", strings.Repeat("9", 500_000), 1),
		"late mistake":      base + strings.Repeat("# comment\n", 50_000) + "a: b: c\n",
		"many anchors":      base + keys("k%d: &a%d x\n", 50_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := within(t, data)
			if err == nil {
				t.Fatal("no problem found")
			}
			if size := len(err.Error()); size > 1<<20 {
				t.Errorf("the report takes %d bytes", size)
			}
			var problems config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error of type %T", err)
			}
			checkPlaces(t, data, problems)
		})
	}
}

// checkPlaces holds that each problem stands within the file, in order.
func checkPlaces(t *testing.T, data string, problems config.Problems) {
	t.Helper()
	lines := strings.Split(strings.TrimPrefix(data, "\uFEFF"), "\n")
	line, column := 0, 0
	for _, problem := range problems {
		switch {
		case problem.Line < 1 || problem.Line > len(lines):
			t.Fatalf("%v: the file has %d lines", problem, len(lines))
		case problem.Column < 1 || problem.Column > utf8.RuneCountInString(lines[problem.Line-1])+1:
			t.Fatalf("%v: the line is %q", problem, lines[problem.Line-1])
		case problem.Line < line || problem.Line == line && problem.Column < column:
			t.Fatalf("%v stands after %d:%d", problem, line, column)
		}
		line, column = problem.Line, problem.Column
	}
}
