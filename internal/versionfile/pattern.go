package versionfile

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/mozilla-services/looprel/internal/lazyregexp"

	"github.com/mozilla-services/looprel/internal/release"
)

// locatePattern finds the one match of the file's pattern; its group is the
// value. "^" and "$" match at the lines' ends. The rest is the text around it.
func locatePattern(file release.VersionFile, data []byte) (outline, error) {
	expression, err := regexp.Compile("(?m)" + file.Pattern)
	if err != nil {
		return outline{}, fmt.Errorf("%s: pattern %q in version-files is not a regular expression: %w", file.Path, file.Pattern, err)
	}
	if groups := expression.NumSubexp(); groups != 1 {
		return outline{}, fmt.Errorf("%s: pattern %q in version-files has %d groups: put exactly one (…) around the version", file.Path, file.Pattern, groups)
	}
	// The empty line that "^" finds behind the last line break is no place.
	matches := slices.DeleteFunc(expression.FindAllSubmatchIndex(data, -1), func(match []int) bool {
		return match[0] == match[1] && match[0] == len(data) && len(data) > 0
	})
	switch len(matches) {
	case 1:
		return matched(file, data, span{matches[0][2], matches[0][3]})
	case 0:
		return outline{}, fmt.Errorf("%s: pattern %q matches nothing: correct it in version-files", file.Path, file.Pattern)
	}
	places := make([]span, len(matches))
	for i, match := range matches {
		places[i] = span{match[0], match[1]}
	}
	return outline{}, fmt.Errorf("%s: pattern %q matches %d places, at lines %s: make it match one",
		file.Path, file.Pattern, len(matches), linesOf(data, places))
}

// cutSuffix is a pre-release right behind a version. Other text there may well be
// meant ("1.2.3-alpine"); this would leave a tag with "0.10.0-dev" inside.
var cutSuffix = lazyregexp.New(`(?i)^[-+.](?:dev|alpha|beta|rc|pre|snapshot)[0-9.]*\b`)

func matched(file release.VersionFile, data []byte, value span) (outline, error) {
	// "(.*)$" takes the carriage return of a CRLF line with it.
	for value.end > value.start && data[value.end-1] == '\r' {
		value.end--
	}
	if value.start == value.end {
		return outline{}, fmt.Errorf("%s: the group of pattern %q matches nothing: put it around the version", file.Path, file.Pattern)
	}
	if cut := cutSuffix.FindIndex(data[value.end:]); cut != nil {
		return outline{}, fmt.Errorf("%s: the group of pattern %q leaves out %q, which is part of the version: make it take the whole version",
			file.Path, file.Pattern, data[value.end:][cut[0]:cut[1]])
	}
	return outline{value: value, rest: []string{string(data[:value.start]), string(data[value.end:])}}, nil
}
