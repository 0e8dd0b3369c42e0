package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/mozilla-services/looprel/internal/index"
	"github.com/mozilla-services/looprel/internal/object"
)

// backdating is how much older files are made than the index. git does not trust
// what it knows of a file that is not older than the index by a second, and reads
// it again, with conversions that did not take place when it was written.
const backdating = 2 * time.Second

// checkout writes a tree's files into a directory that does not exist yet.
//
// Nothing that is in the tree can lead out of the directory: names are checked
// first; every directory and every file is made new, and it is an error if it
// exists; and links, which later paths could lead through, are made last.
type checkout struct {
	objects *editObjects
	// links says that the file system has symbolic links; otherwise they are files
	// with the path that they lead to, as in git (core.symlinks).
	links bool

	directories []string // parents first
	files       []checkoutFile
}

// checkoutFile is a path of the tree other than a directory.
type checkoutFile struct {
	path string
	mode object.Mode
	id   object.ID
	stat index.Stat // once it is written
}

func (r *Repository) newCheckout(objects *editObjects) (checkout, error) {
	links, err := r.config.boolOr("core.symlinks", runtime.GOOS != "windows")
	return checkout{objects: objects, links: links}, err
}

// boolOr is Bool with a default.
func (c Config) boolOr(key string, otherwise bool) (bool, error) {
	value, set, err := c.Bool(key)
	if err != nil || !set {
		return otherwise, err
	}
	return value, nil
}

// collect lists the tree and checks its names.
func (c *checkout) collect(ctx context.Context, root object.ID) error {
	if root == (object.Tree{}).Object().ID() {
		return nil
	}
	return c.collectTree(ctx, "", root)
}

func (c *checkout) collectTree(ctx context.Context, prefix string, id object.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tree, err := c.objects.tree(id)
	if err != nil {
		return err
	}
	for _, entry := range tree {
		path := prefix + entry.Name
		if reason := checkEntryName(entry, runtime.GOOS == "windows"); reason != "" {
			return &Error{Kind: ErrPathName, What: fmt.Sprintf("%q cannot be written: %s", path, reason),
				Advice: "resolve the conflict where the path can be written, or rename it on the branch first"}
		}
		switch entry.Mode {
		case object.ModeDirectory:
			c.directories = append(c.directories, path)
			if err := c.collectTree(ctx, path+"/", entry.ID); err != nil {
				return err
			}
			continue
		case object.ModeSubmodule:
			c.directories = append(c.directories, path)
		case object.ModeSymlink:
		default:
			if !entry.Mode.IsFile() {
				return &Error{Kind: ErrDamaged, What: fmt.Sprintf("%q has the mode %o in the tree", path, uint32(entry.Mode))}
			}
		}
		c.files = append(c.files, checkoutFile{path: path, mode: plainMode(entry.Mode), id: entry.ID})
	}
	return nil
}

// plainMode is the mode that an index has: of the permissions only whether the
// owner may execute the file.
func plainMode(mode object.Mode) object.Mode {
	switch {
	case mode.IsFile() && mode&0o100 != 0:
		return object.ModeExecutable
	case mode.IsFile():
		return object.ModeFile
	default:
		return mode
	}
}

// version is what the tree has at a path.
func (c *checkout) version(path string) EditVersion {
	for _, file := range c.files {
		if file.path == path {
			return EditVersion{file.mode, file.id}
		}
	}
	return EditVersion{}
}

// write makes the directory and what is in it, dated before the given time.
func (c *checkout) write(ctx context.Context, root string, now time.Time, made func(step string)) error {
	for _, directory := range append([]string{"."}, c.directories...) {
		if err := os.Mkdir(filepath.Join(root, filepath.FromSlash(directory)), 0o777); err != nil { //nolint:gosec // as git makes them: the umask decides
			return clash(directory, err)
		}
	}
	made("directories")
	var links, files []*checkoutFile
	for i := range c.files {
		switch c.files[i].mode {
		case object.ModeSubmodule:
		case object.ModeSymlink:
			links = append(links, &c.files[i])
		default:
			files = append(files, &c.files[i])
		}
	}
	if err := inParallel(ctx, files, func(f *checkoutFile) error { return c.writeFile(root, f, now.Add(-backdating)) }); err != nil {
		return err
	}
	made("regular files")
	for _, link := range links {
		if err := c.writeLink(root, link, now.Add(-backdating)); err != nil {
			return err
		}
	}
	return nil
}

// clash makes an error of one that says that a new path exists already.
func clash(path string, err error) error {
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return &Error{Kind: ErrPathName, What: fmt.Sprintf("%q cannot be written: the file system takes it for another path of the tree", path), Cause: err,
		Advice: "resolve the conflict on a file system that tells the two apart, or rename one of them on the branch first"}
}

func (c *checkout) writeFile(root string, f *checkoutFile, date time.Time) error {
	content, err := c.objects.blob(f.id)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	permissions := fs.FileMode(0o666)
	if f.mode == object.ModeExecutable {
		permissions = 0o777
	}
	path := filepath.Join(root, filepath.FromSlash(f.path))
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, permissions)
	if err != nil {
		return clash(f.path, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Chtimes(path, date, date); err != nil {
		return err
	}
	return f.look(path)
}

func (c *checkout) writeLink(root string, f *checkoutFile, date time.Time) error {
	if !c.links {
		return c.writeFile(root, f, date)
	}
	target, err := c.objects.blob(f.id)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	path := filepath.Join(root, filepath.FromSlash(f.path))
	if err := os.Symlink(string(target), path); err != nil {
		return clash(f.path, err)
	}
	return f.look(path)
}

// look notes what the file system says of the file.
func (f *checkoutFile) look(path string) error {
	found, err := lookAt(path)
	f.stat = found.stat
	return err
}

// inParallel does something for each item, a few at a time, until one fails.
func inParallel[T any](ctx context.Context, items []T, act func(T) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	queue := make(chan T)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		workers.Go(func() {
			for item := range queue {
				if err := act(item); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, item := range items {
		if ctx.Err() != nil {
			break
		}
		queue <- item
	}
	close(queue)
	workers.Wait()
	return context.Cause(ctx)
}
