package githubtest

import (
	"io"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitService is git over HTTP, by git's own http-backend.
type gitService struct {
	server    *Server
	dir       string
	program   string
	environ   []string
	protected []string
}

// refusePush is the "update" hook: it refuses protected branches as GitHub does.
const refusePush = `#!/bin/sh
case " $PROTECTED " in
*" $1 "*)
	echo "error: GH006: Protected branch update failed for $1." >&2
	echo "error: Changes must be made through a pull request." >&2
	exit 1
esac
`

func newGitService(t testing.TB, server *Server, dir string) *gitService {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	return &gitService{server: server, dir: dir, program: program, environ: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}}
}

// protect puts the hook in place, for branches to refuse.
func (g *gitService) protect(branches []string) error {
	g.protected = branches
	hooks := filepath.Join(g.dir, "hooks")
	if err := os.MkdirAll(hooks, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(hooks, "update"), []byte(refusePush), 0o755)
}

// serve answers git, whose password is a token under whatever name.
func (g *gitService) serve(w http.ResponseWriter, request *http.Request) {
	_, password, _ := request.BasicAuth()
	g.server.mutex.Lock()
	grant, known := g.server.grants[password]
	protected := strings.Join(g.server.git.protected, " ")
	g.server.mutex.Unlock()
	repository := "/" + g.server.Owner + "/" + g.server.Name + ".git"
	rest, found := strings.CutPrefix(request.URL.Path, repository)
	writes := strings.HasSuffix(rest, "git-receive-pack") || strings.Contains(request.URL.RawQuery, "git-receive-pack")
	switch {
	case !known || grant.Expired:
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		http.Error(w, "Invalid username or password.", http.StatusUnauthorized)
		return
	case !found || grant.Blind:
		http.Error(w, "Repository not found.", http.StatusNotFound)
		return
	case writes && !grant.may("contents", "write"):
		http.Error(w, "Write access to repository not granted.", http.StatusForbidden)
		return
	}
	handler := &cgi.Handler{
		Path: g.program, Args: []string{"-c", "http.receivepack=true", "-c", "receive.autogc=false", "http-backend"}, Root: repository, Dir: g.dir, Stderr: io.Discard,
		Env: append(append([]string{}, g.environ...), "GIT_PROJECT_ROOT="+g.dir, "GIT_HTTP_EXPORT_ALL=1", "PROTECTED="+protected),
	}
	handler.ServeHTTP(w, request)
}

// resolve is the commit that a branch, a tag or an id stands for, "" for none.
func (g *gitService) resolve(ref string) string {
	for _, name := range []string{"refs/heads/" + ref, "refs/tags/" + ref, ref} {
		if commit := g.run("rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}"); commit != "" {
			return commit
		}
	}
	return ""
}

func (g *gitService) run(arguments ...string) string {
	command := exec.Command(g.program, arguments...)
	command.Dir, command.Env = g.dir, g.environ
	output, err := command.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}
