package merge

import "math/bits"

// stage is one of the three trees.
type stage int

const (
	baseStage stage = iota
	ourStage
	theirStage
	stageCount
)

// other is the opposite side.
func (s stage) other() stage { return ourStage + theirStage - s }

func (s stage) set() stageSet { return 1 << s }

// stageSet is a set of stages.
type stageSet uint8

const (
	noStage   stageSet = 0
	bothSides          = stageSet(1<<ourStage | 1<<theirStage)
	allStages          = bothSides | 1<<baseStage
)

func (s stageSet) has(one stage) bool { return s&one.set() != 0 }

// isOneSide reports whether the set is one of the sides alone.
func (s stageSet) isOneSide() bool { return s&bothSides == s && bits.OnesCount8(uint8(s)) == 1 }

// side is the member of a set that isOneSide.
func (s stageSet) side() stage { return stage(bits.TrailingZeros8(uint8(s &^ 1))) }
