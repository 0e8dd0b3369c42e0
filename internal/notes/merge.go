package notes

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

var (
	plainMerge = lazyregexp.New(`(?i)^merged?\b`).Where(lazyregexp.Begins("m", "M"))
	// The subjects that forges write, each with the number of the pull request or
	// the branch.
	githubMerge    = lazyregexp.New(`^Merge pull request #(\d{1,9}) from [^\s/]+/(\S+)`).Where(lazyregexp.Begins("Merge pull request #"))
	bitbucketMerge = lazyregexp.New(`^Merged in (\S+) \(pull request #(\d{1,9})\)`).Where(lazyregexp.Begins("Merged in "))
	gitlabMerge    = lazyregexp.New(`^Merge branch '([^']+)' into `).Where(lazyregexp.Begins("Merge branch '"))
	gitlabRequest  = lazyregexp.New(`(?m)^See merge request \S*!(\d{1,9})\s*$`).Where(lazyregexp.Has("See merge request "))
)

// merged is a merge of a pull request.
type merged struct {
	number        int
	branch, title string
}

// readMerge recognises a merge that a forge made. Its title is the first line of
// the body, or nothing.
func readMerge(c Commit) (merged, bool) {
	var m merged
	if parts := githubMerge.FindStringSubmatch(c.Subject); parts != nil {
		m.number, m.branch = number(parts[1]), parts[2]
	} else if parts := bitbucketMerge.FindStringSubmatch(c.Subject); parts != nil {
		m.number, m.branch = number(parts[2]), parts[1]
	} else if parts := gitlabMerge.FindStringSubmatch(c.Subject); parts != nil {
		request := gitlabRequest.FindStringSubmatch(c.Body)
		if request == nil {
			return merged{}, false
		}
		m.number, m.branch = number(request[1]), parts[1]
	} else {
		return merged{}, false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(c.Body), "\n")
	if m.title = strings.TrimSpace(first); gitlabRequest.MatchString(m.title) {
		m.title = ""
	}
	return m, true
}

// isGenerated reports whether the title is only the branch's name, as a forge
// suggests it: "Readme updates" of "readme-updates".
func (m merged) isGenerated() bool {
	return m.title == "" || letters(m.title) == letters(m.branch)
}

func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// number reads digits that an expression has bounded to what fits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
