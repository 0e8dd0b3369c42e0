package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	attributesFile = ".gitattributes"
	regularFiles   = "100"
	directories    = "40000"
)

// objectReader reads objects through a running git.
type objectReader struct {
	ask    io.WriteCloser
	answer *bufio.Reader
	wait   func() error
	// attributes are the .gitattributes files below each tree seen, by path.
	attributes map[string]map[string]string
}

func newObjectReader(ctx context.Context, repository string) (*objectReader, error) {
	command := gitCommand(ctx, repository, "cat-file", "--batch")
	ask, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	answer, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &objectReader{
		ask: ask, answer: bufio.NewReader(answer), wait: command.Wait, attributes: map[string]map[string]string{},
	}, command.Start()
}

func (r *objectReader) close() error {
	if err := r.ask.Close(); err != nil {
		return err
	}
	return r.wait()
}

func (r *objectReader) read(id string) ([]byte, error) {
	if _, err := io.WriteString(r.ask, id+"\n"); err != nil {
		return nil, err
	}
	header, err := r.answer.ReadString('\n')
	if err != nil {
		return nil, err
	}
	var name, kind string
	var size int
	if _, err := fmt.Sscan(header, &name, &kind, &size); err != nil {
		return nil, fmt.Errorf("git cat-file answers %q", header)
	}
	content := make([]byte, size+1)
	_, err = io.ReadFull(r.answer, content)
	return content[:size], err
}

// attributesOf finds the .gitattributes files in a tree and below: blobs by path.
func (r *objectReader) attributesOf(tree string) (map[string]string, error) {
	if known, seen := r.attributes[tree]; seen {
		return known, nil
	}
	content, err := r.read(tree)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	const idSize = 20
	for len(content) > 0 {
		entry, rest, _ := bytes.Cut(content, []byte{0})
		mode, name, _ := strings.Cut(string(entry), " ")
		id := hex.EncodeToString(rest[:idSize])
		content = rest[idSize:]
		switch {
		case mode == directories:
			below, err := r.attributesOf(id)
			if err != nil {
				return nil, err
			}
			for path, blob := range below {
				found[name+"/"+path] = blob
			}
		case strings.HasPrefix(mode, regularFiles) && name == attributesFile:
			found[name] = id
		}
	}
	r.attributes[tree] = found
	return found, nil
}

// put writes .gitattributes files into an empty worktree.
func (r *objectReader) put(files map[string]string, worktree string) error {
	for path, blob := range files {
		content, err := r.read(blob)
		if err != nil {
			return err
		}
		name := filepath.Join(worktree, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// key names a set of files.
func key(files map[string]string) string {
	var text strings.Builder
	for _, path := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&text, "%s %s\n", files[path], path)
	}
	return text.String()
}
