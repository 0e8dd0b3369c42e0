// Package webhook tells an address by HTTP, and says what became of it: it was
// taken, it certainly was not, or the answer was lost.
//
// The body is JSON. Its HMAC-SHA256 under a secret that both sides know is in the
// header X-Looprel-Signature, as "sha256=" and 64 hexadecimal digits; the event and
// the announcement's id are in X-Looprel-Event and X-Looprel-Delivery. Redirects are
// not followed: they would carry the body to somebody else. The package decides
// nothing; what is told comes from package plan.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Hook is an address that is told.
type Hook struct {
	URL string
	// Secret signs; empty: nothing is signed.
	Secret  string
	Timeout time.Duration
	// Environ says which proxy to use ("NAME=value" each).
	Environ []string
}

// Call is what it is told.
type Call struct {
	// ID is the announcement's for ever, by which a receiver knows it again.
	ID    string
	Event string
	Body  []byte // JSON
}

// The headers of a call.
const (
	SignatureHeader = "X-Looprel-Signature"
	EventHeader     = "X-Looprel-Event"
	DeliveryHeader  = "X-Looprel-Delivery"
)

// LostError is a call that was sent, and whose answer did not come, or came from
// something in between: it may have arrived.
type LostError struct{ Cause error }

func (e *LostError) Error() string {
	return "the call was sent, and its answer was lost: " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *LostError) Unwrap() error { return e.Cause }

const maxAnswer = 300 // bytes

// Signature is the value of SignatureHeader for a body.
func Signature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Post makes the call. It returns the answer. Any error but a LostError says that it
// did not arrive. No error shows the address, which may be a secret.
func Post(ctx context.Context, hook Hook, call Call) (answer string, err error) {
	var wrote atomic.Bool
	ctx, cancel := context.WithTimeout(ctx, hook.Timeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(call.Body))
	if err != nil {
		return "", errors.New("the webhook's address is no URL")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "looprel")
	request.Header.Set(EventHeader, call.Event)
	request.Header.Set(DeliveryHeader, call.ID)
	if hook.Secret != "" {
		request.Header.Set(SignatureHeader, Signature(hook.Secret, call.Body))
	}
	response, err := hook.client().Do(request)
	if err != nil {
		// The error of the client names the address; its cause does not.
		var named *url.Error
		if errors.As(err, &named) {
			err = named.Err
		}
		if wrote.Load() {
			return "", &LostError{err}
		}
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // what was wanted of it has been read
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return judge(response.StatusCode, printable.Bounded(joined(response.Status, string(text)), maxAnswer))
}

// judge says what a status means. A gateway that has lost its server does not know
// what that has done.
func judge(status int, answer string) (string, error) {
	switch {
	case status >= 200 && status < 300:
		return answer, nil
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return "", &LostError{errors.New(answer)}
	}
	return "", fmt.Errorf("the webhook refused it: %s", answer)
}

func joined(status, text string) string {
	if text = strings.TrimSpace(text); text != "" {
		return status + ": " + text
	}
	return status
}

func (h Hook) client() *http.Client {
	proxyFor := (&httpproxy.Config{
		HTTPProxy:  lookup(h.Environ, "http_proxy", "HTTP_PROXY"),
		HTTPSProxy: lookup(h.Environ, "https_proxy", "HTTPS_PROXY"),
		NoProxy:    lookup(h.Environ, "no_proxy", "NO_PROXY"),
	}).ProxyFunc()
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:             func(request *http.Request) (*url.URL, error) { return proxyFor(request.URL) },
			DialContext:       (&net.Dialer{Timeout: h.Timeout}).DialContext,
			TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true,
		},
	}
}

// lookup finds the value of the first of the names that has one; of several
// settings of a name the last counts.
func lookup(environ []string, names ...string) string {
	for _, name := range names {
		for _, variable := range slices.Backward(environ) {
			if value, found := strings.CutPrefix(variable, name+"="); found && value != "" {
				return value
			}
		}
	}
	return ""
}
