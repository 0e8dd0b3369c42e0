package probe_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/release"
)

func TestLook(t *testing.T) {
	t.Parallel()
	prober, clock := newProber()
	service, target := start(t, running("0.21.3").with("rev", "7f61f20").with("branch", "HEAD").
		with("fakeFxA", false).with("faked", true).with("i18n", map[string]any{"defaultLang": "en-US"}))
	want := probe.Answer{
		Name: "mozilla-loop-server", Version: "0.21.3", Revision: "7f61f20", Branch: "HEAD",
		ThirdParties: map[string]string{"tokbox": "mocked", "fxa": "real"},
		Switches:     map[string]bool{"fakeFxA": false, "fakeTokBox": true, "faked": true},
		Heartbeat: probe.Heartbeat{
			Known: true, Healthy: true, Status: 200, Checks: map[string]bool{"storage": true, "provider": true},
		},
		When: clock.now,
	}
	if diff := cmp.Diff(want, prober.Look(t.Context(), target)); diff != "" {
		t.Errorf("answer (-want +got)\n%s", diff)
	}
	for _, request := range service.requests {
		header := request.Header
		if header.Get("User-Agent") != "looprel" || header.Get("Accept") != "application/json" || header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: headers %v", request.URL, header)
		}
		if !request.Close {
			t.Errorf("%s: the connection is kept, so that the same machine would answer again", request.URL)
		}
	}
}

func TestHeartbeatNamesWhatIsDown(t *testing.T) {
	t.Parallel()
	prober, _ := newProber()
	_, target := start(t, running("0.10.0").sick())
	heartbeat := prober.Look(t.Context(), target).Heartbeat
	if heartbeat.Healthy || heartbeat.Status != 503 || !cmp.Equal(heartbeat.Down(), []string{"provider"}) {
		t.Errorf("heartbeat = %+v", heartbeat)
	}
	if got, want := heartbeat.String(), "heartbeat 503, down: provider (third party is down)"; got != want {
		t.Errorf("in words: %q, want %q", got, want)
	}
}

func TestHeartbeatThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			panic(http.ErrAbortHandler)
		}
		answerWith(http.StatusOK, `{"version": "0.10.0"}`)(w, r)
	})
	prober, _ := newProber()
	for heartbeat, want := range map[string]string{
		"":                  "/__heartbeat__: EOF",
		"health%zz":         `the probe's path "health%zz" does not fit the environment's URL`,
		release.NoHeartbeat: "no heartbeat",
	} {
		target.Probe.Heartbeat = heartbeat
		answer := prober.Look(t.Context(), target)
		if got := answer.Heartbeat.String(); answer.Err != nil || answer.Heartbeat.Healthy || !strings.Contains(got, want) {
			t.Errorf("%q: %v, %q; want %q", heartbeat, answer.Err, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		answerWith(http.StatusOK, "{}")(w, r)
	}))
	t.Cleanup(server.Close)
	prober, _ := newProber()
	tests := []struct {
		path, probePath, heartbeat string
		want                       []string
	}{
		{"", "", "", []string{"/", "/__heartbeat__"}},
		{"/", "", "none", []string{"/"}},
		{"/v0", "", "", []string{"/v0", "/v0/__heartbeat__"}},
		{"/v0/", "version.json?x=1", "health/now", []string{"/v0/version.json?x=1", "/v0/health/now"}},
		{"/v0/", "/version.json", "/__heartbeat__", []string{"/version.json", "/__heartbeat__"}},
	}
	for _, test := range tests {
		asked = nil
		answer := prober.Look(t.Context(), probe.Target{
			URL: server.URL + test.path, Probe: release.Probe{Path: test.probePath, Heartbeat: test.heartbeat},
		})
		if diff := cmp.Diff(test.want, asked); diff != "" || answer.Err != nil {
			t.Errorf("%+v: %v, asked (-want +got)\n%s", test, answer.Err, diff)
		}
	}
}

func TestNoUsableAnswer(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	redirectTo := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) }
	}
	tests := map[string]struct {
		target probe.Target
		want   string
	}{
		"nothing there":      {probe.Target{URL: closed.URL}, "connect"},
		"bad gateway":        {serve(t, answerWith(502, "{}")), "answered 502 Bad Gateway"},
		"no content":         {serve(t, answerWith(204, "")), "answered 204 No Content"},
		"unknown status":     {serve(t, answerWith(599, "")), "answered 599"},
		"a page":             {serve(t, answerWith(200, "<html>")), "not with a JSON object"},
		"a JSON list":        {serve(t, answerWith(200, "[]")), "not with a JSON object"},
		"null":               {serve(t, answerWith(200, "null")), "not with a JSON object"},
		"too long":           {serve(t, answerWith(200, `{"a":"`+strings.Repeat("x", 1<<20)+`"}`)), "longer than 1048576 bytes"},
		"redirects for ever": {serve(t, redirectTo("/")), "redirected more than 5 times"},
		"another host":       {serve(t, redirectTo("https://login.example.org/")), "redirected to another host, login.example.org"},
		"not HTTP":           {probe.Target{URL: "ftp://example.org/"}, "not one of http or https"},
		"no URL at all":      {probe.Target{URL: "https://ops:s%zzcret@example.org/"}, "not one of http or https"},
		"nothing to probe":   {probe.Target{}, probe.ErrNothingToProbe.Error()},
		"probe disabled":     {probe.Target{URL: closed.URL, Probe: release.Probe{Disabled: true}}, probe.ErrNothingToProbe.Error()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prober, _ := newProber()
			answer := prober.Look(t.Context(), test.target)
			if answer.Err == nil || !strings.Contains(answer.Err.Error(), test.want) {
				t.Fatalf("err = %v, want it to say %q", answer.Err, test.want)
			}
			if strings.Count(answer.Err.Error(), "http://127.0.0.1") > 1 || strings.Contains(answer.Err.Error(), "cret") {
				t.Errorf("err = %v", answer.Err)
			}
			if answer.Heartbeat.Known {
				t.Error("a heartbeat is claimed to be known")
			}
		})
	}
}

func TestRedirectWithinTheHost(t *testing.T) {
	t.Parallel()
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/v0/", http.StatusMovedPermanently)
			return
		}
		answerWith(http.StatusOK, `{"version": "0.10.0"}`)(w, r)
	})
	prober, _ := newProber()
	if answer := prober.Look(t.Context(), target); answer.Err != nil || answer.Version != "0.10.0" {
		t.Errorf("answer = %+v", answer)
	}
}

func TestRedirectAwayFromTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	prober, _ := newProber()
	trusting := prober.Client.Transport.(*http.Transport)
	trusting.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	answer := prober.Look(t.Context(), probe.Target{URL: server.URL})
	if answer.Err == nil || !strings.Contains(answer.Err.Error(), "redirected from https to http") {
		t.Errorf("err = %v", answer.Err)
	}
}

func TestTextFromServersIsBoundedAndPrintable(t *testing.T) {
	t.Parallel()
	checks := ""
	for number := range 1000 {
		checks += fmt.Sprintf(`"check%d": false, `, number)
	}
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			answerWith(http.StatusOK, `{"version": "0.10.0\u001b[31m\u0000\n", "name": "`+strings.Repeat("é", 9999)+`", "rev": 5, "branch": null}`)(w, r)
			return
		}
		answerWith(http.StatusServiceUnavailable, "{"+checks+`"message": "`+strings.Repeat("x", 9999)+`"}`)(w, r)
	})
	target.Probe.Heartbeat = ""
	prober, _ := newProber()
	answer := prober.Look(t.Context(), target)
	if answer.Version != "0.10.0" || len(answer.Name) > 200 || answer.Revision != "" || answer.Branch != "" {
		t.Errorf("answer = %+v", answer)
	}
	if len(answer.Heartbeat.Checks) != 32 || len(answer.Heartbeat.String()) > 400 {
		t.Errorf("heartbeat = %+v", answer.Heartbeat)
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	_, first := start(t, running("0.10.0"))
	_, last := start(t, running("0.9.0"))
	hang := make(chan struct{})
	hanging := serve(t, func(http.ResponseWriter, *http.Request) { <-hang })
	t.Cleanup(func() { close(hang) })
	prober, _ := newProber()
	answers := prober.All(t.Context(), []probe.Target{first, hanging, {}, last}, 300*time.Millisecond)
	if answers[0].Version != "0.10.0" || answers[3].Version != "0.9.0" {
		t.Errorf("answers = %+v", answers)
	}
	if err := answers[1].Err; !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("a service that hangs: %v", err)
	}
	if !errors.Is(answers[2].Err, probe.ErrNothingToProbe) {
		t.Errorf("nothing to probe: %v", answers[2].Err)
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answerWith(http.StatusOK, fmt.Sprintf(`{"name": %q, "version": "0.10.0"}`, r.URL.Host))(w, r)
	}))
	t.Cleanup(proxy.Close)
	for name, environ := range map[string][]string{
		"lower case wins":    {"HTTP_PROXY=http://nowhere.invalid", "http_proxy=" + proxy.URL},
		"upper case":         {"HTTP_PROXY=" + proxy.URL, "http_proxy="},
		"the last one wins":  {"HTTP_PROXY=http://nowhere.invalid", "HTTP_PROXY=" + proxy.URL},
		"another host is no": {"HTTP_PROXY=" + proxy.URL, "NO_PROXY=example.com"},
	} {
		prober := probe.New(environ, (&clock{}).read)
		answer := prober.Look(t.Context(), probe.Target{URL: "http://loop.example.org/"})
		if answer.Err != nil || answer.Name != "loop.example.org" {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}

func (c *clock) read() time.Time { return c.now }
