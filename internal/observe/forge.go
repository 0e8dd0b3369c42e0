package observe

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// openForge finds the repository on GitHub, where environments.yaml says that
// something is kept there. That its address cannot be told matters to those alone
// who ask for it (Forge).
func (s *Session) openForge() error {
	if s.source.Train.GitHub == nil {
		return nil
	}
	remote := s.remote.DisplayURL()
	var address github.Address
	var err error
	if named := s.source.Train.GitHub.Repository; named != "" {
		address, err = github.ParseRepository(named, s.apiOf(github.RepositoryHost(named)))
	} else {
		address, err = github.ParseRemote(remote, s.apiOf(github.RemoteHost(remote)))
	}
	if err != nil {
		// Who does not need it is not held up.
		s.forgeErr = &plan.Misuse{Reason: err.Error(), Advice: "say which it is: github: {repository: OWNER/NAME} in environments.yaml"}
		return nil //nolint:nilerr // it is kept
	}
	s.forge = address
	s.snapshot.Forge, s.snapshot.Web.Forge = address.String(), address.Web
	requests := s.source.Train.GitHub.Requests
	if requests == nil || requests.Template == "" {
		return nil
	}
	text, err := s.fileAtHome(requests.Template)
	s.snapshot.RequestTemplate = string(text)
	return err
}

// fileAtHome is a file of the repository, as the home's default branch has it.
func (s *Session) fileAtHome(path string) ([]byte, error) {
	head, ok := s.shown.Refs[s.shown.Head]
	if !ok {
		return nil, &plan.Misuse{Reason: "the train's home has no default branch with " + path, Advice: "push it first"}
	}
	commit, err := s.repository.Commit(head)
	if err != nil {
		return nil, err
	}
	text, _, err := s.repository.ReadFile(commit.Tree, path)
	if errors.Is(err, gitrepo.ErrNotFound) || err == nil && len(text) > maxTemplate {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%s, the text of deployment requests, is not on %s, or is larger than %d bytes", path, plan.ShortRef(s.shown.Head), maxTemplate),
			Advice: "correct github: in environments.yaml"}
	}
	return text, err
}

// apiOf is where the API of a host is, by the variables that GitHub Actions set; ""
// where they are about another host.
func (s *Session) apiOf(host string) string {
	environ := func(name string) string {
		value := ""
		for _, setting := range s.options.Environ {
			if key, v, _ := strings.Cut(setting, "="); key == name {
				value = v
			}
		}
		return value
	}
	server, err := url.Parse(environ("GITHUB_SERVER_URL"))
	if err != nil || host == "" || !strings.EqualFold(server.Host, host) {
		return ""
	}
	return environ("GITHUB_API_URL")
}

// Forge is the repository on GitHub; wanted is false where nothing is kept there.
func (s *Session) Forge() (address github.Address, wanted bool, err error) {
	if s.source.Train.GitHub == nil || !s.atHome() {
		return github.Address{}, false, nil
	}
	return s.forge, true, s.forgeErr
}

// owe adds to a release's plan what it owes the forge.
func (s *Session) owe(ctx context.Context, p *plan.TagPlan) error {
	if _, wanted, err := s.Forge(); err != nil || !wanted || p.Version.IsZero() {
		return err
	}
	facts, err := s.forgeFacts(ctx, p)
	if err != nil {
		return err
	}
	return p.Owe(s.snapshot, facts)
}

// oweLine is owe for a backport's part.
func (s *Session) oweLine(ctx context.Context, line *plan.LinePlan) error {
	owing := line.Release
	if owing == nil {
		owing = line.Finish
	}
	if _, wanted, err := s.Forge(); err != nil || !wanted || owing == nil {
		return err
	}
	facts, err := s.forgeFacts(ctx, owing)
	if err != nil {
		return err
	}
	return line.Owe(s.snapshot, facts)
}

// sectionOf is the changelog's section of a release that is there already.
func (s *Session) sectionOf(p *plan.TagPlan) (string, error) {
	return s.sectionAt(p.Tag, p.Version.String())
}

// sectionAt is the changelog's section of a version at its tag, "" if the clone has
// none to show.
func (s *Session) sectionAt(tag, text string) (string, error) {
	commit, ok := s.shown.Commit(tag)
	version, err := release.ParseVersion(text)
	if !ok || err != nil || s.snapshot.Component.Changelog == nil {
		return "", nil //nolint:nilerr // what is no version has no section
	}
	if has, err := s.repository.Has(commit); err != nil || !has {
		return "", err
	}
	revision, err := s.revision(commit)
	if err != nil {
		return "", err
	}
	return plan.SectionAt(s.snapshot.Component, revision, version), nil
}

func (s *Session) forgeFacts(ctx context.Context, p *plan.TagPlan) (facts plan.ForgeFacts, err error) {
	if p.Already != "" {
		made, err := Notes(ctx, s, p.Version)
		if err != nil {
			return facts, err
		}
		facts.Changes = made.Commits
		if facts.Section, err = s.sectionOf(p); err != nil {
			return facts, err
		}
	}
	trunk, err := s.snapshot.TrainBranch()
	if err != nil {
		return facts, err
	}
	facts.Later = p.Branch != trunk
	for _, pattern := range s.source.Train.GitHub.Assets {
		// In the worktree is what the branch has; a file of another line is known by the
		// version in its name.
		named := strings.ReplaceAll(pattern, "{version}", p.Version.String())
		if named == pattern && facts.Later {
			facts.Unmatched = append(facts.Unmatched, pattern)
			continue
		}
		found, err := s.assets(named)
		if err != nil {
			return facts, err
		}
		if len(found) == 0 {
			facts.Unmatched = append(facts.Unmatched, pattern)
		}
		facts.Assets = append(facts.Assets, found...)
	}
	slices.SortFunc(facts.Assets, func(a, b plan.AssetFile) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Path, b.Path)) })
	facts.Assets = slices.CompactFunc(facts.Assets, func(a, b plan.AssetFile) bool { return a.Path == b.Path })
	return facts, nil
}

// assets are the files of the worktree that a pattern matches.
func (s *Session) assets(pattern string) ([]plan.AssetFile, error) {
	worktree := s.repository.Worktree()
	if worktree == "" {
		return nil, &plan.Misuse{Reason: "a bare repository has no files for the assets of a Release", Advice: "release from a clone with a worktree"}
	}
	paths, err := filepath.Glob(filepath.Join(escapedGlob(worktree), filepath.FromSlash(pattern)))
	if err != nil {
		return nil, fmt.Errorf("find assets: %w", err)
	}
	var found []plan.AssetFile
	for _, path := range paths {
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find assets: %w", err)
		}
		size, sum, err := Checksum(path)
		if err != nil {
			return nil, err
		}
		found = append(found, plan.AssetFile{Name: filepath.Base(path), Path: path, Size: size, SHA256: sum})
	}
	return found, nil
}

// escapedGlob makes a directory's name stand for itself in a pattern. Where the
// system has no escape it stays as it is.
func escapedGlob(dir string) string {
	if filepath.Separator == '\\' {
		return dir
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// Checksum reads a file's size, in bytes, and its SHA-256.
func Checksum(path string) (size int64, sum string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, "", fmt.Errorf("read an asset: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	hash := sha256.New()
	if size, err = io.Copy(hash, file); err != nil {
		return 0, "", fmt.Errorf("read an asset: %w", err)
	}
	return size, hex.EncodeToString(hash.Sum(nil)), nil
}
