//go:build unix

package gitrepo

import (
	"os"
	"strconv"
	"syscall"
)

// isOwn reports whether the path belongs to the user, or, for root by way of
// sudo, to the user who called sudo. What cannot be looked at is not refused
// here: reading it will say why.
func isOwn(path string, env environ) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return true
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	user := os.Geteuid()
	if int(status.Uid) == user {
		return true
	}
	caller, err := strconv.Atoi(env.get("SUDO_UID"))
	return err == nil && user == 0 && int(status.Uid) == caller
}
