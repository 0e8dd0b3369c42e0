package cli

import (
	"strings"
	"testing"
)

// A run that makes one command must find what a run that makes all of them finds.
func TestOneCommandIsFoundAmongAll(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	for _, line := range []string{
		"", "tag", "tag --help", "--help tag", "-h tag", "help tag", "-C tag", "-C tag status", "-C status tag", "--config tag", "--config tag next",
		"--config=tag next", "--component tag", "-o json status", "-ojson status", "-o=json status", "-n tag", "-nv tag", "-nC tag next", "--dry-run tag",
		"--yes=false tag", "--unknown tag next", "--unknown=x tag", "-q tag next", "-qx tag", "-- tag", "-n -- tag", "status tag", "nonsense tag",
		"-C", "-C tag next status", "completion bash", "__complete tag --", "merge-tree --merge-base tag next status", "- tag",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			arguments := strings.Fields(line)
			whole, _, failed := newRoot(&app{env: env}, nil).Find(arguments)
			found, _, err := newRoot(&app{env: env}, arguments).Find(arguments)
			if found.Name() != whole.Name() || (err == nil) != (failed == nil) {
				t.Errorf("found %s (%v), among all commands %s (%v)", found.Name(), err, whole.Name(), failed)
			}
			if found.Name() == "looprel" && len(newRoot(&app{env: env}, arguments).Commands()) < len(constructors()) {
				t.Error("the help would not list every command")
			}
		})
	}
}

// A command is made by its own name.
func TestConstructorsKnowTheirNames(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	for name, construct := range constructors() {
		if made := construct(&app{env: env}).Name(); made != name {
			t.Errorf("%s is made as %s", made, name)
		}
	}
}
