package objectstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

const (
	// maxAlternatesDepth is git's own bound for repositories that borrow objects
	// from repositories that borrow.
	maxAlternatesDepth = 5
	// maxAlternatesSize bounds an objects/info/alternates file, in bytes.
	maxAlternatesSize = 1 << 20
)

// AlternateError is a directory of objects that is to be borrowed from and does
// not exist.
type AlternateError struct {
	// File names the directory.
	File, Directory string
}

// Error names both.
func (e *AlternateError) Error() string {
	return fmt.Sprintf("%s borrows objects from %s, which does not exist", e.File, e.Directory)
}

// alternates lists the object directories that this one borrows from, in git's
// order, each once.
func alternates(objectsDir string) ([]string, error) {
	seen := map[string]bool{objectsDir: true}
	var all []string
	err := addAlternates(objectsDir, 0, seen, &all)
	return all, err
}

func addAlternates(objectsDir string, depth int, seen map[string]bool, all *[]string) error {
	file := filepath.Join(objectsDir, "info", "alternates")
	text, err := readAlternates(file)
	if err != nil || depth == maxAlternatesDepth {
		return err
	}
	for line := range strings.Lines(text) {
		path := strings.TrimRight(line, "\r\n")
		if path == "" || strings.HasPrefix(path, "#") {
			continue
		}
		if unquoted, err := strconv.Unquote(path); err == nil && path[0] == '"' {
			path = unquoted
		}
		path = filepath.FromSlash(path)
		if !filepath.IsAbs(path) {
			path = filepath.Join(objectsDir, path)
		}
		path = filepath.Clean(path)
		if seen[path] {
			continue
		}
		seen[path] = true
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return &AlternateError{File: file, Directory: path}
		}
		*all = append(*all, path)
		if err := addAlternates(path, depth+1, seen, all); err != nil {
			return err
		}
	}
	return nil
}

// readAlternates reads the file, which need not exist.
func readAlternates(name string) (string, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", &filemap.Error{File: name, Cause: err}
	}
	data, err := io.ReadAll(io.LimitReader(file, maxAlternatesSize+1))
	err = errors.Join(err, file.Close())
	if err == nil && len(data) > maxAlternatesSize {
		err = fmt.Errorf("it has more than %d bytes", maxAlternatesSize)
	}
	if err != nil {
		return "", &filemap.Error{File: name, Cause: err}
	}
	return string(data), nil
}
