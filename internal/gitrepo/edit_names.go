package gitrepo

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// checkEntryName says why a tree's entry must not be written into a worktree, ""
// when it may. The rules are git's (core.protectHFS and core.protectNTFS), and
// hold on every system, since a worktree may be on any file system: no name that
// one of them takes for "." or "..", or for ".git". A link must not be called
// .gitmodules either, which git reads.
func checkEntryName(entry object.TreeEntry, windows bool) string {
	name := entry.Name
	switch {
	case name == "":
		return "it is empty"
	case name == "." || name == "..":
		return "it leads to another directory"
	case strings.ContainsAny(name, "/\x00"):
		return "no name has a slash or a zero byte"
	case isDotName(name, ".git", "git~1"):
		return "a file system may take it for .git"
	case entry.Mode == object.ModeSymlink && isDotName(name, ".gitmodules", "gitmod~1"):
		return "a link may not be called .gitmodules"
	case windows:
		return checkWindowsName(name)
	default:
		return ""
	}
}

// isDotName reports whether a file system may take a name for the given one: as
// HFS+, which does not heed some characters, or as NTFS, which has a second name
// for it, drops dots and spaces at its end, and takes what follows a colon for a
// stream, and on which a backslash is a slash.
func isDotName(name, dotName, shortName string) bool {
	plain := strings.Map(dropIgnored, name)
	if strings.EqualFold(plain, dotName) {
		return true
	}
	first, _, _ := strings.Cut(name, `\`)
	first, _, _ = strings.Cut(first, ":")
	first = strings.TrimRight(first, " .")
	return strings.EqualFold(first, dotName) || strings.EqualFold(first, shortName)
}

// dropIgnored leaves out the characters that HFS+ does not heed in names.
func dropIgnored(r rune) rune {
	switch {
	case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xfeff:
		return -1
	}
	return r
}

// checkWindowsName says why Windows does not take a name, "" when it does.
func checkWindowsName(name string) string {
	for _, c := range name {
		if c < ' ' || strings.ContainsRune(`<>:"|?*\`, c) {
			return fmt.Sprintf("Windows has no names with %q", c)
		}
	}
	if strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return "Windows has no names that end in a dot or a space"
	}
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return "Windows has a device of that name"
	}
	for _, device := range []string{"COM", "LPT"} {
		if rest, found := strings.CutPrefix(base, device); found && len(rest) == 1 && rest >= "1" && rest <= "9" {
			return "Windows has a device of that name"
		}
	}
	return ""
}
