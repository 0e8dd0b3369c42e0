package demo

import (
	"context"
	"path/filepath"
	"strings"
)

// LoopRelease is the commit by which people made release 0.10.0 of the Loop
// service, on the Tuesday of the demonstration.
const LoopRelease = "7f61f20ce8c9575f7e7835a55033571b930adf6d"

// borrowRepository uses a clone of the Loop service's repository as it was just
// before release 0.10.0: the remote's master is moved back, and the tags that
// came later are left out. The clone itself is only read.
func (s *Stage) borrowRepository(ctx context.Context, path, environments string) error {
	source, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	remote := filepath.Join(s.Dir, "remote.git")
	if err := s.git(ctx, s.Dir, firstCommit, "clone", "--quiet", "--bare", "--", source, remote); err != nil {
		return err
	}
	before := LoopRelease + "^"
	later, err := s.gitOutput(ctx, remote, firstCommit, "tag", "--no-merged", before)
	if err != nil {
		return err
	}
	for _, step := range [][]string{
		{"update-ref", "refs/heads/master", before},
		{"symbolic-ref", "HEAD", "refs/heads/master"},
		append([]string{"tag", "--delete"}, strings.Fields(later)...),
	} {
		if err := s.git(ctx, remote, firstCommit, step...); err != nil {
			return err
		}
	}
	for _, step := range [][]string{
		{"clone", "--quiet", remote, s.Clone},
		// The release that people made, to compare with.
		{"-C", s.Clone, "fetch", "--quiet", "--no-tags", source, LoopRelease + ":refs/tour/by-hand"},
	} {
		if err := s.git(ctx, s.Dir, firstCommit, step...); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(s.Clone, "environments.yaml"), environments)
}
