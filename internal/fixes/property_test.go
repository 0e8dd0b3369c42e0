package fixes_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
)

// memory is a repository in memory, as a survey reads it.
type memory struct {
	objects map[object.ID]object.Object
	commits map[object.ID]fixes.Commit
	order   []object.ID // each after its parents
	shuffle func(n int, swap func(i, j int))
}

func (m *memory) Tree(id object.ID) (object.Tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	return object.DecodeTree(m.objects[id].Data)
}

func (m *memory) Blob(id object.ID) ([]byte, error) { return m.objects[id].Data, nil }

func (m *memory) BlobSize(id object.ID) (int64, error) { return int64(len(m.objects[id].Data)), nil }

func (m *memory) TreeOf(id object.ID) (object.ID, error) { return m.commits[id].Tree, nil }

func (m *memory) Range(include, exclude []object.ID) ([]fixes.Commit, bool, error) {
	wanted := map[object.ID]bool{}
	for _, id := range include {
		wanted[id] = true
	}
	excluded := map[object.ID]bool{}
	for _, id := range exclude {
		excluded[id] = true
	}
	var found []fixes.Commit
	for i := len(m.order) - 1; i >= 0; i-- {
		commit := m.commits[m.order[i]]
		for _, parent := range commit.Parents {
			wanted[parent] = wanted[parent] || wanted[commit.ID]
			excluded[parent] = excluded[parent] || excluded[commit.ID]
		}
		if wanted[commit.ID] && !excluded[commit.ID] {
			found = append(found, commit)
		}
	}
	// Clocks are wrong at times.
	m.shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	return found, true, nil
}

// commit changes files on top of a parent, zero for none.
func (m *memory) commit(parent object.ID, message string, when time.Time, files map[string][]byte) object.ID {
	var parents []object.ID
	var root object.ID
	if !parent.IsZero() {
		parents, root = []object.ID{parent}, m.commits[parent].Tree
	}
	root, objects, err := object.Edit(m, root, files)
	if err != nil {
		panic(err)
	}
	for _, one := range objects {
		m.objects[one.ID()] = one
	}
	author := object.Signature{Name: gittest.Name, Email: gittest.Email, When: when}
	committer := author
	committer.When = gittest.Epoch().Add(time.Duration(len(m.order)) * time.Minute)
	made := object.Commit{Tree: root, Parents: parents, Author: author, Committer: committer, Message: message + "\n"}
	id := made.Object().ID()
	m.commits[id] = fixes.Commit{Commit: notes.FromObject(id, made), Tree: root}
	m.order = append(m.order, id)
	return id
}

// expectation is what happened to a fix on a branch.
type expectation struct {
	state fixes.State
	last  object.ID // the commit that applied it last, there
}

// story makes random histories of fixes, each in a file of its own, that come to
// branches in all ways and go again, and knows what is where.
type story struct {
	*memory
	random    *rand.Rand
	heads     []object.ID
	originals []object.ID
	dates     []time.Time
	expected  [][]expectation // by branch and fix
}

func newStory(random *rand.Rand, branches, count int) *story {
	s := &story{memory: &memory{objects: map[object.ID]object.Object{}, commits: map[object.ID]fixes.Commit{}, shuffle: random.Shuffle}, random: random,
		originals: make([]object.ID, count), dates: make([]time.Time, count)}
	files := map[string][]byte{"noise.txt": []byte("0\n")}
	for i := range count {
		files[nameOf(i)] = []byte("one\ntwo\nbroken\nthree\nfour\n")
	}
	start := s.commit(object.ID{}, "Begin", gittest.Epoch(), files)
	for range branches {
		s.heads = append(s.heads, start)
		s.expected = append(s.expected, make([]expectation, count))
	}
	return s
}

func nameOf(fix int) string { return fmt.Sprintf("part%d/code.js", fix) }

// now is a date that no other commit has.
func (s *story) now() time.Time {
	return gittest.Epoch().Add(time.Duration(len(s.order)) * time.Hour)
}

func (s *story) add(branch int, message string, when time.Time, files map[string][]byte) object.ID {
	s.heads[branch] = s.commit(s.heads[branch], message, when, files)
	return s.heads[branch]
}

// step does one thing on one branch.
func (s *story) step() {
	branch, fix := s.random.IntN(len(s.heads)), s.random.IntN(len(s.originals))
	now := &s.expected[branch][fix]
	if s.random.IntN(4) == 0 {
		s.add(branch, fmt.Sprintf("Noise %d", len(s.order)), s.now(), map[string][]byte{"noise.txt": fmt.Appendf(nil, "%d\n", len(s.order))})
		return
	}
	if now.state.Has() {
		s.undo(branch, fix, now)
		return
	}
	s.apply(branch, fix, now)
}

func (s *story) apply(branch, fix int, now *expectation) {
	fixed := map[string][]byte{nameOf(fix): []byte("one\ntwo\nwhole\nthree\nfour\n")}
	message, when := fmt.Sprintf("Fix part %d", fix), s.now()
	switch original := s.originals[fix]; {
	case original.IsZero():
	case s.random.IntN(3) == 0:
		message = fmt.Sprintf("Repair part %d\n\n(cherry picked from commit %s)", fix, original)
	case s.random.IntN(2) == 0:
		message, when = fmt.Sprintf("Mend part %d", fix), s.dates[fix]
	default:
		message = fmt.Sprintf("Part %d", fix)
	}
	id := s.add(branch, message, when, fixed)
	if s.originals[fix].IsZero() {
		s.originals[fix], s.dates[fix] = id, when
	}
	*now = expectation{fixes.Present, id}
}

func (s *story) undo(branch, fix int, now *expectation) {
	broken := map[string][]byte{nameOf(fix): []byte("one\ntwo\nbroken\nthree\nfour\n")}
	now.state = fixes.Reverted
	switch s.random.IntN(3) {
	case 0:
		s.add(branch, fmt.Sprintf("Revert \"Fix part %d\"\n\nThis reverts commit %s.", fix, now.last), s.now(), broken)
	case 1:
		s.add(branch, fmt.Sprintf("Part %d was not broken", fix), s.now(), broken)
	default:
		s.add(branch, "Back to development", s.now(), broken)
		now.state = fixes.Lost
	}
}

// Whatever happens to fixes on several branches, each branch is told to have, to
// lack, to have lost or to have reverted what it does.
func TestStandingsOfRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		s := newStory(rand.New(rand.NewPCG(seed, 3)), 3, 4)
		for range 40 {
			s.step()
		}
		var points []fixes.Point
		for i, head := range s.heads {
			points = append(points, fixes.Point{Name: fmt.Sprintf("branch %d", i), Commit: head})
		}
		survey, err := fixes.NewSurvey(s, s, fixes.Options{Points: points, Rules: rules()})
		if err != nil {
			t.Fatal(err)
		}
		for branch := range points {
			for fix, original := range s.originals {
				if original.IsZero() {
					continue
				}
				standing, err := survey.Standing(original, branch)
				if err != nil {
					t.Fatal(err)
				}
				want := s.expected[branch][fix].state
				if want == "" {
					want = fixes.Missing
				}
				got := standing.State
				if got == fixes.Equivalent {
					got = fixes.Present
				}
				if got != want {
					t.Errorf("seed %d, %s, fix %d: %s, want %s", seed, points[branch].Name, fix, standing.State, want)
				}
			}
		}
		if t.Failed() {
			return
		}
	}
}
