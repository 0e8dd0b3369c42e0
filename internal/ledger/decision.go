package ledger

// Waiver is a gate that did not pass and that somebody who may do so set aside.
type Waiver struct {
	Gate string `json:"gate"`
	// Otherwise is why the gate would have stopped the promotion.
	Otherwise string `json:"otherwise"`
	Reason    string `json:"reason"`
	By        Person `json:"by"`
	// Signed: the entry that says so is signed. Otherwise nothing but git's
	// configuration says who By is.
	Signed bool `json:"signed,omitempty"`
}
