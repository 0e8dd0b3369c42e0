package gitrepo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// What an error of a remote is about, for errors.Is. Those without a type of
// their own come as *Error.
var (
	// ErrAuth: the remote does not let this user in, or not do this.
	ErrAuth = errors.New("not authorised")
	// ErrHostKey: the SSH server's key is unknown or has changed; errors.As finds
	// a HostKeyError.
	ErrHostKey = errors.New("host key not trusted")
	// ErrUnreachable: no conversation with the remote came about, or it broke.
	ErrUnreachable = errors.New("remote unreachable")
	// ErrNotRemote: there is something at the address, but no git repository.
	ErrNotRemote = errors.New("no git repository at the address")
	// ErrNoProgram: a program that this remote needs (git, ssh) is not installed.
	ErrNoProgram = errors.New("program not installed")
	// ErrNoAtomic: the remote does not take atomic pushes; errors.As finds a
	// NoAtomicError.
	ErrNoAtomic = errors.New("remote without atomic pushes")
	// ErrMoved: references of the remote are not where they were expected;
	// errors.As finds a MovedError.
	ErrMoved = errors.New("remote references moved")
	// ErrRefused: the remote refused a push; errors.As finds a RefusedError.
	ErrRefused = errors.New("push refused")
	// ErrUnknownOutcome: a push was sent and its answer was not received;
	// errors.As finds an UnknownOutcomeError.
	ErrUnknownOutcome = errors.New("outcome unknown")
	// ErrPartial: the remote moved some references of an atomic push and not the
	// others; errors.As finds a PartialError.
	ErrPartial = errors.New("push made in part")
)

// NoAtomicError is a remote that does not offer what a release needs. Nothing
// was sent.
type NoAtomicError struct {
	Remote string // safe to print
	// Missing is the capability that the remote lacks ("atomic" or
	// "report-status").
	Missing string
}

// Error names the remote and what it lacks.
func (e *NoAtomicError) Error() string {
	return fmt.Sprintf("%s does not offer %q pushes, without which branch, tag and ledger could come apart; nothing was sent", e.Remote, e.Missing)
}

// Hint says how a server is made to offer it.
func (e *NoAtomicError) Hint() string {
	return "on the server: git config receive.advertiseAtomic true (git 2.4 or newer)"
}

// Is makes the error an ErrNoAtomic.
func (e *NoAtomicError) Is(target error) bool { return target == ErrNoAtomic }

// MovedRef is a reference that somebody else moved.
type MovedRef struct {
	Name string
	// Was is the value that was expected, zero: must not exist.
	Was object.ID
	// Now is the value found, zero: it does not exist.
	Now object.ID
}

// MovedError is a remote whose references are not where they were expected.
// Nothing was changed there.
type MovedError struct {
	Remote string // safe to print
	// Refs are those found moved. It is empty when the remote refused the push
	// because of somebody else's, and does not show that one's result yet.
	Refs []MovedRef
	// Gone is an object that was to be fetched and that the remote's references no
	// longer name; zero after a push.
	Gone object.ID
}

// Error lists the references.
func (e *MovedError) Error() string {
	if !e.Gone.IsZero() {
		return fmt.Sprintf("somebody else changed %s: no reference there is at %s any more", e.Remote, e.Gone.Short())
	}
	if len(e.Refs) == 0 {
		return fmt.Sprintf("somebody else is pushing to %s at the same time; nothing was changed", e.Remote)
	}
	moved := make([]string, len(e.Refs))
	for i, ref := range e.Refs {
		moved[i] = fmt.Sprintf("%s is %s, expected %s", printableText(ref.Name), orAbsent(ref.Now), orAbsent(ref.Was))
	}
	return fmt.Sprintf("somebody else changed %s: %s", e.Remote, strings.Join(moved, "; "))
}

// Hint says what to do.
func (e *MovedError) Hint() string { return "run the command again; it starts from what is there now" }

// Is makes the error an ErrMoved.
func (e *MovedError) Is(target error) bool { return target == ErrMoved }

// RefusedRef is the remote's answer for one reference.
type RefusedRef struct {
	Name string
	// Reason is the remote's own words, printable.
	Reason string
}

// RefusedError is a push that the remote received and refused. Nothing was
// changed there.
type RefusedError struct {
	Remote string // safe to print
	Refs   []RefusedRef
	// Messages is what the remote's hooks said, printable, at most maxMessages
	// lines.
	Messages []string
}

// Error gives the remote's reasons.
func (e *RefusedError) Error() string {
	reasons := make([]string, len(e.Refs))
	for i, ref := range e.Refs {
		reasons[i] = ref.Name + ": " + ref.Reason
	}
	text := fmt.Sprintf("%s refused the push, nothing was changed there: %s", e.Remote, strings.Join(reasons, "; "))
	if len(e.Messages) > 0 {
		text += " (it says: " + strings.Join(e.Messages, " / ") + ")"
	}
	return text
}

// Hint says whom to ask.
func (e *RefusedError) Hint() string {
	for _, ref := range e.Refs {
		if strings.Contains(ref.Reason, hiddenReason) {
			return "the host keeps references of that name to itself: use another name for it, or have the host show it (receive.hideRefs, transfer.hideRefs)"
		}
	}
	return "a hook or a protection rule of the remote decides this: change what it asks for, or have it allow this user to push these references"
}

// Is makes the error an ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// PartialError is an atomic push of which the remote moved some references and not
// the others. git does so with references that it hides, and with those whose
// objects are not all there: both are sorted out before the transaction begins.
type PartialError struct {
	Remote  string   // safe to print
	Moved   []string // full reference names
	Refused []RefusedRef
}

// Error says what is there now, and what is not.
func (e *PartialError) Error() string {
	reasons := make([]string, len(e.Refused))
	for i, ref := range e.Refused {
		reasons[i] = ref.Name
		if ref.Reason != "" {
			reasons[i] += " (" + ref.Reason + ")"
		}
	}
	return fmt.Sprintf("%s was asked to move all references or none, and moved %s, but not %s", e.Remote, strings.Join(e.Moved, ", "), strings.Join(reasons, ", "))
}

// Hint says what to do.
func (e *PartialError) Hint() string {
	return "what is missing there shows in: looprel status; put it in place, or take back what was moved, before anything else is released"
}

// Is makes the error an ErrPartial.
func (e *PartialError) Is(target error) bool { return target == ErrPartial }

// UnknownOutcomeError is a push that was sent whole and whose answer did not
// arrive: it may have happened or not, but not by half.
type UnknownOutcomeError struct {
	Remote string // safe to print
	Refs   []string
	Cause  error
}

// Error says what is not known.
func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("the push to %s was sent, but its outcome is unknown (%s): %v", e.Remote, strings.Join(e.Refs, ", "), e.Cause)
}

// Hint says how to find out.
func (e *UnknownOutcomeError) Hint() string {
	return "run the command again: it looks first, and does nothing twice"
}

// Is makes the error an ErrUnknownOutcome.
func (e *UnknownOutcomeError) Is(target error) bool { return target == ErrUnknownOutcome }

// Unwrap gives the cause, so that a cancelled context shows.
func (e *UnknownOutcomeError) Unwrap() error { return e.Cause }
