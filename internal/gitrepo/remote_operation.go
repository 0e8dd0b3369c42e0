package gitrepo

import (
	"context"
	"fmt"
	"io"
	"time"
)

// defaultPatience is how long a remote may stay silent before the conversation
// is given up. Servers that work send something at least every five seconds
// (uploadpack.keepAlive, receive.keepAlive).
const defaultPatience = 30 * time.Second

// operation is one conversation with a remote under way. It ends when the
// caller's context does, or when nothing has moved for too long.
type operation struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	patience time.Duration
}

// silenceError is why an operation was given up.
type silenceError struct{ patience time.Duration }

func (e silenceError) Error() string { return fmt.Sprintf("no answer for %s", e.patience) }

func startOperation(ctx context.Context, patience time.Duration) *operation {
	o := &operation{patience: patience}
	o.ctx, o.cancel = context.WithCancelCause(ctx)
	o.timer = time.AfterFunc(patience, func() { o.cancel(silenceError{patience}) })
	return o
}

// end releases the operation; it must be called.
func (o *operation) end() {
	o.timer.Stop()
	o.cancel(nil)
}

// pause stops the wait for the remote, until moved is called.
func (o *operation) pause() { o.timer.Stop() }

// moved tells that something was sent or received.
func (o *operation) moved() { o.timer.Reset(o.patience) }

// onEnd has stop called when the operation is given up before release is called.
func (o *operation) onEnd(stop func()) (release func()) {
	forget := context.AfterFunc(o.ctx, stop)
	return func() { forget() }
}

// reason replaces the error of an operation that was given up (a closed
// connection, a killed process) by why it was.
func (o *operation) reason(err error) error {
	if err != nil && o.ctx.Err() != nil {
		return context.Cause(o.ctx)
	}
	return err
}

func (o *operation) reader(r io.Reader) io.Reader { return movingReader{r, o} }
func (o *operation) writer(w io.Writer) io.Writer { return movingWriter{w, o} }

type movingReader struct {
	reader    io.Reader
	operation *operation
}

func (r movingReader) Read(data []byte) (int, error) {
	n, err := r.reader.Read(data)
	if n > 0 {
		r.operation.moved()
	}
	return n, err
}

type movingWriter struct {
	writer    io.Writer
	operation *operation
}

func (w movingWriter) Write(data []byte) (int, error) {
	n, err := w.writer.Write(data)
	if n > 0 {
		w.operation.moved()
	}
	return n, err
}
