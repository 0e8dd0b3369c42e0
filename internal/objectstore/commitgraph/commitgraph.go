// Package commitgraph reads git's commit-graph (gitformat-commit-graph(5)): for each
// commit its tree, its parents, its time, and a generation number, which is larger
// than those of all ancestors. Walking history by it needs no object.
//
// There may be one file, or a chain of files each of which builds on the ones
// below it. Generation numbers are corrected commit dates (version 2) where every
// file has them, otherwise levels (version 1); both are compared in the same way.
//
// A commit-graph only repeats what the objects say, so whoever finds it damaged may
// do without it. What it says of a commit that it has, it says of all ancestors:
// they are in it, too.
package commitgraph

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
	"github.com/mozilla-services/looprel/internal/objectstore/idtable"
)

// Options change how a Graph is read.
type Options struct {
	// Verify compares each file's checksum when it is opened, however large it is;
	// those of up to verifiedSize are compared in any case.
	Verify bool
	// Unmapped reads files by positioned reads instead of mapping them.
	Unmapped bool
}

// Position is a commit's place in the graph. Ancestors may be before it or after.
type Position int

// Unknown is the generation of a commit of which the graph says none, and of all
// that are not in the graph: no cut may be made by it.
const Unknown = ^uint64(0)

// Commit is what the graph says of a commit.
type Commit struct {
	Tree    object.ID
	Parents []Position
	Time    int64 // the committer's, in seconds since 1970
	// Generation is larger than that of every ancestor, or Unknown.
	Generation uint64
}

// Graph is an open commit-graph. It is safe for use by several goroutines.
type Graph struct {
	// layers are the files, the lowest first.
	layers []*layer
	// corrected: all of them have generation numbers of version 2.
	corrected bool
}

const (
	// maxChainSize bounds the file that lists a chain, in bytes.
	maxChainSize = 1 << 20
	// verifiedSize is up to how many bytes of a file are hashed before it is believed:
	// that takes some 5 ms, of the graph of 130,000 commits. A walk by a wrong graph
	// would end somewhere else, and nothing would tell.
	verifiedSize = 8 << 20
)

var (
	errNotGraph  = errors.New("it is no commit-graph of version 1, for SHA-1")
	errBaseCount = errors.New("the commit-graph builds on other files than the chain names")
	errParent    = errors.New("the commit-graph names a parent that it does not have")
	errChainLine = errors.New("the chain names no commit-graph")
	errEdges     = errors.New("the list of parents does not end")
)

// Open opens the commit-graph of the first of the directories of objects that has
// one; nil means that none has. The error is a filemap.Error.
func Open(objectsDirs []string, options Options) (*Graph, error) {
	for _, dir := range objectsDirs {
		layers, err := openSingle(dir, options)
		if err == nil && layers == nil {
			layers, err = openChain(dir, objectsDirs, options)
		}
		if err != nil {
			return nil, err
		}
		if layers != nil {
			return newGraph(layers), nil
		}
	}
	return nil, nil
}

func newGraph(layers []*layer) *Graph {
	g := &Graph{layers: layers, corrected: true}
	for _, l := range layers {
		g.corrected = g.corrected && l.corrected.Size > 0
	}
	return g
}

func openSingle(dir string, options Options) ([]*layer, error) {
	single, err := openLayer(filepath.Join(dir, "info", "commit-graph"), 0, 0, options)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []*layer{single}, nil
}

// openChain opens a chain, whose files may be in any of the directories. One that
// is replaced meanwhile is as good as none.
func openChain(dir string, objectsDirs []string, options Options) (layers []*layer, err error) {
	name := filepath.Join(dir, "info", "commit-graphs", "commit-graph-chain")
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && len(data) > maxChainSize {
		err = errors.New("the file is too large")
	}
	if err != nil {
		return nil, &filemap.Error{File: name, Cause: err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll(layers))
			layers = nil
		}
	}()
	base := 0
	for line := range strings.Lines(string(data)) {
		hash := strings.TrimSpace(line)
		if digits, err := hex.DecodeString(hash); err != nil || len(digits) != object.IDSize {
			return layers, &filemap.Error{File: name, Cause: errChainLine}
		}
		l, err := openLinked(hash, objectsDirs, base, len(layers), options)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, closeAll(layers)
		}
		if err != nil {
			return layers, err
		}
		layers = append(layers, l)
		base += l.table.Count()
	}
	return layers, nil
}

func openLinked(hash string, objectsDirs []string, base, below int, options Options) (l *layer, err error) {
	for _, dir := range objectsDirs {
		l, err = openLayer(filepath.Join(dir, "info", "commit-graphs", "graph-"+hash+".graph"), base, below, options)
		if !errors.Is(err, fs.ErrNotExist) {
			return l, err
		}
	}
	return nil, err
}

// Close closes the files.
func (g *Graph) Close() error { return closeAll(g.layers) }

func closeAll(layers []*layer) error {
	errs := make([]error, 0, len(layers))
	for _, l := range layers {
		errs = append(errs, l.table.File.Close())
	}
	return errors.Join(errs...)
}

// Files are the files that the graph reads, for filemap.Guard, in which all of the
// methods below must be called.
func (g *Graph) Files() iter.Seq[*filemap.File] {
	return func(yield func(*filemap.File) bool) {
		for _, l := range g.layers {
			if !yield(l.table.File) {
				return
			}
		}
	}
}

// Count is how many commits the graph has.
func (g *Graph) Count() int {
	top := g.layers[len(g.layers)-1]
	return top.base + top.table.Count()
}

// Find gives a commit's position.
func (g *Graph) Find(id object.ID) (Position, bool, error) {
	for i := len(g.layers) - 1; i >= 0; i-- {
		l := g.layers[i]
		position, found, err := l.table.Find(id)
		if err != nil || found {
			return Position(l.base + position), found, err
		}
	}
	return 0, false, nil
}

// ID is the id of the commit at a position that the graph gave.
func (g *Graph) ID(position Position) (object.ID, error) {
	l := g.layer(position)
	return l.table.ID(int(position) - l.base)
}

func (g *Graph) layer(position Position) *layer {
	for i := len(g.layers) - 1; i > 0; i-- {
		if int(position) >= g.layers[i].base {
			return g.layers[i]
		}
	}
	return g.layers[0]
}

const (
	// rowSize is the length of what there is for each commit: tree, two parents,
	// generation and time.
	rowSize     = object.IDSize + 16
	noParent    = 0x70000000
	manyParents = 0x80000000 // the second parent is where more of them are listed
	lastParent  = 0x80000000
	maxLevel    = 1<<30 - 1 // a level that is too large to be written
)

// Commit is what the graph says of the commit at a position. Parents is appended
// to, and may be nil.
func (g *Graph) Commit(position Position, parents []Position) (Commit, error) {
	l := g.layer(position)
	row, err := l.row(position)
	if err != nil {
		return Commit{}, err
	}
	commit := Commit{Tree: object.ID(row[:object.IDSize])}
	numbers := row[object.IDSize:]
	word := binary.BigEndian.Uint32(numbers[8:])
	commit.Time = int64(word&3)<<32 | int64(binary.BigEndian.Uint32(numbers[12:]))
	if commit.Generation, err = g.generation(l, position, commit.Time, word>>2); err != nil {
		return Commit{}, err
	}
	commit.Parents, err = g.parents(l, position, numbers, parents)
	return commit, err
}

// Generation is the commit's generation alone.
func (g *Graph) Generation(position Position) (uint64, error) {
	l := g.layer(position)
	row, err := l.row(position)
	if err != nil {
		return 0, err
	}
	word := binary.BigEndian.Uint32(row[object.IDSize+8:])
	time := int64(word&3)<<32 | int64(binary.BigEndian.Uint32(row[object.IDSize+12:]))
	return g.generation(l, position, time, word>>2)
}

func (g *Graph) generation(l *layer, position Position, time int64, level uint32) (uint64, error) {
	if !g.corrected {
		if level == 0 || level == maxLevel {
			return Unknown, nil
		}
		return uint64(level), nil
	}
	offset, err := l.correction(position)
	return uint64(time) + offset, err //nolint:gosec // of 34 bits
}

// parents reads the parents out of a row's numbers.
func (g *Graph) parents(l *layer, position Position, numbers []byte, parents []Position) ([]Position, error) {
	add := func(number uint32) bool {
		parents = append(parents, Position(number))
		return int64(number) < int64(l.base+l.table.Count()) && Position(number) != position
	}
	first, second := binary.BigEndian.Uint32(numbers), binary.BigEndian.Uint32(numbers[4:])
	if first == noParent {
		return parents, nil
	}
	if !add(first) {
		return parents, l.rowError(position, errParent)
	}
	switch {
	case second == noParent:
		return parents, nil
	case second&manyParents == 0:
		if !add(second) {
			return parents, l.rowError(position, errParent)
		}
		return parents, nil
	}
	for at := int64(second &^ manyParents); ; at++ {
		if at >= l.edges.Size/4 {
			return parents, l.rowError(position, errEdges)
		}
		piece, err := l.table.File.Slice(l.edges.Start+4*at, 4)
		if err != nil {
			return parents, err
		}
		number := binary.BigEndian.Uint32(piece)
		if !add(number &^ lastParent) {
			return parents, l.table.File.Errorf(l.edges.Start+4*at, errParent)
		}
		if number&lastParent != 0 {
			return parents, nil
		}
	}
}

// layer is one file of a graph.
type layer struct {
	table idtable.Table
	// base is how many commits the files below have.
	base int
	rows int64 // where the rows begin
	// edges has further parents, corrected the offsets of generation numbers, and
	// overflow those that do not fit there.
	edges, corrected, overflow idtable.Chunk
}

// openLayer opens a file that builds on so many others, with so many commits.
func openLayer(name string, base, below int, options Options) (*layer, error) {
	file, err := filemap.Open(name, filemap.Options{Unmapped: options.Unmapped, Scattered: true})
	if err != nil {
		return nil, err
	}
	l := &layer{table: idtable.Table{File: file, Stride: object.IDSize}, base: base}
	err = filemap.Guard(func() error {
		if err := l.readHeader(below); err != nil || !options.Verify && file.Size() > verifiedSize {
			return err
		}
		return idtable.Verify(file)
	}, func(yield func(*filemap.File) bool) { yield(file) })
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

func (l *layer) readHeader(below int) error {
	const headerSize = 8
	file := l.table.File
	header, err := file.Slice(0, headerSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(header[:6], []byte("CGPH\x01\x01")) {
		return file.Errorf(0, errNotGraph)
	}
	if int(header[7]) != below {
		return file.Errorf(7, errBaseCount)
	}
	chunks, err := idtable.ReadChunks(file, headerSize, int(header[6]))
	if err != nil {
		return err
	}
	fanout, ids, rows := chunks["OIDF"], chunks["OIDL"], chunks["CDAT"]
	if fanout.Size != idtable.FanoutSize {
		return file.Errorf(headerSize, idtable.ErrChunks)
	}
	if err := l.table.ReadFanout(fanout.Start); err != nil {
		return err
	}
	count := int64(l.table.Count())
	l.edges, l.corrected, l.overflow = chunks["EDGE"], chunks["GDA2"], chunks["GDO2"]
	if ids.Size != count*object.IDSize || rows.Size != count*rowSize || l.corrected.Size != 0 && l.corrected.Size != 4*count {
		return file.Errorf(headerSize, idtable.ErrChunks)
	}
	l.table.Start, l.rows = ids.Start, rows.Start
	return nil
}

func (l *layer) row(position Position) ([]byte, error) {
	return l.table.File.Slice(l.rowStart(position), rowSize)
}

func (l *layer) rowStart(position Position) int64 {
	return l.rows + rowSize*int64(int(position)-l.base)
}

func (l *layer) rowError(position Position, cause error) error {
	return l.table.File.Errorf(l.rowStart(position), cause)
}

// correction is by how much a commit's corrected date is after its date.
func (l *layer) correction(position Position) (uint64, error) {
	const overflown = 1 << 31
	at := l.corrected.Start + 4*int64(int(position)-l.base)
	piece, err := l.table.File.Slice(at, 4)
	if err != nil {
		return 0, err
	}
	offset := binary.BigEndian.Uint32(piece)
	if offset&overflown == 0 {
		return uint64(offset), nil
	}
	place := int64(offset &^ overflown)
	if place >= l.overflow.Size/8 {
		return 0, l.table.File.Errorf(at, errEdges)
	}
	if piece, err = l.table.File.Slice(l.overflow.Start+8*place, 8); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(piece), nil
}
