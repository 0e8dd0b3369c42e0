package merge

import (
	"bytes"
	"math"
	"slices"
)

const (
	// fullScore is the similarity of equal files.
	fullScore = 60000
	// renameScore is the similarity that makes two files a rename: 50 %.
	renameScore = fullScore / 2
	// basenameScore is the one that does so when both have the same, unique name:
	// half way between renameScore and fullScore.
	basenameScore = renameScore + (fullScore-renameScore)/2

	// chunkLimit is the length, in bytes, at which a chunk ends that has not
	// ended with a line.
	chunkLimit = 64
	// chunkHashes is how many different values the hash of a chunk has.
	chunkHashes = 107927
)

// document is what is known of a file's content.
type document struct {
	size    int64
	sized   bool
	chunks  []chunk
	chunked bool
}

// chunk is how many bytes of a file are in chunks of that hash.
type chunk struct {
	hash  uint32
	bytes uint32
}

// chunksOf splits a file into chunks, each a line or 64 bytes of one, and sums
// their bytes up by hash. In text, the CR before an LF does not count. As in git
// before 2.44, what follows the last full chunk is left out.
func chunksOf(content []byte, text bool) []chunk {
	var high, low uint32
	length := uint32(0)
	raw := make([]uint64, 0, bytes.Count(content, []byte("\n"))+len(content)/chunkLimit)
	for i, c := range content {
		if text && c == '\r' && i+1 < len(content) && content[i+1] == '\n' {
			continue
		}
		low, high = low<<7^high>>25, high<<7^low>>25
		low += uint32(c)
		length++
		if length < chunkLimit && c != '\n' {
			continue
		}
		raw = append(raw, uint64((low+high*0x61)%chunkHashes)<<32|uint64(length))
		high, low, length = 0, 0, 0
	}
	slices.Sort(raw)
	return sumUp(raw)
}

// sumUp joins the sorted chunks of equal hash.
func sumUp(raw []uint64) []chunk {
	var chunks []chunk
	for _, one := range raw {
		hash, length := uint32(one>>32), uint32(one&math.MaxUint32)
		if last := len(chunks) - 1; last >= 0 && chunks[last].hash == hash {
			chunks[last].bytes += length
			continue
		}
		chunks = append(chunks, chunk{hash, length})
	}
	return chunks
}

// copied is how many bytes of one file may come from the other.
func copied(a, b []chunk) int64 {
	sum := int64(0)
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].hash < b[j].hash:
			i++
		case a[i].hash > b[j].hash:
			j++
		default:
			sum += int64(min(a[i].bytes, b[j].bytes))
			i++
			j++
		}
	}
	return sum
}

// similarity estimates how similar two files are, from 0 to fullScore. Below the
// minimum it may give zero for any value.
func (m *merger) similarity(from *source, to *destination, minimum int64) (int, error) {
	if !from.version.Mode.IsFile() || !to.version.Mode.IsFile() {
		return 0, nil
	}
	if err := m.measure(&from.document, from.version); err != nil {
		return 0, err
	}
	if err := m.measure(&to.document, to.version); err != nil {
		return 0, err
	}
	larger, smaller := max(from.document.size, to.document.size), min(from.document.size, to.document.size)
	if larger*(fullScore-minimum) < (larger-smaller)*fullScore || to.document.size == 0 {
		return 0, nil
	}
	if err := m.split(&from.document, from.path, from.version); err != nil {
		return 0, err
	}
	if err := m.split(&to.document, to.path, to.version); err != nil {
		return 0, err
	}
	return int(copied(from.document.chunks, to.document.chunks) * fullScore / larger), nil
}

func (m *merger) measure(d *document, version Version) error {
	if d.sized {
		return nil
	}
	size, err := m.objects.BlobSize(version.ID)
	d.size, d.sized = size, err == nil
	return err
}

func (m *merger) split(d *document, path string, version Version) error {
	if d.chunked {
		return nil
	}
	content, err := m.objects.Blob(version.ID)
	if err != nil {
		return err
	}
	text, err := m.isText(path, content)
	if err != nil {
		return err
	}
	d.chunks, d.chunked = chunksOf(content, text), true
	return nil
}

// isText reports whether line endings of a file are left out of its chunks. The
// attribute "diff" says so, and where it says nothing, the content.
func (m *merger) isText(path string, content []byte) (bool, error) {
	if !bytes.Contains(content, []byte("\r\n")) {
		return true, nil // it makes no difference
	}
	attribute, err := m.attributes.lookup(path, "diff")
	if err != nil {
		return false, err
	}
	switch attribute.state {
	case attributeSet:
		return true, nil
	case attributeUnset:
		return false, nil
	default:
		return !IsBinary(content), nil
	}
}
