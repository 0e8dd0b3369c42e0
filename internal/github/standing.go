package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
)

// Standing finds out what the token may do, of the features that are wanted.
//
// GitHub does not say which permissions a fine-grained token has. Who may write is
// told from who may not by a request that cannot be carried out: it judges the
// permission (403) before the values (422).
func (c *Client) Standing(ctx context.Context, features []forge.Feature) (forge.Standing, error) {
	if err := c.Authorise(ctx); err != nil {
		return forge.Standing{}, err
	}
	standing := forge.Standing{Source: c.source(), Refused: map[forge.Feature]error{}}
	for _, feature := range features {
		err := c.tryFeature(ctx, feature)
		if errors.Is(err, ErrBadCredential) || errors.Is(err, ErrExpired) || errors.Is(err, ErrSSO) || errors.Is(err, forge.ErrUnreachable) {
			return standing, err // it is the same for all
		}
		if err != nil {
			standing.Refused[feature] = err
		}
	}
	c.transport.mutex.Lock()
	defer c.transport.mutex.Unlock()
	standing.Skew, standing.ScopesKnown = c.transport.skew, c.transport.scopesKnown
	for scope := range strings.SplitSeq(c.transport.scopes, ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			standing.Scopes = append(standing.Scopes, scope)
		}
	}
	return standing, nil
}

// tryFeature asks for what cannot be: a release, milestone, deployment or issue without
// a name, a pull request of no branch. Checks, and pull requests that ask for backports,
// are only read.
func (c *Client) tryFeature(ctx context.Context, feature forge.Feature) error {
	field := map[forge.Feature]string{
		forge.FeatureReleases: "tag_name", forge.FeatureMilestones: "title", forge.FeatureDeployments: "ref", forge.FeatureIssues: "title",
	}[feature]
	method, target, body := http.MethodPost, c.path("%s", feature), any(map[string]string{field: ""})
	if feature == forge.FeaturePulls {
		body = map[string]string{"title": "", "head": "", "base": ""}
	}
	read := map[forge.Feature]string{forge.FeatureChecks: "commits/HEAD/check-runs", forge.FeatureBackports: "pulls?state=closed&per_page=1"}[feature]
	if read != "" {
		method, target, body = http.MethodGet, c.path("%s", read), nil
	}
	err := c.call(ctx, method, target, body, nil)
	var answer *gh.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusUnprocessableEntity {
		return nil
	}
	return c.explain("use "+string(feature)+" of "+c.address.String(), err)
}

// path is that of something of the repository.
func (c *Client) path(format string, values ...any) string {
	return fmt.Sprintf("repos/%s/%s/", c.address.Owner, c.address.Name) + fmt.Sprintf(format, values...)
}

// call makes a request that go-github has no method for.
func (c *Client) call(ctx context.Context, method, target string, body, into any) error {
	request, err := c.api.NewRequest(method, target, body)
	if err == nil {
		_, err = c.api.Do(ctx, request, into)
	}
	return err
}

// ruleset is what is read of a set of rules.
type ruleset struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Target      string `json:"target"`
	Enforcement string `json:"enforcement"`
	Bypass      string `json:"current_user_can_bypass"`
	Conditions  struct {
		RefName struct {
			Include []string `json:"include"`
			Exclude []string `json:"exclude"`
		} `json:"ref_name"`
	} `json:"conditions"`
	Rules []struct {
		Type string `json:"type"`
	} `json:"rules"`
}

func (c *Client) ruleset(ctx context.Context, id int64) (found ruleset, err error) {
	err = c.call(ctx, http.MethodGet, c.path("rulesets/%d", id), nil, &found)
	return found, err
}

// BranchRules are the rules of rulesets that hold for pushes to a branch, by its short
// name, which need not exist; and whether the branch is protected in the older way,
// whose rules those alone see who administrate the repository.
func (c *Client) BranchRules(ctx context.Context, branch string) (rules []forge.Rule, protected bool, err error) {
	what := "read the rules for " + branch
	var active []struct {
		Type string `json:"type"`
		Set  int64  `json:"ruleset_id"`
	}
	if err := c.call(ctx, http.MethodGet, c.path("rules/branches/%s?per_page=100", escaped(branch)), nil, &active); err != nil {
		return nil, false, c.explain(what, err)
	}
	sets := map[int64]ruleset{}
	for _, one := range active {
		set, known := sets[one.Set]
		if !known {
			if set, err = c.ruleset(ctx, one.Set); err != nil {
				return nil, false, c.explain(what, err)
			}
			sets[one.Set] = set
		}
		rules = append(rules, forge.Rule{Type: shown(one.Type), Set: shown(set.Name), Bypass: canBypass(set)})
	}
	var found struct {
		Protection struct {
			Enabled bool `json:"enabled"`
		} `json:"protection"`
	}
	err = c.call(ctx, http.MethodGet, c.path("branches/%s", escaped(branch)), nil, &found)
	if answer := (*gh.ErrorResponse)(nil); errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusNotFound {
		err = nil // it is to be made
	}
	return rules, found.Protection.Enabled, c.explain(what, err)
}

// TagRules are the rules of rulesets that hold for pushes of a tag, by its short name.
func (c *Client) TagRules(ctx context.Context, tag string) (rules []forge.Rule, err error) {
	what := "read the rules for tag " + tag
	var sets []ruleset
	if err := c.call(ctx, http.MethodGet, c.path("rulesets?targets=tag&per_page=100"), nil, &sets); err != nil {
		return nil, c.explain(what, err)
	}
	for _, one := range sets {
		if one.Enforcement != "active" {
			continue
		}
		set, err := c.ruleset(ctx, one.ID)
		if err != nil {
			return nil, c.explain(what, err)
		}
		if !set.holdsFor("refs/tags/" + tag) {
			continue
		}
		for _, rule := range set.Rules {
			rules = append(rules, forge.Rule{Type: shown(rule.Type), Set: shown(set.Name), Bypass: canBypass(set)})
		}
	}
	return rules, nil
}

func canBypass(set ruleset) bool { return set.Bypass == "always" || set.Bypass == "exempt" }

// holdsFor reports whether the set's conditions include a reference. Its patterns are
// those of fnmatch; what path.Match does not understand is taken to match.
func (r ruleset) holdsFor(ref string) bool {
	matches := func(pattern string) bool {
		if pattern == "~ALL" {
			return true
		}
		ok, err := path.Match(strings.ReplaceAll(pattern, "**", "*"), ref)
		return ok || err != nil
	}
	for _, pattern := range r.Conditions.RefName.Exclude {
		if matches(pattern) {
			return false
		}
	}
	for _, pattern := range r.Conditions.RefName.Include {
		if matches(pattern) {
			return true
		}
	}
	return false
}

// escaped makes a reference's name a part of a path.
func escaped(name string) string {
	return strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", "/", "%2F").Replace(name)
}
