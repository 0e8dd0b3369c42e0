package apply

import (
	"context"
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// errNoFile: what is missing is not on this machine.
var errNoFile = errors.New("files of it are not on this machine")

// Undelivered reports whether the forge lacks something that a release owes it. It
// changes nothing. Labels alone are not looked for.
func Undelivered(ctx context.Context, p *plan.TagPlan, to Outbox) (bool, error) {
	d := delivery{to: to, outbox: p.Outbox}
	if d.outbox == nil {
		return false, nil
	}
	for _, lacks := range []func(context.Context) (bool, error){d.lacksRelease, d.lacksMilestone, d.lacksRequest, d.lacksComments} {
		if lacking, err := lacks(ctx); lacking || err != nil {
			return lacking, err
		}
	}
	return false, nil
}

// lacksRelease: a published Release is left as it is. A draft lacks something as long
// as it is to be published, or has not all its files.
func (d *delivery) lacksRelease(ctx context.Context) (bool, error) {
	owed := d.outbox.Release
	if owed == nil {
		return false, nil
	}
	if err := d.find(ctx); err != nil {
		return false, err
	}
	switch {
	case d.there && !d.release.Draft:
		return false, nil
	case d.there && len(owed.Unmatched) > 0:
		return false, errNoFile
	case !d.there || owed.Publish:
		return true, nil
	}
	return slices.ContainsFunc(owed.Assets, func(asset plan.AssetFile) bool {
		return !slices.ContainsFunc(d.release.Assets, func(there forge.Asset) bool { return there.Name == asset.Name && there.Complete })
	}), nil
}

func (d *delivery) lacksMilestone(ctx context.Context) (bool, error) {
	toClose, toOpen := d.outbox.CloseMilestone, d.outbox.OpenMilestone
	if toClose == "" && toOpen == "" {
		return false, nil
	}
	all, err := d.to.Milestones(ctx)
	unclosed := slices.ContainsFunc(all, func(one forge.Milestone) bool { return one.Title == toClose && one.Open })
	exists := slices.ContainsFunc(all, func(one forge.Milestone) bool { return one.Title == toOpen })
	return unclosed || toOpen != "" && !exists, err
}

func (d *delivery) lacksRequest(ctx context.Context) (bool, error) {
	if d.outbox.Request == nil || d.outbox.Request.Issue == nil {
		return false, nil
	}
	_, filed, err := d.to.FindIssue(ctx, d.outbox.Request.Issue.Key, d.outbox.Request.Issue.Since)
	return !filed && err == nil, err
}

// lacksComments: a Release that is there has been told of.
func (d *delivery) lacksComments(ctx context.Context) (bool, error) {
	told := d.outbox.Told
	if told == nil || told.Comment == "" || d.outbox.Release != nil {
		return false, nil
	}
	commented, err := d.to.Commented(ctx, told.Key, told.Since)
	return err == nil && slices.ContainsFunc(told.Numbers, func(number int) bool { return !slices.Contains(commented, number) }), err
}

// Unsettled reports whether the forge does not show that a release is on its
// environment, which it is already. It changes nothing.
func Unsettled(ctx context.Context, p *plan.PromotionPlan, outlets Outlets) (bool, error) {
	s := newShowing(outlets.Deployments, p, outlets.Log)
	if s.to != nil {
		if err := s.find(ctx); err != nil {
			return false, err
		}
		if len(s.found) == 0 || !s.isSame(s.found[0]) || s.newest != forge.StateSuccess {
			return true, nil
		}
	}
	asked := newAsking(outlets.Requests, p)
	if asked.to == nil {
		return false, nil
	}
	err := asked.find(ctx)
	return asked.there, err
}

// Claim records that something is being finished at the forge. A Moved error says that
// somebody else is at it.
func Claim(ctx context.Context, session *observe.Session, owing plan.Owing) error {
	remake := func(context.Context) (ledger.Entry, error) { return plan.MakeDelivering(session.Snapshot(), owing) }
	entry, err := remake(ctx)
	if err != nil {
		return err
	}
	return RecordAnew(ctx, session, entry, remake)
}
