package extract

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// Absence is a mapping whose source is not there at the last upstream commit.
type Absence struct {
	// Path is the source.
	Path string `json:"path"`
	// Since is the upstream commit in which it went, zero if this run did not see it
	// go: it went before, or never was.
	Since object.ID `json:"since,omitzero"`
	// MovedTo is where the same content, or most of it, came up in that commit; "" if
	// nowhere.
	MovedTo string `json:"moved_to,omitempty"`
}

// presence notes which sources there are, and where they went.
type presence struct {
	seen       bool
	there      selection
	last, tree object.ID
	gone       []departure
}

// departure is a source's last state, and the commits around its going.
type departure struct {
	commit        object.ID
	entry         object.TreeEntry
	before, after object.ID // root trees
}

func newPresence(count int) presence {
	return presence{there: make(selection, count), gone: make([]departure, count)}
}

// note compares with the commit that was noted last, if that is a parent.
func (p *presence) note(node Node, chosen selection) {
	follows := p.seen && slices.Contains(node.Parents, p.last)
	for i, entry := range chosen {
		if follows && entry.Mode == 0 && p.there[i].Mode != 0 {
			p.gone[i] = departure{commit: node.ID, entry: p.there[i], before: p.tree, after: node.Tree}
		}
	}
	copy(p.there, chosen)
	p.last, p.tree, p.seen = node.ID, node.Tree, true
}

// Absent lists the mappings whose sources are not there at the last commit.
func (r *Rewriter) Absent() ([]Absence, error) {
	var absent []Absence
	for i, entry := range r.presence.there {
		if entry.Mode != 0 || !r.presence.seen {
			continue
		}
		one := Absence{Path: r.Layout.From(i)}
		if gone := r.presence.gone[i]; !gone.commit.IsZero() {
			one.Since = gone.commit
			search := search{trees: r.composer.trees, wanted: gone.entry}
			if err := search.prepare(); err != nil {
				return nil, err
			}
			if err := search.compare("", gone.before, gone.after); err != nil {
				return nil, err
			}
			one.MovedTo = search.found
		}
		absent = append(absent, one)
	}
	return absent, nil
}

// search looks for where something came up between two trees.
type search struct {
	trees  *forest
	wanted object.TreeEntry
	files  map[object.ID]bool // of a directory
	found  string
	best   int // how many of the files are there
}

// maxMovedFiles bounds the files that a moved directory is recognised by.
const maxMovedFiles = 1000

func (s *search) prepare() error {
	s.files = map[object.ID]bool{}
	if s.wanted.Mode != object.ModeDirectory {
		return nil
	}
	return s.collect(s.wanted.ID, func(id object.ID) { s.files[id] = true })
}

// collect visits the files of a directory, up to a bound.
func (s *search) collect(id object.ID, visit func(object.ID)) error {
	left := maxMovedFiles
	for open := []object.ID{id}; len(open) > 0 && left > 0; {
		tree, err := s.trees.read(open[0])
		if err != nil {
			return err
		}
		open = open[1:]
		for _, entry := range tree {
			if entry.Mode == object.ModeDirectory {
				open = append(open, entry.ID)
				continue
			}
			visit(entry.ID)
			left--
		}
	}
	return nil
}

// compare looks at what is new in the second tree, and goes into what differs.
func (s *search) compare(path string, before, after object.ID) error {
	old, err := s.trees.read(before)
	if err != nil {
		return err
	}
	tree, err := s.trees.read(after)
	if err != nil {
		return err
	}
	for _, entry := range tree {
		was, there := old.Find(entry.Name)
		switch {
		case there && was == entry:
		case entry.Mode == object.ModeDirectory && there && was.Mode == object.ModeDirectory:
			err = s.compare(join(path, entry.Name), was.ID, entry.ID)
		default:
			err = s.candidate(join(path, entry.Name), entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// candidate takes the entry if it is, or has more of, what is wanted; a directory
// must have half of the files.
func (s *search) candidate(path string, entry object.TreeEntry) error {
	if entry.ID == s.wanted.ID && entry.Mode == s.wanted.Mode {
		s.found, s.best = path, maxMovedFiles+1
		return nil
	}
	if entry.Mode != object.ModeDirectory {
		return nil
	}
	tree, err := s.trees.read(entry.ID)
	if err != nil {
		return err
	}
	for _, below := range tree {
		if err := s.candidate(join(path, below.Name), below); err != nil {
			return err
		}
	}
	if s.wanted.Mode != object.ModeDirectory {
		return nil
	}
	same := map[object.ID]bool{}
	err = s.collect(entry.ID, func(id object.ID) {
		if s.files[id] {
			same[id] = true
		}
	})
	// A directory above the place has no more of the files than the place itself.
	if len(same)*2 >= len(s.files) && len(same) > s.best {
		s.found, s.best = path, len(same)
	}
	return err
}
