package github

import (
	"context"
	"net/http"
	"os"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
)

// Release finds the release of a tag, drafts among them; ok is false if there is
// none. A draft has no address by its tag, so that the list is looked through,
// newest first.
func (c *Client) Release(ctx context.Context, tag string) (found forge.Release, ok bool, err error) {
	err = pages(func(options gh.ListOptions) (bool, *gh.Response, error) {
		list, response, err := c.api.Repositories.ListReleases(ctx, c.address.Owner, c.address.Name, &options)
		for _, one := range list {
			// A published one goes before drafts that a run left beside it.
			if one.GetTagName() == tag && (!ok || found.Draft && !one.GetDraft()) {
				found, ok = releaseOf(one), true
			}
		}
		return !ok, response, err
	})
	return found, ok, c.explain("list the releases of "+c.address.String(), err)
}

// NewestReleases are the newest releases, drafts among them, newest first: one page.
func (c *Client) NewestReleases(ctx context.Context) ([]forge.Release, error) {
	list, _, err := c.api.Repositories.ListReleases(ctx, c.address.Owner, c.address.Name, &gh.ListOptions{PerPage: pageSize})
	found := make([]forge.Release, len(list))
	for i, one := range list {
		found[i] = releaseOf(one)
	}
	return found, c.explain("list the releases of "+c.address.String(), err)
}

func releaseOf(one *gh.RepositoryRelease) forge.Release {
	found := forge.Release{
		ID: one.GetID(), Tag: one.GetTagName(), Title: one.GetName(), Body: one.GetBody(),
		Prerelease: one.GetPrerelease(), Draft: one.GetDraft(), Page: one.GetHTMLURL(),
	}
	for _, asset := range one.Assets {
		found.Assets = append(found.Assets, forge.Asset{
			ID: asset.GetID(), Name: asset.GetName(), Size: int64(asset.GetSize()), Complete: asset.GetState() == "uploaded",
		})
	}
	return found
}

// DraftRelease makes a draft.
func (c *Client) DraftRelease(ctx context.Context, release forge.Release) (forge.Release, error) {
	made, _, err := c.api.Repositories.CreateRelease(ctx, c.address.Owner, c.address.Name, &gh.RepositoryRelease{
		TagName: &release.Tag, Name: &release.Title, Body: &release.Body, Prerelease: &release.Prerelease, Draft: gh.Bool(true),
	})
	if err != nil {
		return forge.Release{}, c.explain("draft Release "+release.Tag, err)
	}
	return releaseOf(made), nil
}

// PublishRelease shows a draft to everybody. latest says whether it becomes the one
// that the repository's page shows as its latest.
func (c *Client) PublishRelease(ctx context.Context, release forge.Release, latest bool) error {
	makeLatest := "false"
	if latest {
		makeLatest = "true"
	}
	_, _, err := c.api.Repositories.EditRelease(ctx, c.address.Owner, c.address.Name, release.ID, &gh.RepositoryRelease{
		Draft: gh.Bool(false), MakeLatest: &makeLatest,
	})
	return c.explain("publish Release "+release.Tag, err)
}

// Attach uploads a file to a release, under a name.
func (c *Client) Attach(ctx context.Context, release forge.Release, name string, content *os.File) error {
	_, _, err := c.api.Repositories.UploadReleaseAsset(ctx, c.address.Owner, c.address.Name, release.ID,
		&gh.UploadOptions{Name: name, MediaType: "application/octet-stream"}, content)
	return c.explain("attach "+name+" to Release "+release.Tag, err)
}

// Detach removes a file from a release; one that is not there is no failure.
func (c *Client) Detach(ctx context.Context, asset forge.Asset) error {
	response, err := c.api.Repositories.DeleteReleaseAsset(ctx, c.address.Owner, c.address.Name, asset.ID)
	if response != nil && response.StatusCode == http.StatusNotFound {
		return nil
	}
	return c.explain("remove "+asset.Name, err)
}
