package gitrepo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"

	"github.com/mozilla-services/looprel/internal/object"
)

// fetchAnswer is what the service answers to the request for objects.
type fetchAnswer struct {
	// shallow are commits at which history is cut now, unshallow those at which it
	// is not any more.
	shallow, unshallow []object.ID
	// pack has the objects. It has to be read to its end.
	pack io.Reader
}

// readAnswer reads up to where the pack begins.
func (s *session) readAnswer(reader *bufio.Reader, request FetchRequest) (answer fetchAnswer, err error) {
	if s.features != nil {
		answer, err = readSections(reader)
	} else {
		answer, err = s.readVersion0(reader, request.Depth > 0)
	}
	var said *pktline.ErrorLine
	if errors.As(err, &said) {
		if _, digits, isGone := strings.Cut(said.Text, "not our ref "); isGone {
			gone, err := object.ParseID(digits)
			if err != nil {
				gone = request.Wants[0]
			}
			return answer, &MovedError{Remote: s.remote, Gone: gone}
		}
		err = fmt.Errorf("the remote says: %w", said)
	}
	return answer, err
}

// readVersion0 reads an answer of version 0: where history is cut, if that was
// asked for, acknowledgements, and the pack, with other messages if the service can
// do that.
func (s *session) readVersion0(reader io.Reader, cuts bool) (answer fetchAnswer, err error) {
	if cuts {
		var update packp.ShallowUpdate
		if err := update.Decode(reader); err != nil {
			return answer, fmt.Errorf("reading where history is cut: %w", err)
		}
		answer.shallow, answer.unshallow = toIDs(update.Shallows), toIDs(update.Unshallows)
	}
	answer.pack = reader
	if s.capabilities.Supports(capability.Sideband64k) {
		answer.pack = sideband.NewDemuxer(sideband.Sideband64k, reader)
	}
	return answer, skipAcknowledgements(reader)
}

// skipAcknowledgements reads up to the line after which the pack begins: "NAK",
// or an "ACK" without a status.
func skipAcknowledgements(reader io.Reader) error {
	lines := pktline.NewScanner(reader)
	for lines.Scan() {
		fields := strings.Fields(string(lines.Bytes()))
		switch {
		case len(fields) == 1 && fields[0] == "NAK", len(fields) == 2 && fields[0] == "ACK":
			return nil
		case len(fields) == 3 && fields[0] == "ACK":
		default:
			return fmt.Errorf("unexpected answer %q", printableText(string(lines.Bytes())))
		}
	}
	if lines.Err() != nil {
		return lines.Err()
	}
	return io.ErrUnexpectedEOF
}

// readSections reads an answer of version 2: sections that begin with their name and
// end with a delimiter, the last one the pack's. Sections that were not asked for are
// passed over.
func readSections(reader *bufio.Reader) (answer fetchAnswer, err error) {
	packets := packetReader{in: reader}
	for {
		if err := packets.next(); err != nil {
			return answer, err
		}
		if packets.kind != packetLine {
			return answer, errors.New("the answer has no pack")
		}
		switch string(packets.line) {
		case "packfile":
			packets.drop()
			answer.pack = &untilEnd{reader: sideband.NewDemuxer(sideband.Sideband64k, reader)}
			return answer, nil
		case "shallow-info":
			err = answer.readCuts(&packets)
		default:
			err = packets.section(func([]byte) error { return nil })
		}
		if err != nil {
			return answer, err
		}
	}
}

// untilEnd reads nothing after the end: the service waits for the next request there.
type untilEnd struct {
	reader io.Reader
	ended  error
}

func (r *untilEnd) Read(data []byte) (n int, err error) {
	if r.ended != nil {
		return 0, r.ended
	}
	n, r.ended = r.reader.Read(data)
	return n, r.ended
}

// section reads the lines of a section.
func (r *packetReader) section(take func(line []byte) error) error {
	for {
		if err := r.next(); err != nil {
			return err
		}
		if r.kind == packetDelimiter {
			return nil
		}
		if r.kind == packetFlush {
			return errors.New("the answer has no pack")
		}
		if err := take(r.line); err != nil {
			return err
		}
	}
}

// readCuts reads where history is cut, and where no longer.
func (a *fetchAnswer) readCuts(packets *packetReader) error {
	return packets.section(func(line []byte) error {
		word, digits, _ := strings.Cut(string(line), " ")
		id, err := object.ParseID(digits)
		switch {
		case err == nil && word == "shallow":
			a.shallow = append(a.shallow, id)
		case err == nil && word == "unshallow":
			a.unshallow = append(a.unshallow, id)
		default:
			return packets.unexpected("malformed shallow line")
		}
		return nil
	})
}
