package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// look asks the file system about a path of the worktree. What is behind a link is
// not in the worktree.
func (s *editScan) look(path string) (sight, error) {
	real, err := s.isReal(parentOf(path))
	if err != nil || !real {
		return sight{}, err
	}
	return lookAt(s.fullPath(path))
}

func (s *editScan) isReal(directory string) (bool, error) {
	if real, known := s.real[directory]; known {
		return real, nil
	}
	at, err := s.look(directory)
	if err != nil {
		return false, err
	}
	s.real[directory] = at.kind == directoryKind
	return at.kind == directoryKind, nil
}

func (s *editScan) fullPath(path string) string {
	return filepath.Join(s.edit.place.dir, filepath.FromSlash(path))
}

// parentOf is the directory of a path, "." at the root.
func parentOf(path string) string {
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		return path[:slash]
	}
	return "."
}

// read reads what git would store of a path: a file's content, or where a link
// leads.
func (s *editScan) read(path string, at sight, known object.Mode) ([]byte, object.Mode, error) {
	switch {
	case at.kind == linkKind:
		target, err := os.Readlink(s.fullPath(path))
		return []byte(filepath.ToSlash(target)), object.ModeSymlink, err
	case at.kind != regularKind:
		return nil, 0, &Error{Kind: ErrUnresolved, What: fmt.Sprintf("%s is neither a file nor a link", path), Advice: "put the file there, or remove it"}
	case at.size > editBlobLimit:
		return nil, 0, &Error{Kind: ErrTooLarge, What: fmt.Sprintf("%s has %d bytes", path, at.size), Advice: "leave it out: git rm --cached " + path}
	}
	content, err := readBounded(s.fullPath(path), editBlobLimit)
	return content, s.modeOf(at, known), err
}
