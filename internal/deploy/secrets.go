package deploy

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

const (
	redacted = "[redacted]"
	// shortestSecret is the least number of bytes that a value must have: a
	// shorter one would be found in ordinary words.
	shortestSecret = 8
)

// secrets are texts that must not be shown.
type secrets struct {
	values  []string
	longest int // bytes
}

// findSecrets collects the values of the variables whose names say that they
// are credentials, also as they stand in URLs. Of a value of several lines each
// line counts, since output is looked at line by line.
func findSecrets(environ []string) secrets {
	var found secrets
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !namesSecret(name) {
			continue
		}
		for line := range strings.Lines(value) {
			line = strings.TrimSpace(line)
			for _, form := range []string{line, url.QueryEscape(line), url.PathEscape(line)} {
				// Output is compared after it was made printable.
				found.add(printable.Line(form))
			}
		}
	}
	return found
}

func namesSecret(name string) bool {
	name = strings.ToUpper(name)
	for _, ending := range []string{"TOKEN", "PASSWORD", "SECRET", "_KEY"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

func (s *secrets) add(value string) {
	if len(value) < shortestSecret || slices.Contains(s.values, value) {
		return
	}
	s.values = append(s.values, value)
	s.longest = max(s.longest, len(value))
}

// redact replaces the secrets in the text, each stretch of them by one mark.
// Those that overlap are found all the same.
func (s *secrets) redact(text string) string {
	text = userinfo.ReplaceAllString(text, "$1:"+redacted+"@")
	stretches := s.find(text)
	if len(stretches) == 0 {
		return text
	}
	var safe strings.Builder
	shown := 0
	for _, stretch := range stretches {
		if stretch.begin >= shown {
			safe.WriteString(text[shown:stretch.begin])
			safe.WriteString(redacted)
		}
		shown = max(shown, stretch.end)
	}
	safe.WriteString(text[shown:])
	return safe.String()
}

// userinfo is the user and password in a URL.
var userinfo = lazyregexp.New(`(://[^/\s:@]*):[^/\s]+@`)

type stretch struct{ begin, end int }

// find lists where secrets stand, by their beginning.
func (s *secrets) find(text string) []stretch {
	var found []stretch
	for _, value := range s.values {
		for from := 0; ; {
			at := strings.Index(text[from:], value)
			if at < 0 {
				break
			}
			begin := from + at
			found = append(found, stretch{begin, begin + len(value)})
			from = begin + 1
		}
	}
	slices.SortFunc(found, func(a, b stretch) int { return cmp.Compare(a.begin, b.begin) })
	return found
}
