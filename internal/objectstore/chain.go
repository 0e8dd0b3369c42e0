package objectstore

import (
	"math"
	"sync"

	"github.com/mozilla-services/looprel/internal/object"
)

const (
	// maxChain bounds how many deltas may build on each other. git makes 4,095 at
	// most.
	maxChain = 1 << 16
	// maxBase bounds the objects on which deltas are built, in bytes: git makes no
	// deltas of larger ones (core.bigFileThreshold).
	maxBase = 512 << 20
)

// packed is an object's place in a pack.
type packed struct {
	pack   *pack
	offset int64
}

func (p packed) exists() error {
	_, err := p.pack.openFile()
	return err
}

func (p packed) damaged(cause error) error {
	file, err := p.pack.openFile()
	if err != nil {
		return err
	}
	return file.Errorf(p.offset, cause)
}

func (p packed) header() (Header, error) {
	e, err := p.pack.entry(p.offset)
	if err != nil {
		return Header{}, err
	}
	header := Header{Kind: e.kind, Size: e.size}
	if e.kind != "" {
		return header, nil
	}
	start, err := p.pack.prefix(e, make([]byte, 2*maxSizeBytes))
	if err != nil {
		return Header{}, err
	}
	_, size, _, ok := readDeltaSizes(start)
	if !ok {
		return Header{}, p.damaged(errDelta)
	}
	header.Size = size
	header.Kind, err = p.kind(e)
	return header, err
}

// kind follows a chain of deltas to the kind of its first base.
func (p packed) kind(e entry) (kind object.Kind, err error) {
	for range maxChain {
		if known, ok := p.pack.directory.cached(p.pack, e.base); ok {
			return known.kind, nil
		}
		if e, err = p.pack.entry(e.base); err != nil || e.kind != "" {
			return e.kind, err
		}
	}
	return "", p.damaged(errChain)
}

// read reads the object and compares its id with its content. Where that fails, it
// finds out what is damaged.
func (p packed) read(id object.ID, limit int64, buffer *[]byte) (object.Object, error) {
	found, err := p.content(id, limit, buffer)
	if err == nil && found.id != id {
		if object := (object.Object{Kind: found.kind, Data: found.data}); object.ID() != id {
			err = p.damaged(errOtherID)
		} else {
			p.pack.directory.cache.name(p.pack, p.offset, id)
		}
	}
	if err != nil {
		return object.Object{}, p.trace(err)
	}
	return object.Object{Kind: found.kind, Data: found.data}, nil
}

// content is what there is, whatever its id is.
func (p packed) content(id object.ID, limit int64, buffer *[]byte) (content, error) {
	if known, ok := p.pack.directory.cached(p.pack, p.offset); ok {
		if int64(len(known.data)) > limit {
			return content{}, &TooLargeError{ID: id, Kind: known.kind, Size: int64(len(known.data)), Limit: limit}
		}
		return known, nil
	}
	e, err := p.pack.entry(p.offset)
	if err != nil {
		return content{}, err
	}
	if e.kind == "" {
		return p.deltified(e, id, limit)
	}
	if e.size > limit || e.size > math.MaxInt {
		return content{}, &TooLargeError{ID: id, Kind: e.kind, Size: e.size, Limit: limit}
	}
	whole := content{kind: e.kind}
	if buffer != nil {
		whole.data = resized(buffer, e.size)
	} else {
		whole.data = make([]byte, e.size)
	}
	return whole, p.pack.inflate(e, whole.data)
}

// deltified reads an object that is a delta.
func (p packed) deltified(e entry, id object.ID, limit int64) (content, error) {
	if e.size > maxBase {
		return content{}, p.damaged(errDelta)
	}
	buffer := borrowBuffer(e.size)
	defer returnBuffer(buffer)
	if err := p.pack.inflate(e, *buffer); err != nil {
		return content{}, err
	}
	baseSize, size, _, ok := readDeltaSizes(*buffer)
	if !ok || size < 0 || baseSize < 0 {
		return content{}, p.damaged(errDelta)
	}
	if size > min(limit, maxBase) {
		kind, err := p.kind(e)
		if err != nil {
			return content{}, err
		}
		return content{}, &TooLargeError{ID: id, Kind: kind, Size: size, Limit: limit}
	}
	base, err := p.pack.resolve(e.base)
	if err != nil {
		return content{}, err
	}
	data, ok := applyDelta(base.data, *buffer, nil)
	if !ok {
		return content{}, p.damaged(errDelta)
	}
	made := content{kind: base.kind, data: data}
	if made.kind != object.KindBlob {
		// Trees and commits are likely to be the bases of those that are read next.
		p.pack.directory.cache.add(p.pack, p.offset, made)
	}
	return made, nil
}

// resolve gives the content at an offset, which deltas build on. It goes down the
// chain to what is cached or whole, and applies the deltas on the way up, so that
// no chain is too long.
func (p *pack) resolve(offset int64) (at content, err error) {
	var chain []entry
	for place := offset; ; {
		var known bool
		if at, known = p.directory.cached(p, place); known {
			break
		}
		e, err := p.entry(place)
		if err != nil {
			return content{}, err
		}
		if e.kind != "" {
			if at, err = p.base(e); err != nil {
				return content{}, err
			}
			break
		}
		if chain = append(chain, e); len(chain) > maxChain {
			return content{}, p.damaged(offset, errChain)
		}
		place = e.base
	}
	return p.climb(chain, at)
}

const (
	// keepEvery is how many deltas there are between two results that are kept,
	// where results are large: keeping one costs more than making it anew of one
	// that is near.
	keepEvery = 16
	// alwaysKept is up to which size every result is kept, in bytes.
	alwaysKept = 16 << 10
)

// climb applies a chain of deltas, from its end, to what they build on. What is not
// kept is made in two buffers in turn, since new memory has to be cleared first,
// which takes as long as filling it.
func (p *pack) climb(chain []entry, at content) (content, error) {
	var turns [2]*[]byte
	for i := range turns {
		turns[i] = borrowBuffer(0)
		defer returnBuffer(turns[i])
	}
	for i := len(chain) - 1; i >= 0; i-- {
		buffer := turns[i%len(turns)]
		if i%keepEvery == 0 {
			buffer = nil
		}
		next, kept, err := p.apply(chain[i], at, buffer)
		if err != nil {
			return content{}, err
		}
		if at = next; kept {
			p.directory.cache.add(p, chain[i].start, at)
		}
	}
	return at, nil
}

func (p *pack) damaged(offset int64, cause error) error {
	return packed{pack: p, offset: offset}.damaged(cause)
}

// base reads a whole object on which deltas are built.
func (p *pack) base(e entry) (content, error) {
	if e.size > maxBase {
		return content{}, p.damaged(e.start, errHeader)
	}
	whole := content{kind: e.kind, data: make([]byte, e.size)}
	if err := p.inflate(e, whole.data); err != nil {
		return content{}, err
	}
	p.directory.cache.add(p, e.start, whole)
	return whole, nil
}

// apply applies a delta to its base. A large result is made in the buffer, if one
// is given, and kept is false: the memory belongs to the buffer.
func (p *pack) apply(e entry, base content, into *[]byte) (result content, kept bool, err error) {
	if e.size > maxBase {
		return content{}, false, p.damaged(e.start, errDelta)
	}
	buffer := borrowBuffer(e.size)
	defer returnBuffer(buffer)
	if err := p.inflate(e, *buffer); err != nil {
		return content{}, false, err
	}
	if _, size, _, _ := readDeltaSizes(*buffer); size <= alwaysKept {
		into = nil
	}
	data, ok := applyDelta(base.data, *buffer, into)
	if !ok {
		return content{}, false, p.damaged(e.start, errDelta)
	}
	return content{kind: base.kind, data: data}, into == nil, nil
}

// buffers are what deltas are decompressed into, and what they make.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxKeptBuffer bounds the buffers that are used again, in bytes.
const maxKeptBuffer = 1 << 20

func borrowBuffer(size int64) *[]byte {
	buffer := buffers.Get().(*[]byte)
	resized(buffer, size)
	return buffer
}

// resized gives a buffer that length, whatever is in it.
func resized(buffer *[]byte, size int64) []byte {
	if int64(cap(*buffer)) < size {
		*buffer = make([]byte, size, size+size/2)
	}
	*buffer = (*buffer)[:size]
	return *buffer
}

func returnBuffer(buffer *[]byte) {
	if cap(*buffer) <= maxKeptBuffer {
		buffers.Put(buffer)
	}
}
