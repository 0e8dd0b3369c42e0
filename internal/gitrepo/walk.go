package gitrepo

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"strconv"

	"github.com/mozilla-services/looprel/internal/object"
)

// node is what walking history needs of a commit.
type node struct {
	id      object.ID
	tree    object.ID
	parents []object.ID
	time    int64 // the committer's, in seconds since 1970
}

// node reads a commit's node, once.
func (o *Objects) node(id object.ID) (*node, error) {
	o.mutex.Lock()
	known, ok := o.nodes[id]
	o.mutex.Unlock()
	if ok {
		return known, nil
	}
	data, err := o.readKind(id, object.KindCommit, maxObjectSize)
	if err != nil {
		return nil, err
	}
	parsed, err := parseNode(data)
	if err != nil {
		return nil, damaged("commit "+id.String(), err)
	}
	parsed.id = id
	o.mutex.Lock()
	o.nodes[id] = parsed
	o.mutex.Unlock()
	return parsed, nil
}

// parents lists the parents that may be walked to; cut says that the clone's
// history ends here although the commit has parents.
func (o *Objects) parents(n *node) (parents []object.ID, cut bool) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.shallow[n.id] {
		return nil, len(n.parents) > 0
	}
	return n.parents, false
}

// parseNode reads the headers that a walk needs and nothing else, since a walk
// reads very many commits. As in git, a damaged date counts as zero.
func parseNode(data []byte) (*node, error) {
	var parsed node
	for first := true; ; first = false {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		key, value, _ := bytes.Cut(line, []byte(" "))
		switch string(key) {
		case "tree":
			id, err := object.ParseID(string(value))
			if err != nil {
				return nil, err
			}
			parsed.tree = id
		case "parent":
			id, err := object.ParseID(string(value))
			if err != nil {
				return nil, err
			}
			parsed.parents = append(parsed.parents, id)
		case "committer":
			parsed.time = signatureTime(value)
			return &parsed, nil
		case "":
			return &parsed, nil
		}
		if first && string(key) != "tree" {
			return nil, errors.New("it names no tree")
		}
		data = rest
	}
}

func signatureTime(signature []byte) int64 {
	end := bytes.LastIndexByte(signature, '>')
	fields := bytes.Fields(signature[end+1:])
	if len(fields) == 0 {
		return 0
	}
	seconds, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return seconds
}

// dateQueue gives the youngest commit first, and of commits of one second the
// one that came first, as git does.
type dateQueue struct {
	items []queued
	count int
}

type queued struct {
	*node
	order int
}

func (q *dateQueue) Len() int { return len(q.items) }

func (q *dateQueue) Less(i, j int) bool {
	if q.items[i].time != q.items[j].time {
		return q.items[i].time > q.items[j].time
	}
	return q.items[i].order < q.items[j].order
}

func (q *dateQueue) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }

// Push is for package heap; add is for everybody else.
func (q *dateQueue) Push(item any) { q.items = append(q.items, item.(queued)) }

// Pop is for package heap; take is for everybody else.
func (q *dateQueue) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}

func (q *dateQueue) add(n *node) {
	heap.Push(q, queued{node: n, order: q.count})
	q.count++
}

func (q *dateQueue) take() *node { return heap.Pop(q).(queued).node }

// first is the commit that take would return.
func (q *dateQueue) first() *node { return q.items[0].node }

func (q *dateQueue) empty() bool { return len(q.items) == 0 }

// pace looks at a context now and then, since looking at it for each commit
// would cost more than the commit.
type pace struct {
	ctx   context.Context
	count int
}

func (p *pace) step() error {
	p.count++
	if p.count%1024 != 0 {
		return nil
	}
	return p.ctx.Err()
}
