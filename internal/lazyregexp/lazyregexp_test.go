package lazyregexp_test

import (
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

func TestMethodsAreThoseOfRegexp(t *testing.T) {
	t.Parallel()
	r := lazyregexp.New(`(a)(b*)`)
	const text = "xabbya"
	if !r.MatchString(text) || r.FindString(text) != "abb" || r.ReplaceAllString(text, "$2") != "xbby" {
		t.Error("MatchString, FindString or ReplaceAllString")
	}
	if !slices.Equal(r.FindStringIndex(text), []int{1, 4}) || !slices.Equal(r.FindStringSubmatchIndex(text), []int{1, 4, 1, 2, 2, 4}) {
		t.Error("FindStringIndex or FindStringSubmatchIndex")
	}
	if !slices.Equal(r.FindStringSubmatch(text), []string{"abb", "a", "bb"}) || !slices.Equal(r.FindAllString(text, -1), []string{"abb", "a"}) {
		t.Error("FindStringSubmatch or FindAllString")
	}
	if len(r.FindAllStringSubmatch(text, -1)) != 2 || len(r.FindAllStringSubmatchIndex(text, 1)) != 1 || len(r.FindAllIndex([]byte(text), -1)) != 2 {
		t.Error("FindAllStringSubmatch, FindAllStringSubmatchIndex or FindAllIndex")
	}
	if got := r.ReplaceAllStringFunc(text, func(string) string { return "-" }); got != "x-y-" {
		t.Errorf("ReplaceAllStringFunc: %q", got)
	}
}

// A wrong expression must not wait for the day on which it is used.
func TestWrongExpressionPanicsInTests(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	lazyregexp.New(`(`)
}
