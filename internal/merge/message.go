package merge

import "fmt"

// MessageKind says what a Message is about.
type MessageKind int

// The kinds of messages. All but Remark are conflicts.
const (
	Remark MessageKind = iota
	ContentConflict
	AddAdd
	BinaryConflict
	SubmoduleConflict
	SymlinkConflict
	ModifyDelete
	RenameDelete
	RenameRename
	RenameCollision
	FileLocation
	DirectorySplit
	ImplicitRename
	FileDirectory
	DistinctTypes
)

// Message is something that a person should know about the merge.
type Message struct {
	Path string
	Kind MessageKind
	// Text is a sentence without a capital and without a full stop. It holds
	// paths as they are in the trees, which may contain any byte.
	Text string
}

func (m *merger) tell(path string, kind MessageKind, format string, values ...any) {
	m.result.Messages = append(m.result.Messages, Message{path, kind, fmt.Sprintf(format, values...)})
}
