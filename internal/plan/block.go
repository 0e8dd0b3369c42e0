package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// BlockRequest is what `block` was asked for.
type BlockRequest struct {
	// Target is an environment, or a version.
	Target string
	Reason string
	Ref    string
}

// UnblockRequest is what `unblock` was asked for.
type UnblockRequest struct {
	Number int
	Reason string
}

// MakeBlock plans to keep a release off all environments, or all releases off one.
func MakeBlock(s *Snapshot, request BlockRequest) (*DecisionPlan, error) {
	if err := checkDecision(request.Reason, request.Ref); err != nil {
		return nil, err
	}
	blocks, err := s.blocks()
	if err != nil {
		return nil, err
	}
	blocked, err := s.blockTarget(request.Target)
	if err != nil {
		return nil, err
	}
	blocked.Number, blocked.Ref, blocked.Signed = blocks.Last+1, request.Ref, s.Sign.Ledger
	p := s.decision("block", ledger.KindBlocked)
	p.Number, p.Environment, p.Set, p.Reason, p.Ref = blocked.Number, blocked.Environment, blocked.Set, request.Reason, request.Ref
	if !blocked.Version.IsZero() {
		p.Version = blocked.Version.String()
	}
	p.Entry.Reason, p.Entry.Blocked = request.Reason, &blocked
	same := slices.IndexFunc(blocks.Open, func(one ledger.Block) bool {
		return one.Environment == blocked.Environment && one.Version == blocked.Version && one.Set == blocked.Set &&
			one.Reason == request.Reason && one.Ref == request.Ref && one.By.Same(s.Operator)
	})
	if same >= 0 {
		p.Number = blocks.Open[same].Number
		p.Already = fmt.Sprintf("%s is blocked already, for that reason (number %d)", request.Target, p.Number)
		return p, nil
	}
	reason := "so that no environment takes it"
	if blocked.Environment != "" {
		reason = "so that it takes nothing but a rollback"
	}
	p.record(s, reason)
	return p, nil
}

// blocks are those of the component. There must be a ledger to record them in.
func (s *Snapshot) blocks() (ledger.Blocks, error) {
	if !s.Ledger.Exists() {
		return ledger.Blocks{}, refuse("looprel adopt takes over the releases that exist; the first looprel tag begins one, too",
			"there is no ledger on %s yet to record anything in", s.Remote)
	}
	return s.Ledger.Blocks(s.Component.Name)
}

// named is the component, or the train where it is about sets.
func (s *Snapshot) named() string {
	if s.Component.Name == ledger.AllComponents {
		return "the train"
	}
	return s.Component.Name
}

func (s *Snapshot) blockTarget(target string) (ledger.Blocked, error) {
	if environment, ok := s.Train.Environment(target); ok {
		return ledger.Blocked{Environment: environment.Name}, nil
	}
	if s.Component.Name == ledger.AllComponents {
		set, err := s.FindSet(target)
		return ledger.Blocked{Set: set.ID}, err
	}
	version, err := release.ParseVersion(target)
	if err != nil {
		return ledger.Blocked{}, misuse("the environments are "+strings.Join(environmentNames(s.Train), ", "), "%q is neither an environment nor a version", target)
	}
	_, err = s.knownRelease(version)
	return ledger.Blocked{Version: version}, err
}

// MakeUnblock plans to lift a block.
func MakeUnblock(s *Snapshot, request UnblockRequest) (*DecisionPlan, error) {
	if err := checkDecision(request.Reason, ""); err != nil {
		return nil, err
	}
	blocks, err := s.blocks()
	if err != nil {
		return nil, err
	}
	p := s.decision("unblock", ledger.KindUnblocked)
	p.Number, p.Reason = request.Number, request.Reason
	block, open := blocks.Find(request.Number)
	switch {
	case request.Number < 1 || request.Number > blocks.Last:
		return nil, misuse("looprel status lists those that hold", "%s has no block number %d", s.named(), request.Number)
	case !open:
		p.Already = fmt.Sprintf("block %d has been lifted already", request.Number)
		return p, nil
	}
	p.Environment, p.Set = block.Environment, block.Set
	if !block.Version.IsZero() {
		p.Version = block.Version.String()
	}
	p.Notes = append(p.Notes, s.blockText(block))
	p.Entry.Reason, p.Entry.Unblocked = request.Reason, &ledger.Unblocked{Number: request.Number, Signed: s.Sign.Ledger}
	p.record(s, "so that it stops nothing any more")
	return p, nil
}

// checkDecision holds a decision to its reason.
func checkDecision(reason, ref string) error {
	if strings.TrimSpace(reason) == "" {
		return misuse("add --reason TEXT; it is recorded in the ledger", "a decision wants a reason")
	}
	if err := checkText("--reason", reason); err != nil {
		return err
	}
	return checkRef(ref)
}

// blockText is a block in a line.
func (s *Snapshot) blockText(block ledger.Block) string {
	what := block.Environment
	switch {
	case block.Set != "":
		what = ledger.SetTitle(block.Set)
	case what == "":
		what = block.Version.String()
	}
	text := fmt.Sprintf("block %d of %s by %s%s on %s: %s", block.Number, what, block.By.Name, IdentityText(block.By, block.Signed), s.civil(block.At), block.Reason)
	if block.Ref != "" {
		text += " (" + block.Ref + ")"
	}
	return text
}

// isMeant reports whether a block is of what is selected.
func (sel *Selection) isMeant(block ledger.Block) bool {
	if sel.Set != nil {
		return block.Set == sel.Set.ID
	}
	return sel.Tag != "" && block.Version.String() == sel.Version
}

// noBlockersGate wants that nobody has blocked the release, or the environment.
func noBlockersGate(s *Snapshot, sel *Selection) Gate {
	const name = release.GateNoBlockers
	var evidence, reasons, cures []string
	for _, block := range sel.Blocks.Open {
		if block.Environment != sel.Environment.Name && !sel.isMeant(block) {
			continue
		}
		what := sel.Version
		if sel.Set != nil {
			what = sel.Set.Title()
		}
		if block.Environment != "" {
			what = block.Environment
		}
		reasons = append(reasons, fmt.Sprintf("%s is blocked by %s: %s", what, block.By.Name, block.Reason))
		cures = append(cures, fmt.Sprintf("looprel unblock %d --reason TEXT", block.Number))
		evidence = append(evidence, s.blockText(block))
	}
	gate := pass(name, "nothing blocks it")
	if len(reasons) > 0 {
		gate = fail(name, strings.Join(cures, ", and "), "%s", strings.Join(reasons, "; "))
	}
	gate.Evidence = evidence
	return gate
}
