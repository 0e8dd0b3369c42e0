package merge

import "strings"

// side is what one side did to the base: which files it removed and added, and
// what is concluded from that.
type side struct {
	stage stage
	// sources are the removed files and destinations the added ones, both in the
	// order in which they were met.
	sources      []*source
	destinations []*destination
	// relevant is how many of the sources are not irrelevant.
	relevant int
	// waiting are the directories that this side alone has changed.
	waiting []waiting
	// removed are the directories of the base that the side no longer has.
	removed map[string]need
	// moves counts, for removed directories, where their files went.
	moves moves
	// renamed gives the new path of each directory that was renamed.
	renamed map[string]string
}

type waiting struct {
	path  string
	place *place
}

// relevance says why it matters where a removed file has gone.
type relevance int

const (
	irrelevant relevance = iota
	// relevantLocation: it tells where its directory has gone.
	relevantLocation
	// relevantContent: the other side has changed it.
	relevantContent
)

// need says whether it matters where a removed directory has gone.
type need int

const (
	notNeeded need = iota
	// neededForParent: only as a part of a directory above it.
	neededForParent
	// neededItself: the other side has new files in it.
	neededItself
)

// source is a file that a side removed.
type source struct {
	path      string
	version   Version
	relevance relevance
	used      bool // it was found again in a destination
	document  document
}

// destination is a file that a side added.
type destination struct {
	path     string
	version  Version
	from     *source // nil for a new file
	document document
	// moved says that path is where the renaming of a directory has taken it.
	moved bool
}

func newSide(s stage) *side {
	return &side{stage: s, removed: map[string]need{}, moves: moves{}, renamed: map[string]string{}}
}

func (s *side) remove(path string, version Version, why relevance) {
	s.sources = append(s.sources, &source{path: path, version: version, relevance: why})
	if why != irrelevant {
		s.relevant++
	}
}

func (s *side) add(path string, version Version) {
	s.destinations = append(s.destinations, &destination{path: path, version: version})
}

func (s *side) waitingPaths() []string {
	paths := make([]string, len(s.waiting))
	for i, one := range s.waiting {
		paths[i] = one.path
	}
	return paths
}

// parent is the directory of a path, "" at the root.
func parent(path string) string {
	slash := strings.LastIndexByte(path, '/')
	return path[:max(slash, 0)]
}

// base is the last name of a path.
func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
