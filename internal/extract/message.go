package extract

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
)

// Trailer is the key of the line that names the upstream commit.
const Trailer = "Upstream-Commit"

// pickedFrom begins the line that git adds to the message of a commit that is picked.
const pickedFrom = "(cherry picked from commit "

// message is the upstream commit's, with the trailer at its end.
func message(upstream string, source object.ID) string {
	return pick.AddTrailer(upstream, Trailer+": "+source.String())
}

// Source reads which upstream commit a message names: in its last paragraph, and
// there in the last such line. A commit that was picked with -x is a copy of one that was
// extracted: git says so in a line below.
func Source(message string) (object.ID, bool) {
	for text := strings.TrimRight(message, " \t\r\n"); text != ""; {
		start := strings.LastIndexByte(text, '\n') + 1
		line := strings.TrimRight(text[start:], " \t\r")
		if strings.HasPrefix(line, pickedFrom) {
			break
		}
		if value, found := strings.CutPrefix(line, Trailer+":"); found {
			if id, err := object.ParseID(strings.TrimSpace(value)); err == nil {
				return id, true
			}
		}
		if line == "" || start == 0 {
			break
		}
		text = text[:start-1]
	}
	return object.ID{}, false
}
