package gitrepo

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"

	"github.com/mozilla-services/looprel/internal/object"
)

// advertisementReader reads what a service says first (gitprotocol-pack(5)):
// references with what the service can do behind the first of them, and where its
// history is cut.
//
// go-git's decoder is not used: servers have tens of thousands of references, for
// each of which it makes several copies, and a push asks for three.
type advertisementReader struct {
	in *bufio.Reader
	// wanted says which references are kept; nil keeps all.
	wanted func(name []byte) bool

	line  []byte // the current line, valid until the next one
	taken int    // how much of the buffer it takes
	count int    // lines that were read

	capabilities *capability.List
	shown        Advertisement
}

func newAdvertisementReader(in *bufio.Reader, wanted func(name []byte) bool) *advertisementReader {
	return &advertisementReader{in: in, wanted: wanted, capabilities: capability.NewList(),
		shown: Advertisement{Refs: map[string]object.ID{}, Peeled: map[string]object.ID{}}}
}

const (
	lengthDigits = 4
	idDigits     = 2 * object.IDSize
)

// next reads a line; a flush packet is an empty one.
func (r *advertisementReader) next() error {
	_, _ = r.in.Discard(r.taken) // what was peeked at is there
	r.line, r.taken = nil, 0
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
	case err != nil || length > 0 && length < lengthDigits:
		return pktline.ErrInvalidPktLen
	case length <= lengthDigits:
		r.taken = lengthDigits
		return nil
	}
	if r.line, err = r.peek(int(length)); err != nil {
		return noEarlyEnd(err)
	}
	r.line = bytes.TrimSuffix(r.line[lengthDigits:], []byte("\n"))
	if said, isError := bytes.CutPrefix(r.line, []byte("ERR ")); isError {
		return &pktline.ErrorLine{Text: strings.TrimSpace(string(said))}
	}
	return nil
}

// peek gives the next bytes; those that do not fit into the buffer are copied.
func (r *advertisementReader) peek(length int) ([]byte, error) {
	if length <= r.in.Size() {
		r.taken = length
		return r.in.Peek(length)
	}
	data := make([]byte, length)
	_, err := io.ReadFull(r.in, data)
	return data, err
}

func (r *advertisementReader) unexpected(what string) error {
	return packp.NewErrUnexpectedData(what, bytes.Clone(r.line))
}

// read reads the advertisement. An empty repository may have none at all.
func (r *advertisementReader) read() error {
	if err := r.next(); err != nil {
		return err
	}
	// HTTP servers name the service first.
	if bytes.HasPrefix(r.line, []byte("#")) {
		if err := r.next(); err != nil {
			return err
		}
		if len(r.line) == 0 {
			if err := r.next(); err != nil {
				return err
			}
		}
	}
	for first := true; len(r.line) > 0; first = false {
		if err := r.entry(first); err != nil {
			return err
		}
		if err := r.next(); err != nil {
			return err
		}
	}
	_, _ = r.in.Discard(r.taken) // the flush packet
	r.taken = 0
	return nil
}

// entry takes one line.
func (r *advertisementReader) entry(first bool) error {
	if text, isShallow := bytes.CutPrefix(r.line, []byte("shallow ")); isShallow {
		id, err := object.ParseID(string(text))
		if err != nil {
			return r.unexpected("malformed shallow line")
		}
		r.shown.Shallow = append(r.shown.Shallow, id)
		return nil
	}
	line := r.line
	if first {
		before, after, found := bytes.Cut(line, []byte{0})
		if !found {
			return r.unexpected("the first line has no capabilities")
		}
		if err := r.readCapabilities(after); err != nil {
			return err
		}
		line = before
	}
	if len(line) < idDigits+2 || line[idDigits] != ' ' {
		return r.unexpected("malformed reference")
	}
	var id object.ID
	if _, err := hex.Decode(id[:], line[:idDigits]); err != nil {
		return r.unexpected("malformed reference")
	}
	r.keep(line[idDigits+1:], id)
	return nil
}

// readCapabilities reads what the service can do, the default branch among it.
func (r *advertisementReader) readCapabilities(text []byte) error {
	if err := r.capabilities.Decode(text); err != nil {
		return r.unexpected("malformed capabilities")
	}
	for _, link := range r.capabilities.Get(capability.SymRef) {
		if target, found := strings.CutPrefix(link, "HEAD:"); found {
			r.shown.Head = target
		}
	}
	return nil
}

// keep keeps a reference, if it is wanted. receive-pack also shows ".have" lines:
// objects of repositories that it borrows from.
func (r *advertisementReader) keep(name []byte, id object.ID) {
	name, isPeeled := bytes.CutSuffix(name, []byte("^{}"))
	if !bytes.HasPrefix(name, []byte("refs/")) || r.wanted != nil && !r.wanted(name) {
		return
	}
	if isPeeled {
		r.shown.Peeled[string(name)] = id
		return
	}
	r.shown.Refs[string(name)] = id
}
