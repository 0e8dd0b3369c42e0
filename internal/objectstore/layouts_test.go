package objectstore_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// service is a repository with objects of all kinds and sizes, loose.
func service(t testing.TB) *gittest.Repo {
	t.Helper()
	repo := gittest.New(t)
	repo.Git("config", "gc.auto", "0")
	text := strings.Repeat("a line that comes again and again\n", 300)
	for n := range 12 {
		repo.Commit("change "+strconv.Itoa(n), gittest.Files{
			"file": text + strconv.Itoa(n) + "\n", "empty": "", "dir/" + strconv.Itoa(n): text[:n*100], "deep/er/" + strconv.Itoa(n%3): strconv.Itoa(n),
		})
	}
	repo.Commit("large", gittest.Files{"large": strings.Repeat("0123456789abcdef", 1<<15), "binary": noise(70_000)})
	repo.Tag("0.1.0")
	repo.Git("tag", "--annotate", "--message=a tag of a tag", "nested", "0.1.0")
	return repo
}

// noise is text that does not compress.
func noise(length int) string {
	var text strings.Builder
	for seed := object.Blob(nil).ID(); text.Len() < length; seed = object.Blob(seed[:]).ID() {
		text.Write(seed[:])
	}
	return text.String()[:length]
}

// layouts make clones of the repository whose objects are kept in different ways.
var layouts = map[string]func(t *testing.T, repo *gittest.Repo) *gittest.Repo{
	"loose": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo { return repo },
	"one pack": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-adfq", "--depth=50")
		return repo
	},
	"a pack without deltas": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-adfq", "--depth=0")
		return repo
	},
	"deltas by id": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq")
		return repo
	},
	"packs and loose objects": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-dq")
		for n := range 3 {
			repo.Commit("later", gittest.Files{"later": noise(100 + n)})
			repo.Git("repack", "-dq")
		}
		repo.Commit("last", gittest.Files{"last": "loose\n"})
		return repo
	},
	"multi-pack-index": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-dq")
		for n := range 3 {
			repo.Commit("later", gittest.Files{"later": noise(100 + n)})
			repo.Git("repack", "-dq")
		}
		repo.Git("multi-pack-index", "write")
		repo.Commit("after the index", gittest.Files{"after": "a pack that it does not name\n"})
		repo.Git("repack", "-dq")
		return repo
	},
	"stale multi-pack-index": func(t *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-dq")
		repo.Commit("later", gittest.Files{"later": "x"})
		repo.Git("repack", "-dq")
		repo.Git("multi-pack-index", "write")
		name := filepath.Join(repo.Dir, ".git", "objects", "pack", "multi-pack-index")
		index, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		repo.Git("repack", "-adq")
		if err := os.WriteFile(name, index, 0o600); err != nil {
			t.Fatal(err)
		}
		return repo
	},
	"index of version 1": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("-c", "pack.indexVersion=1", "repack", "-adq")
		return repo
	},
	"offsets of 64 bits": func(t *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-adq")
		for _, pack := range packs(t, repo) {
			if err := os.Remove(strings.TrimSuffix(pack, ".pack") + ".idx"); err != nil {
				t.Fatal(err)
			}
			repo.Git("index-pack", "--index-version=2,0x40", pack)
		}
		return repo
	},
	"multi-pack-index with offsets of 64 bits": func(t *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-adq")
		for _, pack := range packs(t, repo) {
			if err := os.Remove(strings.TrimSuffix(pack, ".pack") + ".idx"); err != nil {
				t.Fatal(err)
			}
			repo.Git("index-pack", "--index-version=2,0x40", pack)
		}
		repo.Git("multi-pack-index", "write")
		return repo
	},
	"a thin pack that was completed": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-adq")
		remote := repo.Bare()
		text := strings.Repeat("a line that comes again and again\n", 300)
		repo.Commit("news", gittest.Files{"file": text + "news\n"})
		remote.Git("config", "receive.unpackLimit", "1")
		repo.Git("push", "--quiet", "origin", "master")
		return remote
	},
	"alternates": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-adq")
		return borrower(repo, repo.Dir+"/.git/objects")
	},
	"relative alternates of alternates": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		repo.Git("repack", "-adq")
		first := borrower(repo, repo.Dir+"/.git/objects")
		first.Commit("in between", gittest.Files{"between": "x\n"})
		relative, err := filepath.Rel(filepath.Join(filepath.Dir(repo.Dir), "second", ".git", "objects"), filepath.Join(first.Dir, ".git", "objects"))
		if err != nil {
			panic(err)
		}
		second := repo.At(filepath.Join(filepath.Dir(repo.Dir), "second"))
		repo.Git("init", "--quiet", second.Dir)
		second.Write(".git/objects/info/alternates", filepath.ToSlash(relative)+"\n")
		second.Git("fetch", "--quiet", first.Dir, "master")
		second.Git("reset", "--quiet", "--hard", "FETCH_HEAD")
		second.Commit("own", gittest.Files{"own": "x\n"})
		return second
	},
	"a partial clone": func(_ *testing.T, repo *gittest.Repo) *gittest.Repo {
		remote := repo.Bare()
		remote.Git("config", "uploadpack.allowFilter", "true")
		return remote.Clone("--filter=blob:none", "--no-checkout")
	},
	"deep chains": func(t *testing.T, repo *gittest.Repo) *gittest.Repo {
		return deepChain(t, repo, 300, 2000)
	},
}

// borrower is a repository with one commit of its own upon another's objects.
func borrower(repo *gittest.Repo, objects string) *gittest.Repo {
	other := repo.At(filepath.Join(filepath.Dir(repo.Dir), "borrower"))
	repo.Git("init", "--quiet", "--initial-branch=master", other.Dir)
	other.Write(".git/objects/info/alternates", "# borrowed\n"+filepath.ToSlash(objects)+"\n")
	other.Git("fetch", "--quiet", repo.Dir, "master")
	other.Git("reset", "--quiet", "--hard", "FETCH_HEAD")
	other.Commit("own", gittest.Files{"borrower": "own\n"})
	return other
}

// deepChain packs so many versions of a file of that length, each a delta of the
// one before.
func deepChain(t *testing.T, repo *gittest.Repo, depth, length int) *gittest.Repo {
	t.Helper()
	var stream, names bytes.Buffer
	text := noise(length)
	for n := range depth + 1 {
		text = fmt.Sprintf("version %d\n", n) + text
		text = text[:length]
		fmt.Fprintf(&stream, "blob\nmark :%d\ndata %d\n%s\n", n+1, len(text), text)
	}
	marks := filepath.Join(t.TempDir(), "marks")
	repo.GitInput(stream.String()+"done\n", "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--done",
		fmt.Sprintf("--depth=%d", depth), "--export-marks="+marks)
	_ = names
	return repo
}

func packs(t testing.TB, repo *gittest.Repo) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(objectsDir(repo), "pack", "*.pack"))
	if err != nil || len(found) == 0 {
		t.Fatal("there are no packs", err)
	}
	return found
}

func objectsDir(repo *gittest.Repo) string {
	if bare := filepath.Join(repo.Dir, "objects"); isDirectory(bare) {
		return bare
	}
	return filepath.Join(repo.Dir, ".git", "objects")
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func open(t testing.TB, repo *gittest.Repo, options objectstore.Options) *objectstore.Store {
	t.Helper()
	store, err := objectstore.Open(objectsDir(repo), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

const noLimit = 1 << 40

// TestEveryObjectInEveryLayout reads all objects and compares with git.
func TestEveryObjectInEveryLayout(t *testing.T) {
	t.Parallel()
	for name, lay := range layouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := lay(t, service(t))
			want := everyObject(t, repo)
			for _, options := range []objectstore.Options{{}, {Verify: true}, {Unmapped: true}, {CacheSize: 1000}, {Verify: true, Unmapped: true}} {
				compare(t, open(t, repo, options), want)
			}
		})
	}
}

func compare(t *testing.T, store *objectstore.Store, want map[object.ID]object.Object) {
	t.Helper()
	ids, err := store.All()
	if err != nil || len(ids) != len(want) {
		t.Errorf("listed %d objects, %v; git lists %d", len(ids), err, len(want))
	}
	for id, object := range want {
		got, err := store.Read(id, noLimit)
		if err != nil || got.Kind != object.Kind || !bytes.Equal(got.Data, object.Data) {
			t.Errorf("%s %s: read a %s of %d bytes, %v", object.Kind, id, got.Kind, len(got.Data), err)
		}
		header, err := store.Header(id)
		if err != nil || header.Kind != object.Kind || header.Size != int64(len(object.Data)) {
			t.Errorf("%s %s: the header is %+v, %v", object.Kind, id, header, err)
		}
		if has, err := store.Has(id); !has || err != nil {
			t.Errorf("%s %s is not there: %v", object.Kind, id, err)
		}
		if size := int64(len(object.Data)); size > 0 {
			var large *objectstore.TooLargeError
			if _, err := store.Read(id, size-1); !errors.As(err, &large) || large.Size != size || large.Kind != object.Kind || large.ID != id {
				t.Errorf("%s %s: with too low a limit: %v", object.Kind, id, err)
			}
		}
		if ids, err := store.WithPrefix(id[:3]); err != nil || len(ids) != 1 || ids[0] != id {
			t.Errorf("the prefix of %s has %v, %v", id, ids, err)
		}
	}
	absent := object.Blob([]byte("not there")).ID()
	if _, err := store.Read(absent, noLimit); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
	if has, err := store.Has(absent); has || err != nil {
		t.Errorf("what is not there: %v, %v", has, err)
	}
}

// everyObject is what git reads.
func everyObject(t testing.TB, repo *gittest.Repo) map[object.ID]object.Object {
	t.Helper()
	output, err := repo.Try("", "cat-file", "--batch-all-objects", "--batch")
	if err != nil {
		t.Fatal(err)
	}
	objects := map[object.ID]object.Object{}
	for reader := bufio.NewReader(strings.NewReader(output)); ; {
		line, err := reader.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		var id, kind string
		var size int
		if _, err := fmt.Sscan(line, &id, &kind, &size); err != nil {
			t.Fatalf("git cat-file says %q: %v", line, err)
		}
		data := make([]byte, size+1)
		if _, err := io.ReadFull(reader, data); err != nil {
			t.Fatal(err)
		}
		parsed, err := object.ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		objects[parsed] = object.Object{Kind: object.Kind(kind), Data: data[:size]}
	}
	if len(objects) == 0 {
		t.Fatal("git lists no objects")
	}
	return objects
}
