package pick

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"

	"github.com/mozilla-services/looprel/internal/object"
)

// Commit is the commit that a pick makes, without parents: the author and the
// author's date are the source's, the committer is who picks. Its message says
// where it comes from, and is signed off where that is asked for.
func Commit(source object.ID, original object.Commit, tree object.ID, committer object.Signature, signOff bool) object.Commit {
	original = inUTF8(original)
	made := object.Commit{
		Tree: tree, Author: original.Author, Committer: committer,
		Message: Message(source, original.Message, committer, signOff),
	}
	// A signature, or the tag that a merge brought, belongs to the source alone.
	for _, header := range original.Extra {
		if header.Key == "encoding" {
			made.Extra = append(made.Extra, header)
		}
	}
	return made
}

// Message is a pick's message, as "git cherry-pick -x" (and -s) writes it: with a
// trailer that names the source, in the last paragraph if that holds trailers
// already; and without needless white space.
func Message(source object.ID, message string, committer object.Signature, signOff bool) string {
	message = AddTrailer(withoutEmptyStart(message), "(cherry picked from commit "+source.String()+")")
	if signOff {
		message = addTrailer(message, "Signed-off-by: "+committer.Name+" <"+committer.Email+">", true)
	}
	return stripSpace(message)
}

// withoutEmptyStart is a message from its first line on that is not empty: the
// paragraph that begins there is its title, and has no trailers.
func withoutEmptyStart(message string) string {
	for {
		line, rest, more := strings.Cut(message, "\n")
		if !more || strings.TrimSpace(line) != "" {
			return message
		}
		message = rest
	}
}

// stripSpace is a message without white space at the ends of its lines and without
// needless empty ones, as git-stripspace leaves it.
func stripSpace(message string) string {
	var text strings.Builder
	empty := false
	for line := range strings.SplitSeq(message, "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" {
			empty = true
			continue
		}
		if empty && text.Len() > 0 {
			text.WriteByte('\n')
		}
		empty = false
		text.WriteString(line)
		text.WriteByte('\n')
	}
	return text.String()
}

// AddTrailer is a message with a trailer at its end, in the last paragraph if that holds
// trailers already.
func AddTrailer(message, trailer string) string {
	if message != "" && !strings.HasSuffix(message, "\n") {
		message += "\n"
	}
	return addTrailer(message, trailer, false)
}

// addTrailer puts a trailer at the end; unlessLast leaves it out where it is the
// last line already.
func addTrailer(message, trailer string, unlessLast bool) string {
	lines := strings.Split(strings.TrimRight(message, "\n"), "\n")
	if unlessLast && lines[len(lines)-1] == trailer {
		return message
	}
	if message != "" && !endsInTrailers(lines) {
		message += "\n"
	}
	return message + trailer + "\n"
}

var (
	trailerLine = lazyregexp.New(`^[A-Za-z0-9-]+[ \t]*:`).Where(lazyregexp.Has(":"))
	// generated are the trailers that git writes itself.
	generated = []string{"Signed-off-by: ", "(cherry picked from commit "}
)

// endsInTrailers reports whether the last paragraph, unless it is the first, is one
// of trailers: all of its lines are (what is indented continues the line above),
// or one that git writes is there and a quarter of them are (git-interpret-trailers).
func endsInTrailers(lines []string) bool {
	start := len(lines)
	for start > 0 && strings.TrimSpace(lines[start-1]) != "" {
		start--
	}
	if start == 0 {
		return false
	}
	trailers, others, own := 0, 0, false
	for i, line := range slices.Backward(lines[start:]) {
		switch {
		case slices.ContainsFunc(generated, func(prefix string) bool { return strings.HasPrefix(line, prefix) }):
			trailers++
			own = true
		case trailerLine.MatchString(line):
			trailers++
		case i > 0 && (line[0] == ' ' || line[0] == '\t'):
			// It goes with the line above, whatever that is.
		default:
			others++
		}
	}
	return trailers > 0 && others == 0 || own && trailers*3 >= others
}
