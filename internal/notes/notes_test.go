package notes_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestNotesOfARelease(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "release.commits"))
	if err != nil {
		t.Fatal(err)
	}
	collected := notes.Collect(commits(t, strings.ReplaceAll(string(text), "\r\n", "\n")))
	web := notes.Web{
		Links: release.Links{Bug: "https://bugs.example.org/show_bug.cgi?id={id}"},
		Forge: "https://forge.example.org/team/loop-server/",
	}
	report, err := json.MarshalIndent(collected.Report(web), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "release.md", collected.Markdown(web))
	golden(t, "release.txt", collected.Text())
	golden(t, "release.json", string(report)+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", name, got)
	}
}

// commits reads the notation of testdata/release.commits.
func commits(t *testing.T, text string) []notes.Commit {
	t.Helper()
	var list []notes.Commit
	var messages []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		message, indented := strings.CutPrefix(line, "  ")
		switch {
		case strings.HasPrefix(line, "#"):
		case indented || line == "":
			if len(messages) > 0 {
				messages[len(messages)-1] += message + "\n"
			}
		default:
			head, author, ok := strings.Cut(line, " : ")
			name, parents, hasParents := strings.Cut(head, " < ")
			if !ok || !hasParents {
				t.Fatalf("line %q has no parents or no author", line)
			}
			c := notes.Commit{ID: id(name), Author: author, Email: strings.ReplaceAll(author, " ", "-") + "@example.org"}
			for _, parent := range strings.Fields(parents) {
				c.Parents = append(c.Parents, id(parent))
			}
			list, messages = append(list, c), append(messages, "")
		}
	}
	for i := range list {
		message := strings.TrimSpace(messages[i])
		for _, c := range list {
			message = strings.ReplaceAll(message, "{"+nameOf(text, c.ID)+"}", c.ID.String())
		}
		list[i].Subject, list[i].Body, _ = strings.Cut(message, "\n\n")
	}
	return list
}

// id makes an identifier of a commit's name.
func id(name string) object.ID { return object.Blob([]byte(name)).ID() }

func nameOf(text string, of object.ID) string {
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, " < "); ok && id(name) == of {
			return name
		}
	}
	return ""
}

// summary is the notes in few words: kind, text and numbers of each change.
func summary(n notes.Notes) string {
	var lines []string
	for _, c := range n.Changes {
		lines = append(lines, string(c.Kind)+": "+c.Text)
	}
	for _, c := range n.Reverted {
		lines = append(lines, "reverted: "+c.Text)
	}
	return strings.Join(lines, "\n")
}
