package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// withProgram are tests that find looprel on their PATH. The test binary could stand in
// for it, but what the tests alone are made of doubles the time that each of some
// thousand runs takes to start.
type withProgram struct{ *testing.M }

// program keeps all that looprel is made of in the test binary: what go test remembers
// of these tests is forgotten when that changes.
var program = main

// Run builds looprel, and runs the tests.
func (m withProgram) Run() int {
	runtime.KeepAlive(program)
	dir, err := os.MkdirTemp("", "looprel-program-")
	if err == nil {
		defer os.RemoveAll(dir) //nolint:errcheck // what is left over is in the temporary directory
		err = buildProgram(dir)
	}
	if err == nil {
		err = os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.M.Run()
}

// buildProgram builds looprel of what the tests are built of; for tests that look for
// races, so that it does, too. It is copied to its place: of what the linker writes page
// by page the system keeps single pages, and every start takes longer.
func buildProgram(dir string) error {
	installed, linked := filepath.Join(dir, "looprel"), filepath.Join(dir, "linked")
	if runtime.GOOS == "windows" {
		installed += ".exe"
	}
	arguments := []string{"build", "-buildvcs=false", "-o", linked}
	if racing {
		arguments = append(arguments, "-race")
	}
	if said, err := exec.Command("go", append(arguments, ".")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build looprel: %w\n%s", err, said)
	}
	whole, err := os.ReadFile(linked)
	if err != nil {
		return err
	}
	return os.WriteFile(installed, whole, 0o755)
}
