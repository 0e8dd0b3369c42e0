package observe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/mozilla-services/looprel/internal/announcement"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Announcements observes what telling people needs, and words it.
func Announcements(ctx context.Context, s *Session, request plan.AnnounceRequest) (*plan.AnnouncementsPlan, error) {
	selected, err := plan.SelectAnnouncements(s.snapshot, request)
	if err != nil {
		return nil, err
	}
	return s.announcements(ctx, selected, request)
}

func (s *Session) announcements(ctx context.Context, selected []plan.Selected, request plan.AnnounceRequest) (*plan.AnnouncementsPlan, error) {
	facts := make([]plan.AnnouncementFacts, len(selected))
	for i, one := range selected {
		var err error
		if facts[i].Changes, err = s.announcedChanges(ctx, one); err != nil {
			return nil, err
		}
		if facts[i].Templates, err = s.templates(ctx, one); err != nil {
			return nil, err
		}
	}
	return plan.MakeAnnouncements(s.snapshot, selected, facts, request)
}

// announcedChanges are the commits that a release brings. History that cannot be had
// is no reason to keep the release from people.
func (s *Session) announcedChanges(ctx context.Context, one plan.Selected) ([]notes.Commit, error) {
	from, to, err := s.snapshot.Compared(one.Outgoing)
	if err != nil || to.Commit.IsZero() || from.Commit.IsZero() {
		return nil, err
	}
	changes, err := s.Between(ctx, plan.Base{Tag: from.Tag, Commit: from.Commit}, plan.Base{Tag: to.Tag, Commit: to.Commit})
	if err != nil && ctx.Err() == nil {
		return nil, nil
	}
	return changes, err
}

// maxTemplate bounds a template, in bytes.
const maxTemplate = 256 << 10

// templates are the train's own for an announcement. They are read where
// environments.yaml is: beside the one that counts.
func (s *Session) templates(ctx context.Context, one plan.Selected) (announcement.Templates, error) {
	directory := s.source.Train.Announce.Templates
	if directory == "" {
		return nil, nil
	}
	own := announcement.Templates{}
	for _, name := range announcement.Files(one.Event) {
		content, err := s.trainFile(ctx, directory+"/"+name)
		switch {
		case errors.Is(err, gitrepo.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("template %s: %w", name, err)
		case !utf8.Valid(content):
			return nil, &plan.Misuse{Reason: fmt.Sprintf("the template %s/%s is no UTF-8 text", directory, name), Advice: "correct it"}
		default:
			own[name] = string(content)
		}
	}
	return own, nil
}

// trainFile reads a file of the repository: on the home's default branch where
// environments.yaml was read there, otherwise in the worktree.
func (s *Session) trainFile(ctx context.Context, path string) ([]byte, error) {
	if s.home != nil {
		return s.home.trainFile(ctx, path)
	}
	if s.source.remote {
		head := s.shown.Refs[s.shown.Head]
		if err := s.fetchCommit(ctx, s.shown.Head, head); err != nil {
			return nil, err
		}
		commit, err := s.repository.Commit(head)
		if err != nil {
			return nil, err
		}
		content, _, err := s.repository.ReadFile(commit.Tree, strings.TrimPrefix(path, "./"))
		return content, err
	}
	worktree := s.repository.Worktree()
	if worktree == "" {
		return nil, fs.ErrNotExist
	}
	content, err := readBounded(filepath.Join(worktree, filepath.FromSlash(path)))
	if err == nil && len(content) > maxTemplate {
		err = fmt.Errorf("more than %d bytes", maxTemplate)
	}
	return content, err
}
