// Package blame finds the commits that last touched given lines of a file,
// between a commit and the boundary of a range, with the answer that "git blame"
// gives for such a range.
//
//	Lines    the commits that brought the lines             (blame.go)
//	Created  the commit that brought the file               (created.go)
//
// The lines are followed back from the commit, youngest commits first. A commit
// hands its lines on to a parent in which the file is the same to the byte; where
// there is none, to its parents in their order, each taking the lines that are
// unchanged since then (pass.go). A file that a parent lacks is looked for under
// the name that it was renamed from. Lines that nobody takes are the commit's
// own. Lines that reach a commit outside the range are older than the range and
// are left out of the answer.
//
// Lines are equal when they are the same to the byte: whitespace counts. Lines
// that were moved within a file, or copied from others, are the commit's that
// did so. Files are compared as package merge compares them, which is not the
// algorithm of git blame: where lines repeat or were moved, the two may see the
// same change in different lines.
//
// The package is pure: it imports packages object and merge, does no I/O but
// through History, and reads no clock.
package blame

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// History gives the commits of a range and what is in them.
type History interface {
	merge.Objects
	// Commit reads a commit, without those parents that a shallow clone lacks.
	Commit(object.ID) (object.Commit, error)
	// InRange reports whether the commit belongs to the range. It is asked about
	// the commit that is started from, and about parents of commits in the range.
	InRange(object.ID) bool
}

// Touched is a commit of the range with lines that it brought.
type Touched struct {
	Commit object.ID
	// Path is what the file was called in that commit.
	Path string
	// Lines are the lines, counted in the file at the commit that was started
	// from, in the order of the file.
	Lines []merge.LineRange
}

// Lines finds the commits of the range that last touched the given lines of a
// file, as it is in the commit from. The youngest commit comes first, by the
// committers' dates. Lines that are older than the range are in no answer; lines
// that the file does not have are an error, as is a path without a file.
func Lines(ctx context.Context, history History, from object.ID, path string, lines []merge.LineRange) ([]Touched, error) {
	search := &search{history: history, files: newFileFinder(history), queued: map[suspect]*task{}}
	file, found, err := search.files.at(from, path)
	if err != nil {
		return nil, err
	}
	if !found || !isBlob(file.Mode) {
		return nil, fmt.Errorf("there is no file %s in commit %s", path, from)
	}
	content, err := history.Blob(file.ID)
	if err != nil {
		return nil, err
	}
	spans, err := spansOf(lines, len(merge.Lines(content)))
	if err != nil {
		return nil, fmt.Errorf("%s in commit %s: %w", path, from, err)
	}
	if err := search.hand(suspect{from, path}, file, spans); err != nil {
		return nil, err
	}
	for len(search.queue) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := search.follow(search.take()); err != nil {
			return nil, err
		}
	}
	return search.touched(), nil
}

// span is a run of lines on their way back: where they are in the version that is
// looked at, and where they were in the file that was started from.
type span struct {
	start, count int
	origin       int
}

func spansOf(lines []merge.LineRange, total int) ([]span, error) {
	var spans []span
	for _, r := range lines {
		if r.Start < 0 || r.Count < 0 || r.End() > total {
			return nil, fmt.Errorf("there are no lines %d to %d, only %d", r.Start+1, r.End(), total)
		}
		spans = append(spans, span{start: r.Start, count: r.Count, origin: r.Start})
	}
	return joined(spans), nil
}

// joined sorts the spans and leaves none that touch or overlap.
func joined(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start-a.origin, b.start-b.origin), cmp.Compare(a.start, b.start))
	})
	var result []span
	for _, s := range spans {
		last := len(result) - 1
		switch {
		case s.count == 0:
		case last >= 0 && result[last].start-result[last].origin == s.start-s.origin && s.start <= result[last].start+result[last].count:
			result[last].count = max(result[last].count, s.start+s.count-result[last].start)
		default:
			result = append(result, s)
		}
	}
	slices.SortFunc(result, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.origin, b.origin))
	})
	return result
}

// suspect is a file of a commit that may have brought lines.
type suspect struct {
	commit object.ID
	path   string
}

// task is a suspect with the lines that are to be followed through it.
type task struct {
	suspect
	info  object.Commit
	file  merge.Version
	spans []span
	// order is when the suspect was met first.
	order int
}

// search is the work of one call of Lines.
type search struct {
	history History
	files   *fileFinder
	queue   taskQueue
	// queued are the tasks that wait, so that lines that reach a suspect on
	// several ways are followed together.
	queued map[suspect]*task
	met    int
	kept   []keptLines
}

// keptLines are lines that nobody took from a suspect.
type keptLines struct {
	suspect
	when  int64
	order int
	spans []span
}

// hand makes a suspect follow more lines, unless it is older than the range.
func (s *search) hand(to suspect, file merge.Version, spans []span) error {
	if len(spans) == 0 || !s.history.InRange(to.commit) {
		return nil
	}
	if waiting := s.queued[to]; waiting != nil {
		waiting.spans = append(waiting.spans, spans...)
		return nil
	}
	info, err := s.history.Commit(to.commit)
	if err != nil {
		return err
	}
	made := &task{suspect: to, info: info, file: file, spans: spans, order: s.met}
	s.met++
	s.queued[to] = made
	heap.Push(&s.queue, made)
	return nil
}

func (s *search) take() *task {
	next := heap.Pop(&s.queue).(*task)
	delete(s.queued, next.suspect)
	next.spans = joined(next.spans)
	return next
}

// touched puts together what was kept.
func (s *search) touched() []Touched {
	slices.SortStableFunc(s.kept, func(a, b keptLines) int {
		return cmp.Or(cmp.Compare(b.when, a.when), cmp.Compare(a.order, b.order))
	})
	var result []Touched
	places := map[suspect]int{}
	for _, kept := range s.kept {
		at, known := places[kept.suspect]
		if !known {
			at = len(result)
			places[kept.suspect] = at
			result = append(result, Touched{Commit: kept.commit, Path: kept.path})
		}
		for _, one := range kept.spans {
			result[at].Lines = append(result[at].Lines, merge.LineRange{Start: one.origin, Count: one.count})
		}
	}
	for i := range result {
		result[i].Lines = merged(result[i].Lines)
	}
	return result
}

// merged sorts the ranges and joins those that touch or overlap.
func merged(ranges []merge.LineRange) []merge.LineRange {
	slices.SortFunc(ranges, func(a, b merge.LineRange) int { return cmp.Compare(a.Start, b.Start) })
	var result []merge.LineRange
	for _, r := range ranges {
		if last := len(result) - 1; last >= 0 && r.Start <= result[last].End() {
			result[last].Count = max(result[last].Count, r.End()-result[last].Start)
			continue
		}
		result = append(result, r)
	}
	return result
}

// taskQueue gives the task of the youngest commit first, so that most commits are
// reached on all ways before they are looked at.
type taskQueue []*task

func (q taskQueue) Len() int { return len(q) }

func (q taskQueue) Less(i, j int) bool {
	a, b := q[i].info.Committer.When.Unix(), q[j].info.Committer.When.Unix()
	if a != b {
		return a > b
	}
	return q[i].order < q[j].order
}

func (q taskQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is for package heap.
func (q *taskQueue) Push(one any) { *q = append(*q, one.(*task)) }

// Pop is for package heap.
func (q *taskQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
