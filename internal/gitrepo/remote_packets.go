package gitrepo

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// packetReader reads the packets that git's protocol is made of (gitprotocol-common(5)).
//
// go-git's scanner is not used: it does not know the packets that only version 2
// has, and copies each line.
type packetReader struct {
	in *bufio.Reader

	kind  packetKind
	line  []byte // of the current packet, without its newline; valid until the next one
	taken int    // how much of the buffer it takes
	count int    // packets that were read
}

// packetKind tells packets that have a content from those that are marks.
type packetKind int

const (
	packetLine packetKind = iota
	// packetFlush ends a message.
	packetFlush
	// packetDelimiter ends a section of a message, in version 2.
	packetDelimiter
)

// The marks as they are sent.
const (
	flushPacket     = "0000"
	delimiterPacket = "0001"
)

const lengthDigits = len(flushPacket)

// next reads a packet. What the service says instead of going on is an error.
func (r *packetReader) next() error {
	r.drop()
	r.count++
	digits, err := r.in.Peek(lengthDigits)
	if errors.Is(err, io.EOF) && len(digits) == 0 {
		if r.count == 1 {
			return packp.ErrEmptyInput
		}
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return noEarlyEnd(err)
	}
	length, err := strconv.ParseUint(string(digits), 16, 16)
	switch {
	case err != nil:
		return pktline.ErrInvalidPktLen
	case length == 0:
		r.kind, r.taken = packetFlush, lengthDigits
		return nil
	case length == 1:
		r.kind, r.taken = packetDelimiter, lengthDigits
		return nil
	case length < uint64(lengthDigits):
		return pktline.ErrInvalidPktLen
	}
	if r.line, err = r.peek(int(length)); err != nil {
		return noEarlyEnd(err)
	}
	r.kind, r.line = packetLine, bytes.TrimSuffix(r.line[lengthDigits:], []byte("\n"))
	if said, isError := bytes.CutPrefix(r.line, []byte("ERR ")); isError {
		return &pktline.ErrorLine{Text: strings.TrimSpace(string(said))}
	}
	return nil
}

// peek gives the next bytes; those that do not fit into the buffer are copied.
func (r *packetReader) peek(length int) ([]byte, error) {
	if length <= r.in.Size() {
		r.taken = length
		return r.in.Peek(length)
	}
	data := make([]byte, length)
	_, err := io.ReadFull(r.in, data)
	return data, err
}

// drop goes past the current packet, to where the next one begins.
func (r *packetReader) drop() {
	_, _ = r.in.Discard(r.taken) // what was peeked at is there
	r.line, r.taken = nil, 0
}

func (r *packetReader) unexpected(what string) error {
	return packp.NewErrUnexpectedData(what, bytes.Clone(r.line))
}

// appendPacket writes a line as a packet.
func appendPacket(message *bytes.Buffer, line string) {
	fmt.Fprintf(message, "%04x%s\n", lengthDigits+len(line)+1, line)
}
