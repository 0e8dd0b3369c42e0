package gitrepo

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"strings"

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
	packetReader
	// wanted says which references are kept; nil keeps all.
	wanted func(name []byte) bool

	capabilities *capability.List
	// features are those of a service that speaks version 2, which shows no
	// references by itself; nil for version 0.
	features features
	shown    Advertisement
}

func newAdvertisementReader(in *bufio.Reader, wanted func(name []byte) bool) *advertisementReader {
	return &advertisementReader{packetReader: packetReader{in: in}, wanted: wanted, capabilities: capability.NewList(),
		shown: Advertisement{Refs: map[string]object.ID{}, Peeled: map[string]object.ID{}}}
}

const idDigits = 2 * object.IDSize

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
		if r.kind == packetFlush {
			if err := r.next(); err != nil {
				return err
			}
		}
	}
	if string(r.line) == "version 2" {
		return r.readFeatures()
	}
	for first := true; r.kind != packetFlush; first = false {
		if err := r.entry(first); err != nil {
			return err
		}
		if err := r.next(); err != nil {
			return err
		}
	}
	r.drop()
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

// keepPeeled keeps what an annotated tag leads to, if the tag was kept.
func (r *advertisementReader) keepPeeled(name []byte, id object.ID) {
	if _, kept := r.shown.Refs[string(name)]; kept {
		r.shown.Peeled[string(name)] = id
	}
}
