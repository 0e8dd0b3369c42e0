package gitrepo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

const (
	maxRedirects = 10
	// maxErrorBody bounds what is read of an answer that is an error, in bytes.
	maxErrorBody = 4 << 10
)

// httpTransport speaks git's "smart" HTTP protocol.
//
// go-git's own HTTP transport is not used: it keeps the reason of a refusal from
// its caller, and cannot tell a push that was not sent from one whose answer was
// lost.
type httpTransport struct {
	remote string // the remote's name, for remote.NAME.proxy
	config Config
	env    environ
	login  loginOptions

	// base is where the repository is, after redirects.
	base        address
	client      *http.Client
	credentials *credentialChain
}

func newHTTPTransport(remote string, a address, config Config, env environ, login loginOptions) (*httpTransport, error) {
	client, err := newHTTPClient(remote, a, config, env)
	if err != nil {
		return nil, err
	}
	t := &httpTransport{remote: remote, config: config, env: env, login: login, client: client}
	t.moveTo(a)
	return t, nil
}

// moveTo makes another address the base. Credentials are bound to an origin: at
// another one the search for them begins anew.
func (t *httpTransport) moveTo(base address) {
	if t.credentials == nil || base.origin() != t.base.origin() {
		t.credentials = newCredentialChain(base, t.env, t.login)
	}
	t.base = base
}

func (t *httpTransport) name() string { return withoutUserinfo(t.base.url().String()) }

// endpoint is the URL of one resource of the repository.
func (t *httpTransport) endpoint(resource string) *url.URL {
	found := t.base.url()
	found.Path = strings.TrimSuffix(found.Path, "/") + "/" + resource
	return found
}

func (t *httpTransport) connect(op *operation, service string) (connection, error) {
	for range maxRedirects {
		target := t.endpoint("info/refs")
		query := target.Query()
		query.Set("service", service)
		target.RawQuery = query.Encode()
		wish := wishedVersion(t.config, service)
		response, _, err := t.send(op, httpRequest{method: http.MethodGet, target: target, service: service, version: wish})
		if err != nil {
			return nil, err
		}
		if !isRedirect(response.StatusCode) {
			return t.accept(op, response, service)
		}
		_ = response.Body.Close()
		if err := t.follow(response, target); err != nil {
			return nil, err
		}
	}
	return nil, notRemote(t.name(), "it redirects without end")
}

// accept checks that the answer is an advertisement.
func (t *httpTransport) accept(op *operation, response *http.Response, service string) (connection, error) {
	if response.StatusCode != http.StatusOK {
		return nil, t.statusError(op, response)
	}
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if kind != "application/x-"+service+"-advertisement" {
		_ = response.Body.Close()
		return nil, notRemote(t.name(), fmt.Sprintf("it answers with %q instead of a git service", printableText(kind)))
	}
	return &httpConnection{transport: t, service: service, body: response.Body}, nil
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow makes the redirect's target the base. The user and password of the old
// address stay behind unless the origin is the same.
func (t *httpTransport) follow(response *http.Response, from *url.URL) error {
	target, err := from.Parse(response.Header.Get("Location"))
	if err != nil {
		return notRemote(t.name(), "it redirects to what is not a URL")
	}
	path, found := strings.CutSuffix(target.Path, "/info/refs")
	if !found || target.Host == "" {
		return notRemote(t.name(), "it redirects to a page: "+withoutUserinfo(target.String()))
	}
	if target.Scheme != protocolHTTPS && (target.Scheme != protocolHTTP || t.base.protocol == protocolHTTPS) {
		return notRemote(t.name(), "it redirects to "+target.Scheme+", which is not secure")
	}
	base := address{protocol: target.Scheme, host: target.Hostname(), port: target.Port(), path: path}
	if err := base.check(target.String()); err != nil {
		return notRemote(t.name(), "it redirects to an address that cannot be used")
	}
	if base.protocol != t.base.protocol {
		t.client.CloseIdleConnections()
		if t.client, err = newHTTPClient(t.remote, base, t.config, t.env); err != nil {
			return err
		}
	}
	if base.origin() == t.base.origin() {
		base.user, base.password = t.base.user, t.base.password
	}
	t.moveTo(base)
	return nil
}

// send makes one request, as often as there are credentials to try when the
// server asks for them. sent reports whether the last one may have reached the
// server.
func (t *httpTransport) send(op *operation, asked httpRequest) (response *http.Response, sent bool, err error) {
	for {
		request, err := t.request(op, asked)
		if err != nil {
			return nil, false, err
		}
		configured := request.Header.Get("Authorization") != ""
		if !configured {
			t.credentials.current().apply(request)
		}
		response, sent, err := t.roundTrip(op, request)
		if err != nil {
			return nil, sent, err
		}
		if response.StatusCode != http.StatusUnauthorized {
			if response.StatusCode == http.StatusOK {
				t.credentials.approve(op)
			}
			return response, true, nil
		}
		drain(op, response.Body)
		if configured {
			return nil, false, t.credentials.error(t.name(), "the Authorization header of http.extraHeader is not accepted")
		}
		if err := t.credentials.advance(op, t.name(), response.Header.Values("WWW-Authenticate")); err != nil {
			return nil, false, err
		}
	}
}

// httpRequest is what one request is made of.
type httpRequest struct {
	method  string
	target  *url.URL
	service string
	// version is the protocol's that is asked for or spoken, "" for version 0.
	version string
	body    request
}

func (t *httpTransport) request(op *operation, asked httpRequest) (*http.Request, error) {
	request, err := http.NewRequestWithContext(op.ctx, asked.method, asked.target.String(), op.reader(asked.body.reader()))
	if err != nil {
		return nil, badAddress(asked.target.String(), "it is not a valid URL")
	}
	if asked.method == http.MethodGet {
		request.Body = nil
	} else {
		request.ContentLength = asked.body.length()
		request.Header.Set("Content-Type", "application/x-"+asked.service+"-request")
		request.Header.Set("Accept", "application/x-"+asked.service+"-result")
	}
	request.Header.Set("User-Agent", userAgent)
	if asked.version != "" {
		request.Header.Set("Git-Protocol", asked.version)
	}
	for _, line := range resetByEmpty(t.config.httpSettings(t.base.url(), t.base.user, "extraHeader")) {
		if key, value, found := strings.Cut(line, ":"); found {
			request.Header.Add(strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
	return request, nil
}

// resetByEmpty drops what stands before an empty value, which is how git's
// configuration clears a list.
func resetByEmpty(values []string) []string {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i] == "" {
			return values[i+1:]
		}
	}
	return values
}

func (t *httpTransport) roundTrip(op *operation, request *http.Request) (response *http.Response, sent bool, err error) {
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	response, err = t.client.Do(request) //nolint:gosec // likewise
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			// Its words repeat the whole URL.
			err = wrapped.Err
		}
		return nil, wrote.Load(), unreachable(t.name(), op.reason(err))
	}
	op.moved()
	return response, true, nil
}

// statusError reads the answer of a server that did not do what was asked.
func (t *httpTransport) statusError(op *operation, response *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(op.reader(response.Body), maxErrorBody))
	_ = response.Body.Close()
	said := fmt.Sprintf("HTTP status %d", response.StatusCode)
	if kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";"); kind == "text/plain" || kind == "" {
		if words := printableText(string(body)); words != "" {
			said += ": " + words
		}
	}
	switch response.StatusCode {
	case http.StatusForbidden:
		return t.credentials.error(t.name(), said)
	case http.StatusNotFound, http.StatusGone:
		return notRemote(t.name(), said+", "+t.credentials.summary())
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &Error{Kind: ErrUnreachable, What: fmt.Sprintf("%s is overloaded (%s)", t.name(), said), Advice: "try again in a while"}
	}
	return &Error{Kind: ErrUnreachable, What: fmt.Sprintf("%s answers with %s", t.name(), said), Advice: "check the address (git remote -v), or try again in a while"}
}

func (t *httpTransport) close() error {
	t.client.CloseIdleConnections()
	return nil
}

// drain reads the rest of a short answer, so that its connection can be used
// again.
func drain(op *operation, body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(op.reader(body), maxErrorBody))
	_ = body.Close()
}

// httpConnection is one conversation: a GET, and a POST for each request.
type httpConnection struct {
	transport *httpTransport
	service   string
	version   string // what the service speaks, "" for version 0
	body      io.ReadCloser
}

func (c *httpConnection) advertisement(op *operation) *bufio.Reader {
	return bufio.NewReaderSize(givenUpReader{op.reader(c.body), op}, readSize)
}

func (c *httpConnection) speaks(version string) { c.version = version }

func (c *httpConnection) isStateless() bool { return true }

func (c *httpConnection) exchange(op *operation, request request) (*bufio.Reader, error) {
	drain(op, c.body)
	response, sent, err := c.transport.send(op, httpRequest{
		method: http.MethodPost, target: c.transport.endpoint(c.service), service: c.service, version: c.version, body: request,
	})
	if err != nil {
		if !sent {
			err = fmt.Errorf("%w: %w", errNotSent, err)
		}
		return nil, err
	}
	c.body = response.Body
	if response.StatusCode == http.StatusOK {
		return c.advertisement(op), nil
	}
	err = c.transport.statusError(op, response)
	if response.StatusCode < http.StatusInternalServerError {
		err = fmt.Errorf("%w: %w", errNotSent, err)
	}
	return nil, err
}

func (c *httpConnection) explain(err error) error { return err }

func (c *httpConnection) close() error { return c.body.Close() }

// givenUpReader says why an operation was given up.
type givenUpReader struct {
	reader    io.Reader
	operation *operation
}

func (r givenUpReader) Read(data []byte) (int, error) {
	n, err := r.reader.Read(data)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.operation.reason(err)
	}
	return n, err
}
