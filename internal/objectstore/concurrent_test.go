package objectstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// Whatever others repack meanwhile, everything is there all the time.
func TestReadsWhileOthersRepack(t *testing.T) {
	t.Parallel()
	repo := small(t)
	want := everyObject(t, repo)
	store := open(t, repo, objectstore.Options{Verify: true})
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				for id, right := range want {
					got, err := store.Read(id, noLimit)
					if err != nil || !bytes.Equal(got.Data, right.Data) {
						t.Errorf("%s: %v", id, err)
						return
					}
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for n := range 6 {
		// Each time another pack, with the loose objects and the old packs removed.
		repo.Commit("more", gittest.Files{"more": strconv.Itoa(n)})
		repo.Git("repack", "-adfq", "--depth="+strconv.Itoa(n))
		if n%2 == 1 {
			repo.Git("multi-pack-index", "write")
		}
	}
	close(stop)
	group.Wait()
}

// Objects of new packs are found, and what is idle is closed.
func TestNewPackAndRelease(t *testing.T) {
	t.Parallel()
	repo := small(t)
	repo.Git("repack", "-adq")
	store := open(t, repo, objectstore.Options{})
	first := repo.ID("HEAD")
	if _, err := store.Read(first, noLimit); err != nil {
		t.Fatal(err)
	}
	later := repo.Commit("later", gittest.Files{"later": "x\n"})
	repo.Git("repack", "-dq")
	for _, id := range []object.ID{later, first} {
		if _, err := store.Read(id, noLimit); err != nil {
			t.Error(err)
		}
	}
	if err := store.Release(); err != nil {
		t.Fatal(err)
	}
	if open := openFiles(t, repo); len(open) > 0 {
		t.Errorf("files are open after Release: %v", open)
	}
	if _, err := store.Read(first, noLimit); err != nil {
		t.Errorf("after Release: %v", err)
	}
	released := make(chan struct{}, 1)
	store.OnRelease(func() {
		select {
		case released <- struct{}{}:
		default:
		}
	})
	select {
	case <-released:
	case <-time.After(time.Minute):
		t.Fatal("nothing was closed in a minute without reading")
	}
	if open := openFiles(t, repo); len(open) > 0 {
		t.Errorf("files are open after a while without reading: %v", open)
	}
	if _, err := store.Read(first, noLimit); err != nil {
		t.Errorf("after a while: %v", err)
	}
}

// openFiles lists the repository's files that this process has mapped.
func openFiles(t *testing.T, repo *gittest.Repo) []string {
	t.Helper()
	if runtime.GOOS != "linux" {
		return nil
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, filepath.Join(repo.Dir, ".git")) {
			open = append(open, line)
		}
	}
	return open
}

// TestDeepChain reads a chain of as many deltas as git ever makes, from its end.
func TestDeepChain(t *testing.T) {
	t.Parallel()
	const depth = 4000
	repo := gittest.NewBare(t)
	deepChain(t, repo, depth, 2000)
	deepest := 0
	for line := range strings.Lines(repo.Git("verify-pack", "-v", packs(t, repo)[0])) {
		var chain int
		if fields := strings.Fields(line); len(fields) >= 7 {
			chain, _ = strconv.Atoi(fields[5])
		}
		deepest = max(deepest, chain)
	}
	if deepest < depth {
		t.Fatalf("the deepest chain has %d deltas", deepest)
	}
	want := everyObject(t, repo)
	store := open(t, repo, objectstore.Options{Verify: true, CacheSize: 1})
	checked := 0
	for id, right := range want {
		if checked++; checked > 40 {
			break // without a cache each takes thousands of steps
		}
		got, err := store.Read(id, noLimit)
		if err != nil || !bytes.Equal(got.Data, right.Data) {
			t.Errorf("%s: %v", id, err)
		}
		if header, err := store.Header(id); err != nil || header.Size != int64(len(right.Data)) {
			t.Errorf("%s: %+v, %v", id, header, err)
		}
	}
	compare(t, open(t, repo, objectstore.Options{}), want)
}

// TestLargeSteps reads a chain of large deltas by several at once. What was read
// stays as it is whatever is read later.
func TestLargeSteps(t *testing.T) {
	t.Parallel()
	repo := gittest.NewBare(t)
	deepChain(t, repo, 100, 40_000)
	want := everyObject(t, repo)
	for _, cacheSize := range []int64{1, 1 << 20, objectstore.DefaultCacheSize} {
		store := open(t, repo, objectstore.Options{CacheSize: cacheSize})
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				read := map[object.ID]object.Object{}
				for id := range want {
					got, err := store.Read(id, noLimit)
					if err != nil {
						t.Error(err)
						return
					}
					read[id] = got
				}
				for id, got := range read {
					if !bytes.Equal(got.Data, want[id].Data) {
						t.Errorf("cache of %d: %s is something else", cacheSize, id)
					}
				}
			})
		}
		group.Wait()
	}
}
