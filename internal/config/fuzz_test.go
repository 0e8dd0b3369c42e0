package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/config"
)

// FuzzParse holds that Parse never panics, that every problem stands within the
// file, and that no message carries a control character.
func FuzzParse(f *testing.F) {
	f.Add(shippedFile(f))
	f.Add([]byte(base))
	f.Add([]byte(everything))
	f.Add([]byte(billionLaughs()))
	for _, text := range []string{"", "a: &a [*a]", "- ? [", "%YAML 1.2\n---\n", "a: b: c", "a: \"\n", "\uFEFF*x", "a:\n\t- b", "{a: !!binary x}", "--- |\n a\n--- b", "!\uf138", "0\n---"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		train, err := config.Parse("e", data)
		if (train == nil) == (err == nil) {
			t.Fatalf("train %v, error %v", train, err)
		}
		if err == nil {
			return
		}
		var problems config.Problems
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("error of type %T: %v", err, err)
		}
		checkPlaces(t, string(data), problems)
		for _, problem := range problems {
			if strings.ContainsFunc(problem.Message, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("control character in %q", problem.Message)
			}
		}
	})
}
