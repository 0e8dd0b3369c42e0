package github

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// maxAnswer bounds an answer's body, in bytes.
	maxAnswer = 16 << 20
	// maxKept bounds the body of an answer that is kept.
	maxKept = 1 << 20
	// maxFiles is how many answers are kept.
	maxFiles = 200
)

// cache keeps answers with their ETags in a directory of the clone. An answer is
// private to those who can read the repository, and so is the directory. Without a
// directory nothing is kept.
type cache struct{ dir string }

// cached is an answer that was kept.
type cached struct {
	ETag        string `json:"etag"`
	ContentType string `json:"content_type"`
	Link        string `json:"link,omitempty"`
	Body        []byte `json:"body"`
}

func (c *cache) file(request *http.Request) string {
	sum := sha256.Sum256([]byte(request.URL.String() + "\n" + request.Header.Get("Accept")))
	return filepath.Join(c.dir, hex.EncodeToString(sum[:16])+".json")
}

// find is the kept answer to a GET, nil if there is none. The server judges by the
// ETag whether it holds for whoever asks.
func (c *cache) find(request *http.Request) *cached {
	if c.dir == "" || request.Method != http.MethodGet {
		return nil
	}
	data, err := os.ReadFile(c.file(request))
	if err != nil {
		return nil
	}
	found := &cached{}
	if json.Unmarshal(data, found) != nil || found.ETag == "" {
		return nil
	}
	return found
}

// response is the kept answer.
func (c *cached) response(request *http.Request) *http.Response {
	header := http.Header{"Content-Type": {c.ContentType}, "Etag": {c.ETag}}
	if c.Link != "" {
		header.Set("Link", c.Link)
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(c.Body)), ContentLength: int64(len(c.Body)), Request: request,
	}
}

// keep reads an answer's body, bounded, and keeps it if it can be asked for again by
// an ETag. What cannot be written is just not kept.
func (c *cache) keep(request *http.Request, response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	if len(body) > maxAnswer {
		return &Error{Kind: ErrUnreachable, What: "an answer has no end", Advice: "check the address of the API"}
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	etag := response.Header.Get("ETag")
	if c.dir == "" || request.Method != http.MethodGet || response.StatusCode != http.StatusOK || etag == "" || len(body) > maxKept {
		return nil
	}
	data, err := json.Marshal(cached{ETag: etag, ContentType: response.Header.Get("Content-Type"), Link: response.Header.Get("Link"), Body: body})
	if err == nil {
		c.write(c.file(request), data)
	}
	return nil
}

// write replaces a file at once: another looprel may be reading it.
func (c *cache) write(name string, data []byte) {
	if os.MkdirAll(c.dir, 0o700) != nil {
		return
	}
	c.prune()
	fresh, err := os.CreateTemp(c.dir, "fresh-*")
	if err != nil {
		return
	}
	_, err = fresh.Write(data)
	if closed := fresh.Close(); err != nil || closed != nil || os.Rename(fresh.Name(), name) != nil {
		_ = os.Remove(fresh.Name())
	}
}

// prune removes what was written longest ago once there are too many files.
func (c *cache) prune() {
	entries, err := os.ReadDir(c.dir)
	if err != nil || len(entries) < maxFiles {
		return
	}
	written := func(entry os.DirEntry) int64 {
		info, err := entry.Info()
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int {
		if written(a) != written(b) {
			return int(max(-1, min(1, written(a)-written(b))))
		}
		return strings.Compare(a.Name(), b.Name())
	})
	for _, entry := range entries[:len(entries)-maxFiles/2] {
		_ = os.Remove(filepath.Join(c.dir, entry.Name()))
	}
}
