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

// Where nothing may be found, nothing is, by any method.
func TestWhere(t *testing.T) {
	t.Parallel()
	r := lazyregexp.New(`b+`).Where(lazyregexp.Has("b"))
	if !r.MatchString("abb") || r.FindString("abb") != "bb" || r.ReplaceAllString("abb", "c") != "ac" {
		t.Error("what matches is not found")
	}
	if r.MatchString("a") || r.FindString("a") != "" || r.FindStringIndex("a") != nil || r.FindStringSubmatch("a") != nil ||
		r.FindStringSubmatchIndex("a") != nil || r.FindAllString("a", -1) != nil || r.FindAllStringSubmatch("a", -1) != nil ||
		r.FindAllStringSubmatchIndex("a", -1) != nil || r.ReplaceAllString("a", "c") != "a" ||
		r.ReplaceAllStringFunc("a", func(string) string { return "c" }) != "a" {
		t.Error("something is found in what cannot match")
	}
}

// A condition that leaves out what matches shows in tests.
func TestWrongConditionPanicsInTests(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	lazyregexp.New(`b`).Where(lazyregexp.Has("c")).MatchString("ab")
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		may     func(string) bool
		yes, no []string
	}{
		"has":             {lazyregexp.Has("ab", "c"), []string{"xab", "c", "xcx"}, []string{"", "a", "AB", "ba"}},
		"has in any case": {lazyregexp.HasInAnyCase("ab", "@", "c!"), []string{"xaB", "AB", "a@", "xC!"}, []string{"", "a", "`", "ba", "c\x01"}},
		"begins":          {lazyregexp.Begins("ab", "["), []string{"ab", "abc", "[x"}, []string{"", "a", "xab", "AB"}},
	} {
		for _, text := range c.yes {
			if !c.may(text) {
				t.Errorf("%s: not %q", name, text)
			}
		}
		for _, text := range c.no {
			if c.may(text) {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}
