package pick_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
)

// messages are commit messages of every shape that decides where a trailer goes.
var messages = []string{
	"Fix it",
	"Fix it\n\nBecause it was broken.\n",
	"Fix it\n\nBug: 12\n",
	"Bug: 12\n",
	"Fix it\nin two lines\n",
	"Fix it\n\nText\nBug: 12\n",
	"Fix it\n\nText\n\nReviewed-by: QA <qa@example.org>\nBug: 12\n",
	"Fix it\n\nSigned-off-by: Release Manager <release-manager@example.org>\n",
	"Fix it\n\nSigned-off-by: Developer <developer@example.org>\nand some text\nand more\nand more\n",
	"Fix it\n\nSigned-off-by: Developer <developer@example.org>\none\ntwo\nthree\nfour\nfive\n",
	"Fix it\n\n(cherry picked from commit 0123456789012345678901234567890123456789)\n",
	"Fix it\n\nReviewed-by: QA\n  who is thorough\nBug: 1\n",
	"Fix it\n\nhttps://example.org/12\n",
	"Fix it\n\nNote that: this is text\n",
	"Fix it\n\nSome-token : with a space\n",
	"Fix it — naïvely\n\nÀ la carte.\n",
	"Fix it  \n\n\n\nIn a body \t\n  with spaces \n\n\n",
	"Fix it\r\n\r\nWritten on another system.\r\n\r\nBug: 12\r\n",
	"\n\nFix it\n\n# no comment\n",
	"\n\nBug: 12\n",
	"Fix it\n\nBug: 12\n \t\nReviewed-by: QA <qa@example.org>  \n",
	"Fix it\n\nform feed\f\n",
}

// TestMessageAsGitWritesIt holds messages against those of git cherry-pick -x.
func TestMessageAsGitWritesIt(t *testing.T) {
	t.Parallel()
	for _, signOff := range []bool{false, true} {
		t.Run(fmt.Sprintf("sign-off %v", signOff), func(t *testing.T) {
			t.Parallel()
			repo := gittest.New(t)
			start := repo.Commit("Start", gittest.Files{"a": "1\n"})
			committer := object.ParseSignature(repo.Git("var", "GIT_COMMITTER_IDENT"))
			for i, message := range messages {
				repo.Git("checkout", "--quiet", "--detach", start.String())
				repo.Write("b", fmt.Sprintln(i))
				repo.Git("add", "b")
				repo.GitInput(message, "commit", "--quiet", "--cleanup=verbatim", "--file=-")
				source := repo.ID("HEAD")
				original := readCommit(t, repo, source)
				repo.Git("checkout", "--quiet", "--detach", start.String())
				arguments := []string{"cherry-pick", "-x", source.String()}
				if signOff {
					arguments = []string{"cherry-pick", "-x", "-s", source.String()}
				}
				repo.Git(arguments...)
				want := readCommit(t, repo, repo.ID("HEAD"))
				made := pick.Commit(source, original, want.Tree, committer, signOff)
				if diff := cmp.Diff(want.Message, made.Message); diff != "" {
					t.Errorf("%q (-git +looprel):\n%s", message, diff)
				}
				if made.Author.String() != want.Author.String() || made.Committer.Email != want.Committer.Email {
					t.Errorf("by %s and %s, expected %s and %s", made.Author, made.Committer, want.Author, want.Committer)
				}
			}
		})
	}
}

// readCommit reads a commit to the byte: output of git comes without the line breaks
// at its end.
func readCommit(t *testing.T, repo *gittest.Repo, id object.ID) object.Commit {
	t.Helper()
	text := repo.Git("cat-file", "commit", id.String())
	size, err := strconv.Atoi(repo.Git("cat-file", "-s", id.String()))
	if err != nil {
		t.Fatal(err)
	}
	commit, err := object.DecodeCommit([]byte(text + strings.Repeat("\n", size-len(text))))
	if err != nil {
		t.Fatal(err)
	}
	return commit
}

// TestCommitInUTF8 holds picks of commits in Latin 1 against git's.
func TestCommitInUTF8(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"ISO-8859-1", "latin1", "UTF-8"} {
		repo := gittest.New(t)
		repo.Commit("Start", gittest.Files{"a": "1\n"})
		committer := object.ParseSignature(repo.Git("var", "GIT_COMMITTER_IDENT"))
		name, text := "Ren\xe9", "Na\xefve\n\nBody \xe9\n"
		if encoding == "UTF-8" {
			name, text = "Ren\u00e9", "Na\u00efve\n\nBody \u00e9\n"
		}
		repo.Write("b", "1\n")
		repo.Git("add", "b")
		head := fmt.Sprintf("tree %s\nparent %s\nauthor %s <rene@example.org> 1400000000 +0200\ncommitter %s <rene@example.org> 1400000000 +0200\nencoding %s\n\n%s",
			repo.Git("write-tree"), repo.ID("HEAD"), name, name, encoding, text)
		source := repo.GitInput(head, "hash-object", "-t", "commit", "-w", "--stdin")
		original := readCommit(t, repo, repo.ID(source))
		repo.Git("reset", "--quiet", "--hard")
		repo.Git("cherry-pick", "-x", source)
		want := readCommit(t, repo, repo.ID("HEAD"))
		made := pick.Commit(repo.ID(source), original, want.Tree, committer, false)
		made.Parents, made.Committer.When = want.Parents, want.Committer.When
		if diff := cmp.Diff(string(want.Object().Data), string(made.Object().Data)); diff != "" {
			t.Errorf("%s (-git +looprel):\n%s", encoding, diff)
		}
	}
}

// TestCommitKeepsTheEncoding: the bytes of a message in an encoding that is not known
// stay.
func TestCommitKeepsTheEncoding(t *testing.T) {
	t.Parallel()
	original := object.Commit{
		Message: "Na\xefve\n", Armor: "-----BEGIN PGP SIGNATURE-----\n",
		Extra: []object.Header{{Key: "encoding", Value: "Shift_JIS"}, {Key: "mergetag", Value: "object 1"}},
	}
	source := object.ID{1}
	made := pick.Commit(source, original, object.ID{2}, object.Signature{Name: "Developer", Email: "developer@example.org"}, false)
	want := "Na\xefve\n\n(cherry picked from commit " + source.String() + ")\n"
	if made.Message != want || made.Armor != "" || len(made.Extra) != 1 || made.Extra[0].Key != "encoding" {
		t.Errorf("made %+v", made)
	}
}
