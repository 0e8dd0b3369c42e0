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
	// NoDeployments: promotions make no deployments.
	NoDeployments bool
}

// How far a Release is brought.
const (
	ReleasesPublished = "published"
	// ReleasesDraft leaves the last step to a person.
	ReleasesDraft = "draft"
	ReleasesNone  = "none"
)
