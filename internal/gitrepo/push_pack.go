package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// PushPack is Push with the objects in a pack, which is sent as it stands. A reference
// that is neither a branch nor a tag is not made so.
func (r *Remote) PushPack(ctx context.Context, updates []RefUpdate, pack *Pack) (result PushResult, err error) {
	if err := r.checkUpdates(updates); err != nil || len(updates) == 0 {
		return PushResult{}, err
	}
	if created := unusualCreations(updates); len(created) > 0 {
		return PushResult{}, fmt.Errorf("%s is neither a branch nor a tag", created[0].Name)
	}
	file, err := os.Open(pack.path)
	if err != nil {
		return PushResult{}, fmt.Errorf("preparing the push: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to, pending, err := r.beginPush(ctx, updates)
	if err != nil {
		return PushResult{}, err
	}
	defer func() { _ = to.close() }()
	if len(pending) == 0 {
		return PushResult{}, nil
	}
	commands, err := to.pushCommands(slices.Clone(pending))
	if err != nil {
		return PushResult{}, fmt.Errorf("preparing the push to %s: %w", to.remote, err)
	}
	return r.send(ctx, to, pending, request{message: commands.Bytes(), pack: file, size: pack.Size})
}
