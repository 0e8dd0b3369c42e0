package githubtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// description is GitHub's own description of its API, as far as it is used. It is
// read once: that takes as long as many requests.
var description = sync.OnceValues(func() (routers.Router, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		return nil, fmt.Errorf("where is the description?")
	}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "..", "testdata", "github", "openapi.json"))
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	forbidUndeclared(doc)
	return gorillamux.NewRouter(doc)
})

// forbidUndeclared makes fields that the description does not name an error, which
// by itself it leaves open.
func forbidUndeclared(doc *openapi3.T) {
	seen := map[*openapi3.Schema]bool{}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.RequestBody != nil {
				closeContent(operation.RequestBody.Value.Content, seen)
			}
			for _, response := range operation.Responses.Map() {
				closeContent(response.Value.Content, seen)
			}
		}
	}
}

func closeContent(content openapi3.Content, seen map[*openapi3.Schema]bool) {
	for _, media := range content {
		closeSchema(media.Schema, seen)
	}
}

// closeSchema closes a schema and those below it. Alternatives are left as they are
// within: a part of "allOf" sees the fields of the others.
func closeSchema(reference *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if reference == nil || reference.Value == nil || seen[reference.Value] {
		return
	}
	schema := reference.Value
	seen[schema] = true
	if len(schema.AllOf)+len(schema.AnyOf)+len(schema.OneOf) > 0 {
		return
	}
	closeSchema(schema.Items, seen)
	for _, property := range schema.Properties {
		closeSchema(property, seen)
	}
	if len(schema.Properties) > 0 && schema.AdditionalProperties.Has == nil && schema.AdditionalProperties.Schema == nil {
		no := false
		schema.AdditionalProperties.Has = &no
	}
}

// exchange is a request with its place in the description.
type exchange struct {
	input *openapi3filter.RequestValidationInput
}

// checkRequest holds a request to the description. Its body can be read again.
func checkRequest(request *http.Request, path string) (*exchange, error) {
	router, err := description()
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	copied := request.Clone(context.Background())
	// A name with slashes is one part of the path, with its slashes escaped.
	raw := request.URL.EscapedPath()
	raw = raw[max(0, strings.Index(raw, "/repos/")):]
	copied.URL = &url.URL{Scheme: "https", Host: "api.github.com", Path: path, RawPath: raw, RawQuery: request.URL.RawQuery}
	copied.Body = io.NopCloser(bytes.NewReader(body))
	route, parameters, err := router.FindRoute(copied)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", request.Method, path, err)
	}
	if err := checkQuery(copied, route); err != nil {
		return nil, err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
			ExcludeRequestBody: strings.HasPrefix(request.Header.Get("Content-Type"), "application/octet-stream"),
		},
	}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		return nil, fmt.Errorf("%s %s: %w", request.Method, path, err)
	}
	return &exchange{input}, nil
}

// checkQuery finds parameters that are not declared.
func checkQuery(request *http.Request, route *routers.Route) error {
	for name := range request.URL.Query() {
		declared := route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) != nil ||
			route.PathItem.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) != nil
		if !declared {
			return fmt.Errorf("%s %s: the parameter %s is not declared", request.Method, request.URL.Path, name)
		}
	}
	return nil
}

// everywhere are the answers that any request may get, which the description does
// not repeat for each.
var everywhere = []int{
	http.StatusNotModified, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests,
	http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
}

// checkAnswer holds an answer to the description.
func (e *exchange) checkAnswer(status int, header http.Header, body []byte) error {
	if e.input.Route.Operation.Responses.Status(status) == nil && slices.Contains(everywhere, status) {
		return nil
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: e.input, Status: status, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: e.input.Options,
	})
	if err != nil {
		return fmt.Errorf("the answer to %s %s: %w", e.input.Request.Method, e.input.Request.URL.Path, err)
	}
	return nil
}
