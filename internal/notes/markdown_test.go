package notes_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/notes"
)

func rendered(subject string) string {
	n := notes.Collect([]notes.Commit{{ID: id("a"), Subject: subject}})
	text := n.Markdown(notes.Web{})
	_, item, _ := strings.Cut(text, "\n\n- ")
	item, _, _ = strings.Cut(item, " (`"+id("a").Short()+"`)")
	return item
}

func TestMarkdownIsDefused(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"# title":                         `\# title`,
		"- item":                          `\- item`,
		"1. item":                         `1\. item`,
		"<script>x</script>":              "&lt;script&gt;x&lt;/script&gt;",
		"<!-- hidden":                     "&lt;!-- hidden",
		"![x](https://e.org) [y](z)":      `!\[x\](https://e.org) \[y\](z)`,
		"ask @team/all, @qa or a@b.org":   "ask `@team/all`, `@qa` or a@b.org",
		"run `make @all <x>` now":         "run `make @all <x>` now",
		"odd ` backtick @qa":              "odd ' backtick `@qa`",
		"double ``x`` y":                  "double ''x'' y",
		"a snake_case_name and _emphasis": `a snake_case_name and \_emphasis`,
		"**bold** ~~gone~~ a|b \\":        `\*\*bold\*\* \~\~gone\~\~ a\|b \\`,
		"&lt;b&gt; & more":                "&amp;lt;b&amp;gt; & more",
	} {
		if got := rendered(subject); got != want {
			t.Errorf("%q: %s, want %s", subject, got, want)
		}
	}
}

func TestLinksCannotBeBroken(t *testing.T) {
	t.Parallel()
	n := notes.Collect([]notes.Commit{{ID: id("a"), Subject: "x (#1)"}})
	web := notes.Web{Forge: "https://forge.example.org/a (b)/"}
	if got := n.Markdown(web); !strings.Contains(got, "[#1](https://forge.example.org/a%20%28b%29/pull/1)") {
		t.Error(got)
	}
}

func TestNoChanges(t *testing.T) {
	t.Parallel()
	none := notes.Collect(nil)
	if !none.IsEmpty() || none.Markdown(notes.Web{}) != "No changes.\n" || none.Text() != "No changes.\n" {
		t.Errorf("%q", none.Markdown(notes.Web{}))
	}
}

// FuzzMarkdown: whatever a commit says, the notes are one heading and one list
// item, without control characters, HTML or a mention outside of code.
func FuzzMarkdown(f *testing.F) {
	f.Add("Fix `x` @qa <b> [a](b)", "This reverts commit 1234567.\n\nBREAKING CHANGE: x\nCo-authored-by: a <b>")
	f.Add("Revert \"x\" (#1)", "Closes #1")
	f.Fuzz(func(t *testing.T, subject, body string) {
		n := notes.Collect([]notes.Commit{{ID: id("a"), Subject: subject, Body: body, Author: subject}})
		text := n.Markdown(notes.Web{})
		for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			switch {
			case i == 0 && (strings.HasPrefix(line, "### ") || line == "No changes."):
			case i == 1 && line == "":
			case i == 2 && strings.HasPrefix(line, "- "):
			case i == 3 && strings.HasPrefix(line, "  "):
			default:
				t.Fatalf("line %d of %q", i+1, text)
			}
			for code, piece := range strings.Split(line, "`") {
				if code%2 == 0 && strings.ContainsAny(piece, "<>\x1b\r\x00") {
					t.Fatalf("%q", line)
				}
			}
			if strings.Count(line, "`")%2 != 0 {
				t.Fatalf("backticks in %q", line)
			}
		}
	})
}
