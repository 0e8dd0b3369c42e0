package filemap

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func numbered(t *testing.T, size int) (name string, content []byte) {
	t.Helper()
	content = make([]byte, size)
	for i := range content {
		content[i] = byte(i * 7)
	}
	name = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name, content
}

// canMap reports whether this system maps files.
func canMap(t *testing.T, name string) bool {
	t.Helper()
	file, err := Open(name, Options{Scattered: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	return file.mapped.Load() != nil
}

// TestMappedWhenItPays reads a file until it is mapped, and sees that nothing of it
// changes by that.
func TestMappedWhenItPays(t *testing.T) {
	t.Parallel()
	name, content := numbered(t, 2*readAtOnce)
	system := canMap(t, name)
	for _, c := range []struct {
		name          string
		options       Options
		reads, length int
		mapped        bool
	}{
		{"few pieces", Options{}, mapAfter, 10, false},
		{"many pieces", Options{}, mapAfter + 1, 10, true},
		{"a long piece", Options{}, 1, readAtOnce + 1, true},
		{"all over", Options{Scattered: true}, 1, 10, true},
		{"never", Options{Unmapped: true}, mapAfter + 1, readAtOnce + 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file, err := Open(name, c.options)
			if err != nil {
				t.Fatal(err)
			}
			var buffer []byte
			for i := range c.reads {
				at := i * 13
				piece, err := file.SliceInto(&buffer, int64(at), c.length)
				if err != nil || !bytes.Equal(piece, content[at:at+c.length]) {
					t.Fatalf("%d bytes at %d: %v", c.length, at, err)
				}
			}
			if mapped := file.mapped.Load() != nil; mapped != (c.mapped && system) {
				t.Errorf("after %d reads it is mapped: %v", c.reads, mapped)
			}
			if most, err := file.Most(&buffer, 5, 9); err != nil || !bytes.HasPrefix(most, content[5:14]) {
				t.Errorf("most: %v, %v", most, err)
			}
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFewFilesAreHeldOpen opens more files than may be held open.
func TestFewFilesAreHeldOpen(t *testing.T) {
	t.Parallel()
	name, content := numbered(t, 100)
	system := canMap(t, name)
	handles := &Handles{}
	var files []*File
	for range maxHandles + 3 {
		file, err := Open(name, Options{Handles: handles})
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for i, file := range files {
		if mapped := file.handle == nil; mapped != (system && i >= maxHandles) {
			t.Errorf("file %d was mapped at once: %v", i, mapped)
		}
		if piece, err := file.Slice(50, 10); err != nil || !bytes.Equal(piece, content[50:60]) {
			t.Errorf("file %d: %v, %v", i, piece, err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	if open := handles.open.Load(); open != 0 {
		t.Errorf("%d files count as open", open)
	}
}
