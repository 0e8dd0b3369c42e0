package objectstore

import (
	"sync"

	"github.com/mozilla-services/looprel/internal/object"
)

// baseCache keeps objects on which others are built, up to a size; those that were
// not used for the longest time go first.
type baseCache struct {
	limit int64

	mutex sync.Mutex
	size  int64
	known map[baseKey]*base
	// ends is the ring of all bases: ends.next is the one used last.
	ends base
}

// baseKey is where a base is.
type baseKey struct {
	pack   *pack
	offset int64
}

type base struct {
	key            baseKey
	content        content
	next, previous *base
}

// content is what there is at a place of a pack.
type content struct {
	kind object.Kind
	data []byte
	// id is the content's id, zero while nobody has asked whether it has one.
	id object.ID
}

// baseCost is what a base costs beside its data, in bytes.
const baseCost = 200

func newBaseCache(limit int64) *baseCache {
	c := &baseCache{limit: limit}
	c.clear()
	return c
}

func (c *baseCache) get(p *pack, offset int64) (content, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, ok := c.known[baseKey{p, offset}]
	if !ok {
		return content{}, false
	}
	found.unlink()
	c.ends.append(found)
	return found.content, true
}

func (c *baseCache) add(p *pack, offset int64, kept content) {
	cost := int64(len(kept.data)) + baseCost
	if cost > c.limit/2 {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	key := baseKey{p, offset}
	if c.known[key] != nil {
		return
	}
	for c.size+cost > c.limit {
		oldest := c.ends.previous
		oldest.unlink()
		delete(c.known, oldest.key)
		c.size -= int64(len(oldest.content.data)) + baseCost
	}
	added := &base{key: key, content: kept}
	c.known[key] = added
	c.ends.append(added)
	c.size += cost
}

// name notes the id of what is kept at a place.
func (c *baseCache) name(p *pack, offset int64, id object.ID) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if found, ok := c.known[baseKey{p, offset}]; ok {
		found.content.id = id
	}
}

func (c *baseCache) clear() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.known, c.size = map[baseKey]*base{}, 0
	c.ends.next, c.ends.previous = &c.ends, &c.ends
}

func (b *base) unlink() {
	b.previous.next, b.next.previous = b.next, b.previous
}

// append puts a base behind this one in the ring.
func (b *base) append(after *base) {
	after.previous, after.next = b, b.next
	b.next.previous, b.next = after, after
}
