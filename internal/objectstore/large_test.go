package objectstore_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// beyond32Bits is the size of an object that is above 4 GiB.
const beyond32Bits = 5 << 30

// zeros is a zlib stream of a header and so many zero bytes. Its pieces repeat, so
// that nobody has to compress gigabytes; nor does it have the right checksum, which
// nobody gets to.
func zeros(t *testing.T, header string) []byte {
	t.Helper()
	const piece = 16 << 20
	var stream bytes.Buffer
	stream.Write([]byte{0x78, 0x9c})
	writer, err := flate.NewWriter(&stream, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) []byte {
		before := stream.Len()
		if _, err := writer.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := writer.Flush(); err != nil {
			t.Fatal(err)
		}
		return bytes.Clone(stream.Bytes()[before:])
	}
	write([]byte(header))
	write(make([]byte, piece))
	repeated := write(make([]byte, piece))
	for range beyond32Bits/piece - 2 {
		stream.Write(repeated)
	}
	return append(stream.Bytes(), 3, 0, 0, 0, 0, 0)
}

// An object above 4 GiB is measured and refused, not read.
func TestObjectBeyond32Bits(t *testing.T) {
	t.Parallel()
	id := object.ID{0: 7, 19: 1}
	for name, lay := range map[string]func(t *testing.T, dir string){
		"loose":  func(t *testing.T, dir string) { layLoose(t, dir, id) },
		"packed": func(t *testing.T, dir string) { layPacked(t, dir, id) },
	} {
		for _, options := range []objectstore.Options{{Verify: true}, {Unmapped: true}} {
			dir := filepath.Join(t.TempDir(), "objects")
			lay(t, dir)
			store, err := objectstore.Open(dir, options)
			if err != nil {
				t.Fatal(err)
			}
			header, err := store.Header(id)
			if err != nil || header.Size != beyond32Bits || header.Kind != object.KindBlob {
				t.Errorf("%s: the header is %+v, %v", name, header, err)
			}
			var large *objectstore.TooLargeError
			if _, err := store.Read(id, 1<<20); !errors.As(err, &large) || large.Size != beyond32Bits || !strings.Contains(err.Error(), "5368709120 bytes") {
				t.Errorf("%s: the error is %v", name, err)
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func layLoose(t *testing.T, dir string, id object.ID) {
	t.Helper()
	writeFile(t, filepath.Join(dir, id.String()[:2], id.String()[2:]), zeros(t, fmt.Sprintf("blob %d\x00", int64(beyond32Bits))))
}

// layPacked writes a pack of one object, and its index.
func layPacked(t *testing.T, dir string, id object.ID) {
	t.Helper()
	var pack bytes.Buffer
	pack.WriteString("PACK\x00\x00\x00\x02\x00\x00\x00\x01")
	size := uint64(beyond32Bits)
	const blob, more = 3 << 4, 0x80
	pack.WriteByte(more | blob | byte(size&15))
	for size >>= 4; size > 127; size >>= 7 {
		pack.WriteByte(more | byte(size&127))
	}
	pack.WriteByte(byte(size))
	pack.Write(zeros(t, ""))
	check := crc32.ChecksumIEEE(pack.Bytes()[12:])
	sum := sha1.Sum(pack.Bytes())
	pack.Write(sum[:])

	var index bytes.Buffer
	index.WriteString("\xfftOc\x00\x00\x00\x02")
	for first := range 256 {
		count := uint32(0)
		if first >= int(id[0]) {
			count = 1
		}
		index.Write(binary.BigEndian.AppendUint32(nil, count))
	}
	index.Write(id[:])
	index.Write(binary.BigEndian.AppendUint32(nil, check))
	index.Write([]byte{0, 0, 0, 12})
	index.Write(sum[:])
	own := sha1.Sum(index.Bytes())
	index.Write(own[:])
	writeFile(t, filepath.Join(dir, "pack", "pack-1.pack"), pack.Bytes())
	writeFile(t, filepath.Join(dir, "pack", "pack-1.idx"), index.Bytes())
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
