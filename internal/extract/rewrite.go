package extract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// Mode is how much of upstream's history is extracted.
type Mode string

// The modes.
const (
	// FirstParent is the line of first parents.
	FirstParent Mode = "first-parent"
	// Full is all of history, simplified.
	Full Mode = "full"
	// Squash is one commit for all that FirstParent would make.
	Squash Mode = "squash"
)

// Input is what a Rewriter works on.
type Input struct {
	Layout  *Layout
	Mode    Mode
	Trees   Trees
	Commits Commits
	// Existing answers questions about the branch's commits; History about
	// upstream's. Both are asked in mode Full alone.
	Existing Ancestry
	History  History
	// Kept says which files of the branch are its own business, also where a
	// mapping gives them: those that a release commit writes.
	Kept func(path string) bool
	// Hold: the branch as it was is not let go of where git would do so (LetsGo).
	Hold bool
	// Send takes the objects that are made, what is named before what names it.
	Send func(object.Object)
}

// History finds what an earlier run has extracted.
type History interface {
	// Extracted returns the branch's commit that names an upstream commit.
	Extracted(upstream object.ID) (Existing, bool, error)
	// Node returns an upstream commit.
	Node(upstream object.ID) (Node, error)
}

// Start is where an extraction goes on from.
type Start struct {
	// Upstream is the commit that the branch is at, the zero node if it has nothing
	// of upstream yet.
	Upstream Node
	// Extracted is the branch's commit that was made of it; zero: the branch's tip
	// is taken for that.
	Extracted Existing
	// Tip is the branch's head, zero if there is no branch yet.
	Tip Existing
}

// Rewriter makes the component's commits.
type Rewriter struct {
	Input
	selector *selector
	composer *composer
	// ahead is what Look found, by the lookers.
	ahead   map[object.ID]selection
	lookers []*selector
	images  map[object.ID]*image // in mode Full

	tip   *image // the branch before this run, nil without one
	start *image // what stands for Start.Upstream, nil without one
	last  *image // what stands for the last commit

	chosen selection
	// before is the selection that mapped was made of, where recent says so.
	before   selection
	mapped   object.ID
	recent   bool
	presence presence
	made     []Made
	squashed squashed
}

// NewRewriter prepares an extraction.
func NewRewriter(input Input) *Rewriter {
	count := len(input.Layout.mappings)
	return &Rewriter{
		Input: input, selector: newSelector(input.Layout, input.Trees), composer: newComposer(input.Layout, input.Trees),
		images: map[object.ID]*image{},
		chosen: make(selection, count), before: make(selection, count), presence: newPresence(count),
	}
}

// ChangedMappingError are paths of the branch that show that it was extracted by
// other mappings.
type ChangedMappingError struct{ Paths []Conflict }

func (e *ChangedMappingError) Error() string {
	return "the mappings give something else than when the branch was extracted: " + (&ConflictError{e.Paths}).Error()
}

// Begin says where to go on from. It fails with a ConflictError where people have
// changed what mappings give, and with a ChangedMappingError; a squashed extraction
// takes the latter in its stride.
func (r *Rewriter) Begin(start Start) error {
	if start.Tip.ID.IsZero() {
		return nil
	}
	r.tip = &image{id: start.Tip.ID, mapped: object.EmptyTree, exists: true}
	if start.Upstream.ID.IsZero() {
		own, err := r.own(object.ID{}, start.Tip.Tree)
		r.tip.own, r.last = own, r.tip
		return err
	}
	mapped, err := r.mappedTree(start.Upstream)
	if err != nil {
		return err
	}
	if mapped.IsZero() {
		mapped = object.EmptyTree
	}
	extracted := start.Extracted
	if extracted.ID.IsZero() {
		extracted = start.Tip
	}
	if err := r.compareMappings(mapped, extracted, start); err != nil {
		return err
	}
	r.tip.mapped = mapped
	if r.tip.own, err = r.own(mapped, start.Tip.Tree); err != nil {
		return err
	}
	r.start, r.last = r.tip, r.tip
	r.images[start.Upstream.ID] = r.tip
	r.presence.note(start.Upstream, r.chosen)
	return nil
}

// compareMappings finds out whether the branch was extracted by other mappings: then
// its extracted commit lacks what the mappings give, or has it otherwise.
func (r *Rewriter) compareMappings(mapped object.ID, extracted Existing, start Start) error {
	if extracted.ID == start.Tip.ID && start.Extracted.ID.IsZero() {
		return nil // the operator says what the branch is; what differs is a conflict
	}
	_, differing, err := r.compare(mapped, extracted.Tree)
	if err != nil || len(differing) == 0 {
		return err
	}
	if r.Mode == Squash {
		r.squashed.remapped = true
		return nil
	}
	for i := range differing {
		differing[i].Why = "differs"
	}
	return &ChangedMappingError{differing}
}

// own finds out what the branch has of its own.
func (r *Rewriter) own(mapped, actual object.ID) (*addition, error) {
	own, differing, err := r.compare(mapped, actual)
	if err == nil && len(differing) > 0 && !r.squashed.remapped {
		err = &ConflictError{differing}
	}
	return own, err
}

// compare compares a mapped tree with the branch's: what that has of its own, and where it
// differs otherwise, in the order of paths.
func (r *Rewriter) compare(mapped, actual object.ID) (own *addition, differing []Conflict, err error) {
	search := comparer{trees: r.composer.trees, kept: r.Kept}
	own, err = search.compare(mapped, actual, "")
	return own, sortConflicts(search.conflicts), err
}

// mappedTree is what the mappings give at an upstream commit, zero for nothing. The
// selection is in chosen afterwards.
func (r *Rewriter) mappedTree(node Node) (object.ID, error) {
	if err := r.choose(node); err != nil {
		return object.ID{}, inCommit(node.ID, err)
	}
	if r.recent && slices.Equal(r.chosen, r.before) {
		return r.mapped, nil
	}
	mapped, err := r.composer.compose(r.chosen)
	if err != nil {
		return object.ID{}, inCommit(node.ID, err)
	}
	copy(r.before, r.chosen)
	r.mapped, r.recent = mapped, true
	return mapped, nil
}

// Add goes on with an upstream commit. Its parents, as far as they are to be
// extracted, have been added before.
func (r *Rewriter) Add(node Node) error {
	if r.composer.rest() {
		r.recent = false // its tree may be forgotten
	}
	mapped, err := r.mappedTree(node)
	if err != nil {
		return err
	}
	r.presence.note(node, r.chosen)
	made, err := r.image(node, mapped)
	if err != nil {
		return inCommit(node.ID, err)
	}
	if r.Mode == Full {
		r.images[node.ID] = made
	}
	r.last = made
	return nil
}

// image finds what stands for an upstream commit, nil as long as there is nothing.
func (r *Rewriter) image(node Node, mapped object.ID) (*image, error) {
	parents, err := r.parents(node)
	if err != nil {
		return nil, err
	}
	if len(parents) == 0 || len(parents) == 1 && parents[0] == r.tip && r.start == nil {
		if mapped.IsZero() {
			return r.none(), nil
		}
		return r.commit(node, mapped, parents)
	}
	if mapped.IsZero() {
		mapped = object.EmptyTree
	}
	if found, err := r.stand(mapped, parents); found != nil || err != nil {
		return found, err
	}
	return r.commit(node, mapped, parents)
}

// none stands for commits before anything that is mapped exists.
func (r *Rewriter) none() *image {
	if r.start == nil && r.Mode != Full {
		return r.tip
	}
	return nil
}

// parents are what stands for the parents of an upstream commit, each once. The
// first commit of a branch that has none of upstream's yet goes on top of it.
func (r *Rewriter) parents(node Node) ([]*image, error) {
	if r.Mode != Full {
		if r.last == nil {
			return nil, nil
		}
		return []*image{r.last}, nil
	}
	var parents []*image
	for _, id := range node.Parents {
		parent, err := r.find(id)
		if err != nil {
			return nil, err
		}
		if parent != nil && !slices.Contains(parents, parent) {
			parents = append(parents, parent)
		}
	}
	if len(parents) == 0 && r.start == nil && r.tip != nil {
		parents = []*image{r.tip}
	}
	return parents, nil
}

// commit makes the commit of an upstream commit.
func (r *Rewriter) commit(node Node, mapped object.ID, parents []*image) (*image, error) {
	made := &image{mapped: mapped, parents: parents}
	for _, parent := range parents {
		made.generation = max(made.generation, parent.generation+1)
	}
	var err error
	if made.own, err = r.inherited(parents); err != nil {
		return nil, err
	}
	if r.Mode == Squash {
		r.squashed.sources = append(r.squashed.sources, node.ID)
		return made, nil
	}
	source, err := r.Commits.Commit(node.ID)
	if err != nil {
		return nil, err
	}
	return made, r.write(made, node.ID, source, message(source.Message, node.ID))
}

// inherited is what a commit has of the branch's own: that of the first parent on top
// of the branch, else of the first.
func (r *Rewriter) inherited(parents []*image) (*addition, error) {
	if len(parents) == 0 {
		return nil, nil
	}
	first := parents[0].own
	if r.tip == nil || !slices.ContainsFunc(parents, func(parent *image) bool { return parent.own != first }) {
		return first, nil
	}
	for _, parent := range parents {
		if above, err := r.isAncestor(r.tip, parent); above || err != nil {
			return parent.own, err
		}
	}
	return first, nil
}

// write makes the objects of a commit, with the author and dates of the source.
func (r *Rewriter) write(made *image, id object.ID, source object.Commit, message string) error {
	tree, err := r.composer.overlay(made.mapped, made.own)
	if err != nil {
		return at(id, err)
	}
	if tree.IsZero() {
		tree = object.EmptyTree
	}
	commit := object.Commit{Tree: tree, Author: source.Author, Committer: source.Committer, Message: message}
	for _, parent := range made.parents {
		commit.Parents = append(commit.Parents, parent.id)
	}
	// The message stays in the encoding that it was written in; all else that a
	// commit may have, signatures above all, is about the upstream commit.
	for _, header := range source.Extra {
		if header.Key == "encoding" {
			commit.Extra = append(commit.Extra, header)
		}
	}
	if tree == object.EmptyTree {
		r.Send(object.Tree{}.Object())
	}
	r.composer.trees.send(tree, r.Send)
	encoded := commit.Object()
	made.id = encoded.ID()
	r.Send(encoded)
	r.made = append(r.made, Made{ID: made.id, Tree: tree, Parents: commit.Parents, Source: id, Subject: strings.Clone(commit.Subject())})
	return nil
}

// at adds the upstream commit to conflicts.
func at(id object.ID, err error) error {
	conflict, ok := err.(*ConflictError) //nolint:errorlint // overlay returns it as it is
	if !ok {
		return err
	}
	for i := range conflict.Conflicts {
		conflict.Conflicts[i].Commit = id
	}
	return conflict
}

// Head is the branch's head after what was added so far, zero without a branch.
func (r *Rewriter) Head() object.ID {
	if r.last == nil {
		if r.tip != nil {
			return r.tip.id
		}
		return object.ID{}
	}
	return r.last.id
}

// LetsGo reports whether the head is not on top of the branch as it was: then the
// extraction is to be made again with Hold, which gives merges that git passes over.
func (r *Rewriter) LetsGo() (bool, error) {
	if r.tip == nil || r.last == nil {
		return false, nil
	}
	kept, err := r.isAncestor(r.tip, r.last)
	return !kept, err
}

// Made lists the commits that were made so far and that the head has, oldest first: the
// last is the head. An octopus merge may stand for a parent that lacks what another one
// has (see stand); what was made of that is in no history.
func (r *Rewriter) Made() []Made {
	had := map[object.ID]bool{r.Head(): true}
	var made []Made
	for _, one := range slices.Backward(r.made) {
		if !had[one.ID] {
			continue
		}
		made = append(made, one)
		for _, parent := range one.Parents {
			had[parent] = true
		}
	}
	slices.Reverse(made)
	return made
}

// errNotInOrder: a commit was added before its parents.
type errNotInOrder struct{ id object.ID }

func (e errNotInOrder) Error() string {
	return fmt.Sprintf("upstream commit %s was not looked at yet", e.id)
}
