package gitrepo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// Other processes make and remove temporary files among the packs while they
// fetch; what is there is found all the same.
func TestHasWhileOthersFetch(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	id := repo.Commit("first", gittest.Files{"README": "hello\n"})
	repo.Git("repack", "-adq")
	packs := filepath.Join(repo.Dir, ".git", "objects", "pack")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if file, err := os.CreateTemp(packs, "tmp_pack_*"); err == nil {
				_ = file.Close()
				_ = os.Remove(file.Name())
			}
		}
	}()
	for range 300 {
		repository, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		present, err := repository.Has(id)
		if err != nil || !present {
			t.Errorf("commit %s: %v, %v", id, present, err)
		}
		if err := repository.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
}
