package filemap_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

func write(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSlice(t *testing.T) {
	t.Parallel()
	content := []byte("0123456789")
	name := write(t, content)
	for _, options := range []filemap.Options{{}, {Unmapped: true}} {
		file, err := filemap.Open(name, options)
		if err != nil {
			t.Fatal(err)
		}
		if file.Size() != 10 || file.Name() != name {
			t.Errorf("the file is %s, %d", file.Name(), file.Size())
		}
		for offset := int64(-1); offset < 12; offset++ {
			for length := -1; length < 12; length++ {
				piece, err := file.Slice(offset, length)
				if offset < 0 || length < 0 || offset+int64(length) > 10 {
					var wrong *filemap.Error
					if !errors.As(err, &wrong) || !errors.Is(err, filemap.ErrShort) || wrong.File != name {
						t.Errorf("%d bytes at %d: %v", length, offset, err)
					}
				} else if err != nil || !bytes.Equal(piece, content[offset:offset+int64(length)]) {
					t.Errorf("%d bytes at %d: %q, %v", length, offset, piece, err)
				}
			}
		}
		if most, err := file.Most(new([]byte), 8, 100); err != nil || string(most) != "89" {
			t.Errorf("most at 8: %q, %v", most, err)
		}
		for range 2 {
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	for _, options := range []filemap.Options{{}, {Unmapped: true}} {
		if _, err := filemap.Open(filepath.Join(t.TempDir(), "nothing"), options); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what is not there: %v", err)
		}
		if _, err := filemap.Open(t.TempDir(), options); err == nil {
			t.Error("a directory was opened")
		}
		empty, err := filemap.Open(write(t, nil), options)
		if err != nil || empty.Size() != 0 {
			t.Fatal(err)
		}
		if piece, err := empty.Slice(0, 0); err != nil || len(piece) != 0 {
			t.Errorf("nothing of nothing: %q, %v", piece, err)
		}
		if err := empty.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A file that is cut short while it is mapped gives an error, not the end of the
// process.
func TestShrunkFile(t *testing.T) {
	t.Parallel()
	for _, options := range []filemap.Options{{}, {Unmapped: true}, {Scattered: true}} {
		if runtime.GOOS == "windows" && !options.Unmapped {
			continue // nothing is mapped there
		}
		content := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
		name := write(t, content)
		file, err := filemap.Open(name, options)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, 1<<14); err != nil {
			t.Fatal(err)
		}
		const place = 1<<17 + 5
		err = filemap.Guard(func() error {
			piece, err := file.Slice(place, 100)
			if err == nil {
				err = errors.New("read " + string(bytes.Clone(piece)))
			}
			return err
		}, slices.Values([]*filemap.File{file}))
		var wrong *filemap.Error
		if !errors.As(err, &wrong) || wrong.File != name || wrong.Offset < place || wrong.Offset > place+100 {
			t.Errorf("%+v: the error is %v", options, err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Faults and panics that have nothing to do with the files stay what they are.
func TestOtherPanicsGoOn(t *testing.T) {
	t.Parallel()
	file, err := filemap.Open(write(t, []byte("x")), filemap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	for name, broken := range map[string]func(){
		"a panic":       func() { panic("mine") },
		"a nil pointer": func() { var none *[1 << 30]byte; none[1<<29] = 1 },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was swallowed", name)
				}
			}()
			_ = filemap.Guard(func() error { broken(); return nil }, slices.Values([]*filemap.File{file}))
		}()
	}
}
