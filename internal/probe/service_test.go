package probe_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/release"
)

// service is an environment: machines behind one address that answer in turn.
type service struct {
	t        *testing.T
	mutex    sync.Mutex
	machines []machine
	looks    int // at the root URL
	requests []*http.Request
}

// machine is one of them: what it shows at the root URL and at its heartbeat.
type machine struct {
	show      map[string]any
	status    int // of the heartbeat; 0: 200
	heartbeat any
}

func running(version string) machine {
	return machine{
		show:      map[string]any{"name": "mozilla-loop-server", "version": version, "fakeTokBox": true},
		heartbeat: map[string]any{"storage": true, "provider": true},
	}
}

// hiding is a machine that shows neither version nor commit.
func hiding() machine { return machine{show: map[string]any{"name": "mozilla-loop-server"}} }

func (m machine) sick() machine {
	m.status = http.StatusServiceUnavailable
	m.heartbeat = map[string]any{"storage": true, "provider": false, "message": "third party\x1b[2J is down"}
	return m
}

func (m machine) with(name string, value any) machine {
	m.show = maps.Clone(m.show)
	m.show[name] = value
	return m
}

// start serves the machines in turn; the last one stays.
func start(t *testing.T, machines ...machine) (*service, probe.Target) {
	t.Helper()
	s := &service{t: t, machines: machines}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, probe.Target{URL: server.URL + "/", Probe: release.Probe{Agree: 3, Interval: time.Second, Deadline: 5 * time.Minute}}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests = append(s.requests, r)
	switch r.URL.Path {
	case "/":
		s.looks++
		s.send(w, http.StatusOK, s.machine().show)
	case "/__heartbeat__":
		s.send(w, max(s.machine().status, http.StatusOK), s.machine().heartbeat)
	default:
		http.NotFound(w, r)
	}
}

func (s *service) machine() machine {
	return s.machines[min(s.looks, len(s.machines))-1]
}

func (s *service) send(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		s.t.Error(err)
	}
}

// alternating gives the machines over and over, for more looks than any test
// takes.
func alternating(machines ...machine) []machine {
	var all []machine
	for range 500 {
		all = append(all, machines...)
	}
	return all
}

// clock is a clock that goes on only when somebody sleeps.
type clock struct {
	now    time.Time
	sleeps []time.Duration
}

func (c *clock) sleep(ctx context.Context, pause time.Duration) error {
	c.sleeps = append(c.sleeps, pause)
	c.now = c.now.Add(pause)
	return ctx.Err()
}

func newProber() (*probe.Prober, *clock) {
	c := &clock{now: time.Date(2014, 8, 11, 17, 0, 0, 0, time.UTC)}
	prober := probe.New(nil, func() time.Time { return c.now })
	prober.Sleep = c.sleep
	prober.Random = func() float64 { return 0.5 }
	return prober, c
}

// serve starts a server that answers with that function alone.
func serve(t *testing.T, handler http.HandlerFunc) probe.Target {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return probe.Target{URL: server.URL, Probe: release.Probe{Heartbeat: release.NoHeartbeat}}
}

func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}
