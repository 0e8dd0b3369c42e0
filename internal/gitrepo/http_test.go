package gitrepo

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

func TestHTTPSNeedsAKnownCertificate(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.origin.ServeHTTP(gittest.HTTPOptions{TLS: true})
	if _, err := f.remote(server.URL).List(t.Context()); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Server.Certificate().Raw})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f.list(f.remote(server.URL, "GIT_SSL_CAINFO="+file))
	f.list(f.remote(server.URL, "GIT_SSL_NO_VERIFY=1"))
	f.clone.Git("config", "http."+server.Server.URL+".sslCAInfo", file)
	f.list(f.remote(server.URL))
	f.clone.Git("config", "http."+server.Server.URL+".sslCAInfo", file+"-not")
	if _, err := f.remote(server.URL).List(t.Context()); !errors.Is(err, ErrConfig) {
		t.Errorf("a missing file: %v", err)
	}
	f.clone.Git("config", "--unset-all", "http."+server.Server.URL+".sslCAInfo")
	f.clone.Git("config", "http.sslVerify", "false")
	f.list(f.remote(server.URL))
}

func TestHTTPExtraHeader(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.origin.ServeHTTP(gittest.HTTPOptions{User: "x", Password: "secret"})
	header := "AUTHORIZATION: basic " + base64.StdEncoding.EncodeToString([]byte("x:secret"))
	f.clone.Git("config", "http."+server.Server.URL+"/.extraheader", header)
	f.list(f.remote(server.URL))
	if asked := server.Requests(); len(asked) != 2 { // a GET and a POST, none of which had to be repeated
		t.Errorf("%d requests, expected two", len(asked))
	}
	f.clone.Git("config", "--add", "http."+server.Server.URL+"/.extraheader", "")
	_, err := f.remote(server.URL).List(t.Context())
	if !errors.Is(err, ErrAuth) {
		t.Errorf("after the list was cleared: %v", err)
	}
	f.clone.Git("config", "--add", "http."+server.Server.URL+"/.extraHeader", "Authorization: Bearer s3cret")
	_, err = f.remote(server.URL, "GITHUB_TOKEN=unused").List(t.Context())
	if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "http.extraHeader") {
		t.Errorf("a header that is not accepted: %v", err)
	}
	wantNoSecret(t, err, "s3cret")
	for _, request := range server.Requests() {
		if got := request.Header.Get("User-Agent"); got != "git/looprel" {
			t.Errorf("the user agent is %q", got)
		}
	}
}

func TestHTTPSettingsByURL(t *testing.T) {
	t.Parallel()
	settings := []setting{
		{section: "http", key: "proxy", value: "any"},
		{section: "http", subsection: "https://example.org", key: "proxy", value: "host"},
		{section: "http", subsection: "https://*.example.org", key: "proxy", value: "wild"},
		{section: "http", subsection: "https://example.org/team", key: "proxy", value: "path"},
		{section: "http", subsection: "https://example.org/team", key: "proxy", value: "path again"},
		{section: "http", subsection: "https://somebody@example.org/", key: "proxy", value: "user"},
		{section: "http", key: "proxy", value: "any, later"},
	}
	config := newConfig(settings, nil)
	for target, want := range map[string]string{
		"https://example.org/other/x.git":    "host",
		"https://example.org:443/team/x.git": "path again",
		"https://example.org/teams/x.git":    "host",
		"https://git.example.org/x.git":      "wild",
		"https://a.git.example.org/x.git":    "any, later",
		"http://example.org/x.git":           "any, later",
		"https://example.org:8443/x.git":     "any, later",
	} {
		parsed, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := config.httpSetting(parsed, "", "proxy"); got != want {
			t.Errorf("%s: %q, expected %q", target, got, want)
		}
	}
	parsed, _ := url.Parse("https://example.org/x.git")
	if got, _ := config.httpSetting(parsed, "somebody", "proxy"); got != "user" {
		t.Errorf("with a user: %q", got)
	}
}

func TestHTTPRedirectKeepsCredentialsAtHome(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	target := f.origin.ServeHTTP(gittest.HTTPOptions{})
	// "localhost" and "127.0.0.1" are different origins.
	elsewhere := strings.Replace(target.URL, "127.0.0.1", "localhost", 1)
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if user, password, _ := request.BasicAuth(); user != "u" || password != "secret" {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, request, elsewhere+"/info/refs?"+request.URL.RawQuery, http.StatusMovedPermanently)
	}))
	t.Cleanup(redirecting.Close)
	remote := f.remote(strings.Replace(redirecting.URL, "://", "://u:secret@", 1) + "/x.git")
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	if _, err := remote.Push(t.Context(), push.updates, push.objects); err != nil {
		t.Fatal(err)
	}
	if len(target.Requests()) < 3 {
		t.Errorf("only %d requests arrived", len(target.Requests()))
	}
	for _, request := range target.Requests() {
		if request.Header.Get("Authorization") != "" {
			t.Errorf("the password was sent on: %s %s", request.Method, request.URL)
		}
	}
}

// TestHTTPRedirectToTLS: the certificates that git is told to trust are looked at when
// a plain address leads to a secure one.
func TestHTTPRedirectToTLS(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	secure := f.origin.ServeHTTP(gittest.HTTPOptions{TLS: true})
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		http.Redirect(w, request, secure.URL+"/info/refs?"+request.URL.RawQuery, http.StatusMovedPermanently)
	}))
	t.Cleanup(redirecting.Close)
	if _, err := f.remote(redirecting.URL + "/x.git").List(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a certificate that nobody knows: %v", err)
	}
	file := filepath.Join(t.TempDir(), "certificates.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Server.Certificate().Raw})
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	if shown := f.list(f.remote(redirecting.URL+"/x.git", "GIT_SSL_CAINFO="+file)); len(shown.Refs) != 2 {
		t.Errorf("references: %v", shown.Refs)
	}
}

func TestHTTPBadRedirects(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for _, location := range []string{
		"https://example.org/login", "file:///etc/passwd/info/refs", "/again/info/refs", "/x%0Ahost=github.com/info/refs", "ssh://example.org/info/refs",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		}))
		if _, err := f.remote(server.URL + "/x.git").List(t.Context()); !errors.Is(err, ErrNotRemote) {
			t.Errorf("to %s: %v", location, err)
		}
		server.Close()
	}
	secure := httptest.NewTLSServer(http.RedirectHandler("http://example.org/info/refs", http.StatusFound))
	defer secure.Close()
	if _, err := f.remote(secure.URL+"/x.git", "GIT_SSL_NO_VERIFY=1").List(t.Context()); !errors.Is(err, ErrNotRemote) {
		t.Errorf("to plain http: %v", err)
	}
}

func TestHTTPStatuses(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for status, kind := range map[int]error{
		http.StatusForbidden: ErrAuth, http.StatusNotFound: ErrNotRemote, http.StatusOK: ErrNotRemote,
		http.StatusInternalServerError: ErrUnreachable, http.StatusServiceUnavailable: ErrUnreachable, http.StatusTeapot: ErrUnreachable,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("words of the \x1b[31mserver\n" + strings.Repeat("and more ", 10_000)))
		}))
		_, err := f.remote(server.URL + "/x.git").List(t.Context())
		if !errors.Is(err, kind) || strings.ContainsAny(err.Error(), "\x1b\n") || len(err.Error()) > 1000 {
			t.Errorf("status %d: %v", status, err)
		}
		server.Close()
	}
}

func TestHTTPProxy(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	target := f.origin.ServeHTTP(gittest.HTTPOptions{})
	var asked []string
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(request *httputil.ProxyRequest) {
		asked = append(asked, request.In.URL.Host)
		request.Out.URL.Host = target.Server.Listener.Addr().String()
	}})
	t.Cleanup(proxy.Close)
	url := "http://git.example.org/" + filepath.Base(f.origin.Dir)
	f.list(f.remote(url, "http_proxy="+proxy.URL))
	f.clone.Git("config", "http.proxy", proxy.URL)
	f.list(f.remote(url))
	// A GET and a POST each time.
	if len(asked) != 4 || asked[0] != "git.example.org" {
		t.Errorf("the proxy was asked for %q", asked)
	}
	f.clone.Git("config", "http.proxy", "http://user:secret@:::")
	_, err := f.remote(url).List(t.Context())
	if !errors.Is(err, ErrConfig) {
		t.Errorf("a bad proxy: %v", err)
	}
	wantNoSecret(t, err, "secret")
}
