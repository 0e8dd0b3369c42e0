package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// requestPatience bounds one request, with its answer.
	requestPatience = 30 * time.Second
	// uploadPatience bounds the upload of one file.
	uploadPatience = 15 * time.Minute
	// limitPatience is how long a rate limit is waited out, altogether.
	limitPatience = 2 * time.Minute
	// secondaryPause is the pause that GitHub asks for after a secondary limit
	// without Retry-After.
	secondaryPause = time.Minute
	// attempts is how often a request is made that may be repeated.
	attempts = 3
	// retryPause is the longest pause before the first repetition; it doubles.
	retryPause = 250 * time.Millisecond
)

// Counts are what a run has asked.
type Counts struct {
	// Requests are all that were sent, Unchanged those of them that were answered by
	// "not modified", Repeated those that were sent once more.
	Requests, Unchanged, Repeated int
}

// transport makes each request by the rules of the package comment.
type transport struct {
	address  Address
	next     http.RoundTripper
	find     CredentialSource
	cache    *cache
	now      func() time.Time
	progress func(text string)
	// pause waits, or until the context ends.
	pause func(ctx context.Context, d time.Duration) error

	mutex      sync.Mutex
	credential Credential
	counts     Counts
	waited     time.Duration
	expires    time.Time
	// skew is how much GitHub's clock is ahead, and scopes are a classic token's; both
	// by the last answer.
	skew        time.Duration
	scopes      string
	scopesKnown bool
}

// RoundTrip answers a request of go-github.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if !t.isOwn(request) {
		return nil, &Error{Kind: ErrUnreachable, What: "the API leads to another host", Advice: "check the address of the API"}
	}
	body, err := bodyOf(request)
	if err != nil {
		return nil, err
	}
	known := t.cache.find(request)
	for attempt := 1; ; attempt++ {
		response, sent, err := t.once(request, body, known)
		again, pause, failure := t.judge(request, response, sent, err, attempt)
		if failure != nil {
			return nil, failure
		}
		if !again {
			return t.finish(request, response, known)
		}
		if response != nil {
			drain(response)
		}
		t.count(func(c *Counts) { c.Repeated++ })
		err = t.pause(request.Context(), pause)
		t.progress("")
		if err != nil {
			return nil, err
		}
	}
}

// isOwn reports whether a request goes to the API or the uploads; whatever an
// answer says, the token goes nowhere else.
func (t *transport) isOwn(request *http.Request) bool {
	origin := request.URL.Scheme + "://" + request.URL.Host + "/"
	return strings.HasPrefix(t.address.API, origin) || strings.HasPrefix(t.address.Uploads, origin)
}

// bodyOf reads a request's body, to be sent again. Files are not read: what is
// uploaded is not repeated.
func bodyOf(request *http.Request) ([]byte, error) {
	if request.Body == nil || isUpload(request) {
		return nil, nil
	}
	body, err := io.ReadAll(request.Body)
	_ = request.Body.Close()
	return body, err
}

func isUpload(request *http.Request) bool {
	return request.Method == http.MethodPost && request.Header.Get("Content-Type") != "application/json" && request.ContentLength > 0
}

// once sends the request. sent reports whether it may have reached the server.
func (t *transport) once(original *http.Request, body []byte, known *cached) (response *http.Response, sent bool, err error) {
	credential, err := t.authorise(original.Context())
	if err != nil {
		return nil, false, err
	}
	patience := requestPatience
	if isUpload(original) {
		patience = uploadPatience
	}
	ctx, cancel := context.WithTimeout(original.Context(), patience)
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}
	request := original.Clone(httptrace.WithClientTrace(ctx, trace))
	if body != nil {
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	request.Header.Set("Authorization", "Bearer "+credential.token)
	if known != nil {
		request.Header.Set("If-None-Match", known.ETag)
	}
	t.count(func(c *Counts) { c.Requests++ })
	response, err = t.next.RoundTrip(request)
	if err != nil {
		cancel()
		return nil, wrote.Load(), err
	}
	// The deadline covers the answer's body as well.
	response.Body = &bodyWithDeadline{ReadCloser: response.Body, cancel: cancel}
	return response, true, nil
}

type bodyWithDeadline struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *bodyWithDeadline) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// judge decides whether the request is made again, and after which pause.
func (t *transport) judge(request *http.Request, response *http.Response, sent bool, err error, attempt int) (again bool, pause time.Duration, failure error) {
	var own *Error
	switch {
	case errors.As(err, &own), request.Context().Err() != nil:
		return false, 0, err
	case err != nil && attempt < attempts && !isUpload(request) && (!sent || isRepeatable(request.Method)):
		return true, backOff(attempt), nil
	case err != nil:
		return false, 0, err
	case isLimited(response):
		pause = t.limitPause(response)
		if isUpload(request) || !t.takePatience(pause) {
			drain(response)
			return false, 0, limited(t.address, pause)
		}
		t.progress(fmt.Sprintf("waiting %s for the rate limit of %s", pause.Round(time.Second), t.address.Host))
		return true, pause, nil
	case isOverloaded(response.StatusCode) && isRepeatable(request.Method) && attempt < attempts:
		return true, backOff(attempt), nil
	}
	return false, 0, nil
}

// isRepeatable reports whether doing it twice is doing it once.
func isRepeatable(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

func isOverloaded(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// backOff is a pause drawn at random, so that clients part.
func backOff(attempt int) time.Duration {
	longest := retryPause << (attempt - 1)
	return longest/2 + time.Duration(rand.Int64N(int64(longest/2))) //nolint:gosec // only to part clients
}

// isLimited reports whether a request was refused for a rate limit, primary or
// secondary (GitHub's documentation of rate limits for the REST API).
func isLimited(response *http.Response) bool {
	if response.StatusCode == http.StatusTooManyRequests {
		return true
	}
	return response.StatusCode == http.StatusForbidden &&
		(response.Header.Get("Retry-After") != "" || response.Header.Get("X-RateLimit-Remaining") == "0")
}

// limitPause is how long to wait before the request may be made again.
func (t *transport) limitPause(response *http.Response) time.Duration {
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if response.Header.Get("X-RateLimit-Remaining") == "0" {
		if seconds, err := strconv.ParseInt(response.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return max(time.Unix(seconds, 0).Sub(t.now())+time.Second, time.Second)
		}
	}
	return secondaryPause
}

// takePatience reports whether that much may still be waited, and counts it.
func (t *transport) takePatience(pause time.Duration) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.waited+pause > limitPatience {
		return false
	}
	t.waited += pause
	return true
}

func limited(address Address, pause time.Duration) error {
	return &Error{Kind: ErrLimited, What: fmt.Sprintf("the rate limit of %s is used up for another %s", address.Host, pause.Round(time.Second)),
		Advice: "the same command goes on then"}
}

// finish turns "not modified" into the answer that is known, and keeps new ones.
func (t *transport) finish(request *http.Request, response *http.Response, known *cached) (*http.Response, error) {
	t.noteExpiry(response.Header)
	t.noteStanding(response.Header)
	if response.StatusCode == http.StatusNotModified && known != nil {
		t.count(func(c *Counts) { c.Unchanged++ })
		drain(response)
		response = known.response(request)
	} else if err := t.cache.keep(request, response); err != nil {
		return nil, err
	}
	// go-github would refuse the next request by itself, without waiting.
	for _, name := range []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Used", "X-Ratelimit-Reset"} {
		response.Header.Del(name)
	}
	return response, nil
}

// noteExpiry remembers when the token's time is over, which GitHub says of some.
func (t *transport) noteExpiry(header http.Header) {
	text := header.Get("GitHub-Authentication-Token-Expiration")
	for _, layout := range []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			t.mutex.Lock()
			t.expires = at
			t.mutex.Unlock()
			return
		}
	}
}

// noteStanding remembers what an answer says of clock and token.
func (t *transport) noteStanding(header http.Header) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		t.skew = at.Sub(t.now()).Truncate(time.Second)
	}
	if scopes, known := header["X-Oauth-Scopes"]; known {
		t.scopes, t.scopesKnown = strings.Join(scopes, ", "), true
	}
}

func (t *transport) count(change func(*Counts)) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	change(&t.counts)
}

// maxRest bounds what is read of an answer that nobody wants, so that its
// connection can be used again.
const maxRest = 64 << 10

func drain(response *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxRest))
	_ = response.Body.Close()
}
