package notes

import "testing"

// What is not looked for in a title, or a message, would not be found there.
func FuzzGuards(f *testing.F) {
	for _, text := range []string{
		"Text (#360)", "Text (GH-1)", "Text r=name", "Text, sr=a,b.", "Text r?name)", "Text. DONTBUILD", "Text (ON A CLOSED TREE).",
		"Text NPOTB)", "Text, IGNORE IDL", "bug 123456", "See Bug#123", "This reverts commit 0123456.", "THIS REVERTS COMMIT 0123456",
		"Reverts owner/name#12", "revert: Text", "Revert \"Text\"", "REVERT(scope)!: Text", "Text", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, one := range map[string]struct{ found, looked bool }{
			"pull request":       {pullSuffix.FindString(text) != "", mayEndInPull(text)},
			"review":             {reviewSuffix.FindString(text) != "", mayEndInReview(text)},
			"words for machines": {machineSuffix.FindString(text) != "", mayEndInMachineWords(text)},
			"bug":                {bugAnywhere.FindString(text) != "", mayNameBug(text)},
			"revert of a commit": {revertsCommit.FindString(text) != "", mayRevert(Commit{Body: text})},
			"revert of a pull":   {revertsPull.FindString(text) != "", mayRevert(Commit{Body: text})},
			"revert by title":    {readSubject(text).isRevert, mayRevert(Commit{Subject: text})},
		} {
			if one.found && !one.looked {
				t.Errorf("%q: a %s is not looked for", text, name)
			}
		}
	})
}
