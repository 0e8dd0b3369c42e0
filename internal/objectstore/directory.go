package objectstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// directory is one directory of objects: the repository's own, or a borrowed one.
type directory struct {
	path    string
	options Options
	cache   *baseCache // the store's
	packs   []*pack
	// multi is the index of many packs, nil where there is none; multiFile is the
	// file that it was read from.
	multi     *multiIndex
	multiFile fs.FileInfo
}

func (d *directory) packDir() string { return filepath.Join(d.path, "pack") }

// scan lists the packs and reports whether they are others than before. Those that
// stay remain open.
func (d *directory) scan() (changed bool, err error) {
	listed, err := listPacks(d.packDir())
	if err != nil {
		return false, err
	}
	known := map[string]*pack{}
	for _, p := range d.packs {
		if p.gone.Load() {
			changed = true
			_ = p.release() // it was only read
			continue
		}
		known[p.stem] = p
	}
	packs := make([]*pack, 0, len(listed))
	for _, one := range listed {
		if p, ok := known[one.stem]; ok {
			packs = append(packs, p)
			delete(known, one.stem)
			continue
		}
		changed = true
		packs = append(packs, &pack{stem: one.stem, promisor: one.promisor, directory: d})
	}
	for _, p := range known {
		changed = true
		_ = p.release() // likewise
	}
	d.packs = packs
	return d.scanMultiIndex(changed) || changed, nil
}

// scanMultiIndex opens the index of many packs if there is a new one, and reports
// whether it did. One that cannot be read is passed over: the packs have indexes
// of their own.
func (d *directory) scanMultiIndex(packsChanged bool) bool {
	name := filepath.Join(d.packDir(), "multi-pack-index")
	info, err := os.Stat(name)
	if err != nil {
		info = nil
	}
	same := info == nil && d.multiFile == nil ||
		info != nil && d.multiFile != nil && os.SameFile(info, d.multiFile) && info.ModTime().Equal(d.multiFile.ModTime())
	if same && !packsChanged {
		return false
	}
	if d.multi != nil {
		_ = d.multi.release()
	}
	d.multi, d.multiFile = nil, info
	for _, p := range d.packs {
		p.covered = false
	}
	if info != nil {
		multi := &multiIndex{name: name, options: d.options}
		if err := multi.cover(d.packs); err == nil {
			d.multi = multi
		}
	}
	return !same
}

// listedPack is a pack that has an index.
type listedPack struct {
	stem     string // the path without ".pack"
	promisor bool
}

// listPacks lists the packs in a directory, which need not exist.
func listPacks(dir string) ([]listedPack, error) {
	handle, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &filemap.Error{File: dir, Cause: err}
	}
	names, err := handle.Readdirnames(-1)
	if err = errors.Join(err, handle.Close()); err != nil {
		return nil, &filemap.Error{File: dir, Cause: err}
	}
	slices.Sort(names)
	present := map[string]bool{}
	for _, name := range names {
		present[name] = true
	}
	var packs []listedPack
	for _, name := range names {
		base, isIndex := strings.CutSuffix(name, ".idx")
		if isIndex && present[base+".pack"] {
			packs = append(packs, listedPack{stem: filepath.Join(dir, base), promisor: present[base+".promisor"]})
		}
	}
	return packs, nil
}

// cached gives the content at an offset of a pack, if it is kept.
func (d *directory) cached(p *pack, offset int64) (content, bool) {
	return d.cache.get(p, offset)
}

// files are those that are open.
func (d *directory) files() []*filemap.File {
	var open []*filemap.File
	if d.multi != nil {
		open = append(open, d.multi.files()...)
	}
	for _, p := range d.packs {
		open = append(open, p.files()...)
	}
	return open
}

func (d *directory) release() error {
	var errs []error
	if d.multi != nil {
		errs = append(errs, d.multi.release())
	}
	for _, p := range d.packs {
		errs = append(errs, p.release())
	}
	return errors.Join(errs...)
}
