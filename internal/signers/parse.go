package signers

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// line is a key of the list.
type line struct {
	principals string // patterns, with commas between them
	key        ssh.PublicKey
	// authority: the key makes certificates, and signs nothing itself.
	authority bool
	// namespaces are patterns of what the key may sign for; empty: anything.
	namespaces string
	// after and before bound when the key is valid, both included; zero: unbounded.
	after, before time.Time
}

func (l line) covers(at time.Time) bool {
	return (l.after.IsZero() || !at.Before(l.after)) && (l.before.IsZero() || !at.After(l.before))
}

func (l line) isFor(namespace string) bool {
	return l.namespaces == "" || matchesList(namespace, l.namespaces)
}

// Parse reads a list of allowed signers. Dates without a zone are of the given one.
// Keys of kinds that are not known are passed over: nothing that they sign counts.
func Parse(text string, zone *time.Location) (*List, error) {
	list := &List{}
	number := 0
	for row := range strings.Lines(text) {
		number++
		row = strings.Trim(row, " \t\r\n")
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		one, err := parseLine(row, zone)
		if errors.Is(err, errUnknownKind) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		list.lines = append(list.lines, one)
	}
	return list, nil
}

// errUnknownKind is a key that is well written and of a kind that is not known.
var errUnknownKind = errors.New("a key of an unknown kind")

func parseLine(row string, zone *time.Location) (line, error) {
	principals, rest, err := cutWord(row)
	if err != nil {
		return line{}, err
	}
	one := line{principals: principals}
	if one.key, err = parseKey(rest); err == nil || errors.Is(err, errUnknownKind) {
		return one, err
	}
	options, rest, found := cutOptions(rest)
	if !found {
		return line{}, err
	}
	key, keyErr := parseKey(rest)
	if errors.Is(keyErr, errUnknownKind) {
		return line{}, keyErr
	}
	if keyErr != nil {
		return line{}, err
	}
	one.key = key
	for _, option := range options {
		if err := one.set(option, zone); err != nil {
			return line{}, err
		}
	}
	if !one.after.IsZero() && !one.before.IsZero() && one.before.Before(one.after) {
		return line{}, errors.New("valid-before lies before valid-after")
	}
	return one, nil
}

// cutWord takes the first word, which may stand in quotes.
func cutWord(text string) (word, rest string, err error) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		word, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", errors.New("a quote that does not end")
		}
	} else if end := strings.IndexAny(text, " \t"); end >= 0 {
		word, rest = text[:end], text[end:]
	}
	if word == "" {
		return "", "", errors.New("no key, expected PRINCIPALS [OPTIONS] KIND KEY")
	}
	return word, strings.TrimLeft(rest, " \t"), nil
}

// parseKey reads kind and key; what follows is a comment.
func parseKey(text string) (ssh.PublicKey, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return nil, errors.New("no key, expected PRINCIPALS [OPTIONS] KIND KEY")
	}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(fields[0] + " " + fields[1]))
	switch {
	case err == nil && len(options) == 0:
		return key, nil
	case looksLikeKey(fields[0], fields[1]):
		return nil, errUnknownKind
	}
	return nil, fmt.Errorf("%.40q is no key", text)
}

// looksLikeKey reports whether a text is written like a key of the kind that is named
// before it: the key begins with the length of that name, in four bytes, and the name.
func looksLikeKey(kind, text string) bool {
	wire, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(wire) <= 4+len(kind) || string(wire[4:4+len(kind)]) != kind {
		return false
	}
	return binary.BigEndian.Uint32(wire) == uint32(len(kind)) //nolint:gosec // a word of a line is shorter
}

// cutOptions takes the options, up to the first blank outside quotes.
func cutOptions(text string) (options []string, rest string, found bool) {
	begin, quoted := 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			options, begin = append(options, text[begin:i]), i+1
		case c == ' ' || c == '\t':
			return append(options, text[begin:i]), strings.TrimLeft(text[i:], " \t"), true
		}
	}
	return nil, "", false
}

func (l *line) set(option string, zone *time.Location) error {
	name, quoted, hasValue := strings.Cut(option, "=")
	name = strings.ToLower(name)
	if name == "cert-authority" && !hasValue {
		l.authority = true
		return nil
	}
	value, opened := strings.CutPrefix(quoted, `"`)
	value, closed := strings.CutSuffix(value, `"`)
	if !opened || !closed || value == "" {
		return fmt.Errorf("the option %.40q, expected cert-authority, namespaces, valid-after or valid-before, with its value in quotes", option)
	}
	var err error
	switch name {
	case "namespaces":
		l.namespaces = value
	case "valid-after":
		l.after, err = parseTime(value, zone)
	case "valid-before":
		l.before, err = parseTime(value, zone)
	default:
		return fmt.Errorf("the option %.40q, expected cert-authority, namespaces, valid-after or valid-before", name)
	}
	return err
}

// parseTime reads YYYYMMDD, with HHMM or HHMMSS, and a Z for UTC.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	if utc {
		zone = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(digits) == len(layout) {
			if at, err := time.ParseInLocation(layout, digits, zone); err == nil {
				return at, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("the time %.40q, expected YYYYMMDD[HHMM[SS]][Z]", text)
}

// Revoke adds keys that do not count any more, one in a line, as in the file that
// gpg.ssh.revocationFile names. A binary list (KRL) is refused.
func (l *List) Revoke(text string) error {
	if strings.HasPrefix(text, "SSHKRL") {
		return errors.New("it is a binary list (KRL), expected a public key in each line")
	}
	number := 0
	for row := range strings.Lines(text) {
		number++
		row = strings.TrimSpace(row)
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		key, err := parseKey(row)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		l.revoked = append(l.revoked, key.Marshal())
	}
	return nil
}
