package fixes

import (
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
)

// Options say what a survey reads.
type Options struct {
	Points []Point
	// Commits are asked about although they may be on no point.
	Commits []object.ID
	// Floor are commits whose ancestors, themselves included, are not read: what is
	// older than every question.
	Floor []object.ID
	Rules pick.Rules
	// External reports whether a merge driver is an external program, as
	// merge.Options has it.
	External func(driver string) bool
}

// Survey is what is known of the commits between points. What was read or computed
// once is kept. It is not for use by several goroutines at a time.
type Survey struct {
	history  History
	layer    *pick.Layer
	rules    pick.Rules
	external func(string) bool
	points   []Point
	graph    *graph
	kin      *kinship
	// wanted are the commits that were joined with others by author and pull request.
	wanted map[int]bool

	changes   map[int]*change
	trees     map[object.ID]object.Tree
	outcomes  map[contentKey]outcome
	versions  map[place]merge.Version // see lookUp
	blobs     map[object.ID][]byte
	blobBytes int
	roots     []object.ID             // the points' trees, zero where not read yet
	reverts   map[int][]int           // see revertsOf
	followed  map[place]merge.Version // see follow
	moves     map[place]string        // see movedTo
	touching  map[string][]int        // by path, see indexPaths
	searched  map[int]bool            // commits whose patch was looked for
	undoers   map[descent]int         // see undoer
	machines  []int                   // see machinery
}

// NewSurvey reads the commits between the points.
func NewSurvey(history History, objects merge.Objects, options Options) (*Survey, error) {
	heads := make([]object.ID, 0, len(options.Points)+len(options.Commits))
	for _, point := range options.Points {
		heads = append(heads, point.Commit)
	}
	graph, err := readGraph(history, append(heads, options.Commits...), options.Floor)
	if err != nil {
		return nil, err
	}
	return &Survey{
		history: history, layer: pick.NewLayer(objects), rules: options.Rules, external: options.External,
		points: options.Points, graph: graph, kin: newKinship(graph), wanted: map[int]bool{},
		changes: map[int]*change{}, trees: map[object.ID]object.Tree{}, outcomes: map[contentKey]outcome{},
		versions: map[place]merge.Version{}, roots: make([]object.ID, len(options.Points)),
		followed: map[place]merge.Version{}, moves: map[place]string{}, touching: map[string][]int{}, searched: map[int]bool{}, undoers: map[descent]int{}, blobs: map[object.ID][]byte{},
	}, nil
}

// Points are those of the survey.
func (s *Survey) Points() []Point { return s.points }

// Commit is a commit of the survey; ok is false for one that it has not read.
func (s *Survey) Commit(id object.ID) (commit Commit, ok bool) {
	at, known := s.graph.places[id]
	if !known {
		return Commit{}, false
	}
	return s.graph.commits[at], true
}

// want joins the commits with others of the same change, by the rules that need
// to know what is asked about.
func (s *Survey) want(commits []int) error {
	fresh := map[int]bool{}
	for _, at := range commits {
		if !s.wanted[at] {
			s.wanted[at], fresh[at] = true, true
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	s.kin.joinPullRequests(fresh)
	return s.kin.joinAuthors(fresh, s.overlap)
}

// overlap reports whether two commits touch a common path. Changes that cannot be
// read are taken not to.
func (s *Survey) overlap(a, b int) (bool, error) {
	first, err := s.changeOf(a)
	if err == nil {
		var second *change
		if second, err = s.changeOf(b); err == nil {
			return first.sharesPath(second), nil
		}
	}
	_, err = s.unread(err)
	return false, err
}

// Standing tells how a point, by its place among the survey's, stands to a commit's
// change. A merge's change is what it brought to its first parent.
func (s *Survey) Standing(commit object.ID, point int) (Standing, error) {
	at, known := s.graph.places[commit]
	if !known {
		return Standing{}, fmt.Errorf("commit %s is not among those that were read", commit)
	}
	if err := s.want([]int{at}); err != nil {
		return Standing{}, err
	}
	return s.standing(at, point, nil)
}

// standing asks the history, then the content; and where they disagree, or say
// nothing, looks for more. known are the standings of points that were asked before,
// nil if they are not at hand.
func (s *Survey) standing(at, point int, known map[int]Standing) (Standing, error) {
	found, source := s.inHistory(at, point)
	if found.State == "" {
		return s.standingOutside(at, point, known)
	}
	result, err := s.pickOnPoint(at, point, false)
	if err == nil && result == clean {
		result, err = s.pickOnPoint(at, point, true) // a file that is gone may have moved
	}
	if err != nil {
		return Standing{}, err
	}
	return s.standingWithin(at, point, source, found, result)
}

// standingWithin judges a change that the point's history has.
func (s *Survey) standingWithin(at, point, source int, found Standing, result outcome) (Standing, error) {
	switch result {
	case clean:
		return s.undone(at, point, source, found)
	case conflict:
		return s.revertedBy(at, point, source, found)
	case empty, unknown:
	}
	return found, nil
}

// standingOutside judges a change that the point's history does not have, as far as
// trailers, authors and pull requests tell.
func (s *Survey) standingOutside(at, point int, known map[int]Standing) (Standing, error) {
	result, err := s.pickOnPoint(at, point, true)
	if err != nil {
		return Standing{}, err
	}
	if result == empty {
		return Standing{State: Equivalent, Rule: ByContent}, nil
	}
	if err := s.searchPatch(at); err != nil {
		return Standing{}, err
	}
	if found, source := s.inHistory(at, point); found.State != "" {
		return s.standingWithin(at, point, source, found, result)
	}
	return s.outsideHistory(at, point, result, known)
}

// inHistory says whether the point's history has the change, and under which
// commit; without a state if it has not.
func (s *Survey) inHistory(at, point int) (found Standing, source int) {
	if s.graph.reach[at].has(point) {
		return Standing{State: Present}, at
	}
	if !s.kin.has(at).has(point) {
		return Standing{}, -1
	}
	if by, rule, ok := s.kin.evidence(at, point); ok {
		return Standing{State: Equivalent, Rule: rule, By: s.graph.commits[by].ID}, by
	}
	return Standing{}, -1
}

// outsideHistory judges a change that the point's history does not have and whose
// content is not there: it may have been there in an earlier release.
func (s *Survey) outsideHistory(at, point int, result outcome, known map[int]Standing) (Standing, error) {
	before, err := s.earlierWithContent(at, point, known)
	if err != nil {
		return Standing{}, err
	}
	switch {
	case before >= 0 && result == clean:
		return s.undone(at, point, before, Standing{State: Missing})
	case before >= 0 && result == conflict:
		return Standing{State: Equivalent, Rule: ByContent, By: s.graph.commits[before].ID}, nil
	case result == unknown:
		return Standing{State: Unclear, Reason: "this clone lacks files that would tell, or a merge driver is needed"}, nil
	case result == conflict:
		return Standing{State: Unclear, Reason: "the code has moved on, and no commit says that it has this change"}, nil
	case !s.graph.complete:
		return Standing{State: Unclear, Reason: "this clone's history ends before that could be told"}, nil
	}
	return Standing{State: Missing}, nil
}

// earlierAsked is how many earlier releases are asked for a content that is gone.
const earlierAsked = 8

// earlierWithContent is the commit of the youngest other point in this one's history
// that has the content, -1 if there is none. A release that was tagged before the
// change was made does not count, nor one that the commit was made on top of. Where
// standings are known, they tell.
func (s *Survey) earlierWithContent(at, point int, known map[int]Standing) (int, error) {
	var earlier []int
	for other := range s.points {
		head, read := s.graph.places[s.points[other].Commit]
		if !read || s.points[other].Commit == s.points[point].Commit || !s.graph.reach[head].has(point) {
			continue
		}
		if tagged := s.points[other].At; !tagged.IsZero() && tagged.Before(s.graph.commits[at].When) {
			continue
		}
		if known != nil && !known[other].State.Has() {
			continue
		}
		earlier = append(earlier, head)
	}
	if len(earlier) > 0 {
		older := s.graph.ancestors(at)
		earlier = slices.DeleteFunc(earlier, func(head int) bool { return head >= at && older[head-at] })
	}
	slices.Sort(earlier)
	earlier = slices.Compact(earlier)
	if known != nil && len(earlier) > 0 {
		return earlier[0], nil
	}
	for _, head := range earlier[:min(len(earlier), earlierAsked)] {
		if result, err := s.pickOnto(at, head); err != nil || result == empty {
			return head, err
		}
	}
	return -1, nil
}
