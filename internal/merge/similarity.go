package merge

import (
	"bytes"
	"math"
	"math/bits"
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
	if text && bytes.Contains(content, []byte("\r\n")) {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	}
	all := make([]chunk, 0, bytes.Count(content, []byte("\n"))+len(content)/chunkLimit)
	for {
		size, full := chunkSize(content)
		if !full {
			break
		}
		all = append(all, chunk{hash: hashChunk(content[:size]), bytes: uint32(size)}) //nolint:gosec // at most chunkLimit
		content = content[size:]
	}
	return sumUp(sortChunks(all))
}

// chunkSize is the size of the content's first chunk, if there is a full one.
func chunkSize(content []byte) (size int, full bool) {
	window := content[:min(chunkLimit, len(content))]
	if end := bytes.IndexByte(window, '\n'); end >= 0 {
		return end + 1, true
	}
	return len(window), len(window) == chunkLimit
}

// hashChunk mixes the bytes into two words of 32 bits, which are rotated as one of
// 64 and of which the lower takes each byte in.
func hashChunk(content []byte) uint32 {
	const lowerWord = math.MaxUint32
	var words uint64
	for _, c := range content {
		words = bits.RotateLeft64(words, 7)
		words = words&^lowerWord | (words+uint64(c))&lowerWord
	}
	return (uint32(words&lowerWord) + uint32(words>>32)*0x61) % chunkHashes
}

// sortDigit is the number of bits by which sortChunks sorts at a time; twice that
// many hold any hash.
const sortDigit = 9

// sortChunks sorts chunks by hash. There are so many of them, and their hashes are
// so short, that sorting by digits is several times as fast as comparing.
func sortChunks(chunks []chunk) []chunk {
	sorted := make([]chunk, len(chunks))
	for shift := 0; shift < 2*sortDigit; shift += sortDigit {
		var starts [1<<sortDigit + 1]int
		digit := func(c chunk) uint32 { return c.hash >> shift & (1<<sortDigit - 1) }
		for _, c := range chunks {
			starts[digit(c)+1]++
		}
		for i := 1; i < len(starts); i++ {
			starts[i] += starts[i-1]
		}
		for _, c := range chunks {
			sorted[starts[digit(c)]] = c
			starts[digit(c)]++
		}
		chunks, sorted = sorted, chunks
	}
	return chunks
}

// sumUp joins the sorted chunks of equal hash, in place.
func sumUp(chunks []chunk) []chunk {
	sums := chunks[:0]
	for _, one := range chunks {
		if last := len(sums) - 1; last >= 0 && sums[last].hash == one.hash {
			sums[last].bytes += one.bytes
			continue
		}
		sums = append(sums, one)
	}
	return sums
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
