package observe

import (
	"context"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/release"
)

// PromotionLock is the name of the lock that a promotion of this clone holds
// while it runs.
func PromotionLock(environment string) string { return "promote-" + lockName(environment) }

// lockName makes an environment's name fit for a lock, which has no dots.
func lockName(environment string) string {
	name := []byte(environment)
	for i, c := range name {
		if c == '.' {
			name[i] = '_'
		}
	}
	return string(name)
}

// Promotion observes what a promotion needs and plans it.
func Promotion(ctx context.Context, s *Session, request plan.PromoteRequest, prober *probe.Prober) (*plan.PromotionPlan, error) {
	selection, err := plan.SelectRelease(s.snapshot, request)
	if err != nil {
		return nil, err
	}
	target, err := s.promotionTarget(ctx, selection, prober)
	if err != nil {
		return nil, err
	}
	return plan.MakePromotion(s.snapshot, selection, target, request)
}

// promotionTarget is what a promotion must know beyond the ledger, as far as the
// environment's gates and its way to deploy want it.
func (s *Session) promotionTarget(ctx context.Context, selection *plan.Selection, prober *probe.Prober) (plan.Target, error) {
	if _, _, err := s.Forge(); err != nil {
		return plan.Target{}, err
	}
	target, err := s.target(ctx, selection)
	if err != nil {
		return target, err
	}
	target.Seen = s.seenInstead(ctx, selection, prober)
	if _, declared := selection.Environment.Gate(release.GateChecks); declared && !selection.Commit.IsZero() {
		target.Checks = s.checks(ctx, selection.Commit)
	}
	if gate, declared := selection.Environment.Gate(release.GateNoBlockers); declared {
		target.Issues = s.blockers(ctx, gate.Blockers, selection.Version)
	}
	if selection.Environment.Deploy.Way == release.DeployByRequest && selection.Tag != "" {
		if target.Section, err = s.sectionAt(selection.Tag, selection.Version); err != nil {
			return target, err
		}
	}
	if _, declared := selection.Environment.Gate(release.GateNoLostFixes); declared {
		if target.Lost, err = s.lostFixes(ctx, selection); err != nil {
			return target, err
		}
	}
	if _, declared := selection.Environment.Gate(release.GateSigned); declared {
		if target.Signatures, err = s.signatures(ctx, selection); err != nil {
			return target, err
		}
	}
	if _, declared := selection.Environment.Gate(release.GateLive); declared {
		if before, ok := s.snapshot.Train.Predecessor(selection.Environment); ok {
			target.Before = s.answers(ctx, prober, before)
			if mirrored, ok := s.snapshot.Train.Environment(before.Mirrors); ok {
				target.Mirrored = s.answers(ctx, prober, mirrored)
			}
		}
	}
	return target, nil
}

// Rollback observes what a rollback needs and plans it.
func Rollback(s *Session, request plan.RollbackRequest) (*plan.PromotionPlan, error) {
	rollback, err := plan.SelectRollback(s.snapshot, request)
	if err != nil {
		return nil, err
	}
	own, err := s.ownAttempt(&rollback.Selection)
	if err != nil {
		return nil, err
	}
	return plan.MakeRollback(s.snapshot, rollback, plan.Target{OwnAttempt: own}, request)
}

// seenInstead is what an environment shows of which the ledger does not know what runs.
func (s *Session) seenInstead(ctx context.Context, selection *plan.Selection, prober *probe.Prober) plan.Seen {
	if selection.State.Running != nil || selection.Environment.Follows != "" {
		return plan.Seen{}
	}
	return s.lookAt(ctx, prober, []release.Environment{selection.Environment})[selection.Environment.Name]
}

func (s *Session) target(ctx context.Context, selection *plan.Selection) (plan.Target, error) {
	var target plan.Target
	var err error
	if selection.Environment.Follows != "" {
		ref := plan.BranchRef(selection.Environment.Follows)
		if err := s.fetchCommit(ctx, ref, selection.Commit); err != nil {
			return target, err
		}
		if target.HeadVersion, err = s.versionAt(selection.Commit); err != nil {
			return target, err
		}
	}
	if target.OwnAttempt, err = s.ownAttempt(selection); err != nil {
		return target, err
	}
	target.Recorded = s.recordedEvidence(selection)
	target.Changes, err = s.since(ctx, selection)
	return target, err
}

// recordedEvidence is what the ledger's last entry says was seen, where that records
// this deployment: a run that was cut off after it has told nobody yet.
func (s *Session) recordedEvidence(selection *plan.Selection) []string {
	state := s.snapshot.Ledger
	if running := selection.State.Running; running == nil || running.Deployment != selection.Deployment {
		return nil
	}
	commit, err := s.store.Commit(state.Tip())
	if err != nil {
		return nil // it is repeated where it can be read
	}
	entry, err := ledger.Decode(commit.Message)
	if err != nil || entry.Component != s.snapshot.Component.Name || entry.Finished == nil || entry.Finished.Deployment != selection.Deployment {
		return nil
	}
	return entry.Finished.Evidence
}

// versionAt is what the first version file of a commit says, the commit's short
// id where there is none.
func (s *Session) versionAt(id object.ID) (string, error) {
	revision, err := s.revision(id)
	if err != nil {
		return "", err
	}
	return plan.ShownVersion(s.snapshot.Component, revision), nil
}

// ownAttempt is the attempt under way if it was begun in this clone by a process
// that is gone: it left its lock behind, and the kernel has dropped it.
func (s *Session) ownAttempt(selection *plan.Selection) (string, error) {
	underway := selection.State.Underway
	if underway == nil {
		return "", nil
	}
	// Once found, it stays so: the run that finishes the attempt holds the lock
	// itself when it looks again.
	if s.leftBehind == underway.Attempt {
		return s.leftBehind, nil
	}
	holder, err := s.Clone().LeftBehind(PromotionLock(selection.Environment.Name))
	if err != nil || holder != underway.Attempt {
		return "", err
	}
	s.leftBehind = holder
	return holder, nil
}

// since lists the commits between what runs on an environment and what shall
// run there. History that this clone cannot show is no reason not to promote.
func (s *Session) since(ctx context.Context, selection *plan.Selection) ([]notes.Commit, error) {
	running := selection.State.Running
	if running == nil || selection.Commit.IsZero() || running.Commit == selection.Commit {
		return nil, nil
	}
	commits, err := s.Between(ctx,
		plan.Base{Tag: running.Tag, Commit: running.Commit},
		plan.Base{Tag: selection.Tag, Commit: selection.Commit})
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, nil
	}
	return commits, nil
}

// Adoption observes what exists and plans to take it over.
func Adoption(ctx context.Context, s *Session, running map[string]release.Version, prober *probe.Prober) (*plan.AdoptionPlan, error) {
	unknown, _, err := plan.Unknown(s.snapshot)
	if err != nil {
		return nil, err
	}
	request := plan.AdoptRequest{Running: running, Seen: map[string]string{}}
	if newest, ok := plan.Newest(s.snapshot, unknown); ok {
		if request.TaggedAt, err = s.taggedAt(ctx, newest); err != nil {
			return nil, err
		}
	}
	for name, seen := range s.Look(ctx, prober) {
		request.Seen[name] = seen.Version
	}
	return plan.MakeAdoption(s.snapshot, request)
}

// Status observes the environments, unless prober is nil, and tells where the
// train stands.
func Status(ctx context.Context, s *Session, prober *probe.Prober) (*plan.Status, error) {
	var seen map[string]plan.Seen
	if prober != nil {
		seen = s.Look(ctx, prober)
	}
	if err := s.LookForMerges(ctx); err != nil {
		return nil, err
	}
	status, err := plan.MakeStatus(s.snapshot, seen)
	if err != nil {
		return nil, err
	}
	if status.Waiting, err = s.WaitingEntries(); err != nil || prober == nil {
		return status, err
	}
	status.AddForge(s.snapshot, s.lookAtForge(ctx, status.AskForge(s.snapshot)))
	return status, nil
}

// Look looks at all environments that can be looked at, at the same time.
func (s *Session) Look(ctx context.Context, prober *probe.Prober) map[string]plan.Seen {
	return s.lookAt(ctx, prober, s.snapshot.Train.Environments)
}

func (s *Session) lookAt(ctx context.Context, prober *probe.Prober, environments []release.Environment) map[string]plan.Seen {
	var names []string
	var targets []probe.Target
	for _, environment := range environments {
		how := environment.ProbeFor(s.snapshot.Component)
		if environment.Commissioned && environment.URL != "" && !how.Disabled {
			names = append(names, environment.Name)
			targets = append(targets, probe.Target{URL: environment.URL, Probe: how})
		}
	}
	seen := map[string]plan.Seen{}
	if len(targets) == 0 {
		return seen
	}
	s.progress("looking at " + strings.Join(names, ", "))
	defer s.progress("")
	for i, answer := range prober.All(ctx, targets, 0) {
		seen[names[i]] = seenOf(answer)
	}
	return seen
}

// answers are as many answers of an environment as must agree, fewer if one is none.
func (s *Session) answers(ctx context.Context, prober *probe.Prober, environment release.Environment) []plan.Seen {
	var list []plan.Seen
	for range environment.ProbeFor(s.snapshot.Component).Agree {
		seen, looked := s.lookAt(ctx, prober, []release.Environment{environment})[environment.Name]
		if !looked {
			return nil
		}
		if list = append(list, seen); seen.Error != "" {
			break
		}
	}
	return list
}

func seenOf(answer probe.Answer) plan.Seen {
	seen := plan.Seen{Looked: true, Version: answer.Version, Revision: answer.Revision, Name: answer.Name,
		ThirdParties: answer.ThirdParties, Switches: answer.Switches}
	if answer.Err != nil {
		seen.Error = answer.Err.Error()
	}
	if answer.Heartbeat.Known {
		healthy := answer.Heartbeat.Healthy
		seen.Healthy, seen.Health = &healthy, answer.Heartbeat.String()
	}
	return seen
}
