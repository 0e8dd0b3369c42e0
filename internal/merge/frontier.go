package merge

// frontier holds how far the paths of one direction have got: for each diagonal
// (line of the old sequence minus line of the new one) the furthest line of the
// old sequence.
type frontier struct {
	reach []int
	// offset is the place of diagonal 0.
	offset int
	// middle is the diagonal of the corner from which the paths start; low and
	// high are the outermost diagonals of the latest step.
	middle, low, high int
}

func (f *frontier) at(diagonal int) int       { return f.reach[diagonal+f.offset] }
func (f *frontier) set(diagonal, line int)    { f.reach[diagonal+f.offset] = line }
func (f *frontier) covers(diagonal int) bool  { return f.low <= diagonal && diagonal <= f.high }
func (f *frontier) distance(diagonal int) int { return max(diagonal-f.middle, f.middle-diagonal) }
func (f *frontier) begin(diagonal, line int) {
	f.middle, f.low, f.high = diagonal, diagonal, diagonal
	f.set(diagonal, line)
}

// widen adds a diagonal on either side, or takes one off where the box ends: a
// step reaches every other diagonal. Beyond stands for a line that no path comes
// from.
func (f *frontier) widen(b box, beyond int) {
	if f.low > b.old.Start-b.new.End() {
		f.low--
		f.set(f.low-1, beyond)
	} else {
		f.low++
	}
	if f.high < b.old.End()-b.new.Start {
		f.high++
		f.set(f.high+1, beyond)
	} else {
		f.high--
	}
}
