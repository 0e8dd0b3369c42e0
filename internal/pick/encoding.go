package pick

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// inUTF8 is a commit with its message and author in UTF-8, as git cherry-pick makes it
// of one that says it is in another encoding: Latin 1, the one that is met. Of any other
// the bytes and the header stay.
func inUTF8(original object.Commit) object.Commit {
	for i, header := range original.Extra {
		if header.Key != "encoding" {
			continue
		}
		switch strings.ToLower(header.Value) {
		case "iso-8859-1", "iso8859-1", "latin-1", "latin1":
			original.Message = fromLatin1(original.Message)
			original.Author.Name, original.Author.Email = fromLatin1(original.Author.Name), fromLatin1(original.Author.Email)
		case "utf-8", "utf8":
		default:
			return original
		}
		original.Extra = append(original.Extra[:i:i], original.Extra[i+1:]...)
		return original
	}
	return original
}

// fromLatin1 reads each byte as the character of its number.
func fromLatin1(text string) string {
	characters := make([]rune, len(text))
	for i := range len(text) {
		characters[i] = rune(text[i])
	}
	return string(characters)
}
