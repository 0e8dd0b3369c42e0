package object

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Commit is a commit object. Headers that looprel does not interpret (a merged
// tag, an encoding) are kept in Extra, in their order.
type Commit struct {
	Tree      ID
	Parents   []ID
	Author    Signature
	Committer Signature
	// Armor is the signature of the "gpgsig" header (OpenPGP, SSH or X.509),
	// empty for an unsigned commit.
	Armor   string
	Extra   []Header
	Message string
}

// Header is a header line; a value of several lines has its line breaks.
type Header struct{ Key, Value string }

// Subject is the message's first paragraph in one line, as git shows it: its lines
// joined by a space, without the blanks at their ends.
func (c Commit) Subject() string {
	subject := ""
	for line := range strings.Lines(c.Message) {
		line = strings.TrimRight(line, " \t\n\v\f\r")
		switch {
		case line != "" && subject != "":
			subject += " " + line
		case line != "":
			subject = line
		case subject != "":
			return subject
		}
	}
	return subject
}

// Body is what follows the subject, without surrounding blank lines.
func (c Commit) Body() string {
	rest, inSubject := c.Message, false
	for rest != "" {
		line, after, _ := strings.Cut(rest, "\n")
		blank := strings.TrimRight(line, " \t\n\v\f\r") == ""
		if blank && inSubject {
			return strings.Trim(after, "\r\n")
		}
		rest, inSubject = after, inSubject || !blank
	}
	return ""
}

// Object encodes the commit. Without Armor the result is the payload that a
// signature is made over.
func (c Commit) Object() Object {
	var data bytes.Buffer
	fmt.Fprintf(&data, "tree %s\n", c.Tree)
	for _, parent := range c.Parents {
		fmt.Fprintf(&data, "parent %s\n", parent)
	}
	fmt.Fprintf(&data, "author %s\ncommitter %s\n", c.Author, c.Committer)
	for _, header := range c.Extra {
		writeHeader(&data, header)
	}
	if c.Armor != "" {
		writeHeader(&data, Header{"gpgsig", strings.TrimSuffix(c.Armor, "\n")})
	}
	data.WriteString("\n" + c.Message)
	return Object{Kind: KindCommit, Data: data.Bytes()}
}

func writeHeader(data *bytes.Buffer, header Header) {
	fmt.Fprintf(data, "%s %s\n", header.Key, strings.ReplaceAll(header.Value, "\n", "\n "))
}

// DecodeCommit reads a commit object's content.
func DecodeCommit(data []byte) (Commit, error) { return ParseCommit(string(data)) }

// ParseCommit is DecodeCommit for a text, of which the commit keeps parts.
func ParseCommit(text string) (Commit, error) { return parseCommit(text, true) }

// ParseUnsigned is ParseCommit without the signature, for whoever lists very many
// commits, which are half signatures at times.
func ParseUnsigned(text string) (Commit, error) { return parseCommit(text, false) }

// AppendUnsigned appends a commit's content, but for its signature.
func AppendUnsigned(to, data []byte) []byte {
	for start := 0; start < len(data) && data[start] != '\n'; {
		end := start
		for ok := true; ok; ok = end < len(data) && data[end] == ' ' {
			length := bytes.IndexByte(data[end:], '\n') + 1
			if length == 0 {
				length = len(data) - end
			}
			end += length
		}
		if bytes.HasPrefix(data[start:], []byte("gpgsig ")) {
			return append(append(to, data[:start]...), data[end:]...)
		}
		start = end
	}
	return append(to, data...)
}

func parseCommit(text string, signed bool) (Commit, error) {
	var commit Commit
	headers := headerReader{rest: text}
	for headers.next() {
		var err error
		switch header := headers.header; header.Key {
		case "tree":
			commit.Tree, err = ParseID(header.Value)
		case "parent":
			var parent ID
			parent, err = ParseID(header.Value)
			commit.Parents = append(commit.Parents, parent)
		case "author":
			commit.Author = ParseSignature(header.Value)
		case "committer":
			commit.Committer = ParseSignature(header.Value)
		case "gpgsig":
			if signed {
				commit.Armor = headers.lines()
			}
		default:
			commit.Extra = append(commit.Extra, header)
		}
		if err != nil {
			return Commit{}, fmt.Errorf("damaged commit object: %w", err)
		}
	}
	if headers.err != nil {
		return Commit{}, fmt.Errorf("damaged commit object: %w", headers.err)
	}
	if commit.Tree.IsZero() {
		return Commit{}, errors.New("damaged commit object: it names no tree")
	}
	commit.Message = headers.rest
	return commit, nil
}

// Tag is an annotated tag object.
type Tag struct {
	Target     ID
	TargetKind Kind
	Name       string // without refs/tags/
	Tagger     Signature
	Message    string // ends in a line break
	// Armor is the signature that follows the message, empty for an unsigned tag.
	Armor string
}

// Object encodes the tag. Without Armor the result is the payload that a
// signature is made over.
func (t Tag) Object() Object {
	text := fmt.Sprintf("object %s\ntype %s\ntag %s\ntagger %s\n\n%s%s",
		t.Target, t.TargetKind, t.Name, t.Tagger, t.Message, t.Armor)
	return Object{Kind: KindTag, Data: []byte(text)}
}

// DecodeTag reads a tag object's content. A signature stays part of the message
// only when it is of a kind that git does not know either.
func DecodeTag(data []byte) (Tag, error) {
	var tag Tag
	headers := headerReader{rest: string(data)}
	for headers.next() {
		switch header := headers.header; header.Key {
		case "object":
			var err error
			if tag.Target, err = ParseID(header.Value); err != nil {
				return Tag{}, fmt.Errorf("damaged tag object: %w", err)
			}
		case "type":
			tag.TargetKind = Kind(header.Value)
		case "tag":
			tag.Name = header.Value
		case "tagger":
			tag.Tagger = ParseSignature(header.Value)
		}
	}
	if headers.err != nil {
		return Tag{}, fmt.Errorf("damaged tag object: %w", headers.err)
	}
	if tag.Target.IsZero() {
		return Tag{}, errors.New("damaged tag object: it names no object")
	}
	tag.Message = headers.rest
	for _, begin := range []string{"-----BEGIN PGP SIGNATURE-----", "-----BEGIN SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----"} {
		if at := strings.Index("\n"+tag.Message, "\n"+begin); at >= 0 {
			tag.Message, tag.Armor = tag.Message[:at], tag.Message[at:]
			break
		}
	}
	return tag, nil
}

// headerReader separates an object's headers from its message; a header's
// continuation lines begin with a space. All of them share one copy of the data.
type headerReader struct {
	// rest is what follows the header, in the end the message.
	rest   string
	header Header
	// text is the header as it stands there, with its last line break.
	text string
	err  error
}

// lines is the header's value with a line break at its end.
func (r *headerReader) lines() string {
	value := strings.ReplaceAll(r.text[min(len(r.header.Key)+1, len(r.text)):], "\n ", "\n")
	if !strings.HasSuffix(value, "\n") {
		value += "\n"
	}
	return value
}

// next reads the next header, and reports whether there was one.
func (r *headerReader) next() bool {
	switch {
	case r.rest == "" && r.text == "":
		r.err = errors.New("it is empty")
		return false
	case r.rest == "" || r.rest[0] == '\n':
		r.rest = strings.TrimPrefix(r.rest, "\n")
		return false
	case r.rest[0] == ' ':
		r.err = errors.New("it begins with a continuation line")
		return false
	}
	end, folded := lineEnd(r.rest, 0), false
	for end+1 < len(r.rest) && r.rest[end+1] == ' ' {
		end, folded = lineEnd(r.rest, end+1), true
	}
	key, value, _ := strings.Cut(r.rest[:end], " ")
	if folded && key != "gpgsig" { // the commonest one is unfolded by lines
		value = strings.ReplaceAll(value, "\n ", "\n")
	}
	r.header = Header{key, value}
	r.text, r.rest = r.rest[:min(end+1, len(r.rest))], r.rest[min(end+1, len(r.rest)):]
	return true
}

// lineEnd is where the line ends that begins at a place.
func lineEnd(text string, start int) int {
	if length := strings.IndexByte(text[start:], '\n'); length >= 0 {
		return start + length
	}
	return len(text)
}
