package apply

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Releases is what a release's outbox is delivered to.
type Releases interface {
	// Release finds the release of a tag, drafts among them.
	Release(ctx context.Context, tag string) (found forge.Release, ok bool, err error)
	DraftRelease(ctx context.Context, release forge.Release) (forge.Release, error)
	PublishRelease(ctx context.Context, release forge.Release, latest bool) error
	Attach(ctx context.Context, release forge.Release, name string, content *os.File) error
	Detach(ctx context.Context, asset forge.Asset) error
	Milestones(ctx context.Context) ([]forge.Milestone, error)
	CloseMilestone(ctx context.Context, milestone forge.Milestone) error
	OpenMilestone(ctx context.Context, title string) error
}

// Requests is where people are asked to deploy.
type Requests interface {
	// FindIssue finds the issue that has the key in its body, among those that were
	// changed since.
	FindIssue(ctx context.Context, key string, since time.Time) (found forge.Issue, ok bool, err error)
	FileIssue(ctx context.Context, issue forge.Issue) (forge.Issue, error)
	CloseIssue(ctx context.Context, issue forge.Issue) error
}

// Tellings is where issues and pull requests learn of a release. What is not there
// any more is no failure.
type Tellings interface {
	// Commented are the numbers under which a comment has the key, of those that were
	// written since.
	Commented(ctx context.Context, key string, since time.Time) ([]int, error)
	Comment(ctx context.Context, number int, text string) error
	Label(ctx context.Context, number int, label string) error
}

// Outbox is what all that a release owes is delivered to.
type Outbox interface {
	Releases
	Requests
	Tellings
	Pulls
	PullTellings
}

// OpenError is an act that stands, with something left to do at the forge.
type OpenError struct {
	// Done says what stands: "loop-server 0.10.0 is released".
	Done  string
	Items []OpenItem
	// Command finishes it.
	Command string
}

// OpenItem is something that is left to do.
type OpenItem struct {
	What string
	Why  error
}

func (e *OpenError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, but this is left open:", e.Done)
	for _, item := range e.Items {
		fmt.Fprintf(&text, "\n%s: %v", item.What, item.Why)
	}
	return text.String()
}

// Unwrap gives the reasons.
func (e *OpenError) Unwrap() []error {
	causes := make([]error, len(e.Items))
	for i, item := range e.Items {
		causes[i] = item.Why
	}
	return causes
}

// OnlyAwaits reports whether nothing is left but what people have to merge.
func (e *OpenError) OnlyAwaits() bool {
	return !slices.ContainsFunc(e.Items, func(item OpenItem) bool {
		_, is := errors.AsType[*awaited](item.Why)
		return !is
	})
}

// Hint says what finishes it.
func (e *OpenError) Hint() string {
	for _, item := range e.Items {
		var hinting interface{ Hint() string }
		if errors.As(item.Why, &hinting) && hinting.Hint() != "" {
			return hinting.Hint() + "; then " + e.Command + " finishes it"
		}
	}
	return e.Command + " finishes it"
}

// delivery brings an outbox to the forge.
type delivery struct {
	to     Outbox
	outbox *plan.Outbox
	// plan is what owes it.
	plan *plan.TagPlan
	// line is what owes it, without a release; nil: plan does.
	line *plan.LinePlan
	// release is the Release as it was found or made; known says whether it has been
	// looked for with success, and there whether it is there.
	release      forge.Release
	known, there bool
	// pull is the pull request that is owed.
	pull pulling
	open []OpenItem
	// down is why nothing more is asked of the forge.
	down error
	done []string
}

// look finds what is there, before anything is done anywhere: a token that will not
// do is better known now. A forge that is down is no reason not to release.
func (d *delivery) look(ctx context.Context) error {
	if d.outbox == nil {
		return nil
	}
	var err error
	switch {
	case d.outbox.Release != nil:
		err = d.find(ctx)
	case d.outbox.Pull != nil:
		err = d.findPull(ctx)
	}
	if errors.Is(err, forge.ErrUnauthorised) || ctx.Err() != nil {
		return err
	}
	return nil
}

func (d *delivery) find(ctx context.Context) error {
	found, there, err := d.to.Release(ctx, d.outbox.Release.Want.Tag)
	if err == nil {
		d.release, d.there, d.known = found, there, true
	}
	return err
}

// deliver does what is left, and names what is still left then. Each thing that
// cannot be done is named by itself, unless nothing can be.
func (d *delivery) deliver(ctx context.Context) []OpenItem {
	if d.outbox == nil {
		return nil
	}
	complete := d.draft(ctx)
	d.milestones(ctx)
	// A Release that is published has been told of.
	if d.outbox.Release == nil || !d.there || d.release.Draft {
		complete = d.tell(ctx) && complete
	}
	d.request(ctx)
	d.openPull(ctx)
	if complete {
		d.publish(ctx)
	}
	return d.open
}

// try does one thing, unless the forge has been found to be down.
func (d *delivery) try(what string, do func() error) bool {
	err := d.down
	if err == nil {
		err = do()
	}
	if err == nil {
		return true
	}
	if errors.Is(err, forge.ErrUnreachable) || errors.Is(err, context.Canceled) {
		d.down = err
	}
	d.open = append(d.open, OpenItem{What: what, Why: err})
	return false
}

// draft makes sure that there is a Release with its assets. A published one is left
// as it is. It reports whether the Release is ready to be published.
func (d *delivery) draft(ctx context.Context) (ready bool) {
	owed := d.outbox.Release
	if owed == nil {
		return false
	}
	what := "Release " + owed.Want.Tag
	if !d.known && !d.try(what, func() error { return d.find(ctx) }) {
		return false
	}
	if d.there && !d.release.Draft {
		return false
	}
	if !d.there && !d.try(what, func() (err error) { d.release, err = d.to.DraftRelease(ctx, owed.Want); return err }) {
		return false
	}
	d.there = true
	ready = true
	for _, pattern := range owed.Unmatched {
		ready = d.try("the assets "+pattern+" of "+what, func() error { return errors.New("no file matches") }) && ready
	}
	for _, asset := range owed.Assets {
		ready = d.try("asset "+asset.Name+" of "+what, func() error { return d.attach(ctx, asset) }) && ready
	}
	return ready
}

// attach makes sure that the Release has a file. What an upload left behind that was
// cut off is replaced.
func (d *delivery) attach(ctx context.Context, asset plan.AssetFile) error {
	for _, there := range d.release.Assets {
		switch {
		case there.Name != asset.Name:
		case there.Complete && there.Size == asset.Size:
			return nil
		case there.Complete:
			return fmt.Errorf("the draft has another %s, of %d bytes and not %d; remove the one that is wrong", asset.Name, there.Size, asset.Size)
		default:
			if err := d.to.Detach(ctx, there); err != nil {
				return err
			}
		}
	}
	file, err := openAsset(asset)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return d.to.Attach(ctx, d.release, asset.Name, file)
}

// openAsset opens a file that must still be as the plan has it.
func openAsset(asset plan.AssetFile) (*os.File, error) {
	if asset.Path == "" {
		return temporary(asset)
	}
	_, sum, err := observe.Checksum(asset.Path)
	if err != nil {
		return nil, err
	}
	if sum != asset.SHA256 {
		return nil, fmt.Errorf("%s has changed meanwhile", asset.Path)
	}
	return os.Open(asset.Path)
}

// temporary gives a content as a file that has no name any more, or none that is
// kept.
func temporary(asset plan.AssetFile) (*os.File, error) {
	file, err := os.CreateTemp("", "looprel-*-"+asset.Name)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", asset.Name, err)
	}
	_ = os.Remove(file.Name()) // Windows keeps it until the system cleans up
	if _, err = file.Write(asset.Content); err == nil {
		_, err = file.Seek(0, 0)
	}
	return file, err
}

func (d *delivery) milestones(ctx context.Context) {
	toClose, toOpen := d.outbox.CloseMilestone, d.outbox.OpenMilestone
	if toClose == "" && toOpen == "" {
		return
	}
	var all []forge.Milestone
	if !d.try("milestone "+toClose, func() (err error) { all, err = d.to.Milestones(ctx); return err }) {
		return
	}
	exists := false
	for _, one := range all {
		if one.Title == toClose && one.Open && d.try("milestone "+toClose, func() error { return d.to.CloseMilestone(ctx, one) }) {
			d.done = append(d.done, "closed milestone "+toClose)
		}
		exists = exists || one.Title == toOpen
	}
	if toOpen != "" && !exists && d.try("milestone "+toOpen, func() error { return d.to.OpenMilestone(ctx, toOpen) }) {
		d.done = append(d.done, "opened milestone "+toOpen)
	}
}

// tell labels the issues and pull requests of the release, and comments on those that
// have no comment yet.
func (d *delivery) tell(ctx context.Context) (all bool) {
	told := d.outbox.Told
	if told == nil {
		return true
	}
	var commented []int
	all = told.Comment == "" || d.try("comments on the release", func() (err error) {
		commented, err = d.to.Commented(ctx, told.Key, told.Since)
		return err
	})
	for _, number := range told.Numbers {
		what := fmt.Sprintf("issue #%d", number)
		if told.Label != "" {
			all = d.try("the label of "+what, func() error { return d.to.Label(ctx, number, told.Label) }) && all
		}
		if told.Comment != "" && all && !slices.Contains(commented, number) {
			all = d.try("the comment on "+what, func() error { return d.to.Comment(ctx, number, told.Comment) }) && all
		}
	}
	return all
}

// request makes sure that the deployment request is filed, open or done.
func (d *delivery) request(ctx context.Context) {
	if d.outbox.Request == nil || d.outbox.Request.Issue == nil {
		return
	}
	d.try("the issue "+d.outbox.Request.Summary, func() error {
		issue, filed, err := fileRequest(ctx, d.to, d.outbox.Request.Issue)
		if err == nil && filed {
			d.done = append(d.done, fmt.Sprintf("filed %q: %s", issue.Title, issue.Page))
		}
		return err
	})
}

// fileRequest makes sure that an issue is there; filed says whether it is new.
func fileRequest(ctx context.Context, to Requests, owed *plan.OwedIssue) (issue forge.Issue, filed bool, err error) {
	issue, found, err := to.FindIssue(ctx, owed.Key, owed.Since)
	if err != nil || found {
		return issue, false, err
	}
	issue, err = to.FileIssue(ctx, owed.Want)
	return issue, err == nil, err
}

func (d *delivery) publish(ctx context.Context) {
	owed := d.outbox.Release
	if !owed.Publish {
		d.done = append(d.done, fmt.Sprintf("drafted Release %s: %s", owed.Want.Tag, d.release.Page))
		return
	}
	if d.try("Release "+owed.Want.Tag, func() error { return d.to.PublishRelease(ctx, d.release, owed.Latest) }) {
		d.done = append(d.done, fmt.Sprintf("published Release %s: %s", owed.Want.Tag, d.release.Page))
	}
}

// openOf makes an error of what is left, nil where nothing is.
func openOf(p *plan.TagPlan, items []OpenItem) error {
	switch {
	case len(items) == 0:
		return nil
	case p.Awaits():
		return &OpenError{Done: fmt.Sprintf("%s %s is proposed", p.Component, p.Version), Items: items, Command: p.Outbox.Pull.Command}
	}
	return &OpenError{
		Done:  fmt.Sprintf("%s %s is released", p.Component, p.Version),
		Items: items, Command: fmt.Sprintf("looprel tag %s", p.Version),
	}
}
