package gitrepo

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// classifyWords makes an error of what a server said in words: there is no other
// way to tell a missing repository from a missing permission over SSH. An error
// that is already about something known stays as it is.
func classifyWords(remote string, words []string, cause error) error {
	var known *Error
	if errors.As(cause, &known) || len(words) == 0 {
		return cause
	}
	text := strings.ToLower(strings.Join(words, "\n"))
	said := strings.Join(words, " / ")
	switch {
	case containsAny(text, "dubious ownership"):
		return &Error{Kind: ErrAuth, What: fmt.Sprintf("git does not trust the owner of %s: %s", remote, said),
			Advice: "if that owner is to be trusted: git config --global --add safe.directory " + remote}
	case containsAny(text, "does not appear to be a git repository", "not a git repository", "repository not found",
		"repository does not exist", "no such repository", "repository not exported", "project you were looking for could not be found",
		"could not be found or you don't have permission", "no such file or directory"):
		return notRemote(remote, said)
	case containsAny(text, "permission denied", "permission to ", "access denied", "not allowed", "unauthorized",
		"not authorized", "service not enabled", "read-only", "write access"):
		return &Error{Kind: ErrAuth, What: fmt.Sprintf("%s does not allow this: %s", remote, said),
			Advice: "ask for access, or use a key or token that has it"}
	case containsAny(text, "host key verification failed", "identification has changed"):
		return &Error{Kind: ErrHostKey, What: fmt.Sprintf("the key of %s is not trusted: %s", remote, said),
			Advice: "connect once by hand, which shows the key and asks: ssh HOST"}
	case errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF):
		return &Error{Kind: ErrUnreachable, What: fmt.Sprintf("%s ended the conversation: %s", remote, said)}
	}
	return fmt.Errorf("%w (%s says: %s)", cause, remote, said)
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func notRemote(remote, why string) error {
	return &Error{Kind: ErrNotRemote, What: fmt.Sprintf("there is no git repository at %s, or this user may not see it: %s", remote, why),
		Advice: "check the address (git remote -v); a remote's is changed with: git remote set-url NAME URL"}
}
