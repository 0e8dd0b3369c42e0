package gitrepo

import (
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// secret is the password of the tests' servers.
const secret = "s3cret/with+signs"

// locked serves the fixture's remote to one user.
func (f *remoteFixture) locked(user string) *gittest.HTTPServer {
	f.t.Helper()
	return f.origin.ServeHTTP(gittest.HTTPOptions{User: user, Password: secret})
}

// helper makes a credential helper that gives one answer and keeps what it is
// told, and returns the file that it writes.
func (f *remoteFixture) helper(answer string) string {
	f.t.Helper()
	record := filepath.Join(f.t.TempDir(), "record")
	script := filepath.Join(f.t.TempDir(), "helper")
	content := "#!/bin/sh\n{ echo \"$1\"; cat; } >>'" + record + "'\n[ \"$1\" = get ] && printf '%s'\n" +
		"echo 'helper says: " + secret + "' >&2\n"
	content = strings.Replace(content, "%s", strings.ReplaceAll(answer, "\n", `\n`), 1)
	if err := os.WriteFile(script, []byte(content), 0o755); err != nil {
		f.t.Fatal(err)
	}
	f.clone.Git("config", "credential.helper", "!'"+script+"'")
	return record
}

func (f *remoteFixture) netrc(content string) {
	f.t.Helper()
	gittest.WriteHome(f.t, f.clone.Home, ".netrc", content)
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, user string
		variables  []string
		prepare    func(f *remoteFixture)
	}{
		{name: "token of GitHub Actions", user: "x-access-token", variables: []string{"GITHUB_TOKEN=" + secret}},
		{name: "token of gh", user: "x-access-token", variables: []string{"GH_TOKEN=" + secret}},
		{name: "second token", user: "x-access-token", variables: []string{"GITHUB_TOKEN=old", "GH_TOKEN=" + secret}},
		{name: "helper", user: "somebody", prepare: func(f *remoteFixture) {
			f.helper("username=somebody\npassword=" + secret + "\n")
		}},
		{name: "helper after a bad token", user: "somebody", variables: []string{"GITHUB_TOKEN=old"}, prepare: func(f *remoteFixture) {
			f.helper("username=somebody\npassword=" + secret + "\n")
		}},
		{name: "netrc", user: "somebody", prepare: func(f *remoteFixture) {
			f.netrc("machine example.org login a password b\nmachine 127.0.0.1\n  login somebody # me\n  password " + secret + "\n")
		}},
		{name: "default of netrc", user: "somebody", prepare: func(f *remoteFixture) {
			f.netrc("default login somebody password " + secret)
		}},
		{name: "netrc after a helper without answer", user: "somebody", prepare: func(f *remoteFixture) {
			f.helper("quit=0\n")
			f.netrc("machine 127.0.0.1 login somebody password " + secret + "\n")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newRemoteFixture(t)
			server := f.locked(test.user)
			if test.prepare != nil {
				test.prepare(f)
			}
			remote := f.remote(server.URL, test.variables...)
			push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
			if _, err := remote.Push(t.Context(), push.updates, push.objects); err != nil {
				t.Fatal(err)
			}
			if first := server.Requests()[0]; first.Header.Get("Authorization") != "" {
				t.Error("a credential was sent before it was asked for")
			}
		})
	}
}

func TestNetrcElsewhere(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	file := filepath.Join(t.TempDir(), "my-netrc")
	if err := os.WriteFile(file, []byte("machine 127.0.0.1 login somebody password "+secret+"\nmachine"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.list(f.remote(f.locked("somebody").URL, "NETRC="+file))
}

func TestCredentialsInTheAddress(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.locked("somebody")
	userinfo := "://somebody:" + strings.ReplaceAll(secret, "/", "%2F") + "@"
	f.list(f.remote(strings.Replace(server.URL, "://", userinfo, 1)))
	url := strings.Replace(server.URL, "://", "://somebody:wr0ng@", 1)
	_, err := f.remote(url).List(t.Context())
	if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "the address (not accepted)") {
		t.Errorf("a wrong password: %v", err)
	}
	wantNoSecret(t, err, "wr0ng", "somebody")
}

func TestHelperIsToldWhatBecameOfItsCredential(t *testing.T) {
	t.Parallel()
	for password, verb := range map[string]string{secret: "store", "wr0ng": "erase"} {
		f := newRemoteFixture(t)
		record := f.helper("username=somebody\npassword=" + password + "\n")
		_, err := f.remote(f.locked("somebody").URL).List(t.Context())
		if (err == nil) != (password == secret) {
			t.Errorf("with %s: %v", password, err)
		}
		wantNoSecret(t, err, password, secret)
		told, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(told), verb+"\n") || strings.Count(string(told), verb+"\n") != 1 {
			t.Errorf("with %s the helper was told: %s", password, told)
		}
	}
}

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	_, err := f.remote(f.locked("somebody").URL, "GITHUB_TOKEN=wr0ng-token").List(t.Context())
	var found *Error
	if !errors.As(err, &found) || !errors.Is(found.Kind, ErrAuth) || found.Hint() == "" {
		t.Fatalf("the error is %v", err)
	}
	for _, source := range []string{"GITHUB_TOKEN (not accepted)", "GH_TOKEN (none)", "git's credential helpers (none)", "netrc (none)"} {
		if !strings.Contains(err.Error(), source) {
			t.Errorf("%q is not in: %v", source, err)
		}
	}
	wantNoSecret(t, err, "wr0ng-token", base64.StdEncoding.EncodeToString([]byte("x-access-token:wr0ng-token")))
}

func TestForbiddenIsNotTriedWithOthers(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	readOnly := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if strings.Contains(request.URL.String(), receivePack) {
				http.Error(w, "Write access to repository not granted.", http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, request)
		})
	}
	server := f.origin.ServeHTTP(gittest.HTTPOptions{User: tokenUser, Password: secret, Wrap: readOnly})
	remote := f.remote(server.URL, "GITHUB_TOKEN="+secret)
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	_, err := remote.Push(t.Context(), push.updates, push.objects)
	if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "Write access to repository not granted.") || !strings.Contains(err.Error(), "GITHUB_TOKEN") {
		t.Errorf("the error is %v", err)
	}
	wantNoSecret(t, err, secret)
}

func TestWhereTokensGo(t *testing.T) {
	t.Parallel()
	variables := environ{"GITHUB_TOKEN=t", "GH_HOST=git.corp.example.org", "GITHUB_SERVER_URL=https://github.corp.example.org"}
	for url, want := range map[string]bool{
		"https://github.com/a/b":              true,
		"https://GitHub.com/a/b":              true,
		"https://team.ghe.com/a/b":            true,
		"https://git.corp.example.org/a/b":    true,
		"https://github.corp.example.org/a/b": true,
		"http://127.0.0.1:8080/a/b":           true,
		"http://localhost/a/b":                true,
		"http://[::1]/a/b":                    true,
		"http://github.com/a/b":               false,
		"http://git.corp.example.org/a/b":     false,
		"https://gitlab.example.org/a/b":      false,
		"https://github.com.example.org/a/b":  false,
		"https://notgithub.com/a/b":           false,
		"https://ghe.com/a/b":                 false,
		"https://127.0.0.1.example.org/a/b":   false,
		"https://github.com@example.org/a/b":  false,
	} {
		a, err := parseAddress(url, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := takesToken(a, variables); got != want {
			t.Errorf("a token goes to %s: %v", url, got)
		}
	}
	a, _ := parseAddress("https://example.org/a/b", "")
	if takesToken(a, environ{"GITHUB_TOKEN=t"}) {
		t.Error("a token goes to any host")
	}
}

func TestHelperMustNotAskWhenNobodyIsThere(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	asked := filepath.Join(t.TempDir(), "asked")
	script := filepath.Join(t.TempDir(), "askpass")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch '"+asked+"'\necho x\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := f.remote(f.locked("somebody").URL, "SSH_ASKPASS="+script, "DISPLAY=:0").List(t.Context())
	if !errors.Is(err, ErrAuth) || exists(asked) {
		t.Errorf("somebody was asked: %v (%v)", exists(asked), err)
	}
}

func TestServerWithOtherLogins(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
		})
	}})
	_, err := f.remote(server.URL, "GITHUB_TOKEN="+secret).List(t.Context())
	if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "Negotiate") {
		t.Errorf("the error is %v", err)
	}
	for _, request := range server.Requests() {
		if request.Header.Get("Authorization") != "" {
			t.Error("a token was sent all the same")
		}
	}
}
