package gitrepo

import (
	"bytes"
	"encoding/hex"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// version2 asks for version 2 of the protocol (gitprotocol-v2(5)), in which a client
// says which references it wants to see. Servers that do not know it take no notice,
// and answer in version 0.
const version2 = "version=2"

// versionVariable is the environment variable that passes the wish on.
const versionVariable = "GIT_PROTOCOL"

// wishedVersion is what is said to a service about the protocol, "" for nothing.
// Pushes have no version 2, and protocol.version can decline it.
func wishedVersion(config Config, service string) string {
	if wish := config.Get("protocol.version"); service != uploadPack || wish == "0" || wish == "1" {
		return ""
	}
	return version2
}

// features are what a service that speaks version 2 can do: commands and other
// abilities, each with what it says of them.
type features map[string]string

// has reports whether a command has an option.
func (f features) has(command, option string) bool {
	for word := range strings.FieldsSeq(f[command]) {
		if word == option {
			return true
		}
	}
	return false
}

// readFeatures reads what follows the line "version 2".
func (r *advertisementReader) readFeatures() error {
	r.features = features{}
	for {
		if err := r.next(); err != nil {
			return err
		}
		if r.kind == packetFlush {
			r.drop()
			return nil
		}
		if r.kind != packetLine {
			return r.unexpected("malformed capabilities")
		}
		name, value, _ := strings.Cut(string(r.line), "=")
		r.features[name] = value
	}
}

// commandMessage is a request of version 2 but for its end: the command, and what
// goes for every one of them.
func (s *session) commandMessage(command string) *bytes.Buffer {
	message := new(bytes.Buffer)
	appendPacket(message, "command="+command)
	if _, ok := s.features["agent"]; ok {
		appendPacket(message, "agent="+userAgent)
	}
	if format, ok := s.features["object-format"]; ok {
		appendPacket(message, "object-format="+format)
	}
	message.WriteString(delimiterPacket)
	return message
}

// listRefs asks for the references whose full names begin with one of the prefixes,
// all of them if there are none.
func (s *session) listRefs(op *operation, prefixes []string) error {
	message := s.commandMessage("ls-refs")
	appendPacket(message, "peel")
	appendPacket(message, "symrefs")
	if len(prefixes) > 0 {
		appendPacket(message, "ref-prefix HEAD") // which tells the default branch
	}
	for _, prefix := range prefixes {
		appendPacket(message, "ref-prefix "+prefix)
	}
	message.WriteString(flushPacket)
	answer, err := s.exchange(op, request{message: message.Bytes()})
	if err != nil {
		return err
	}
	reader := newAdvertisementReader(answer, within(prefixes))
	for {
		if err := reader.next(); err != nil {
			return err
		}
		if reader.kind == packetFlush {
			reader.drop()
			s.shown = reader.shown
			return nil
		}
		if err := reader.listed(); err != nil {
			return err
		}
	}
}

// listed takes a line of that answer: "ID NAME", and attributes.
func (r *advertisementReader) listed() error {
	const space = " "
	digits, rest, found := bytes.Cut(r.line, []byte(space))
	name, attributes, _ := bytes.Cut(rest, []byte(space))
	var id object.ID
	if !found || r.kind != packetLine || len(digits) != idDigits {
		return r.unexpected("malformed reference")
	}
	if _, err := hex.Decode(id[:], digits); err != nil {
		return r.unexpected("malformed reference")
	}
	r.keep(name, id)
	for attribute := range bytes.SplitSeq(attributes, []byte(space)) {
		if target, ok := bytes.CutPrefix(attribute, []byte("symref-target:")); ok && string(name) == "HEAD" {
			r.shown.Head = string(target)
		}
		if digits, ok := bytes.CutPrefix(attribute, []byte("peeled:")); ok {
			if len(digits) != idDigits {
				return r.unexpected("malformed reference")
			}
			if _, err := hex.Decode(id[:], digits); err != nil {
				return r.unexpected("malformed reference")
			}
			r.keepPeeled(name, id)
		}
	}
	return nil
}
