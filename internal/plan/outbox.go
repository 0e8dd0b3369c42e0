package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/release"
)

// Outbox is what a release owes the forge once its push stands. Each thing is found
// again by its key, so that it can be delivered any number of times: what is there
// is left as it is.
type Outbox struct {
	// Repository is the forge's name for the repository.
	Repository string
	// Release is nil where no Release is wanted.
	Release *OwedRelease
	// CloseMilestone and OpenMilestone are titles, "" for none.
	CloseMilestone, OpenMilestone string
	// Told are the issues and pull requests that learn of the release; nil: none.
	Told *Told
	// Held: an embargo keeps back what others would see.
	Held bool
	// Request is the deployment request to be filed; nil: none.
	Request *DeployRequest
	// Pull is the pull request to be opened; nil: none.
	Pull *OwedPull
}

// OwedRelease is a Release that shall be there.
type OwedRelease struct {
	// Want is the Release with its notes.
	Want forge.Release
	// Publish: it is published in the end, not left as a draft.
	Publish bool
	// Latest: it is the highest version, and becomes the one that is shown first.
	Latest bool
	// Assets are the files that it gets.
	Assets []AssetFile
	// Unmatched are patterns of assets that match no file.
	Unmatched []string
}

// Told are issues and pull requests, by number, that are labelled and commented on.
type Told struct {
	Numbers []int
	Label   string // "" for none
	// Comment is Markdown, "" for none, and Key is found in it.
	Comment, Key string
	// Since is before any of the comments.
	Since time.Time
}

// AssetFile is a file that a Release gets.
type AssetFile struct {
	Name string
	// Path is where the file is on this machine; "" for Content.
	Path string
	// Content is that of a file that the plan itself makes.
	Content []byte
	Size    int64  // in bytes
	SHA256  string // in hexadecimal digits
}

// ForgeFacts are what a release's outbox rests on beside the plan.
type ForgeFacts struct {
	// Changes are the commits of a release that is there already, newest first.
	Changes []notes.Commit
	// Assets are the files that the patterns match, in the order of their names.
	Assets []AssetFile
	// Unmatched are the patterns that match none.
	Unmatched []string
	// Later: files that are not there yet do not keep the release from being made.
	Later bool
	// Section is the changelog's section of a release that is there already.
	Section string
}

// checksumsName is the asset that has the checksums of the others, in the form that
// sha256sum reads.
const checksumsName = "SHA256SUMS"

// Owe adds to a plan what the release owes the forge, where environments.yaml says
// that anything is kept there.
func (p *TagPlan) Owe(s *Snapshot, facts ForgeFacts) error {
	if s.Train.GitHub == nil || p.Version.IsZero() || p.Awaits() {
		return nil
	}
	var pull *OwedPull
	if p.Outbox != nil {
		pull = p.Outbox.Pull
		p.Steps = slices.DeleteFunc(p.Steps, func(step Step) bool { return step.Kind == OpenPull })
	}
	if p.Already != "" {
		p.Changes, p.Section = notes.Collect(facts.Changes), facts.Section
	}
	p.Outbox = &Outbox{Repository: s.Forge, Pull: pull}
	if s.Train.GitHub.Releases != release.ReleasesNone {
		if err := p.oweForgeRelease(s, facts); err != nil {
			return err
		}
	}
	if pattern := s.Train.GitHub.Milestones; pattern != "" {
		p.Outbox.CloseMilestone = pattern.Tag(p.Version)
		if next, ok := p.next(s); ok {
			p.Outbox.OpenMilestone = pattern.Tag(next)
		}
	}
	if p.Already != "" {
		if err := p.oweDevelopment(s); err != nil {
			return err
		}
	}
	p.Outbox.Told = p.tell(s)
	if err := p.askAgain(s); err != nil {
		return err
	}
	if until := p.embargo(); until.After(s.Now) {
		p.Outbox.hold()
		p.Notes = append(p.Notes, fmt.Sprintf("until %s the forge shows nothing of it; looprel tag %s publishes what is there then", s.moment(until), p.Version))
	}
	p.Steps = append(p.Steps, p.Outbox.steps()...)
	return nil
}

// askAgain owes the deployment request of a backport that is there already, as long as
// the release has not been where the request wants it.
func (p *TagPlan) askAgain(s *Snapshot) error {
	if p.known == nil || len(p.known.Picks) == 0 || s.Train.GitHub.Requests == nil {
		return nil
	}
	request, err := s.deployRequest(p)
	if err == nil && request != nil && !p.known.WasOn(request.Environment) {
		p.Outbox.Request = request
	}
	return err
}

// embargo is until when nobody is to learn of the release, by the plan or by the ledger.
func (p *TagPlan) embargo() time.Time {
	if p.known != nil {
		return p.known.Embargo
	}
	return p.Embargo
}

// hold leaves of the outbox what nobody sees but those who may write: a draft.
func (o *Outbox) hold() {
	if o.Release != nil {
		o.Release.Publish = false
	}
	o.Held, o.CloseMilestone, o.OpenMilestone, o.Told, o.Request = true, "", "", nil, nil
}

// maxTold bounds how many issues learn of a release.
const maxTold = 100

// tell says which issues and pull requests learn of the release, nil for none.
func (p *TagPlan) tell(s *Snapshot) *Told {
	github := s.Train.GitHub
	told := &Told{Label: strings.ReplaceAll(github.ReleasedLabel, "{version}", p.Version.String()), Since: s.Now.Add(-clockSlack)}
	if p.known != nil {
		told.Since = p.known.At.Add(-clockSlack)
	}
	if github.ReleasedComment {
		told.Key = fmt.Sprintf("<!-- looprel: released %s %s -->", p.Component, p.Version)
		told.Comment = fmt.Sprintf("Released in [%s %s](%s/releases/tag/%s).\n\n%s\n", p.Component, p.Version, strings.TrimRight(s.Web.Forge, "/"), escapedRef(ShortRef(p.Tag)), told.Key)
	}
	for _, change := range p.Changes.Changes {
		told.Numbers = slices.Concat(told.Numbers, change.PullRequests, change.Issues)
	}
	slices.Sort(told.Numbers)
	told.Numbers = slices.Compact(told.Numbers)
	told.Numbers = told.Numbers[:min(len(told.Numbers), maxTold)]
	if len(told.Numbers) == 0 || told.Label == "" && told.Comment == "" {
		return nil
	}
	return told
}

func (p *TagPlan) oweForgeRelease(s *Snapshot, facts ForgeFacts) error {
	assets, err := checkAssets(facts)
	if err != nil {
		return err
	}
	if p.Already == "" && !facts.Later && len(facts.Unmatched) > 0 {
		return misuse("build them first, or correct github: in environments.yaml", "no file matches %s, of the assets of a Release", facts.Unmatched[0])
	}
	p.Outbox.Release = &OwedRelease{
		Want: forge.Release{
			Tag: ShortRef(p.Tag), Title: fmt.Sprintf("%s %s", p.Component, p.Version), Body: s.releaseBody(p),
		},
		Publish: s.Train.GitHub.Releases == release.ReleasesPublished,
		Latest:  !slices.ContainsFunc(s.taggedVersions(), func(other release.Version) bool { return other.Compare(p.Version) > 0 }),
		Assets:  assets, Unmatched: facts.Unmatched,
	}
	return nil
}

// assetName is what GitHub takes for a file's name as it is; it replaces other
// characters, and the file would not be found again by its name.
var assetName = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// checkAssets adds the checksums to the files, whose names must differ.
func checkAssets(facts ForgeFacts) ([]AssetFile, error) {
	if len(facts.Assets) == 0 {
		return nil, nil
	}
	var sums strings.Builder
	seen := map[string]string{checksumsName: "the checksums"}
	for _, asset := range facts.Assets {
		if !assetName.MatchString(asset.Name) {
			return nil, misuse("rename it, or correct github: in environments.yaml", "GitHub would not keep the name of %s", asset.Path)
		}
		if other, taken := seen[asset.Name]; taken {
			return nil, misuse("rename one, or correct github: in environments.yaml", "%s and %s would be assets of one name", other, asset.Path)
		}
		seen[asset.Name] = asset.Path
		fmt.Fprintf(&sums, "%s  %s\n", asset.SHA256, asset.Name)
	}
	text := []byte(sums.String())
	return append(slices.Clone(facts.Assets), AssetFile{Name: checksumsName, Content: text, Size: int64(len(text))}), nil
}

// next is the version that the train's branch is on its way to; ok is false after
// the release of a line.
func (p *TagPlan) next(s *Snapshot) (next release.Version, ok bool) {
	train, err := s.TrainBranch()
	if err != nil || p.Branch != train {
		return release.Version{}, false
	}
	return p.Version.Bump(s.Component.Bump), true
}

// maxReleaseBody bounds the text of a Release, in bytes; GitHub takes 125,000
// characters.
const maxReleaseBody = 120_000

// releaseBody is the text of a Release: the notes, and where to compare.
func (s *Snapshot) releaseBody(p *TagPlan) string {
	body := strings.TrimRight(p.Changes.Markdown(s.Web), "\n")
	if len(body) > maxReleaseBody {
		body = body[:strings.LastIndexByte(body[:maxReleaseBody], '\n')] + "\n\nand more."
	}
	if page := strings.TrimRight(s.Web.Forge, "/"); page != "" && !p.Previous.IsZero() {
		body += fmt.Sprintf("\n\n[All commits since %s](%s/compare/%s...%s)", p.Previous, page,
			escapedRef(s.Component.TagPattern.Tag(p.Previous)), escapedRef(ShortRef(p.Tag)))
	}
	return strings.TrimLeft(body, "\n")
}

// escapedRef makes a tag's name fit for a link. Of what a reference may hold, these
// would end it.
func escapedRef(name string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", "#", "%23", "%", "%25").Replace(name)
}

// joinNumbers writes numbers as people do, the first few of many.
func joinNumbers(numbers []int) string {
	names := make([]string, len(numbers))
	for i, n := range numbers {
		names[i] = fmt.Sprintf("#%d", n)
	}
	return joinSome(names)
}

// steps lists what is delivered, in its order.
func (o *Outbox) steps() []Step {
	if o == nil {
		return nil
	}
	var steps []Step
	if o.Release != nil {
		steps = append(steps, Step{Kind: DraftRelease, Target: o.Repository, Want: o.Release.Want.Tag, Reason: "with the notes, unless there is one"})
		for _, asset := range o.Release.Assets {
			reason := "an asset of " + o.Release.Want.Tag
			if asset.Path == "" {
				reason = "the checksums of the assets"
			}
			steps = append(steps, Step{Kind: AttachAsset, Target: o.Repository, Want: asset.Name, Reason: reason})
		}
	}
	if o.CloseMilestone != "" {
		steps = append(steps, Step{Kind: CloseMilestone, Target: o.Repository, Want: o.CloseMilestone, Reason: "if there is one: it is released"})
	}
	if o.OpenMilestone != "" {
		steps = append(steps, Step{Kind: OpenMilestone, Target: o.Repository, Want: o.OpenMilestone, Reason: "the next release's"})
	}
	if o.Told != nil {
		steps = append(steps, Step{Kind: TellIssues, Target: o.Repository, Want: joinNumbers(o.Told.Numbers), Reason: "they are in the release"})
	}
	if o.Request != nil {
		steps = append(steps, Step{Kind: FileRequest, Target: o.Repository, Want: o.Request.Summary, Reason: "so that operations know, unless it is filed already"})
	}
	if o.Pull != nil {
		steps = append(steps, Step{Kind: OpenPull, Target: o.Repository, Want: o.Pull.Want.Title, Reason: fmt.Sprintf("of %s for %s, unless there is one", o.Pull.Want.Head, o.Pull.Want.Base)})
	}
	if o.Pull != nil && o.Pull.Awaited {
		steps = append(steps, Step{Kind: AwaitMerge, Target: o.Repository, Want: o.Pull.Want.Base, Reason: "by people; then " + o.Pull.Command + " goes on"})
	}
	if o.Release != nil && o.Release.Publish {
		steps = append(steps, Step{Kind: PublishRelease, Target: o.Repository, Want: o.Release.Want.Tag, Reason: "once all of it is there"})
	}
	return steps
}
