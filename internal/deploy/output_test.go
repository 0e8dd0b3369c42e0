package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
)

// shownOf is what comes out of an output that gets the text in pieces.
func shownOf(text string, piece int, environ ...string) (shown, tail string) {
	var stream bytes.Buffer
	to := newOutput(Options{Environ: environ, Stdout: &stream}.withDefaults())
	for part := range slices.Chunk([]byte(text), piece) {
		_, _ = to.Write(part)
	}
	to.close()
	return stream.String(), to.tail.String()
}

func TestOutputAcrossWrites(t *testing.T) {
	t.Parallel()
	environ := []string{
		"GITHUB_TOKEN=ghp_0123456789", "Db_Password=p@ss word/1", "CLIENT_SECRET=secret-é-01",
		"SIGNING_KEY=-----BEGIN-----\nMIIBVgIBADAN\n-----END-----\n", "SHORT_TOKEN=short", "MONKEY=bananas1", "EMPTY_TOKEN",
	}
	tests := map[string]struct{ text, want string }{
		"a token":                     {"x ghp_0123456789 y\n", "x [redacted] y\n"},
		"twice in a line":             {"ghp_0123456789,ghp_0123456789\n", "[redacted],[redacted]\n"},
		"a password, also in a URL":   {"p@ss word/1 p%40ss+word%2F1 https://a:p@ss%20word%2F1@example.org\n", "[redacted] [redacted] https://a:[redacted]@example.org\n"},
		"other letters":               {"secret-é-01\n", "[redacted]\n"},
		"a key of several lines":      {"MIIBVgIBADAN\n", "[redacted]\n"},
		"hidden by escape sequences":  {"ghp_\x1b[0m0123\x00456789\n", "[redacted]\n"},
		"short values are words":      {"short bananas1\n", "short bananas1\n"},
		"the first part is no secret": {"ghp_012345678\n", "ghp_012345678\n"},
		"a progress bar":              {"10%\r20%\rdone\n", "done\n"},
		"CR LF":                       {"one\r\ntwo\r\n", "one\ntwo\n"},
		"CR at the end":               {"one\r", "one\n"},
		"several CR":                  {"one\r\r\ntwo\n", "one\ntwo\n"},
		"no line break at the end":    {"one\ntwo", "one\ntwo\n"},
		"blank lines stay":            {"\n\none\n", "\n\none\n"},
		"letters of several bytes":    {"修正 é\n", "修正 é\n"},
	}
	for name, test := range tests {
		for _, piece := range []int{1, 2, 3, 5, 1000} {
			t.Run(fmt.Sprintf("%s, %d bytes at a time", name, piece), func(t *testing.T) {
				t.Parallel()
				shown, tail := shownOf(test.text, piece, environ...)
				if shown != test.want || tail != test.want {
					t.Errorf("shown %q, tail %q, want %q", shown, tail, test.want)
				}
			})
		}
	}
}

func TestOverlappingSecrets(t *testing.T) {
	t.Parallel()
	environ := []string{"A_TOKEN=abcdefgh", "B_TOKEN=efghijkl", "C_TOKEN=abcdefghij"}
	for text, want := range map[string]string{
		"abcdefghijkl\n":      "[redacted]\n",
		"xabcdefghx\n":        "x[redacted]x\n",
		"abcdefghefghijklm\n": "[redacted][redacted]m\n",
	} {
		if got, _ := shownOf(text, 4, environ...); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestLongLineIsCutWithoutShowingPartOfASecret(t *testing.T) {
	t.Parallel()
	const secret = "ghp_0123456789"
	for shift := range 40 {
		text := strings.Repeat("é", (maxLine-shift)/2) + secret + strings.Repeat("z", maxLine) + "\nnext\n"
		shown, tail := shownOf(text, 4096, "GH_TOKEN="+secret)
		if !strings.HasSuffix(shown, cutMark+"\nnext\n") || strings.Contains(shown, "ghp") {
			t.Fatalf("shift %d: shown …%q", shift, shown[len(shown)-60:])
		}
		if !utf8.ValidString(shown) || len(shown) > maxLine+100 || len(tail) > DefaultTailBytes {
			t.Fatalf("shift %d: %d bytes shown, %d in the tail", shift, len(shown), len(tail))
		}
	}
}

func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	_, tail := shownOf(strings.Repeat(strings.Repeat("x", 999)+"\n", 100), 777)
	if got := strings.Count(tail, "\n"); got != 4 || len(tail) > DefaultTailBytes {
		t.Errorf("%d lines, %d bytes", got, len(tail))
	}
	_, tail = shownOf(strings.Repeat("line\n", 100), 777)
	if got := strings.Count(tail, "\n"); got != DefaultTailLines {
		t.Errorf("%d lines", got)
	}
}

func FuzzOutputHidesSecrets(f *testing.F) {
	f.Add("a ghp_0123456789 b\r\n", uint8(3))
	f.Add("\x1b[0mghp_\r0123456789", uint8(1))
	f.Fuzz(func(t *testing.T, text string, piece uint8) {
		const secret = "ghp_0123456789"
		shown, tail := shownOf(text, int(piece)+1, "GH_TOKEN="+secret)
		if strings.Contains(shown, secret) || strings.Contains(tail, secret) {
			t.Errorf("%q shows the secret: %q", text, shown)
		}
		if !utf8.ValidString(shown) || strings.ContainsAny(shown, "\x1b\r") {
			t.Errorf("%q is not made safe: %q", text, shown)
		}
	})
}

func TestExplainStart(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]string{
		syscall.ENOEXEC:         "a script needs a first line such as #!/bin/sh",
		fs.ErrNotExist:          "names an interpreter that is not there",
		errors.New("no memory"): "start the deploy command",
	} {
		err := explainStart("./deploy.sh", cause)
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), want) {
			t.Errorf("explainStart(%v) = %v, want it to say %q", cause, err, want)
		}
	}
}

// A password in an address is hidden, whatever variable it came from.
func TestUserinfoIsHidden(t *testing.T) {
	t.Parallel()
	none := findSecrets(nil)
	cases := map[string]string{
		"push to https://ops:hunter2@git.example.org/x.git": "push to https://ops:[redacted]@git.example.org/x.git",
		"https://:p@ss@example.org/":                        "https://:[redacted]@example.org/",
		"https://example.org:8080/a@b":                      "https://example.org:8080/a@b",
		"mail ops@example.org: done":                        "mail ops@example.org: done",
	}
	for text, want := range cases {
		if got := none.redact(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
