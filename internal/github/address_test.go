package github_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/github"
)

func TestParseRemote(t *testing.T) {
	t.Parallel()
	cases := []struct {
		remote, apiURL string
		want           string // "": an error
		api, uploads   string
	}{
		{remote: "https://github.com/acme/loop-server.git", want: "acme/loop-server", api: "https://api.github.com/", uploads: "https://uploads.github.com/"},
		{remote: "https://GitHub.com/acme/loop.server/", want: "acme/loop.server", api: "https://api.github.com/", uploads: "https://uploads.github.com/"},
		{remote: "git@github.com:acme/loop-server.git", want: "acme/loop-server", api: "https://api.github.com/", uploads: "https://uploads.github.com/"},
		{remote: "ssh://git@ssh.github.com:443/acme/loop-server.git", want: "acme/loop-server", api: "https://api.github.com/", uploads: "https://uploads.github.com/"},
		{remote: "git@acme.ghe.com:acme/loop-server", want: "acme.ghe.com/acme/loop-server", api: "https://api.acme.ghe.com/", uploads: "https://uploads.acme.ghe.com/"},
		{remote: "https://git.example.org:8443/acme/loop-server", want: "git.example.org:8443/acme/loop-server",
			api: "https://git.example.org:8443/api/v3/", uploads: "https://git.example.org:8443/api/uploads/"},
		{remote: "ssh://git@git.example.org:2222/acme/loop-server", want: "git.example.org/acme/loop-server",
			api: "https://git.example.org/api/v3/", uploads: "https://git.example.org/api/uploads/"},
		{remote: "https://github.com/acme/loop-server", apiURL: "https://api.github.com", want: "acme/loop-server",
			api: "https://api.github.com/", uploads: "https://uploads.github.com/"},
		{remote: "http://127.0.0.1:8080/acme/loop-server.git", apiURL: "http://127.0.0.1:8080/api/v3", want: "127.0.0.1:8080/acme/loop-server",
			api: "http://127.0.0.1:8080/api/v3/", uploads: "http://127.0.0.1:8080/api/uploads/"},
		{remote: "http://127.0.0.1:8080/acme/loop-server.git"},
		{remote: "https://github.com/acme/loop-server", apiURL: "http://api.example.org/"},
		{remote: "https://github.com/acme/loop-server", apiURL: "https://me:secret@api.example.org/"},
		{remote: "https://github.com/acme"},
		{remote: "https://github.com/acme/loop/server"},
		{remote: "https://github.com/acme/.."},
		{remote: "/srv/git/acme/loop-server.git"},
		{remote: "file:///srv/git/loop-server.git"},
		{remote: `D:\acme`},
		{remote: "D:/acme/loop"},
		{remote: ""},
	}
	for _, c := range cases {
		t.Run(c.remote+" "+c.apiURL, func(t *testing.T) {
			t.Parallel()
			got, err := github.ParseRemote(c.remote, c.apiURL)
			if (err != nil) != (c.want == "") {
				t.Fatalf("%v, %v", got, err)
			}
			if err == nil && (got.String() != c.want || got.API != c.api || got.Uploads != c.uploads) {
				t.Errorf("%s, API %s, uploads %s", got, got.API, got.Uploads)
			}
		})
	}
}

func TestParseRepository(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"acme/loop-server": "https://api.github.com/", "git.example.org/acme/loop-server": "https://git.example.org/api/v3/",
		"loop-server": "", "a/b/c/d": "", "/acme/loop": "", "acme/../loop": "", "acme/lo op": "",
	} {
		got, err := github.ParseRepository(text, "")
		if (err != nil) != (want == "") || got.API != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
