package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/commitgraph"
)

// node is what walking history needs of a commit.
type node struct {
	id      object.ID
	tree    object.ID
	parents []object.ID
	time    int64 // the committer's, in seconds since 1970
	// generation is larger than that of every ancestor, as the commit-graph says,
	// and commitgraph.Unknown for commits that are not in it.
	generation uint64
}

// node reads a commit's node, once.
func (o *Objects) node(id object.ID) (*node, error) {
	n, _, err := o.nodeAndContent(id, nil)
	return n, err
}

// nodeAndContent is node with the commit's content, if it had to be read: it is in
// the buffer, until that is used again.
func (o *Objects) nodeAndContent(id object.ID, buffer *[]byte) (n *node, content []byte, err error) {
	o.mutex.Lock()
	n, ok := o.nodes[id]
	o.mutex.Unlock()
	if ok {
		return n, nil, nil
	}
	n, err = o.graphNode(id)
	if err == nil && n == nil {
		n, content, err = o.readNode(id, buffer)
	}
	if err != nil {
		return nil, nil, err
	}
	o.mutex.Lock()
	o.nodes[id] = n
	o.mutex.Unlock()
	return n, content, nil
}

// readNode reads a commit's node out of the object.
func (o *Objects) readNode(id object.ID, buffer *[]byte) (n *node, content []byte, err error) {
	data, err := o.readKindInto(id, object.KindCommit, maxObjectSize, buffer)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := parseNode(data)
	if err != nil {
		return nil, nil, damaged("commit "+id.String(), err)
	}
	parsed.id, parsed.generation = id, commitgraph.Unknown
	return parsed, data, nil
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
// one that came first, as git does. With generations, a larger one goes before
// everything else.
type dateQueue struct {
	generations bool
	items       []queued // a heap: no item is before the one at half its place
	count       int
}

type queued struct {
	*node
	order int
}

// before says which of two commits is given first.
func (q *dateQueue) before(a, b queued) bool {
	if q.generations && a.generation != b.generation {
		return a.generation > b.generation
	}
	if a.time != b.time {
		return a.time > b.time
	}
	return a.order < b.order
}

func (q *dateQueue) add(n *node) {
	added := queued{node: n, order: q.count}
	q.count++
	q.items = append(q.items, added)
	at := len(q.items) - 1
	for at > 0 {
		above := (at - 1) / 2
		if !q.before(added, q.items[above]) {
			break
		}
		q.items[at] = q.items[above]
		at = above
	}
	q.items[at] = added
}

func (q *dateQueue) take() *node {
	first, last := q.items[0], q.items[len(q.items)-1]
	q.items[len(q.items)-1] = queued{}
	q.items = q.items[:len(q.items)-1]
	if len(q.items) == 0 {
		return first.node
	}
	at := 0
	for {
		below := 2*at + 1
		if below >= len(q.items) {
			break
		}
		if other := below + 1; other < len(q.items) && q.before(q.items[other], q.items[below]) {
			below = other
		}
		if !q.before(q.items[below], last) {
			break
		}
		q.items[at] = q.items[below]
		at = below
	}
	q.items[at] = last
	return first.node
}

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
