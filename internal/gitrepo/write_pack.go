package gitrepo

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1" //nolint:gosec // git's checksum, not a security measure
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/mozilla-services/looprel/internal/object"
)

// writePack writes a pack of whole objects (gitformat-pack(5)), each once.
func writePack(to io.Writer, objects []identified) error {
	hash := sha1.New() //nolint:gosec // see the import
	out := io.MultiWriter(to, hash)
	header := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(objects))) //nolint:gosec // no memory holds more
	if _, err := out.Write(header); err != nil {
		return err
	}
	var buffer bytes.Buffer
	for _, one := range objects {
		buffer.Reset()
		if err := packEntry(&buffer, one.Object); err != nil {
			return err
		}
		if _, err := out.Write(buffer.Bytes()); err != nil {
			return err
		}
	}
	_, err := to.Write(hash.Sum(nil))
	return err
}

// kindCodes are the kinds of objects as packs write them.
var kindCodes = map[object.Kind]byte{object.KindCommit: 1, object.KindTree: 2, object.KindBlob: 3, object.KindTag: 4}

// packEntry writes one object as packs have it: kind and size, and the compressed
// content.
func packEntry(to *bytes.Buffer, one object.Object) error {
	code, known := kindCodes[one.Kind]
	if !known {
		return fmt.Errorf("objects of kind %q are not packed", one.Kind)
	}
	writeSize(to, code, int64(len(one.Data)))
	compress(to, one.Data)
	return nil
}

// writeSize writes an entry's kind and size, seven bits in each byte but the first.
func writeSize(to *bytes.Buffer, code byte, size int64) {
	const more = 0x80
	first := code<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		to.WriteByte(first | more)
		first = byte(size & 127)
	}
	to.WriteByte(first)
}

// smallContent is up to which size, in bytes, content is not searched for what
// repeats: the tables for that cost more than they save of a commit or a tag.
const smallContent = 1 << 10

// compressors are used again, by level: making one takes longer than it takes to
// compress what is small.
var compressors = map[int]*sync.Pool{
	zlib.HuffmanOnly:        {New: func() any { return newCompressor(zlib.HuffmanOnly) }},
	zlib.DefaultCompression: {New: func() any { return newCompressor(zlib.DefaultCompression) }},
}

func newCompressor(level int) *zlib.Writer {
	writer, _ := zlib.NewWriterLevel(nil, level) // fails for a level that there is not
	return writer
}

// compress writes pieces as one zlib stream. Writing to memory cannot fail.
func compress(to *bytes.Buffer, pieces ...[]byte) {
	size := 0
	for _, piece := range pieces {
		size += len(piece)
	}
	level := zlib.DefaultCompression
	if size <= smallContent {
		level = zlib.HuffmanOnly
	}
	pool := compressors[level]
	writer := pool.Get().(*zlib.Writer)
	defer pool.Put(writer)
	writer.Reset(to)
	for _, piece := range pieces {
		_, _ = writer.Write(piece)
	}
	_ = writer.Close()
}
