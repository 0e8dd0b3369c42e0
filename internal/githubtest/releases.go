package githubtest

import (
	"net/http"
	"slices"
)

func (c *call) releases() reply {
	state := &c.server.state
	switch {
	case c.is(http.MethodGet):
		var list []any
		for _, one := range slices.Backward(state.Releases) {
			if !one.Draft || c.grant.may("contents", "write") {
				list = append(list, c.server.release(one))
			}
		}
		return paged(list)
	case c.is(http.MethodPost):
		return c.createRelease()
	case c.is(http.MethodPatch, "#"):
		return c.editRelease()
	case c.is(http.MethodPost, "#", "assets"):
		return c.upload()
	case c.is(http.MethodDelete, "assets", "#"):
		return c.deleteAsset()
	}
	return unknown
}

// releaseInput is what a release is made of, or changed to.
type releaseInput struct {
	Tag        *string `json:"tag_name"`
	Title      *string `json:"name"`
	Body       *string `json:"body"`
	Draft      *bool   `json:"draft"`
	Prerelease *bool   `json:"prerelease"`
	Latest     *string `json:"make_latest"`
}

func (c *call) createRelease() reply {
	var input releaseInput
	c.input(&input)
	state := &c.server.state
	if input.Tag == nil || *input.Tag == "" {
		return invalid("Release", "tag_name", "missing_field")
	}
	one := Release{ID: state.id()}
	input.apply(&one)
	one.Published = !one.Draft
	if one.Published && c.server.published(one.Tag) {
		return invalid("Release", "tag_name", "already_exists")
	}
	state.Releases = append(state.Releases, one)
	return created(c.server.release(one))
}

func (s *Server) published(tag string) bool {
	return slices.ContainsFunc(s.state.Releases, func(other Release) bool { return other.Tag == tag && !other.Draft })
}

func (i releaseInput) apply(one *Release) {
	for _, text := range []struct{ from, to *string }{{i.Tag, &one.Tag}, {i.Title, &one.Title}, {i.Body, &one.Body}} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	for _, flag := range []struct{ from, to *bool }{{i.Draft, &one.Draft}, {i.Prerelease, &one.Prerelease}} {
		if flag.from != nil {
			*flag.to = *flag.from
		}
	}
}

func (c *call) editRelease() reply {
	state := &c.server.state
	at := slices.IndexFunc(state.Releases, func(one Release) bool { return one.ID == c.number(1) })
	if at < 0 {
		return notFound
	}
	var input releaseInput
	c.input(&input)
	one := state.Releases[at]
	input.apply(&one)
	if state.Releases[at].Draft && !one.Draft {
		if c.server.published(one.Tag) {
			return invalid("Release", "tag_name", "already_exists")
		}
		one.Published = true
	}
	if one.Published && input.Latest != nil && *input.Latest == "true" {
		for i := range state.Releases {
			state.Releases[i].Latest = false
		}
		one.Latest = true
	}
	state.Releases[at] = one
	return ok(c.server.release(one))
}

func (c *call) upload() reply {
	state := &c.server.state
	at := slices.IndexFunc(state.Releases, func(one Release) bool { return one.ID == c.number(1) })
	name := c.request.URL.Query().Get("name")
	switch {
	case at < 0:
		return notFound
	case slices.ContainsFunc(state.Releases[at].Assets, func(asset Asset) bool { return asset.Name == name }):
		return invalid("ReleaseAsset", "name", "already_exists")
	}
	asset := Asset{ID: state.id(), Name: name, Content: string(bodyOf(c.request)), Complete: true}
	state.Releases[at].Assets = append(state.Releases[at].Assets, asset)
	return created(c.server.asset(asset))
}

func (c *call) deleteAsset() reply {
	for i := range c.server.state.Releases {
		assets := &c.server.state.Releases[i].Assets
		if at := slices.IndexFunc(*assets, func(asset Asset) bool { return asset.ID == c.number(2) }); at >= 0 {
			*assets = slices.Delete(*assets, at, at+1)
			return reply{status: http.StatusNoContent}
		}
	}
	return notFound
}

func (s *Server) release(one Release) map[string]any {
	assets := []any{}
	for _, asset := range one.Assets {
		assets = append(assets, s.asset(asset))
	}
	at := s.repository("/releases/%d", one.ID)
	shown := map[string]any{
		"id": one.ID, "node_id": node(one.ID), "tag_name": one.Tag, "name": one.Title, "body": one.Body,
		"draft": one.Draft, "prerelease": one.Prerelease, "target_commitish": "master", "author": s.user(Login),
		"created_at": stamp(), "published_at": nil, "assets": assets,
		"url": at, "assets_url": at + "/assets", "html_url": s.page("/releases/tag/%s", one.Tag),
		"upload_url":  s.URL + uploadPrefix + "/repos/" + s.Owner + "/" + s.Name + "/releases/assets{?name,label}",
		"tarball_url": s.repository("/tarball/%s", one.Tag), "zipball_url": s.repository("/zipball/%s", one.Tag),
	}
	if one.Published {
		shown["published_at"] = stamp()
	}
	return shown
}

func (s *Server) asset(one Asset) map[string]any {
	state := "open"
	if one.Complete {
		state = "uploaded"
	}
	return map[string]any{
		"id": one.ID, "node_id": node(one.ID), "name": one.Name, "label": "", "content_type": "application/octet-stream",
		"size": len(one.Content), "state": state, "download_count": 0, "digest": nil, "uploader": s.user(Login),
		"url": s.repository("/releases/assets/%d", one.ID), "browser_download_url": s.page("/releases/download/%d/%s", one.ID, one.Name),
		"created_at": stamp(), "updated_at": stamp(),
	}
}
