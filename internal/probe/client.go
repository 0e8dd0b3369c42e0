package probe

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

const (
	// requestLimit bounds one request, with its redirects and its body.
	requestLimit = 10 * time.Second
	dialLimit    = 5 * time.Second
	maxRedirects = 5
	maxHeader    = 64 << 10 // bytes
)

// NewClient makes the client that looks at environments: no cookies, TLS 1.2 or
// newer, redirects within the host only, proxies as the environment ("NAME=value"
// each) says in HTTP_PROXY, HTTPS_PROXY and NO_PROXY. It makes a new connection
// for each request: over one that is kept, the same machine would answer again.
func NewClient(environ []string) *http.Client {
	proxyFor := (&httpproxy.Config{
		HTTPProxy:  lookup(environ, "http_proxy", "HTTP_PROXY"),
		HTTPSProxy: lookup(environ, "https_proxy", "HTTPS_PROXY"),
		NoProxy:    lookup(environ, "no_proxy", "NO_PROXY"),
	}).ProxyFunc()
	return &http.Client{
		Timeout:       requestLimit,
		CheckRedirect: checkRedirect,
		Transport: &http.Transport{
			Proxy:                  func(request *http.Request) (*url.URL, error) { return proxyFor(request.URL) },
			DialContext:            (&net.Dialer{Timeout: dialLimit}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    dialLimit,
			MaxResponseHeaderBytes: maxHeader,
			DisableKeepAlives:      true,
		},
	}
}

// checkRedirect follows what a service does within itself. A redirect to another
// host, such as a login page, would answer for somebody else.
func checkRedirect(request *http.Request, before []*http.Request) error {
	first := before[0].URL
	switch {
	case len(before) > maxRedirects:
		return fmt.Errorf("redirected more than %d times", maxRedirects)
	case !strings.EqualFold(request.URL.Hostname(), first.Hostname()):
		return fmt.Errorf("redirected to another host, %s; if that is the environment, give its URL in environments.yaml", request.URL.Host)
	case first.Scheme == "https" && request.URL.Scheme != "https":
		return errors.New("redirected from https to " + request.URL.Scheme)
	}
	return nil
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
