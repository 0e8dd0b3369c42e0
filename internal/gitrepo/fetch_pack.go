package gitrepo

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"

	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
	"github.com/mozilla-services/looprel/internal/objectstore/idtable"
)

// packHeaderSize is the length of a pack's header: "PACK", version, number of
// objects.
const packHeaderSize = 12

// receivePack stores a pack with its index, whole or not at all, and returns the
// number of its objects. An empty pack leaves no trace. One of a partial clone is
// marked: what its objects name may be missing, and is promised by the remote.
//
// go-git's PackfileWriter is not used: it leaves its temporary file behind when
// the connection breaks, and lets others see an index that is half written.
func (o *Objects) receivePack(reader io.Reader, promised bool) (count int, err error) {
	buffered := bufio.NewReader(reader)
	header, err := buffered.Peek(packHeaderSize)
	if err != nil {
		return 0, fmt.Errorf("reading the pack: %w", noEarlyEnd(err))
	}
	if string(header[:4]) != "PACK" {
		return 0, errors.New("reading the pack: it does not begin as one")
	}
	count = int(binary.BigEndian.Uint32(header[8:]))
	if count == 0 {
		_, err := io.Copy(io.Discard, buffered)
		return 0, err
	}
	directory := filepath.Join(o.dir, "objects", "pack")
	if err := os.MkdirAll(directory, 0o777); err != nil { //nolint:gosec // the umask decides, as for git
		return 0, err
	}
	// git's name for such files, so that "git gc" removes what a crash leaves.
	pack, err := os.CreateTemp(directory, "tmp_pack_*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, discard(pack)) }()
	if _, err := io.Copy(pack, buffered); err != nil {
		return 0, fmt.Errorf("reading the pack: %w", err)
	}
	return count, o.keepPack(pack, count, directory, promised)
}

// keepPack indexes the pack and puts both files in their places, the mark before them.
func (o *Objects) keepPack(pack *os.File, count int, directory string, promised bool) error {
	checksum, index, err := indexPack(pack, count)
	if err != nil {
		return fmt.Errorf("the remote sent a damaged pack: %w", err)
	}
	if mark := packName(directory, checksum) + ".promisor"; promised && !pathExists(mark) {
		if err := writeAtomic(mark, nil, 0o444); err != nil {
			return err
		}
	}
	return o.settlePack(pack, directory, checksum, index)
}

// packName is the path of a pack without its ending.
func packName(directory string, checksum plumbing.Hash) string {
	return filepath.Join(directory, "pack-"+checksum.String())
}

// settlePack puts a pack and its index in their places: the index first, since
// go-git takes a pack without an index for damage, while nobody looks at an index
// without a pack.
func (o *Objects) settlePack(pack *os.File, directory string, checksum plumbing.Hash, index *idxfile.MemoryIndex) (err error) {
	indexFile, err := os.CreateTemp(directory, "tmp_idx_*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, discard(indexFile)) }()
	if _, err := idxfile.NewEncoder(indexFile).Encode(index); err != nil {
		return err
	}
	name := packName(directory, checksum)
	if err := settle(indexFile, name+".idx"); err != nil {
		return err
	}
	if err := settle(pack, name+".pack"); err != nil {
		return err
	}
	return errors.Join(syncDirectory(directory), o.store.Rescan())
}

// smallestEntry is the length of the shortest object in a pack, in bytes: a header of
// one byte, and nothing, compressed.
const smallestEntry = 9

// checkReceived looks for what go-git's parser takes on trust: the number of objects,
// for which it makes room at once, and the checksum.
func checkReceived(pack *os.File, count int) error {
	file, err := filemap.Open(pack.Name(), filemap.Options{})
	if err != nil {
		return err
	}
	err = filemap.Guard(func() error {
		if room := file.Size() - packHeaderSize - idtable.ChecksumSize; int64(count) > room/smallestEntry {
			return file.Errorf(packHeaderSize-4, fmt.Errorf("it is too short for %d objects", count))
		}
		return idtable.Verify(file)
	}, slices.Values([]*filemap.File{file}))
	return errors.Join(err, file.Close())
}

func indexPack(pack *os.File, count int) (checksum plumbing.Hash, index *idxfile.MemoryIndex, err error) {
	if err := checkReceived(pack, count); err != nil {
		return checksum, nil, err
	}
	if _, err := pack.Seek(0, io.SeekStart); err != nil {
		return checksum, nil, err
	}
	writer := new(idxfile.Writer)
	parser, err := packfile.NewParser(packfile.NewScanner(pack), writer)
	if err != nil {
		return checksum, nil, err
	}
	if checksum, err = parser.Parse(); err != nil {
		return checksum, nil, err
	}
	index, err = writer.Index()
	return checksum, index, err
}

// settle makes a file permanent and gives it its name. One that has the name
// already is the same pack's and stays, as in git: whoever reads the directory at
// that moment could miss a file that is being replaced.
func settle(file *os.File, name string) error {
	// Read-only, as git's own packs are. Windows cannot rename an open file.
	if err := errors.Join(file.Sync(), file.Chmod(0o444), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), name); err == nil || errors.Is(err, fs.ErrExist) {
		return os.Remove(file.Name())
	}
	return os.Rename(file.Name(), name) // not every file system has hard links
}

// discard closes and removes a temporary file; one that was settled is left
// alone.
func discard(file *os.File) error {
	if err := file.Close(); errors.Is(err, os.ErrClosed) {
		return nil
	}
	return os.Remove(file.Name())
}

// noEarlyEnd makes an end that comes too early an error of its own.
func noEarlyEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
