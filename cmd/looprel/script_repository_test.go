package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// loopFiles reads the files of the repository that most scripts share.
func loopFiles() (gittest.Files, error) {
	dir := filepath.Join("..", "..", "testdata", "scripts", "loop")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := gittest.Files{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		files[entry.Name()] = string(content)
	}
	return files, nil
}

// makeLoop makes a bare repository like the Loop service's in August 2014:
//
//	master   0.8.0 ── 0.9.0 ── Back to development ── two changes (0.10.0-dev)
//	0.8.x      └── a fix that is not released
//	tags     0.8.0, 0.9.0, and the odd 0.2
//
// The last two commits are a change that the CHANGELOG names, and one that it
// leaves out.
func makeLoop(t *testing.T, files gittest.Files) string {
	t.Helper()
	repo := gittest.New(t)
	history := []gittest.Commit{
		{Message: "Say hello\n", Files: gittest.Files{
			"environments.yaml": files["environments.yaml"], "app.js": "hello()\n", "loop/rooms.js": "rooms()\n",
			"package.json": packageJSON("0.8.0-dev"), "CHANGELOG": files["CHANGELOG.0.8.0"],
		}},
		{Parents: []int{0}, Message: "Release 0.8.0\n", Files: gittest.Files{"package.json": packageJSON("0.8.0")}},
		{Parents: []int{1}, Message: "Bug 1000001 - Delete expired rooms\n", Files: gittest.Files{
			"package.json": packageJSON("0.9.0-dev"), "loop/rooms.js": "expire(rooms())\n"}},
		{Parents: []int{2}, Message: "Release 0.9.0\n", Files: gittest.Files{
			"package.json": packageJSON("0.9.0"), "CHANGELOG": files["CHANGELOG.0.9.0"]}},
		{Parents: []int{3}, Message: "Back to development\n", Files: gittest.Files{
			"package.json": packageJSON("0.10.0-dev"), "CHANGELOG": files["CHANGELOG.0.10.0-empty"]}},
		{Parents: []int{4}, Message: "Bug 1024490 - Add an endpoint to delete accounts (#12)\n", Files: gittest.Files{
			"app.js": "hello()\ndeleteAccounts()\n", "CHANGELOG": files["CHANGELOG.0.10.0"]}},
		{Parents: []int{5}, Message: "Bug 1048426 - Read callType from the request body\n", Files: gittest.Files{
			"app.js": "hello(body)\ndeleteAccounts()\n"}},
		{Parents: []int{1}, Message: "Bug 1000002 - Close idle sockets\n", Files: gittest.Files{"loop/rooms.js": "rooms(closing)\n"}},
	}
	ids := repo.Import(history, map[string]int{"refs/heads/master": 6, "refs/heads/0.8.x": 7})
	repo.PackTags([]string{"0.8.0", "0.9.0"}, []object.ID{ids[1], ids[3]})
	repo.Git("tag", "0.2", ids[0].String())
	return repo.Bare().Dir
}

func packageJSON(version string) string {
	return "{\n  \"name\": \"mozilla-loop-server\",\n  \"version\": \"" + version + "\",\n  \"private\": true\n}\n"
}

// fixture gives a script the repository in $REMOTE and the operator's clone of
// it, and goes into that: fixture loop
func fixture(ts *testscript.TestScript, loop string, args []string) {
	usage(ts, len(args) != 1 || args[0] != "loop", "fixture loop")
	ts.Check(os.CopyFS(ts.Getenv("REMOTE"), os.DirFS(loop)))
	runInWork(ts, ".", "clone", "--quiet", "remote.git", "clone")
	ts.Check(ts.Chdir(filepath.Join(ts.Getenv("WORK"), "clone")))
}

// clone makes another clone of the remote, whose operator has its name:
// clone NAME [OPTION...]
func clone(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 1, "clone NAME [OPTION...]")
	arguments := append([]string{"clone", "--quiet"}, args[1:]...)
	runInWork(ts, ".", append(arguments, "file://"+filepath.ToSlash(ts.Getenv("REMOTE")), args[0])...)
	runInWork(ts, args[0], "config", "user.name", args[0])
}

// serve serves the remote on this machine and keeps its address in $URL, of HTTP
// without the scheme also in $ADDRESS: serve http [USER PASSWORD], or serve ssh,
// for which the operator's home gets a key and the server's own.
func serve(ts *testscript.TestScript, t *testing.T, args []string) {
	usage(ts, len(args) == 0 || args[0] == "ssh" && len(args) > 1 || args[0] == "http" && len(args) == 2 || len(args) > 3,
		"serve http [USER PASSWORD], or serve ssh")
	repo := gittest.New(scriptTB{t, ts}).At(ts.Getenv("REMOTE"))
	if args[0] == "ssh" {
		server := repo.ServeSSH()
		server.Introduce(ts.Getenv("HOME"))
		ts.Setenv("URL", server.URL())
		return
	}
	options := gittest.HTTPOptions{}
	if len(args) == 3 {
		options.User, options.Password = args[1], args[2]
	}
	url := repo.ServeHTTP(options).URL
	ts.Setenv("URL", url)
	ts.Setenv("ADDRESS", strings.TrimPrefix(url, "http://"))
}

// overtaking runs once, when a push has been received and before it moves
// anything: what it does to the repository comes first.
const overtaking = `#!/bin/sh
rm hooks/pre-receive
unset $(git rev-parse --local-env-vars) GIT_QUARANTINE_PATH
exec >/dev/null 2>&1
`

// installHook makes a hook of the remote out of the lines of a shell script:
// hook NAME FILE. The name "overtake" stands for something that happens once,
// in the middle of the next push.
func installHook(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "hook NAME FILE")
	name, head := args[0], "#!/bin/sh\n"
	if name == "overtake" {
		name, head = "pre-receive", overtaking
	}
	work := "WORK='" + ts.Getenv("WORK") + "'\n"
	hooks := filepath.Join(ts.Getenv("REMOTE"), "hooks")
	ts.Check(os.MkdirAll(hooks, 0o755))
	ts.Check(os.WriteFile(filepath.Join(hooks, name), []byte(head+work+ts.ReadFile(args[1])), 0o755))
}
