package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
)

// promisorName is what a PartialStore calls its remote.
const promisorName = "origin"

// leaveOut decides whether the content of files is left out of what is fetched next,
// and tells git about it before the first such pack comes.
func (s *PartialStore) leaveOut(ctx context.Context) (bool, error) {
	whole, err := s.hasConfig(s.promisorConfig(false))
	if err != nil || whole {
		return false, err
	}
	able, err := s.remote.CanFilter(ctx)
	if err != nil || !able {
		return false, err
	}
	return true, s.recordPromisor(true)
}

// recordPromisor writes the store's configuration: that objects may be missing, which
// remote has them, and whether more is left out in the future.
func (s *PartialStore) recordPromisor(filter bool) error {
	want := s.promisorConfig(filter)
	if same, err := s.hasConfig(want); err != nil || same {
		return err
	}
	if err := writeAtomic(s.configFile(), []byte(want), 0o644); err != nil {
		return fmt.Errorf("cannot write %s: %w", s.configFile(), err)
	}
	return syncDirectory(s.dir)
}

// PromiseTo has a store that borrows this one's objects say, too, that some may be
// missing, and which remote has them.
func (s *PartialStore) PromiseTo(other *ToolStore) error {
	return other.PartialStore(s.remote).recordPromisor(true)
}

func (s *PartialStore) configFile() string { return filepath.Join(s.dir, "config") }

func (s *PartialStore) hasConfig(text string) (bool, error) {
	data, err := readBounded(s.configFile(), maxPointerSize)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return string(data) == text, err
}

// promisorConfig is the configuration of a partial clone, as "git clone --filter"
// writes it. Without a filter, what was left out so far is still missing.
func (s *PartialStore) promisorConfig(filter bool) string {
	text := "[core]\n\trepositoryformatversion = 1\n\tbare = true\n" +
		"[extensions]\n\tpartialClone = " + promisorName + "\n" +
		"[remote \"" + promisorName + "\"]\n\turl = " + quoteValue(s.remote.recordedURL()) +
		"\n\tfetch = +refs/heads/*:refs/remotes/" + promisorName + "/*\n\tpromisor = true\n"
	if filter {
		text += "\tpartialclonefilter = blob:none\n"
	}
	return text
}

// quoteValue writes a value as git's configuration has it (git-config(1), "Syntax").
func quoteValue(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
}

// recordedURL is the remote's address fit to be written into a file: without what may
// be secret, and complete.
func (r *Remote) recordedURL() string {
	text := r.config.URL
	where, err := parseAddress(text, r.repository.remoteBase())
	switch {
	case err != nil || where.protocol == protocolHTTP || where.protocol == protocolHTTPS:
		return withoutUserinfo(text)
	case where.protocol == protocolFile:
		return where.path
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.User == nil {
		return text // the short form of SSH has a user and no password
	}
	parsed.User = url.User(parsed.User.Username())
	return parsed.String()
}
