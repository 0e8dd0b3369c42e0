package observe

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Resolution is what a person made of a commit that does not apply.
type Resolution struct {
	// Base is the tree that the commit was to be picked onto, Tree the one with it.
	Base, Tree object.ID
	// Objects are those of Tree that the clone does not have.
	Objects []object.Object `json:"-"`
}

// EditDraft is a conflict, ready to be put into a worktree of its own.
type EditDraft struct {
	Name string
	Spec gitrepo.EditSpec
	// Objects are those that earlier resolutions made: the next run needs them.
	Objects []object.Object
}

// EditState is a backport that waits for a person, as it is kept with the edit.
type EditState struct {
	Request plan.BackportRequest
	Wanted  Wanted
	// Head is where the line was, Stuck the commit that does not apply, and Base the
	// tree that it was picked onto.
	Head, Stuck, Base object.ID
}

// DraftEdit puts the first conflict of a backport to one line together.
func DraftEdit(ctx context.Context, s *Session, request plan.BackportRequest, wanted Wanted) (*EditDraft, error) {
	b, choices, err := beginBackport(ctx, s, request, wanted)
	if err != nil {
		return nil, err
	}
	chain, missing, err := b.chainOnto(ctx, &plan.LineFacts{Choice: choices[0]})
	if err != nil {
		return nil, err
	}
	at, conflict, err := chain.addUntilStuck(missing)
	if err != nil {
		return nil, err
	}
	if conflict != nil {
		return b.draft(choices[0], chain, missing[at], conflict)
	}
	return nil, &plan.Moved{Reason: "the commits apply now", Advice: "run the same command again"}
}

// EditName is what the edit of a line is called.
func (s *Session) EditName(line string) string { return s.snapshot.Component.Name + "-" + line }

func (b *backport) draft(choice plan.LineChoice, c *chain, one source, conflict *pick.Outcome) (*EditDraft, error) {
	state := EditState{Request: b.request, Wanted: b.wanted, Head: choice.Head, Stuck: one.id, Base: c.tree}
	// Names may mean something else tomorrow.
	state.Request.Bases, state.Wanted.Commits = []string{choice.Line.String()}, nil
	ofPulls := map[object.ID]bool{}
	for _, pull := range b.pulls {
		state.Wanted.Commits = append(state.Wanted.Commits, fmt.Sprintf("#%d", pull.Number))
		for _, id := range pull.Commits {
			ofPulls[id] = true
		}
	}
	for _, known := range b.sources {
		if !ofPulls[known.id] {
			state.Wanted.Commits = append(state.Wanted.Commits, known.id.String())
		}
	}
	encoded, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("keep the backport for later: %w", err)
	}
	made := append(c.layer.Made(), conflict.Objects...)
	draft := &EditDraft{
		Name: b.EditName(choice.Line.String()), Objects: c.layer.Made(),
		Spec: gitrepo.EditSpec{
			Head: choice.Head, Pick: one.id, Tree: conflict.Tree, Objects: made, State: encoded,
			Message: pick.Message(one.id, one.commit.Message, object.Signature{}, false),
		},
	}
	for _, path := range conflict.Conflicts {
		size, err := merge.MarkerSize(c.layer, c.tree, path.Path)
		if err != nil {
			return nil, err
		}
		draft.Spec.Conflicts = append(draft.Spec.Conflicts, gitrepo.EditConflict{
			Path: path.Path, Base: gitrepo.EditVersion(path.Base), Ours: gitrepo.EditVersion(path.Ours), Theirs: gitrepo.EditVersion(path.Theirs),
			MarkerSize: size,
		})
	}
	return draft, nil
}

// Resume takes up a backport whose conflict a person has resolved: the request and
// the commits as they were, with the tree that was made of the one that was stuck.
func (s *Session) Resume(edit *gitrepo.Edit, result gitrepo.EditResult) (plan.BackportRequest, Wanted, error) {
	var state EditState
	if err := json.Unmarshal(edit.State(), &state); err != nil {
		return plan.BackportRequest{}, Wanted{}, fmt.Errorf("the backport that waits in %s cannot be read: %w", edit.Dir(), err)
	}
	choices, err := plan.SelectLines(s.snapshot, state.Request)
	if err != nil {
		return plan.BackportRequest{}, Wanted{}, err
	}
	if choices[0].Head != state.Head {
		return plan.BackportRequest{}, Wanted{}, &plan.Moved{
			Reason: fmt.Sprintf("line %s has moved on %s since the conflict arose, from %s to %s", choices[0].Line, s.remoteName(), state.Head.Short(), choices[0].Head.Short()),
			Advice: "keep what you need of " + edit.Dir() + ", then: looprel backport --abort, and begin again",
		}
	}
	if state.Wanted.Resolved == nil {
		state.Wanted.Resolved = map[object.ID]Resolution{}
	}
	state.Wanted.Resolved[state.Stuck] = Resolution{Base: state.Base, Tree: result.Tree, Objects: result.Objects}
	return state.Request, state.Wanted, nil
}
