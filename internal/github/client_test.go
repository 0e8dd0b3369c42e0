package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/githubtest"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// bench is a server with a client for it, which waits without time going by.
type bench struct {
	*githubtest.Server
	*github.Client
	options github.Options
	// dir is the repository's.
	dir    string
	pauses []time.Duration
	said   []string
}

func newBench(t *testing.T, change ...func(*github.Options)) *bench {
	t.Helper()
	b := &bench{dir: gittest.NewBare(t).Dir}
	b.Server = githubtest.New(t, "acme/loop-server", b.dir)
	address, err := github.ParseRemote(b.Remote(), b.API())
	if err != nil {
		t.Fatal(err)
	}
	b.options = github.Options{
		Address: address, UserAgent: "looprel/test", Find: fixed("GITHUB_TOKEN", githubtest.Token), CacheDir: t.TempDir(), Now: time.Now,
		Progress: func(text string) { b.said = append(b.said, text) },
		Pause:    func(_ context.Context, d time.Duration) error { b.pauses = append(b.pauses, d); return nil },
	}
	for _, one := range change {
		one(&b.options)
	}
	if b.Client, err = github.New(b.options); err != nil {
		t.Fatal(err)
	}
	return b
}

func fixed(source, token string) github.CredentialSource {
	return func(context.Context) (github.Credential, bool, error) {
		return github.NewCredential(source, token), true, nil
	}
}

// once interferes with the first requests of a method.
func once(method string, count int, with githubtest.Interference) func(githubtest.Request) githubtest.Interference {
	return func(request githubtest.Request) githubtest.Interference {
		if request.Method != method || count == 0 {
			return githubtest.Interference{}
		}
		count--
		return with
	}
}

// What may be repeated is, after a broken connection and an answer of an overloaded
// server; what may not is made once.
func TestRepetition(t *testing.T) {
	t.Parallel()
	read := func(b *bench) error { _, err := b.Milestones(t.Context()); return err }
	write := func(b *bench) error { return b.Client.OpenMilestone(t.Context(), "0.10.0") }
	edit := func(b *bench) error { return b.CloseMilestone(t.Context(), forge.Milestone{Number: 1, Title: "0.9.0"}) }
	cases := []struct {
		name     string
		method   string
		do       func(*bench) error
		with     githubtest.Interference
		times    int
		requests int
		fails    error
		made     bool // another milestone
	}{
		{name: "read, broken", method: http.MethodGet, do: read, with: githubtest.Interference{DropBefore: true}, times: 2, requests: 3},
		{name: "read, broken for good", method: http.MethodGet, do: read, with: githubtest.Interference{DropAfter: true}, times: 9, requests: 3, fails: github.ErrUnreachable},
		{name: "read, overloaded", method: http.MethodGet, do: read, with: githubtest.Interference{Status: 502}, times: 1, requests: 2},
		{name: "read, failed", method: http.MethodGet, do: read, with: githubtest.Interference{Status: 500}, times: 1, requests: 1, fails: github.ErrFailed},
		{name: "edit, no answer", method: http.MethodPatch, do: edit, with: githubtest.Interference{DropAfter: true}, times: 1, requests: 2},
		{name: "write, no answer", method: http.MethodPost, do: write, with: githubtest.Interference{DropAfter: true}, times: 1, requests: 1, fails: github.ErrUnreachable, made: true},
		{name: "write, overloaded", method: http.MethodPost, do: write, with: githubtest.Interference{Status: 503}, times: 1, requests: 1, fails: github.ErrUnreachable},
		{name: "write, limited", method: http.MethodPost, do: write, times: 1, requests: 2, made: true,
			with: githubtest.Interference{Status: 403, Header: http.Header{"Retry-After": {"3"}}, Body: `{"message":"secondary rate limit"}`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.Server.OpenMilestone("0.9.0")
			b.Interfere(once(c.method, c.times, c.with))
			if err := c.do(b); !errors.Is(err, c.fails) || c.fails == nil && err != nil {
				t.Errorf("%v, want %v", err, c.fails)
			}
			if got := len(b.Requests()); got != c.requests || b.Counts().Requests != c.requests || b.Counts().Repeated != c.requests-1 {
				t.Errorf("%d requests, counted %+v, want %d", got, b.Counts(), c.requests)
			}
			if made := len(b.Snapshot().Milestones) == 2; made != c.made {
				t.Errorf("made %v, want %v", made, c.made)
			}
		})
	}
}

// A rate limit is waited out as long as GitHub says, but not for ever.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2014, 8, 5, 18, 0, 0, 0, time.UTC)
	limited := func(status int, header ...string) githubtest.Interference {
		with := githubtest.Interference{Status: status, Header: http.Header{}, Body: `{"message":"API rate limit exceeded"}`}
		for i := 0; i < len(header); i += 2 {
			with.Header.Set(header[i], header[i+1])
		}
		return with
	}
	reset := func(after time.Duration) string { return fmt.Sprint(now.Add(after).Unix()) }
	cases := []struct {
		name   string
		with   githubtest.Interference
		times  int
		pauses []time.Duration
		fails  bool
	}{
		{name: "retry after", with: limited(429, "Retry-After", "7"), times: 1, pauses: []time.Duration{7 * time.Second}},
		{name: "secondary without a time", with: limited(429), times: 1, pauses: []time.Duration{time.Minute}},
		{name: "primary, soon over", with: limited(403, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(20*time.Second)), times: 1, pauses: []time.Duration{21 * time.Second}},
		{name: "primary, over already", with: limited(403, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(-time.Hour)), times: 1, pauses: []time.Duration{time.Second}},
		{name: "primary, an hour", with: limited(403, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(time.Hour)), times: 1, fails: true},
		{name: "patience", with: limited(429, "Retry-After", "50"), times: 9, pauses: []time.Duration{50 * time.Second, 50 * time.Second}, fails: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(o *github.Options) { o.Now = func() time.Time { return now } })
			b.Interfere(once(http.MethodGet, c.times, c.with))
			_, err := b.Milestones(t.Context())
			if errors.Is(err, github.ErrLimited) != c.fails || err != nil && !c.fails {
				t.Errorf("%v", err)
			}
			if !slices.Equal(b.pauses, c.pauses) {
				t.Errorf("paused %v, want %v", b.pauses, c.pauses)
			}
			if len(c.pauses) > 0 && !strings.Contains(strings.Join(b.said, "\n"), "waiting "+c.pauses[0].String()) {
				t.Errorf("said %q", b.said)
			}
		})
	}
}

// Each refusal has its own words, names the token's source and never the token.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const secret = "ghp_s3cr3t0123456789"
	cases := []struct {
		name  string
		grant *githubtest.Grant
		with  *githubtest.Interference
		kind  error
		want  []string
	}{
		{name: "unknown token", kind: github.ErrBadCredential, want: []string{"does not accept the token of GH_TOKEN (Bad credentials)"}},
		{name: "expired", kind: github.ErrExpired, want: []string{"the token of GH_TOKEN has expired"},
			with: &githubtest.Interference{Status: 401, Body: `{"message":"Token expired"}`}},
		{name: "blind", grant: &githubtest.Grant{Blind: true}, kind: github.ErrNotFound, want: []string{"acme/loop-server has it not, or the token of GH_TOKEN may not see it"}},
		{name: "sign-on", grant: &githubtest.Grant{SignOn: true}, kind: github.ErrSSO, want: []string{"single sign-on", "hint: authorise the token"}},
		{name: "permission", grant: &githubtest.Grant{Permissions: githubtest.Permissions{"issues": "read"}}, kind: github.ErrForbidden,
			want: []string{"may not (Resource not accessible by personal access token)", "give the token one of: issues=write"}},
		{name: "hostile", kind: github.ErrForbidden, want: []string{"may not (clear everything)"},
			with: &githubtest.Interference{Status: 403, Body: `{"message":"clear\u001b[2J everything\u202e"}`}},
		{name: "invalid", grant: &githubtest.Grant{}, kind: github.ErrRejected, want: []string{"rejects it: Validation Failed; Milestone title already_exists"}},
		{name: "not GitHub", kind: github.ErrFailed, with: &githubtest.Interference{Status: 418, Body: "I am a teapot"}, want: []string{"HTTP status 418"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(o *github.Options) { o.Find = fixed("GH_TOKEN", secret) })
			b.Server.OpenMilestone("0.9.0")
			if c.grant != nil {
				b.Grant(secret, *c.grant)
			}
			if c.with != nil {
				b.Interfere(once(http.MethodPost, 9, *c.with))
			}
			err := b.Client.OpenMilestone(t.Context(), "0.9.0")
			var own *github.Error
			if !errors.Is(err, c.kind) || !errors.As(err, &own) {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			text := own.Error() + "\nhint: " + own.Hint()
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
			if strings.Contains(text+fmt.Sprintf("%v %#v", err, b.Client), secret) || strings.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("%q", text)
			}
			letIn := errors.Is(err, github.ErrRejected) || errors.Is(err, github.ErrFailed)
			if unauthorised := errors.Is(err, forge.ErrUnauthorised); unauthorised == letIn {
				t.Errorf("unauthorised: %v", unauthorised)
			}
		})
	}
}

// An answer that did not change is asked for by its ETag, by a later run as well, and
// one that did is read anew.
func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Server.OpenMilestone("0.9.0")
	for run, unchanged := range []int{0, 1} {
		client, err := github.New(b.options)
		if err != nil {
			t.Fatal(err)
		}
		list, err := client.Milestones(t.Context())
		if err != nil || len(list) != 1 || client.Counts().Unchanged != unchanged {
			t.Errorf("run %d: %v, %v, %+v", run, list, err, client.Counts())
		}
	}
	b.Server.OpenMilestone("0.10.0")
	list, err := b.Milestones(t.Context())
	if err != nil || len(list) != 2 || b.Counts().Unchanged != 0 {
		t.Errorf("%v, %v, %+v", list, err, b.Counts())
	}
	// What was kept and is damaged is no answer.
	files, err := filepath.Glob(filepath.Join(b.options.CacheDir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	for _, damage := range []string{"", "{", `{"etag":"W/\"1\"","body":"bm8="}`} {
		if err := os.WriteFile(files[0], []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if list, err := b.Milestones(t.Context()); err != nil || len(list) != 2 {
			t.Errorf("%q: %v, %v", damage, list, err)
		}
	}
}

// Lists are followed from page to page.
func TestPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 250 {
		b.Server.OpenMilestone(fmt.Sprint(i))
	}
	list, err := b.Milestones(t.Context())
	if err != nil || len(list) != 250 || len(b.Requests()) != 3 {
		t.Errorf("%d, %v", len(list), err)
	}
}

// A draft is found by its tag on whatever page it is, and a published release goes
// before drafts of the same tag.
func TestFindRelease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Change(func(state *githubtest.State) {
		state.Releases = append(state.Releases, githubtest.Release{ID: 1, Tag: "0.9.0", Draft: true}, githubtest.Release{ID: 2, Tag: "0.8.0", Published: true},
			githubtest.Release{ID: 3, Tag: "0.8.0", Draft: true})
		for i := range 120 {
			state.Releases = append(state.Releases, githubtest.Release{ID: 10 + i, Tag: fmt.Sprintf("1.0.%d", i), Published: true})
		}
	})
	for tag, want := range map[string]int64{"0.9.0": 1, "0.8.0": 2, "1.0.119": 129, "2.0.0": 0} {
		found, ok, err := b.Release(t.Context(), tag)
		if err != nil || ok != (want > 0) || found.ID != want {
			t.Errorf("%s: %+v, %v, %v", tag, found, ok, err)
		}
	}
}

// The token goes to no other host, whatever an answer says.
func TestTokenStays(t *testing.T) {
	t.Parallel()
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(other.Close)
	b := newBench(t)
	for _, status := range []int{301, 302, 307, 308} {
		b.Interfere(once(http.MethodGet, 1, githubtest.Interference{Status: status, Header: http.Header{"Location": {other.URL + "/milestones"}}}))
		if _, err := b.Milestones(t.Context()); err == nil {
			t.Errorf("%d was followed", status)
		}
	}
	if asked > 0 {
		t.Errorf("the other host was asked %d times", asked)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(t)
	b.Interfere(func(githubtest.Request) githubtest.Interference {
		return githubtest.Interference{Before: cancel, DropBefore: true}
	})
	if _, err := b.Milestones(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A GitHub App acts by its installation.
func TestApp(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8 := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	cases := []struct {
		name, id string
		key      []byte
		kind     error
	}{
		{name: "pkcs1", id: "123", key: pkcs1},
		{name: "pkcs8", id: "123", key: pkcs8},
		{name: "another App", id: "124", key: pkcs1, kind: github.ErrBadCredential},
		{name: "no key", id: "123", key: []byte("secret"), kind: github.ErrNoCredential},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.Install(githubtest.App{ID: "123", Installation: 7, Key: &key.PublicKey, Token: githubtest.Token})
			if err := os.WriteFile(file, c.key, 0o600); err != nil {
				t.Fatal(err)
			}
			b.options.Find = github.App{ID: c.id, KeyFile: file}.Installation(b.options.Address, httpproxy.Config{}, time.Now)
			client, err := github.New(b.options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = client.Milestones(t.Context()); !errors.Is(err, c.kind) || c.kind == nil && err != nil {
				t.Errorf("%v, want %v", err, c.kind)
			}
			if login, err := client.Login(t.Context()); c.kind == nil && (err != nil || login != "looprel[bot]") {
				t.Errorf("the App is %q, %v", login, err)
			}
		})
	}
	if _, ok, err := (github.App{}).Installation(github.Address{}, httpproxy.Config{}, time.Now)(t.Context()); ok || err != nil {
		t.Errorf("without an App: %v, %v", ok, err)
	}
}
