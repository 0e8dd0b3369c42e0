package release

// GitHub is what looprel keeps up to date on GitHub beside git.
type GitHub struct {
	// Repository is OWNER/NAME or HOST/OWNER/NAME; empty: that of the home remote.
	Repository string
	// Releases says how far a Release is brought: ReleasesPublished, ReleasesDraft or
	// ReleasesNone.
	Releases string
	// Assets are patterns of files in the worktree that a Release gets.
	Assets []string
	// Milestones is the pattern of milestones' titles; empty: none are touched.
	Milestones Pattern
	// ReleasedLabel is what issues and pull requests of a release are labelled with, "" for
	// nothing; {version} is replaced. ReleasedComment: they are commented on.
	ReleasedLabel   string
	ReleasedComment bool
	// NoDeployments: promotions make no deployments.
	NoDeployments bool
	// Requests says what the issues are like that ask for a deployment; nil: none are
	// filed, but for environments that are deployed to by request.
	Requests *Requests
}

// Requests are the issues that ask for a deployment.
type Requests struct {
	Labels []string
	// Template is the path of a file of the repository that has their text, "" for
	// looprel's own.
	Template string
}

// DefaultRequestLabel is the label of requests unless the file says otherwise.
const DefaultRequestLabel = "deployment-request"

// How far a Release is brought.
const (
	ReleasesPublished = "published"
	// ReleasesDraft leaves the last step to a person.
	ReleasesDraft = "draft"
	ReleasesNone  = "none"
)
