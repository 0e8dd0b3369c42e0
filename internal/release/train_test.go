package release_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/release"
)

// A release passes over environments that are planned only.
func TestPredecessor(t *testing.T) {
	t.Parallel()
	train := &release.Train{Environments: []release.Environment{
		{Name: "dev", Follows: "master", Commissioned: true},
		{Name: "load-stage", After: release.AfterTag, Commissioned: true},
		{Name: "real-stage", After: "load-stage"},
		{Name: "canary", After: "planned", Commissioned: true},
		{Name: "planned", After: release.AfterTag},
		{Name: "production", After: "real-stage", Commissioned: true},
		{Name: "round", After: "about"}, {Name: "about", After: "round"},
		{Name: "lost", After: "nowhere"},
	}}
	for name, want := range map[string]string{
		"dev": "", "load-stage": "", "real-stage": "load-stage", "production": "load-stage", "canary": "", "round": "", "lost": "",
	} {
		environment, ok := train.Environment(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		before, ok := train.Predecessor(environment)
		if before.Name != want || ok != (want != "") {
			t.Errorf("before %s comes %q, %v; want %q", name, before.Name, ok, want)
		}
	}
	if _, ok := train.Environment("prod"); ok {
		t.Error("an environment that was not declared")
	}
}

func TestComponent(t *testing.T) {
	t.Parallel()
	train := &release.Train{Components: []release.Component{{Name: "server", Path: "services/loop"}, {Name: "client", Probe: &release.Probe{Disabled: true}}}}
	server, ok := train.Component("server")
	if !ok {
		t.Fatal("no server")
	}
	for path, want := range map[string]bool{"services/loop": true, "services/loop/a.js": true, "services/looper/a.js": false, "a.js": false} {
		if server.Contains(path) != want {
			t.Errorf("%s belongs to it: %v, want %v", path, !want, want)
		}
	}
	client, _ := train.Component("client")
	stage := release.Environment{Probe: release.Probe{Agree: 3}}
	if !client.Contains("a.js") || !stage.ProbeFor(client).Disabled || stage.ProbeFor(server).Agree != 3 {
		t.Errorf("%+v, %+v", client, stage.ProbeFor(server))
	}
	if _, ok := train.Component("nobody"); ok {
		t.Error("a component that was not declared")
	}
}

// What is hardest to pretend counts alone.
func TestContactIncludes(t *testing.T) {
	t.Parallel()
	logins := release.Contact{People: []string{"Ann"}, Email: []string{"ann@example.org"}, GitHub: []string{"ann"}}
	addresses := release.Contact{People: []string{"Ann"}, Email: []string{"ann@example.org"}}
	cases := []struct {
		contact            release.Contact
		name, email, login string
		want               bool
	}{
		{logins, "Bob", "bob@example.org", "ANN", true},
		{logins, "Ann", "ann@example.org", "bob", false},
		{logins, "Ann", "ann@example.org", "", true},
		{logins, "Ann", "bob@example.org", "", false},
		{addresses, "Ann", "Ann@example.org", "bob", true},
		{addresses, "Ann", "bob@example.org", "ann", false},
		{release.Contact{People: []string{"Ann"}}, "Ann", "bob@example.org", "", true},
		{release.Contact{GitHub: []string{"ann"}}, "ann", "ann@example.org", "", false},
		{release.Contact{}, "Ann", "ann@example.org", "ann", false},
	}
	for _, c := range cases {
		if got := c.contact.Includes(c.name, c.email, c.login); got != c.want {
			t.Errorf("%+v includes %q, %q, %q: %v", c.contact, c.name, c.email, c.login, got)
		}
	}
}
