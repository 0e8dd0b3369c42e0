package filemap

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestReadsAreTheSameAfterGivingBack reads a file that is larger than what may be
// held, several times over, from places all over it.
func TestReadsAreTheSameAfterGivingBack(t *testing.T) {
	t.Parallel()
	const step = pieceSize + 7
	content := make([]byte, 2*heldLimit+12345)
	for i := 0; i < len(content); i += step {
		content[i] = byte(i/step) | 1
	}
	name := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Open(name, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	gaveBack := false
	count := func() int32 {
		if mapped := file.mapped.Load(); mapped != nil {
			return mapped.held.count.Load()
		}
		return 0
	}
	for round := range 3 {
		for at := 0; at < len(content); at += step {
			length := min(9, len(content)-at)
			before := count()
			piece, err := file.Slice(int64(at), length)
			if err != nil || !bytes.Equal(piece, content[at:at+length]) {
				t.Fatalf("round %d, at %d: %v, %v", round, at, piece, err)
			}
			gaveBack = gaveBack || count() < before
		}
	}
	if file.mapped.Load() != nil && !gaveBack {
		t.Error("all of the file is held")
	}
	if held := count(); held > heldLimit/pieceSize {
		t.Errorf("%d pieces are held", held)
	}
}

func TestSmallFilesAreHeld(t *testing.T) {
	t.Parallel()
	if small := newHeld(heldLimit); small.bits != nil {
		t.Error("a small file is counted")
	}
}

func TestScatteredFilesAreHeld(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, make([]byte, heldLimit+1), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Open(name, Options{Scattered: true})
	if err != nil {
		t.Fatal(err)
	}
	if mapped := file.mapped.Load(); mapped != nil && mapped.held.bits != nil {
		t.Error("pieces of a file that is read all over are counted")
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}
