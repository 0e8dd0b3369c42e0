package printable_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

func TestLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"plain text":                 {"Fix the call setup (bug 1021)", "Fix the call setup (bug 1021)"},
		"other scripts":              {"修正 naïve café Ελλάδα", "修正 naïve café Ελλάδα"},
		"combining mark":             {"cafe\u0301", "cafe\u0301"},
		"emoji with its selector":    {"done \u2764\ufe0f", "done \u2764\ufe0f"},
		"line breaks and tabs":       {"one\ntwo\tthree", "one two three"},
		"carriage return":            {"ten\r\ntwenty\rthirty", "ten twenty thirty"},
		"line separators":            {"a\u2028b\u2029c\u0085d", "a b c d"},
		"bell and null":              {"a\ab\x00c\x7fd", "abcd"},
		"colour":                     {"\x1b[1;31mred\x1b[0m", "red"},
		"colour with colons":         {"\x1b[38:5:1mred", "red"},
		"cursor and erase":           {"safe\x1b[2K\x1b[1Gevil", "safeevil"},
		"window title, bell":         {"a\x1b]0;title\ab", "ab"},
		"hyperlink, terminator":      {"\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"},
		"device control":             {"a\x1bP1;2|data\x1b\\b", "ab"},
		"character set":              {"a\x1b(0b", "ab"},
		"reset":                      {"a\x1bcb", "ab"},
		"C1 control sequence":        {"a\u009b31mb", "ab"},
		"C1 control string":          {"a\u009d0;title\u009cb", "ab"},
		"C1 as a byte":               {"a\x9b31mb", "a\ufffd31mb"},
		"unfinished control string":  {"a\x1b]0;all of this shows", "a0;all of this shows"},
		"unfinished sequence":        {"a\x1b[31", "a31"},
		"escape at the end":          {"a\x1b", "a"},
		"escape before another":      {"\x1b\x1b[31m[31m", "[31m"},
		"bidirectional overrides":    {"a\u202eb\u202cc\u2066d\u2069e", "abcde"},
		"bidirectional marks":        {"a\u200eb\u200fc\u061cd", "abcd"},
		"zero width":                 {"a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg", "abcdefg"},
		"hidden tags":                {"a\U000e0041\U000e007fb\U000e0100c", "abc"},
		"invisible letters":          {"a\u3164b\u115fc", "abc"},
		"visible format character":   {"\u0600", "\u0600"},
		"invalid bytes":              {"a\xff\xfeb", "a\ufffd\ufffdb"},
		"invalid bytes meet":         {"\xe2\x1b[0m\x82\xac", "\ufffd\ufffd\ufffd"},
		"replacement character stay": {"a\ufffdb", "a\ufffdb"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := printable.Line(test.text); got != test.want {
				t.Errorf("Line(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestLinesKeepLayout(t *testing.T) {
	t.Parallel()
	text := "one\r\n\ttwo\x1b[31m\nthree\x1b]0;\nfour\v\r"
	want := "one\n\ttwo\nthree0;\nfour  "
	if got := printable.Lines(text); got != want {
		t.Errorf("Lines(%q) = %q, want %q", text, got, want)
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		limit int
		want  string
	}{
		{"short", 5, "short"},
		{"longer than that", 9, "longer…"},
		{"ééééé", 8, "éé…"},
		{"\x1b[31mred\x1b[0m", 3, "red"},
		{"anything", 2, ""},
		{"", 0, ""},
	}
	for _, test := range tests {
		got := printable.Bounded(test.text, test.limit)
		if got != test.want || len(got) > test.limit {
			t.Errorf("Bounded(%q, %d) = %q, want %q", test.text, test.limit, got, test.want)
		}
	}
}

func TestUnfinishedSequencesCostLinearTime(t *testing.T) {
	t.Parallel()
	// Were each introducer to search to the end, this would take minutes.
	for _, introducer := range []string{"\x1b]", "\x1b[", "\u009d", "\x1bP;"} {
		printable.Line(strings.Repeat(introducer, 1<<19))
	}
}

func FuzzLine(f *testing.F) {
	for _, seed := range []string{"", "\x1b[31mred\x1b[0m", "a\x1b]0;t\ab", "\u009b1m", "\xe2\x82", "\u202eabc", "\r\n\t", "\U000e0041", "\x1b\x1b(\x1b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, clean := range map[string]func(string) string{"Line": printable.Line, "Lines": printable.Lines} {
			got := clean(text)
			if !utf8.ValidString(got) {
				t.Errorf("%s(%q) = %q is not UTF-8", name, text, got)
			}
			if again := clean(got); again != got {
				t.Errorf("%s(%q) = %q, and again %q", name, text, got, again)
			}
			for _, r := range got {
				layout := name == "Lines" && (r == '\n' || r == '\t')
				if !layout && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
					t.Errorf("%s(%q) keeps %U", name, text, r)
				}
			}
		}
	})
}
