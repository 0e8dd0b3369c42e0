package merge

import (
	"bytes"
	"hash/maphash"
)

// textFile is a file as a sequence of lines. Lines of the files of one merge are
// equal, to the byte and with their line break, exactly when their classes are.
type textFile struct {
	content []byte
	// starts holds the offset of each line, and the length of the content after
	// the last one.
	starts []int32
	// classes holds a number for each line.
	classes []int32
}

func (f *textFile) count() int { return len(f.classes) }

func (f *textFile) line(number int) []byte {
	return f.content[f.starts[number]:f.starts[number+1]]
}

func (f *textFile) lines(r LineRange) []byte {
	return f.content[f.starts[r.Start]:f.starts[r.End()]]
}

// lineTable gives equal lines equal classes, counted from 0. It is a hash table
// with open addressing, so that a line costs no allocation of its own; its seed
// is random, so that no file can be made to fill one slot.
type lineTable struct {
	seed  maphash.Seed
	slots []lineSlot
	// first holds for each class where it was seen first.
	first []lineOrigin
	// model is a file that went through the table already and that the next ones
	// resemble; its lines have the classes below modelClasses.
	model        *textFile
	modelClasses int
}

// lineSlot is free when its class is 0; the classes are stored raised by 1.
type lineSlot struct {
	hash  uint32
	class int32
}

type lineOrigin struct {
	text []byte
	// number is the line's place in the file that had it first.
	number int
}

func newLineTable(expected int) *lineTable {
	size := 16
	for size < 2*expected {
		size *= 2
	}
	return &lineTable{
		seed:  maphash.MakeSeed(),
		slots: make([]lineSlot, size),
		first: make([]lineOrigin, 0, expected),
		model: &textFile{},
	}
}

// follow makes a file the model of those to come.
func (t *lineTable) follow(model *textFile) {
	t.model, t.modelClasses = model, len(t.first)
}

// classCount is the number of different lines so far.
func (t *lineTable) classCount() int { return len(t.first) }

// split cuts a file into lines and classes them. A line that follows in the order
// of the model is recognised by comparing the two, without being hashed.
func (t *lineTable) split(content []byte) *textFile {
	lines := countLines(content)
	numbers := make([]int32, 2*lines+1)
	file := &textFile{content: content, starts: numbers[: 1 : lines+1], classes: numbers[lines+1 : lines+1]}
	next := 0
	for position := 0; position < len(content); {
		var class int32
		size := t.modelLine(next, content[position:])
		if size > 0 {
			class = t.model.classes[next]
			next++
		} else {
			size = lineSize(content[position:])
			class = t.class(content[position:position+size], file.count())
			next = t.resume(next, int(class))
		}
		position += size
		file.classes = append(file.classes, class)
		file.starts = append(file.starts, int32(position)) //nolint:gosec // bounded by textLimit
	}
	return file
}

// modelLine gives the size of the model's line of that number if the content
// begins with it, otherwise 0.
func (t *lineTable) modelLine(number int, content []byte) int {
	if number >= t.model.count() {
		return 0
	}
	line := t.model.line(number)
	if !bytes.HasPrefix(content, line) {
		return 0
	}
	// The model's last line may lack the line break that the content has.
	if line[len(line)-1] != '\n' && len(content) > len(line) {
		return 0
	}
	return len(line)
}

// resume says which of the model's lines to expect after a line of that class:
// where the model has it further on, the lines between were left out.
func (t *lineTable) resume(next, class int) int {
	if class < t.modelClasses && t.first[class].number >= next {
		return t.first[class].number + 1
	}
	return next
}

// class finds the line's class, or gives it the next one.
func (t *lineTable) class(line []byte, number int) int32 {
	if 2*len(t.first) >= len(t.slots) {
		t.grow()
	}
	hash := uint32(maphash.Bytes(t.seed, line)) //nolint:gosec // the lower half will do
	mask := len(t.slots) - 1
	for place := int(hash) & mask; ; place = (place + 1) & mask {
		slot := &t.slots[place]
		if slot.class == 0 {
			t.first = append(t.first, lineOrigin{text: line, number: number})
			*slot = lineSlot{hash: hash, class: int32(len(t.first))} //nolint:gosec // bounded by textLimit
			return slot.class - 1
		}
		if slot.hash == hash && bytes.Equal(t.first[slot.class-1].text, line) {
			return slot.class - 1
		}
	}
}

func (t *lineTable) grow() {
	slots := make([]lineSlot, 2*len(t.slots))
	mask := len(slots) - 1
	for _, slot := range t.slots {
		if slot.class == 0 {
			continue
		}
		place := int(slot.hash) & mask
		for slots[place].class != 0 {
			place = (place + 1) & mask
		}
		slots[place] = slot
	}
	t.slots = slots
}

// countLines counts a last line without a line break, too.
func countLines(content []byte) int {
	lines := bytes.Count(content, []byte{'\n'})
	if len(content) > 0 && content[len(content)-1] != '\n' {
		lines++
	}
	return lines
}

// lineSize is the size of the content's first line, with its line break.
func lineSize(content []byte) int {
	if length := bytes.IndexByte(content, '\n'); length >= 0 {
		return length + 1
	}
	return len(content)
}
