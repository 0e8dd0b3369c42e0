package observe

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Standings is what an examination asks of a forge.
type Standings interface {
	Standing(ctx context.Context, features []forge.Feature) (forge.Standing, error)
	// BranchRules and TagRules take short names.
	BranchRules(ctx context.Context, branch string) (rules []forge.Rule, protected bool, err error)
	TagRules(ctx context.Context, tag string) ([]forge.Rule, error)
}

// signingPatience bounds a signature that is made to see whether one can be made.
const signingPatience = time.Minute

// Examine looks whether anything stands in the way of the train, and changes nothing:
// remote, ledger, clock, signing; and where something is kept at a forge, the token and
// the rules for pushes. at may be nil.
func Examine(ctx context.Context, s *Session, at Standings) (*plan.Examination, error) {
	found := &plan.Examination{}
	found.Add("configuration", plan.Pass, "", "%s", s.source.Name)
	s.examineRemote(ctx, found)
	s.examineMembers(ctx, found)
	last := s.examineLedger(ctx, found)
	s.examineSigning(ctx, found)
	skew := s.examineForge(ctx, found, at)
	found.ExamineClock(s.snapshot, last, skew)
	return found, ctx.Err()
}

func (s *Session) examineRemote(ctx context.Context, found *plan.Examination) {
	s.progress("asking whether " + s.remoteName() + " takes pushes")
	defer s.progress("")
	if err := s.remote.CheckPush(ctx); err != nil {
		found.AddError("remote", err)
		return
	}
	if _, err := s.snapshot.TrainBranch(); err != nil {
		found.AddError("remote", err)
		return
	}
	found.Add("remote", plan.Pass, "", "%s (%s) takes pushes, all or nothing", s.remoteName(), s.remote.DisplayURL())
}

// examineMembers looks at the repositories of components that are released elsewhere as
// members of sets: one that takes no push leaves a set half-tagged.
func (s *Session) examineMembers(ctx context.Context, found *plan.Examination) {
	if !s.source.Train.Sets {
		return
	}
	for _, component := range s.source.Train.Components {
		member := s.member(component)
		if member.atHome() {
			continue
		}
		subject := "remote of " + component.Name
		s.progress("asking whether " + component.Repository + " takes pushes")
		err := member.openMember(ctx)
		if err == nil {
			err = member.remote.CheckPush(ctx)
		}
		if err != nil {
			found.AddError(subject, err)
		} else {
			found.Add(subject, plan.Pass, "", "%s takes pushes, all or nothing", component.Repository)
		}
		member.closeMember()
	}
	s.progress("")
}

// examineLedger returns the time of the last entry, zero for none.
func (s *Session) examineLedger(ctx context.Context, found *plan.Examination) time.Time {
	ref := s.source.Train.LedgerRef
	if !s.snapshot.Ledger.Exists() {
		found.Add("ledger", plan.Pass, "", "there is none yet at %s; the first tag or looprel adopt begins it", ref)
		return time.Time{}
	}
	entries, _, err := s.History(ctx, 1)
	if err != nil || len(entries) == 0 {
		found.AddError("ledger", errors.Join(err, errNoEntry))
		return time.Time{}
	}
	found.Add("ledger", plan.Pass, "", "%s, last entry %s of %s", ref, entries[0].ID.Short(), entries[0].Committer.When.UTC().Format(time.DateTime+" MST"))
	return entries[0].Committer.When
}

// errNoEntry: the ledger's tip is there, and what it names is not.
var errNoEntry = errors.New("its last entry cannot be read")

func (s *Session) examineSigning(ctx context.Context, found *plan.Examination) {
	identity, err := s.repository.Identity(gitrepo.Committer)
	if err != nil {
		found.AddError("identity", err)
		return
	}
	found.Add("identity", plan.Pass, "", "%s <%s>", identity.Name, identity.Email)
	signer, err := s.repository.Signer()
	if err != nil {
		found.AddError("signing", err)
		return
	}
	s.snapshot.Sign = plan.Signing{Tags: signer.Tags, Commits: signer.Commits, Ledger: signer.Tags}
	if !signer.Tags && !signer.Commits {
		found.Add("signing", plan.Pass, "", "git is not configured to sign (tag.gpgSign, commit.gpgSign)")
		return
	}
	s.progress("signing something")
	defer s.progress("")
	signing, cancel := context.WithTimeout(ctx, signingPatience)
	defer cancel()
	if _, err := signer.Sign(signing, []byte("looprel doctor\n")); err != nil {
		found.AddError("signing", err)
		return
	}
	found.Add("signing", plan.Pass, "", "signatures can be made")
}

// examineForge returns how much the forge's clock is ahead, nil if that is not known.
func (s *Session) examineForge(ctx context.Context, found *plan.Examination, at Standings) *time.Duration {
	if _, wanted, err := s.Forge(); err != nil || !wanted || at == nil {
		if err != nil {
			found.AddError("github", err)
		}
		return nil
	}
	s.progress("asking " + s.snapshot.Forge)
	defer s.progress("")
	features := plan.FeaturesOf(s.source.Train)
	standing, err := at.Standing(ctx, features)
	if err != nil {
		found.AddError("github", err)
		return nil
	}
	found.ExamineToken(s.snapshot, standing, features)
	s.examineRules(ctx, found, at)
	return &standing.Skew
}

// examineRules looks at the rules for the train's branch, the next line's and the next
// tag.
func (s *Session) examineRules(ctx context.Context, found *plan.Examination, at Standings) {
	component := s.snapshot.Component
	next := s.snapshot.NextVersion()
	branches := []string{component.BranchPattern.Branch(next.Line())}
	if trunk, err := s.snapshot.TrainBranch(); err == nil {
		branches = append([]string{plan.ShortRef(trunk)}, branches...)
	}
	if s.source.Train.ViaPullRequest {
		branches = append(branches, plan.OwnBranches+"release-"+component.TagPattern.Tag(next))
	}
	for _, branch := range branches {
		rules, protected, err := at.BranchRules(ctx, branch)
		if err != nil {
			found.Add("push "+branch, plan.Undecided, "", "%s", err)
			continue
		}
		_, exists := s.shown.Refs[plan.BranchRef(branch)]
		if s.source.Train.ViaPullRequest && !strings.HasPrefix(branch, plan.OwnBranches) {
			found.ExamineProtected(s.snapshot, branch, rules, !exists)
			continue
		}
		found.ExamineRules(s.snapshot, branch, rules, !exists, protected)
	}
	tag := component.TagPattern.Tag(next)
	rules, err := at.TagRules(ctx, tag)
	if err != nil {
		found.Add("push "+tag, plan.Undecided, "", "%s", err)
		return
	}
	found.ExamineRules(s.snapshot, "tag "+tag, rules, true, false)
}
