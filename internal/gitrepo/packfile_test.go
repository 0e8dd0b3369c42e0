package gitrepo

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// A pack of copied and new objects is one that git takes, and its index the one that
// git makes of it.
func TestMakePack(t *testing.T) {
	t.Parallel()
	source := gittest.New(t)
	ids := source.Import(gittest.Line(400), map[string]int{"refs/heads/master": 399})
	source.Git("repack", "-adfq")
	from, into := openRepo(t, source), openRepo(t, gittest.NewBare(t))
	made := growingTrees(300)
	by := object.Signature{Name: gittest.Name, Email: gittest.Email, When: gittest.Epoch()}
	commit := object.Commit{Tree: made[len(made)-1].ID(), Parents: ids[len(ids)-1:], Author: by, Committer: by, Message: "On top\n"}.Object()
	made = append(made, object.Blob([]byte("content\n")), object.Blob(nil), commit)
	copied := everything(t, source)
	pack, err := into.MakePack(t.Context(), PackRequest{Made: append(made, made[0]), Copied: []PackSource{{From: from.Objects, IDs: append(copied, copied[0])}}})
	if err != nil {
		t.Fatal(err)
	}
	if pack.Count != len(copied)+distinct(made) {
		t.Errorf("%d objects, want %d", pack.Count, len(copied)+distinct(made))
	}
	repo := source.At(into.GitDir())
	if said := repo.Git("verify-pack", strings.TrimSuffix(pack.Path(), ".pack")+".idx"); said != "" {
		t.Error(said)
	}
	repo.Git("update-ref", "refs/heads/master", commit.ID().String())
	if said := repo.Git("fsck", "--strict", "--no-dangling"); said != "" {
		t.Error(said)
	}
	for _, id := range append([]object.ID{commit.ID()}, copied...) {
		want, err := from.Read(id)
		if id == commit.ID() {
			want, err = commit, nil
		}
		got, failure := into.Read(id)
		if err != nil || failure != nil || got.Kind != want.Kind || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s: %v, %v", id, err, failure)
		}
	}
	deltas := repo.Git("verify-pack", "--stat-only", strings.TrimSuffix(pack.Path(), ".pack")+".idx")
	if !strings.Contains(deltas, "chain length = 50") || strings.Contains(deltas, "chain length = 51") {
		t.Errorf("trees are not written as chains of up to 50 deltas:\n%s", deltas)
	}
}

// TestMakePackOfSources takes objects of two repositories, of which each lacks some.
func TestMakePackOfSources(t *testing.T) {
	t.Parallel()
	first, second := gittest.New(t), gittest.New(t)
	first.Import(gittest.Line(30), map[string]int{"refs/heads/master": 29})
	second.Commit("another", gittest.Files{"file": noise(3000)})
	for _, repo := range []*gittest.Repo{first, second} {
		repo.Git("repack", "-adfq")
	}
	into := openRepo(t, gittest.NewBare(t))
	pack, err := into.MakePack(t.Context(), PackRequest{Copied: []PackSource{
		{From: openRepo(t, first).Objects, IDs: everything(t, first)},
		{From: openRepo(t, second).Objects, IDs: everything(t, second)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := len(everything(t, first)) + len(everything(t, second)); pack.Count != want {
		t.Errorf("%d objects, want %d", pack.Count, want)
	}
	repo := first.At(into.GitDir())
	repo.Git("verify-pack", strings.TrimSuffix(pack.Path(), ".pack")+".idx")
	repo.Git("update-ref", "refs/heads/second", second.ID("HEAD").String())
	repo.Git("update-ref", "refs/heads/first", first.ID("HEAD").String())
	repo.Git("fsck", "--strict")
}

// growingTrees are trees each of which differs from the one before in one entry, and
// the files.
func growingTrees(count int) []object.Object {
	var tree object.Tree
	for i := range 40 {
		tree = tree.With(object.TreeEntry{Mode: object.ModeFile, Name: "file" + strconv.Itoa(i), ID: object.Blob([]byte("content\n")).ID()})
	}
	var made []object.Object
	for i := range count {
		blob := object.Blob([]byte(strconv.Itoa(i)))
		tree = tree.With(object.TreeEntry{Mode: object.ModeFile, Name: "file" + strconv.Itoa(i*7%40), ID: blob.ID()})
		made = append(made, blob, tree.Object())
	}
	return made
}

func distinct(objects []object.Object) int {
	seen := map[object.ID]bool{}
	for _, one := range objects {
		seen[one.ID()] = true
	}
	return len(seen)
}

// everything lists the objects of a repository.
func everything(t *testing.T, repo *gittest.Repo) []object.ID {
	t.Helper()
	var ids []object.ID
	for line := range strings.SplitSeq(repo.Git("cat-file", "--batch-check=%(objectname)", "--batch-all-objects"), "\n") {
		id, err := object.ParseID(line)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func openRepo(t *testing.T, repo *gittest.Repo) *Repository {
	t.Helper()
	opened, err := Open(t.Context(), Options{Dir: repo.Dir, Environ: repo.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened
}

// A pack that is pushed as it stands moves the branch over every transport, and
// moves nothing that is not where it was expected.
func TestPushPack(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	repository := f.repository()
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			remote := f.remote(url)
			push := newReleasePush(t, f.list(remote), f.masterTree(), "0.9.0", name)
			pack, err := repository.MakePack(t.Context(), PackRequest{Made: push.objects[:1]})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := remote.PushPack(t.Context(), push.updates[:1], pack); err != nil {
				t.Fatal(err)
			}
			if got := f.origin.ID(masterRef); got != push.updates[0].New {
				t.Errorf("master is %s, want %s", got, push.updates[0].New)
			}
			if _, err := remote.PushPack(t.Context(), push.updates[:1], pack); err == nil {
				t.Error("it moved again from where it was")
			}
			if _, err := remote.PushPack(t.Context(), push.updates[2:], pack); err == nil {
				t.Error("a reference that is neither a branch nor a tag was made")
			}
		})
	}
	f.origin.Git("fsck", "--strict")
}

// A delta between two texts of one length makes the second of the first.
func TestReplace(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		before := make([]byte, random.IntN(300))
		for i := range before {
			before[i] = byte(random.IntN(256))
		}
		after := bytes.Clone(before)
		for range random.IntN(8) {
			if len(after) > 0 {
				after[random.IntN(len(after))] ^= byte(random.IntN(3))
			}
		}
		if got := applied(t, before, replace(before, after)); !bytes.Equal(got, after) {
			t.Fatalf("of %x it makes %x, not %x", before, got, after)
		}
	}
}

// A difference makes the second text of the first, wherever what they share stands;
// what shares nothing has none.
func TestDifference(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	made := 0
	for range 500 {
		before := make([]byte, random.IntN(4000))
		for i := range before {
			before[i] = byte(random.IntN(4 + random.IntN(252)))
		}
		after := bytes.Clone(before)
		for range random.IntN(6) {
			at := random.IntN(len(after) + 1)
			end := min(len(after), at+random.IntN(40))
			moved := bytes.Clone(before[min(len(before), at/2):min(len(before), at/2+random.IntN(200))])
			after = slices.Concat(after[:at], moved, []byte("new"), after[end:])
		}
		delta := difference(before, after, len(after)/2)
		if delta == nil {
			continue
		}
		made++
		if got := applied(t, before, delta); !bytes.Equal(got, after) {
			t.Fatalf("of %x it makes %x, not %x", before, got, after)
		}
	}
	if made < 400 {
		t.Errorf("only %d of 500 have a short difference", made)
	}
	if delta := difference(bytes.Repeat([]byte("a"), 500), bytes.Repeat([]byte("b"), 500), 250); delta != nil {
		t.Errorf("what shares nothing has the difference %x", delta)
	}
}

// Objects whose bases are left out are written as deltas of other versions.
func TestPackOfSomeVersions(t *testing.T) {
	t.Parallel()
	source := gittest.New(t)
	var versions []object.ID
	for i := range 40 {
		content := strings.Repeat("a line that stays\n", 50) + noise(3000) + strconv.Itoa(i) + "\n"
		source.Commit("change", gittest.Files{"file": content})
		versions = append(versions, source.ID("HEAD:file"))
	}
	source.Git("repack", "-adfq")
	from, into := openRepo(t, source), openRepo(t, gittest.NewBare(t))
	copied := PackSource{From: from.Objects}
	before := map[object.ID]object.ID{}
	for i := 0; i < len(versions); i += 3 {
		copied.IDs = append(copied.IDs, versions[i])
		if i > 0 {
			before[versions[i]] = versions[i-3]
		}
	}
	pack, err := into.MakePack(t.Context(), PackRequest{Copied: []PackSource{copied}, Before: before})
	if err != nil {
		t.Fatal(err)
	}
	if pack.Size > 3*3000 {
		t.Errorf("%d versions take %d bytes", len(copied.IDs), pack.Size)
	}
	for _, id := range copied.IDs {
		want, _ := from.Read(id)
		if got, err := into.Read(id); err != nil || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if said := source.At(into.GitDir()).Git("fsck", "--strict", "--no-dangling"); said != "" {
		t.Error(said)
	}
}

// noise is text that does not compress.
func noise(length int) string {
	var text strings.Builder
	for seed := object.Blob(nil).ID(); text.Len() < length; seed = object.Blob(seed[:]).ID() {
		text.WriteString(seed.String())
	}
	return text.String()[:length]
}

// applied does what a delta says, by the format's description (gitformat-pack(5)).
func applied(t *testing.T, base, delta []byte) []byte {
	t.Helper()
	number := func() (value int) {
		for shift := 0; ; shift += 7 {
			digit := delta[0]
			delta = delta[1:]
			value |= int(digit&0x7f) << shift
			if digit < 0x80 {
				return value
			}
		}
	}
	if size := number(); size != len(base) {
		t.Fatalf("the base has %d bytes, the delta says %d", len(base), size)
	}
	size := number()
	var made []byte
	for len(delta) > 0 {
		first := delta[0]
		delta = delta[1:]
		if first < 0x80 {
			made = append(made, delta[:first]...)
			delta = delta[first:]
			continue
		}
		offset, length := 0, 0
		for i := range 7 {
			if first&(1<<i) == 0 {
				continue
			}
			if i < 4 {
				offset |= int(delta[0]) << (8 * i)
			} else {
				length |= int(delta[0]) << (8 * (i - 4))
			}
			delta = delta[1:]
		}
		made = append(made, base[offset:offset+length]...)
	}
	if len(made) != size {
		t.Fatalf("it makes %d bytes, and says %d", len(made), size)
	}
	return made
}
