package object

import (
	"bytes"
	"strings"
)

// signatureBegins are the lines that a signature in a tag begins with.
var signatureBegins = []string{
	"-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----",
	"-----BEGIN SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----",
}

// Unsigned takes a tag or commit apart, as git does to verify it: what the signature
// was made over, to the byte, and the signature, "" if there is none. Of several in a
// tag the last one counts; those before it are part of what it was made over.
func Unsigned(signed Object) (payload []byte, armor string) {
	if signed.Kind == KindTag {
		return unsignedTag(signed.Data)
	}
	return unsignedCommit(signed.Data)
}

func unsignedTag(data []byte) (payload []byte, armor string) {
	end := len(data)
	for begin, line := range linesOf(data) {
		for _, wanted := range signatureBegins {
			if bytes.HasPrefix(line, []byte(wanted)) {
				end = begin
			}
		}
	}
	return data[:end], string(data[end:])
}

// linesOf gives the lines of a text, each with its line break, by their places.
func linesOf(data []byte) func(yield func(int, []byte) bool) {
	return func(yield func(int, []byte) bool) {
		at := 0
		for line := range bytes.Lines(data) {
			if !yield(at, line) {
				return
			}
			at += len(line)
		}
	}
}

func unsignedCommit(data []byte) (payload []byte, armor string) {
	payload = make([]byte, 0, len(data))
	var signature strings.Builder
	key := ""
	for at, line := range linesOf(data) {
		if len(line) == 1 { // the message follows
			return append(payload, data[at:]...), signature.String()
		}
		value, folded := bytes.CutPrefix(line, []byte(" "))
		if !folded {
			name, rest, _ := bytes.Cut(line, []byte(" "))
			key, value = string(name), rest
		}
		switch key {
		case "gpgsig":
			signature.Write(value)
		case "gpgsig-sha256": // of another format of the repository, and no part of what is signed
		default:
			payload = append(payload, line...)
		}
	}
	return payload, signature.String()
}
