package notes

import "testing"

// What is not tried on a title, or a message, would find nothing there: package
// lazyregexp panics otherwise. What a revert needs to be one is looked for first.
func FuzzGuards(f *testing.F) {
	for _, text := range []string{
		"Text (#360)", "Text (GH-1)", "Text r=name", "Text, sr=a,b.", "Text r?name)", "Text. DONTBUILD", "Text (ON A CLOSED TREE).",
		"Text NPOTB)", "Text, IGNORE IDL", "bug 123456", "See Bug#123", "This reverts commit 0123456.", "THIS REVERTS COMMIT 0123456",
		"Reverts owner/name#12", "revert: Text", "Revert \"Text\"", "REVERT(scope)!: Text", "Text", "",
		"fix(api)!: Text", "[bugfix] Text", "Bug 1, 2 — Text", "[Bug 12]", "CVE-2015-1234", "1.2", "v0.9.0-rc.1", "Release loop server v1.2.3",
		"Going back to development version 1.3", "Bac\u212a to dev", "Starting 1.4", "Bump the package.json ver\u017fion", "bump to 1.5",
		"chore(relea\u017fe): x", "Updated the changelog for 1.2", "Update the package.json version", "1.2 (#7).", "fixup! Text", "@qa nit",
		"TYPO", "nit\u017f", "Merge pull request #12 from owner/branch", "Merged in branch (pull request #12)", "Merge branch 'a' into 'b'",
		"See merge request group/name!12", "merge", "Clo\u017fes #12", "FIXED: #12", "resolves\n#3", "BREAKING CHANGE: Text", "BREAKING-CHANGE:\nx",
		"Co-Authored-By: QA <qa@example.org>", "owner/bug-123456",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := Commit{Subject: text, Body: text}
		_ = MentionOf(c)
		_, _ = readMerge(c)
		_ = isNoise(text)
		_ = plainMerge.MatchString(text)
		_ = branchBug.MatchString(text)
		_ = kindByWord(text)
		_ = authors([]Commit{c})
		var one collected
		one.addMerge(c)
		one.addCommits([]Commit{c}, false)
		for name, reverts := range map[string]bool{
			"commit": revertsCommit.MatchString(text), "pull request": revertsPull.MatchString(text), "title": readSubject(text).isRevert,
		} {
			if reverts && !mayRevert(Commit{Subject: text}) {
				t.Errorf("%q: the revert of a %s is not looked for", text, name)
			}
		}
	})
}
