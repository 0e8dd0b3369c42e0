package notes

import (
	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// machinery are the titles of commits that make releases. They are no changes of
// what is released.
var machinery = lazyregexp.New(`(?i)^(?:` +
	`v?\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?` +
	`|(?:release|prepare|tag|publish|version)(?: [\w-]+){0,3} v?\d+\.\d+[\w.-]*(?: release)?` +
	`|(?:get |going )?back to dev(?:elopment)?(?: version| \(?v?\d[\w.-]*\)?)?` +
	`|start(?:ing)? v?\d+\.\d+[\w.-]*` +
	`|bump (?:the )?(?:package |package\.json )?version\b.*` +
	`|bump to v?\d+\.\d+[\w.-]*` +
	`|chore\(release\):.*` +
	`|updat(?:e|ed|es|ing) (?:the )?changelog(?: (?:for|with) .*)?` +
	`|update the package\.json version` +
	`)$`).Where(mayBeMachinery)

// mayBeMachinery reports whether a title has what one of the machinery has.
func mayBeMachinery(title string) bool { return hasVersion(title) || hasMachineWord(title) }

var hasMachineWord = lazyregexp.HasInAnyCase("to dev", "ver", "chore(re", "changelog")

// hasVersion reports whether there are two numbers with a dot between them.
func hasVersion(text string) bool {
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	for at := 1; at < len(text)-1; at++ {
		if text[at] == '.' && isDigit(text[at-1]) && isDigit(text[at+1]) {
			return true
		}
	}
	return false
}

// endOfTitle is what stands behind a title: of a squashed pull request its number.
var endOfTitle = lazyregexp.New(`(?:[.\s]|\(#\d{1,9}\))+$`).Where(endsIn(".) \t\n\f\r"))

// isMachinery reports whether the title is that of a commit that makes a release
// or opens the next one.
func isMachinery(title string) bool {
	title = endOfTitle.ReplaceAllString(changelog.OneLine(title, maxText), "")
	return machinery.MatchString(title)
}

// noise are titles that mean something only beside the commit before.
var noise = lazyregexp.New(`(?i)^(?:@[\w-]+(?:,? @[\w-]+)* (?:review|nit|comment)|(?:fixup|squash|amend)!|typo\b|nits?\b)`).
	Where(lazyregexp.HasInAnyCase("@", "!", "typo", "nit"))

func isNoise(title string) bool { return noise.MatchString(title) }
