package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request of the API while it is handled.
type call struct {
	server  *Server
	request *http.Request
	path    string
	parts   []string
	grant   Grant
}

// reply is an answer: a value as JSON, or a list of which a page is sent.
type reply struct {
	status int
	value  any
	list   []any
	isList bool
	header http.Header
}

func ok(value any) reply      { return reply{status: http.StatusOK, value: value} }
func created(value any) reply { return reply{status: http.StatusCreated, value: value} }
func paged(list []any) reply  { return reply{status: http.StatusOK, list: list, isList: true} }

// message is an answer that is an error, in GitHub's form.
func message(status int, text string) reply {
	return reply{status: status, value: map[string]any{
		"message": text, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	}}
}

// invalid is the refusal of a value (422).
func invalid(resource, field, code string) reply {
	r := message(http.StatusUnprocessableEntity, "Validation Failed")
	r.value = map[string]any{
		"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest",
		"errors": []any{map[string]any{"resource": resource, "field": field, "code": code}},
	}
	return r
}

var (
	notFound = message(http.StatusNotFound, "Not Found")
	unknown  = reply{status: http.StatusNotImplemented, value: map[string]any{"message": "not part of this server"}}
)

// handle answers, once the token has been looked at.
func (c *call) handle() reply {
	refused, letIn := c.authenticate()
	if !letIn {
		return refused
	}
	r := c.limit()
	if r.status == 0 {
		r = c.route()
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	if c.grant.Scopes != nil {
		r.header.Set("X-OAuth-Scopes", strings.Join(c.grant.Scopes, ", "))
	}
	r.header.Set("X-RateLimit-Limit", "5000")
	r.header.Set("X-RateLimit-Remaining", strconv.Itoa(c.server.remaining))
	r.header.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	return r
}

// limit counts the request against the rate limit, and refuses it once that is used
// up.
func (c *call) limit() reply {
	if c.server.remaining <= 0 {
		return message(http.StatusForbidden, "API rate limit exceeded for user.")
	}
	c.server.remaining--
	return reply{}
}

func (c *call) authenticate() (refused reply, letIn bool) {
	token, found := strings.CutPrefix(c.request.Header.Get("Authorization"), "Bearer ")
	grant, known := c.server.grants[token]
	switch {
	case found && strings.Count(token, ".") == 2:
		return c.app(token), false
	case !found || !known || grant.Expired:
		return message(http.StatusUnauthorized, "Bad credentials"), false
	case grant.SignOn:
		r := message(http.StatusForbidden, "Resource protected by organization SAML enforcement.")
		r.header = http.Header{"X-Github-Sso": {"required; url=" + c.server.URL + "/orgs/" + c.server.Owner + "/sso"}}
		return r, false
	}
	c.grant = grant
	return reply{}, true
}

// may reports whether the token has a permission, "read" or "write".
func (g Grant) may(permission, level string) bool {
	has := g.Permissions[permission]
	if permission == "metadata" {
		has = "read" // every token has it
	}
	return g.Permissions == nil || has == "write" || has == level
}

// need is the refusal of a token that lacks a permission; its status is zero for
// one that has it.
func (c *call) need(permission, level string) reply {
	if c.grant.may(permission, level) {
		return reply{}
	}
	r := message(http.StatusForbidden, "Resource not accessible by personal access token")
	r.header = http.Header{"X-Accepted-Github-Permissions": {permission + "=" + level}}
	return r
}

// route finds what is asked for below the repository.
func (c *call) route() reply {
	if c.path == "/user" && c.request.Method == http.MethodGet {
		if c.grant.Login == "" {
			return message(http.StatusForbidden, "Resource not accessible by integration")
		}
		return ok(c.server.ownUser(c.grant.Login))
	}
	if len(c.parts) < 3 || c.parts[0] != "repos" || c.parts[1] != c.server.Owner || c.parts[2] != c.server.Name || c.grant.Blind {
		return notFound
	}
	c.parts = c.parts[3:]
	if len(c.parts) == 0 {
		return unknown
	}
	level := "read"
	if c.request.Method != http.MethodGet {
		level = "write"
	}
	resources := map[string]struct {
		permission string
		handle     func() reply
	}{
		"releases":    {"contents", c.releases},
		"milestones":  {"issues", c.milestones},
		"issues":      {"issues", c.issues},
		"labels":      {"issues", c.allLabels},
		"pulls":       {"pull_requests", c.pulls},
		"commits":     {c.permissionOfCommits(), c.commits},
		"actions":     {"actions", c.actions},
		"rules":       {"metadata", c.rules},
		"rulesets":    {"metadata", c.rulesets},
		"branches":    {"contents", c.branches},
		"deployments": {"deployments", c.deployments},
	}
	resource, found := resources[c.parts[0]]
	if !found {
		return unknown
	}
	refused := c.need(resource.permission, level)
	// What issues and pull requests have in common is open to either permission.
	if resource.permission == "issues" && c.server.pullAt(c.number(1)) >= 0 && c.grant.may("pull_requests", level) {
		refused = reply{}
	}
	if refused.status != 0 {
		return refused
	}
	return resource.handle()
}

// input reads the request's body.
func (c *call) input(into any) { _ = json.Unmarshal(bodyOf(c.request), into) }

// number is a part of the path that is a number, 0 if it is none.
func (c *call) number(part int) int {
	if part >= len(c.parts) {
		return 0
	}
	n, _ := strconv.Atoi(c.parts[part])
	return n
}

// is reports whether the method and the rest of the path are these; "#" stands for
// any number.
func (c *call) is(method string, rest ...string) bool {
	if c.request.Method != method || len(c.parts) != len(rest)+1 {
		return false
	}
	for i, part := range rest {
		if part != c.parts[i+1] && (part != "#" || c.number(i+1) == 0) {
			return false
		}
	}
	return true
}

// send writes the answer, with its ETag and, of a list, the page that was asked for
// and the links to the others. It returns the body.
func (r reply) send(w *httptest.ResponseRecorder, request *http.Request) []byte {
	header := w.Header()
	for name, values := range r.header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	value := r.value
	if r.isList {
		var link string
		value, link = pageOf(r.list, request)
		if link != "" {
			header.Set("Link", link)
		}
	}
	if r.status == http.StatusNoContent {
		w.WriteHeader(r.status)
		return nil
	}
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(value)
	header.Set("Content-Type", "application/json; charset=utf-8")
	if request.Method == http.MethodGet && r.status == http.StatusOK {
		etag := fmt.Sprintf("W/\"%x\"", sha256.Sum256(append([]byte(header.Get("Link")), body.Bytes()...)))
		header.Set("ETag", etag)
		if request.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(body.Bytes())
	return body.Bytes()
}

// pageOf cuts the page out of a list.
func pageOf(list []any, request *http.Request) (page []any, link string) {
	query := request.URL.Query()
	number, size := 1, 30
	if n, err := strconv.Atoi(query.Get("page")); err == nil && n > 0 {
		number = n
	}
	if n, err := strconv.Atoi(query.Get("per_page")); err == nil && n > 0 {
		size = min(n, 100)
	}
	from, to := min((number-1)*size, len(list)), min(number*size, len(list))
	last := (len(list) + size - 1) / size
	at := func(n int, relation string) string {
		query.Set("page", strconv.Itoa(n))
		address := url.URL{Scheme: "http", Host: request.Host, Path: request.URL.Path, RawQuery: query.Encode()}
		return fmt.Sprintf("<%s>; rel=\"%s\"", address.String(), relation)
	}
	var links []string
	if number > 1 {
		links = append(links, at(number-1, "prev"), at(1, "first"))
	}
	if number < last {
		links = append(links, at(number+1, "next"), at(last, "last"))
	}
	return append([]any{}, list[from:to]...), strings.Join(links, ", ")
}
