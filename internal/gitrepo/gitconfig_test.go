package gitrepo_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// awkward has one case of the grammar on each line or so.
const awkward = "\ufeff# comment\r\n" + `
; another
[Core] ; after a header
	FileMode = true # after a value
	Editor = "vi \"quoted\" # not a comment"   ; a comment
	pager
	empty =
	spaces =    two  words, one   value   
	path = C:\\Users\\me
	escapes = tab\tnewline\nquote\"end
	long = one \
two\
  three
	half"quoted "here = no
[core]key = on-the-header-line
[branch "Feature/X y\"\\z"] remote = origin
[Branch.OLD.Style]
	Merge = refs/heads/x
[remote "o.r.i.g.i.n"]
	url = https://example.org/a.git
	url = https://example.org/b.git
[include]
	path = nowhere.inc
[user]
	name = "  padded  "
`

func TestConfigReadsWhatGitReads(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Write(".git/config", strings.Replace(awkward, "	half\"quoted \"here = no\n", "", 1))
	opened := open(t, repo)
	output, err := repo.Try("", "config", "--list", "-z")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for record := range strings.SplitSeq(strings.TrimSuffix(output, "\x00"), "\x00") {
		key, _, hasValue := strings.Cut(record, "\n")
		var want []string
		for other := range strings.SplitSeq(strings.TrimSuffix(output, "\x00"), "\x00") {
			if name, value, _ := strings.Cut(other, "\n"); name == key {
				want = append(want, value)
			}
		}
		if got := opened.Config().GetAll(key); !slices.Equal(got, want) {
			t.Errorf("%s is %q, git says %q", key, got, want)
		}
		if on, set, err := opened.Config().Bool(key); !hasValue && (!on || !set || err != nil) {
			t.Errorf("%s without a value is %v, %v, %v; expected true", key, on, set, err)
		}
		checked++
	}
	if checked < 15 {
		t.Errorf("git listed only %d variables", checked)
	}
}

func TestConfigRefusesWhatGitRefuses(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{
		"[core", "[core]\nkey = \"open\n", "[core]\nkey = bad\\q\n", "[core]\n1key = x\n", "[core \"x\n",
		"[core]\nkey ! x\n", "[core \"x\"y]\n", "[co_re]\n", "[core x]\n", "=\n",
	} {
		repo := gittest.New(t)
		repo.Write(".git/config", broken)
		if _, err := repo.Try("", "config", "--list"); err == nil {
			t.Errorf("git accepts %q", broken)
		}
		_, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
		if !errors.Is(err, gitrepo.ErrConfig) {
			t.Errorf("%q: the error is %v, expected ErrConfig", broken, err)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(awkward))
	f.Add([]byte("[a \"\\\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := gitrepo.ParseConfigForTest(data)
		if err == nil && settings > len(data) {
			t.Errorf("%d settings in %d bytes", settings, len(data))
		}
	})
}

// TestConfigPrecedence sets one variable in ever stronger places; the value is
// always the one that git gives.
func TestConfigPrecedence(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	file := func(path, text string) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	value := func(name string) string { return "[test]\n\tplace = " + name + "\n" }
	system := file(filepath.Join(t.TempDir(), "gitconfig"), value("system"))
	other := file(filepath.Join(t.TempDir(), "global"), value("other global"))
	repo.Env = []string{"GIT_CONFIG_NOSYSTEM=0", "GIT_CONFIG_SYSTEM=" + system}
	steps := []struct {
		place string
		do    func()
	}{
		{"system", func() {}},
		{"xdg", func() { file(filepath.Join(repo.Home, ".config", "git", "config"), value("xdg")) }},
		{"home", func() { file(filepath.Join(repo.Home, ".gitconfig"), value("home")) }},
		{"other global", func() { repo.Env = append(repo.Env, "GIT_CONFIG_GLOBAL="+other) }},
		{"local", func() { repo.Git("config", "test.place", "local") }},
		{"worktree", func() {
			repo.Git("config", "extensions.worktreeConfig", "true")
			repo.Git("config", "--worktree", "test.place", "worktree")
		}},
		{"environment", func() {
			repo.Env = append(repo.Env, "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=test.place", "GIT_CONFIG_VALUE_0=environment",
				"GIT_CONFIG_KEY_1=Remote.Up.x.URL", "GIT_CONFIG_VALUE_1=value")
		}},
	}
	for _, step := range steps {
		step.do()
		if got := repo.Git("config", "--get", "test.place"); got != step.place {
			t.Fatalf("git says %q where %q was expected", got, step.place)
		}
		config := open(t, repo).Config()
		if got := config.Get("Test.Place"); got != step.place {
			t.Errorf("the value is %q, expected %q", got, step.place)
		}
		if got, want := strings.Join(config.GetAll("test.place"), "\n"), repo.Git("config", "--get-all", "test.place"); got != want {
			t.Errorf("all values are %q, git says %q", got, want)
		}
	}
	if got := open(t, repo).Config().Get("remote.Up.x.url"); got != "value" {
		t.Errorf("the variable of the environment is %q", got)
	}
}

func TestConfigIncludes(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Commit("first", nil)
	repo.Git("checkout", "--quiet", "-b", "feature/one")
	repo.Git("remote", "add", "origin", "https://git.example.org/loop/server.git")
	branch := filepath.Base(filepath.Dir(repo.Dir))
	main := `[test]
	order = before
[include]
	path = plain.inc
[test]
	order = after
[include]
	path = ~/home.inc
[include]
	path = missing.inc
`
	conditions := []string{
		"gitdir:" + filepath.ToSlash(repo.Dir) + "/", "gitdir:" + filepath.ToSlash(repo.Dir) + "/.git", "gitdir:/nowhere/", "gitdir:repo/", "gitdir:**/" + branch + "/**",
		"gitdir/i:REPO/", "gitdir:REPO/", "gitdir:./", "gitdir:~/", "gitdir:rep?/", "gitdir:[q-s]epo/", "gitdir:[!q-s]epo/",
		"onbranch:feature/", "onbranch:feature/*", "onbranch:feature/one", "onbranch:feature", "onbranch:**/one", "onbranch:f*",
		"hasconfig:remote.*.url:https://git.example.org/**", "hasconfig:remote.*.url:https://other.example.org/**", "unknown:x",
	}
	for _, condition := range conditions {
		main += "[includeIf \"" + condition + "\"]\n\tpath = condition.inc\n"
	}
	for name, text := range map[string]string{
		".gitconfig": main, "home.inc": "[test]\n\torder = home\n", "condition.inc": "[test]\n\tmet = yes\n",
		"plain.inc": "[test]\n\torder = included\n[include]\n\tpath = sub/deeper.inc\n", "sub/deeper.inc": "[test]\n\torder = deeper\n",
	} {
		repo.At(repo.Home).Write(name, text)
	}
	config := open(t, repo).Config()
	if got, want := strings.Join(config.GetAll("test.order"), "\n"), repo.Git("config", "--get-all", "test.order"); got != want {
		t.Errorf("the order is %q, git says %q", got, want)
	}
	if got, want := strings.Join(config.GetAll("test.met"), "\n"), repo.Git("config", "--get-all", "test.met"); got != want {
		t.Errorf("conditions met: %q, git says %q", got, want)
	}
	for _, condition := range conditions {
		repo.At(repo.Home).Write(".gitconfig", "[includeIf \""+condition+"\"]\n\tpath = condition.inc\n")
		want, _ := repo.Try("", "config", "--get", "test.met")
		if got := open(t, repo).Config().Get("test.met"); got != strings.TrimSpace(want) {
			t.Errorf("%s: %q, git says %q", condition, got, strings.TrimSpace(want))
		}
	}
}

func TestConfigIncludesItself(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.At(repo.Home).Write(".gitconfig", "[include]\n\tpath = .gitconfig\n")
	_, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
	wantError(t, err, gitrepo.ErrConfig, "more than 10 files deep", "--show-origin")
}

func TestConfigBool(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"true": true, "YES": true, "on": true, "1": true, "-1": true, "0x10": true,
		"false": false, "No": false, "off": false, "0": false, `""`: false,
	} {
		repo := gittest.New(t)
		repo.Write(".git/config", "[tag]\n\tgpgSign = "+text+"\n")
		got, set, err := open(t, repo).Config().Bool("tag.gpgsign")
		if err != nil || !set || got != want {
			t.Errorf("%s is %v, %v, %v; expected %v", text, got, set, err, want)
		}
		if want := repo.Git("config", "--bool", "tag.gpgSign"); want != map[bool]string{true: "true", false: "false"}[got] {
			t.Errorf("%s is %v, git says %s", text, got, want)
		}
	}
	repo := gittest.New(t)
	repo.Git("config", "tag.gpgSign", "ture")
	_, _, err := open(t, repo).Config().Bool("tag.gpgSign")
	wantError(t, err, gitrepo.ErrConfig, `tag.gpgsign is "ture"`, "git config --edit")
}

func TestRemotes(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Git("remote", "add", "origin", "loop:server.git")
	repo.Git("remote", "add", "fork", "https://example.org/fork.git")
	repo.Git("remote", "set-url", "--push", "fork", "loop:fork.git")
	repo.Git("config", "url.https://git.example.org/.insteadOf", "loop:")
	repo.Git("config", "url.https://git.example.org/short/.insteadOf", "lo")
	repo.Git("config", "url.ssh://git@git.example.org/.pushInsteadOf", "loop:")
	repo.Git("config", "--add", "remote.origin.fetch", "^refs/heads/secret*")
	repo.Git("config", "remote.empty.prune", "true")
	remotes := open(t, repo).Config().Remotes()
	if len(remotes) != 2 || remotes[0].Name != "fork" || remotes[1].Name != "origin" {
		t.Fatalf("the remotes are %+v", remotes)
	}
	for _, remote := range remotes {
		if want := repo.Git("remote", "get-url", remote.Name); remote.URL != want {
			t.Errorf("%s is fetched from %s, git says %s", remote.Name, remote.URL, want)
		}
		want := strings.Fields(repo.Git("remote", "get-url", "--push", "--all", remote.Name))
		if !slices.Equal(remote.PushURLs, want) {
			t.Errorf("%s is pushed to %s, git says %s", remote.Name, remote.PushURLs, want)
		}
	}
	for ref, want := range map[string]string{
		"refs/heads/master": "refs/remotes/origin/master", "refs/heads/0.9.x": "refs/remotes/origin/0.9.x",
		"refs/heads/secret-1": "", "refs/tags/0.1.0": "",
	} {
		if got, ok := remotes[1].TrackingRef(ref); got != want || ok != (want != "") {
			t.Errorf("%s is tracked as %q, %v; expected %q", ref, got, ok, want)
		}
		if got, ok := remotes[1].Tracked(want); want != "" && (got != ref || !ok) {
			t.Errorf("what is tracked as %s is %q, %v; expected %s", want, got, ok, ref)
		}
	}
	for _, name := range []string{"refs/heads/master", "refs/remotes/fork/master", "refs/remotes/origin/secret-1", "refs/tags/0.1.0", ""} {
		if got, ok := remotes[1].Tracked(name); ok {
			t.Errorf("%q is taken for the remote's %s", name, got)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config, env  []string
		role         gitrepo.Role
		name, email  string
		what, advice string
	}{
		"user":            {config: []string{"user.name=A", "user.email=a@example.org"}, role: gitrepo.Author, name: "A", email: "a@example.org"},
		"role":            {config: []string{"user.name=A", "user.email=a@example.org", "committer.name=C"}, role: gitrepo.Committer, name: "C", email: "a@example.org"},
		"environment":     {config: []string{"user.name=A", "committer.email=c@example.org"}, env: []string{"GIT_COMMITTER_NAME=E"}, role: gitrepo.Committer, name: "E", email: "c@example.org"},
		"EMAIL":           {config: []string{"user.name=A"}, env: []string{"EMAIL=e@example.org"}, role: gitrepo.Author, name: "A", email: "e@example.org"},
		"nothing":         {role: gitrepo.Author, what: "your name and address are", advice: `git config --global user.name "NAME" &&`},
		"no name":         {config: []string{"user.email=a@example.org"}, role: gitrepo.Author, what: "your name is", advice: `git config --global user.name "NAME"`},
		"no address":      {config: []string{"user.name=A"}, role: gitrepo.Committer, what: "your address is", advice: "git config --global user.email"},
		"nothing but ' '": {config: []string{"user.name= ", "user.email=a@example.org"}, role: gitrepo.Author, what: "your name is", advice: "user.name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := gittest.New(t)
			for _, setting := range test.config {
				key, value, _ := strings.Cut(setting, "=")
				repo.Git("config", key, value)
			}
			env := append([]string{"HOME=" + repo.Home, "GIT_CONFIG_NOSYSTEM=1"}, test.env...)
			opened, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: env})
			if err != nil {
				t.Fatal(err)
			}
			identity, err := opened.Identity(test.role)
			if test.what != "" {
				wantError(t, err, gitrepo.ErrIdentity, test.what, test.advice)
				return
			}
			if err != nil || identity.Name != test.name || identity.Email != test.email {
				t.Errorf("the identity is %s <%s>, %v; expected %s <%s>", identity.Name, identity.Email, err, test.name, test.email)
			}
		})
	}
}
