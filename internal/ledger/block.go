package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Blocked keeps a release off all environments, or all releases off one. The entry's
// Reason says why.
type Blocked struct {
	// Number is by which it is lifted: a component's blocks are counted from 1.
	Number int `json:"number"`
	// Environment, Version or Set, which is an id, is what is blocked.
	Environment string          `json:"environment,omitempty"`
	Version     release.Version `json:"version,omitzero"`
	Set         string          `json:"set,omitempty"`
	Ref         string          `json:"ref,omitempty"`
	Signed      bool            `json:"signed,omitempty"` // as in Waiver
}

func (b Blocked) what(component string) string {
	switch {
	case b.Environment != "" && component == AllComponents:
		return b.Environment
	case b.Environment != "":
		return fmt.Sprintf("%s for %s", b.Environment, component)
	}
	return about(component, b.Version, b.Set)
}

// Unblocked lifts a block; the entry's Reason says why.
type Unblocked struct {
	Number int  `json:"number"`
	Signed bool `json:"signed,omitempty"` // as in Waiver
}

// Block is a block that holds.
type Block struct {
	Blocked
	Reason string    `json:"reason"`
	By     Person    `json:"by"`
	At     time.Time `json:"at"`
}

// Blocks are a component's.
type Blocks struct {
	// Last is the highest number that was ever given.
	Last int `json:"last"`
	// Open are those that hold, in order of time.
	Open []Block `json:"open"`
}

// Find returns the block of that number, if it holds.
func (b Blocks) Find(number int) (Block, bool) {
	at := slices.IndexFunc(b.Open, func(one Block) bool { return one.Number == number })
	if at < 0 {
		return Block{}, false
	}
	return b.Open[at], true
}

// Blocks returns what is known of the blocks of a component.
func (s *State) Blocks(component string) (Blocks, error) {
	var known Blocks
	err := s.read(blocksPath(component), &known)
	return known, ignoreMissing(err)
}

func blocksPath(component string) string { return "blocks/" + component }

func (f *folding) blocked(blocked Blocked) error {
	blocks, err := f.state.Blocks(f.entry.Component)
	if err != nil {
		return err
	}
	if blocked.Number != blocks.Last+1 {
		return fmt.Errorf("block number %d, after %d", blocked.Number, blocks.Last)
	}
	if (blocked.Environment == "") == (blocked.Version.IsZero() && blocked.Set == "") {
		return fmt.Errorf("block %d is of neither, or both, of an environment and a version", blocked.Number)
	}
	blocks.Last = blocked.Number
	blocks.Open = append(blocks.Open, Block{Blocked: blocked, Reason: f.entry.Reason, By: f.entry.By, At: f.entry.At})
	return f.write(blocksPath(f.entry.Component), blocks)
}

func (f *folding) unblocked(unblocked Unblocked) error {
	blocks, err := f.state.Blocks(f.entry.Component)
	if err != nil {
		return err
	}
	if _, open := blocks.Find(unblocked.Number); !open {
		return fmt.Errorf("there is no block %d to lift", unblocked.Number)
	}
	blocks.Open = slices.DeleteFunc(blocks.Open, func(one Block) bool { return one.Number == unblocked.Number })
	return f.write(blocksPath(f.entry.Component), blocks)
}
