package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// IsPartial reports whether the clone left objects out on purpose (a filter).
func (o *Objects) IsPartial() bool { return o.partial || o.store.Promised() }

// FetchPromised has git bring objects that a partial clone left out, in one request,
// as git does by itself for every command that needs one. They stay in the clone.
func (r *Repository) FetchPromised(ctx context.Context, ids []object.ID) error {
	remote, known := r.promisor()
	if !known {
		return &MissingError{ID: ids[0], Partial: true}
	}
	git, err := findProgram(r.environ, "git")
	if err != nil {
		return fmt.Errorf("the objects that a partial clone left out are fetched by git: %w", err)
	}
	// These are git's own options for it: nothing is negotiated, since what is asked
	// for is lacking for certain, and no reference moves.
	command := exec.CommandContext(ctx, git, "--git-dir", r.layout.gitDir, "-c", "fetch.negotiationAlgorithm=noop", //nolint:gosec // the installed git
		"fetch", remote, "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")
	command.Env = r.environ.forOtherRepository()
	var list strings.Builder
	for _, id := range ids {
		list.WriteString(id.String() + "\n")
	}
	command.Stdin = strings.NewReader(list.String())
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{Kind: ErrUnreachable, What: fmt.Sprintf("the partial clone %s lacks %d objects, and git could not fetch them from %s: %s",
			r.layout.gitDir, len(ids), remote, printableText(said.String())), Advice: "fetch them there, or use a complete clone"}
	}
	return r.store.Rescan()
}

// promisor is the remote that has what a partial clone left out.
func (r *Repository) promisor() (name string, known bool) {
	if name = r.config.Get("extensions.partialClone"); name != "" {
		return name, true
	}
	for _, remote := range r.config.Remotes() {
		if promised, set, err := r.config.Bool("remote." + remote.Name + ".promisor"); err == nil && set && promised {
			return remote.Name, true
		}
	}
	return "", false
}
