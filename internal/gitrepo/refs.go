package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

const (
	// maxPackedRefsSize bounds the packed-refs file, in bytes (some three million
	// references).
	maxPackedRefsSize = 256 << 20
	// maxSymbolicDepth is git's own bound for references to references.
	maxSymbolicDepth = 5
)

// refStore reads and writes the references of one repository, loose and packed,
// by full names.
type refStore struct {
	gitDir, commonDir string
}

// Ref returns where the reference of that full name ("refs/tags/0.10.0", "HEAD")
// points, through symbolic references. A tag object is not followed. It is an
// ErrNotFound when there is no such reference.
func (r *Repository) Ref(name string) (object.ID, error) { return r.refs().resolve(name) }

// Refs returns the references whose full names begin with the prefix. Symbolic
// references that lead nowhere are left out.
func (r *Repository) Refs(prefix string) (map[string]object.ID, error) {
	refs, _, err := r.refs().list(prefix)
	return refs, err
}

// PeeledRefs is Refs with annotated tags replaced by the commits that they name;
// references that lead to no commit are left out.
func (r *Repository) PeeledRefs(prefix string) (map[string]object.ID, error) {
	refs, peeled, err := r.refs().list(prefix)
	if err != nil {
		return nil, err
	}
	for name, id := range refs {
		if commit, known := peeled[name]; known {
			refs[name] = commit
			continue
		}
		commit, err := r.Peel(id)
		if errors.Is(err, ErrWrongKind) {
			delete(refs, name)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		refs[name] = commit
	}
	return refs, nil
}

// Head returns the full name of the branch that is checked out and its commit.
// The name is "" when HEAD is detached; the commit is zero when the branch has
// none yet.
func (r *Repository) Head() (branch string, commit object.ID, err error) {
	branch = headTarget(r.layout.gitDir)
	commit, err = r.Ref("HEAD")
	if errors.Is(err, ErrNotFound) && branch != "" {
		err = nil
	}
	return branch, commit, err
}

func (r *Repository) refs() refStore {
	return refStore{gitDir: r.layout.gitDir, commonDir: r.layout.commonDir}
}

// path is where a reference would be loose. Some belong to one worktree alone
// (gitrepository-layout(5)).
func (s refStore) path(name string) string {
	for _, own := range []string{"refs/bisect/", "refs/worktree/", "refs/rewritten/"} {
		if strings.HasPrefix(name, own) {
			return filepath.Join(s.gitDir, filepath.FromSlash(name))
		}
	}
	if !strings.HasPrefix(name, "refs/") {
		return filepath.Join(s.gitDir, name)
	}
	return filepath.Join(s.commonDir, filepath.FromSlash(name))
}

func (s refStore) resolve(name string) (object.ID, error) {
	asked := name
	for range maxSymbolicDepth {
		id, target, err := s.read(name)
		if err != nil || target == "" {
			if errors.Is(err, ErrNotFound) {
				err = noSuchRef(asked)
			}
			return id, err
		}
		name = target
	}
	return object.ID{}, &Error{Kind: ErrDamaged, What: fmt.Sprintf("%s leads through more than %d symbolic references", asked, maxSymbolicDepth)}
}

// read reads one reference: its id, or the name that a symbolic one points at.
func (s refStore) read(name string) (id object.ID, target string, err error) {
	if err := checkRefName(name); err != nil {
		return object.ID{}, "", err
	}
	id, target, err = s.readLoose(name)
	if !errors.Is(err, ErrNotFound) {
		return id, target, err
	}
	id, err = s.readPacked(name)
	return id, "", err
}

func (s refStore) readLoose(name string) (id object.ID, target string, err error) {
	path := s.path(name)
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return object.ID{}, "", noSuchRef(name)
	}
	data, err := readBounded(path, maxPointerSize)
	if errors.Is(err, fs.ErrNotExist) {
		return object.ID{}, "", noSuchRef(name)
	}
	if err != nil {
		return object.ID{}, "", damaged("cannot read "+name, err)
	}
	text := strings.TrimSpace(string(data))
	if target, symbolic := strings.CutPrefix(text, "ref:"); symbolic {
		return object.ID{}, strings.TrimSpace(target), nil
	}
	id, err = object.ParseID(text)
	if err != nil {
		return object.ID{}, "", damaged("cannot read "+name, err)
	}
	return id, "", nil
}

func (s refStore) readPacked(name string) (id object.ID, err error) {
	found := false
	err = s.withPacked(func(refs packedRefs) (err error) {
		id, found, err = refs.find(name)
		return err
	})
	if err == nil && !found {
		err = noSuchRef(name)
	}
	return id, err
}

// list returns the references below a prefix, and of packed tags what they name
// where the file says so.
func (s refStore) list(prefix string) (refs, peeled map[string]object.ID, err error) {
	// Loose ones are read first, as in git: one that is packed in between is then
	// seen twice, and not missed.
	loose, err := s.listLoose(prefix)
	if err != nil {
		return nil, nil, err
	}
	refs, peeled = map[string]object.ID{}, map[string]object.ID{}
	err = s.withPacked(func(packed packedRefs) error {
		return packed.below(prefix, func(ref packedRef) bool {
			name := string(ref.name)
			refs[name] = ref.id
			if !ref.peeled.IsZero() {
				peeled[name] = ref.peeled
			}
			return true
		})
	})
	if err != nil {
		return nil, nil, err
	}
	for name := range loose {
		delete(peeled, name)
	}
	maps.Copy(refs, loose)
	return refs, peeled, nil
}

func (s refStore) listLoose(prefix string) (map[string]object.ID, error) {
	refs := map[string]object.ID{}
	top := "refs"
	if slash := strings.LastIndexByte(prefix, '/'); slash > 0 {
		top = prefix[:slash]
	}
	root := s.path(top)
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // packed or removed meanwhile
		}
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := top + "/" + filepath.ToSlash(below)
		if !strings.HasPrefix(name, prefix) || !isRefName(name) {
			return nil
		}
		id, err := s.resolve(name)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		refs[name] = id
		return err
	})
	return refs, err
}

func noSuchRef(name string) error {
	return &Error{Kind: ErrNotFound, What: fmt.Sprintf("there is no reference %s", name)}
}

// checkRefName applies git-check-ref-format(1) to a full name; "HEAD" and its
// like are allowed.
func checkRefName(name string) error {
	if isRefName(name) {
		return nil
	}
	return &Error{Kind: ErrNotFound, What: fmt.Sprintf("%q is not the full name of a reference", name),
		Advice: "give it in full, such as refs/tags/0.10.0"}
}

func isRefName(name string) bool {
	rest, isRef := strings.CutPrefix(name, "refs/")
	if !isRef {
		return strings.HasSuffix(name, "HEAD") && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
	}
	if strings.Contains(rest, "..") || strings.Contains(rest, "@{") || strings.ContainsAny(rest, " ~^:?*[\\\x7f") ||
		strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' }) {
		return false
	}
	for part := range strings.SplitSeq(rest, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}
