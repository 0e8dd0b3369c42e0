package gitrepo

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The services of git's pack protocol.
const (
	uploadPack  = "git-upload-pack"
	receivePack = "git-receive-pack"
)

// userAgent is how looprel introduces itself. Servers tell git by the prefix.
const userAgent = "git/looprel"

// transport opens connections to one address. It keeps what they can share: an
// SSH connection, idle HTTP connections, the credential that was accepted.
type transport interface {
	// connect starts a service and stands before its advertisement.
	connect(op *operation, service string) (connection, error)
	close() error
}

// connection is one conversation with a service: its advertisement, then a request
// and the answer; in version 2 of the protocol, further ones.
type connection interface {
	// advertisement reads the service's opening message.
	advertisement(op *operation) *bufio.Reader
	// exchange sends the request and returns the answer. When it fails with
	// errNotSent in the error's chain, the service cannot have acted on the
	// request.
	exchange(op *operation, request request) (*bufio.Reader, error)
	// speaks tells that the service answers in a version of the protocol that was
	// asked for.
	speaks(version string)
	// isStateless reports whether the service forgets between two requests.
	isStateless() bool
	// explain turns a failure into one that says what the service said beside
	// the protocol.
	explain(err error) error
	// close ends the exchange; politely when it is complete.
	close() error
}

// request is what is sent: a message, and a pack behind it if there is one.
type request struct {
	message []byte
	pack    io.ReaderAt
	size    int64 // of the pack
}

// reader reads the request from its beginning; it may be sent more than once.
func (r request) reader() io.Reader {
	if r.pack == nil {
		return bytes.NewReader(r.message)
	}
	return io.MultiReader(bytes.NewReader(r.message), io.NewSectionReader(r.pack, 0, r.size))
}

func (r request) length() int64 { return int64(len(r.message)) + r.size }

// errNotSent marks a request that did not reach the service whole.
var errNotSent = errors.New("the request was not sent")

// stream is a connection over a pair of byte streams: a process, a channel of an
// SSH connection, a socket.
type stream struct {
	name   string // what is at the other end, safe to print
	stdin  io.WriteCloser
	stdout io.Reader
	// said is what the service writes to its standard error; nil for a socket,
	// which has none.
	said *messageLog
	// abort ends everything at once; it may be called at any time, and twice.
	abort func()
	// finish waits for the other end after a complete exchange. It is called once.
	finish func() error

	once sync.Once
	used bool // a request was sent
	// buffered reads the output in large pieces for the operation under way.
	buffered  *bufio.Reader
	operation *operation
}

func (s *stream) advertisement(op *operation) *bufio.Reader {
	s.operation = op
	if s.buffered == nil {
		s.buffered = bufio.NewReaderSize(abortingReader{s}, readSize)
	}
	return s.buffered
}

// readSize is how much is read from a connection at once, in bytes: protocol
// lines are short.
const readSize = 32 << 10

// abortingReader reads the stream's output and aborts the stream when the
// operation is given up.
type abortingReader struct{ stream *stream }

func (r abortingReader) Read(data []byte) (int, error) {
	op := r.stream.operation
	release := op.onEnd(r.stream.abort)
	defer release()
	n, err := op.reader(r.stream.stdout).Read(data)
	// Also instead of io.EOF: a killed process ends its output as a finished one
	// does.
	return n, op.reason(err)
}

func (s *stream) exchange(op *operation, request request) (*bufio.Reader, error) {
	s.used = true
	release := op.onEnd(s.abort)
	_, err := io.Copy(op.writer(s.stdin), request.reader())
	release()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSent, op.reason(err))
	}
	return s.advertisement(op), nil
}

func (s *stream) explain(err error) error {
	if err == nil || s.said == nil {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errNotSent) {
		// The other end is gone: wait for its last words.
		_ = s.close()
	}
	return classifyWords(s.name, s.said.lines(), err)
}

// speaks does nothing: the service knows.
func (s *stream) speaks(string) {}

func (s *stream) isStateless() bool { return false }

func (s *stream) close() error {
	var err error
	s.once.Do(func() {
		if !s.used { // a flush packet says that nothing is asked for
			_, _ = io.WriteString(s.stdin, flushPacket)
		}
		_ = s.stdin.Close()
		err = s.finish()
	})
	return err
}

// waitOrClose waits for what comes over done, and closes what it comes from when
// that takes too long.
func waitOrClose(done <-chan error, closeIt func() error) error {
	timer := time.NewTimer(programTimeout)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return closeIt()
	}
}
