package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	gh "github.com/google/go-github/v62/github"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// What an Error is about, for errors.Is; the command line maps these to exit codes.
var (
	// ErrNoCredential: there is no token to ask with.
	ErrNoCredential = errors.New("no GitHub token")
	// ErrBadCredential: the token is not accepted (401).
	ErrBadCredential = errors.New("GitHub token not accepted")
	// ErrExpired: the token is not accepted any more, since its time is over.
	ErrExpired = errors.New("GitHub token expired")
	// ErrForbidden: the token may not do this (403).
	ErrForbidden = errors.New("not permitted at GitHub")
	// ErrSSO: the token must first be authorised for the organisation's single sign-on.
	ErrSSO = errors.New("single sign-on required")
	// ErrNotFound: there is no such thing, or the token may not see it (404).
	ErrNotFound = errors.New("not found at GitHub")
	// ErrRejected: GitHub does not take the request as it is (409, 422).
	ErrRejected = errors.New("rejected by GitHub")
	// ErrLimited: the rate limit is used up, for longer than patience lasts.
	ErrLimited = errors.New("GitHub's rate limit")
	// ErrFailed: GitHub failed at this one request, or answered what nobody expects.
	ErrFailed = errors.New("GitHub failed")
	// ErrUnreachable: no answer, or none that is GitHub's.
	ErrUnreachable = errors.New("GitHub cannot be reached")
)

// Error is a failure with a way out.
type Error struct {
	Kind   error  // one of the Err variables above
	What   string // what happened
	Advice string // what to do next
}

// Error says what happened.
func (e *Error) Error() string { return e.What }

// Hint says what to do next.
func (e *Error) Hint() string { return e.Advice }

// Unwrap gives the kind, and what it means in the words of package forge.
func (e *Error) Unwrap() []error {
	switch {
	case slices.Contains(toBeLetIn, e.Kind):
		return []error{e.Kind, forge.ErrUnauthorised}
	case slices.Contains(noAnswer, e.Kind):
		return []error{e.Kind, forge.ErrUnreachable}
	case errors.Is(e.Kind, ErrRejected):
		return []error{e.Kind, forge.ErrRejected}
	}
	return []error{e.Kind}
}

// The kinds that mean that somebody has to be let in, and that there is no answer.
var (
	toBeLetIn = []error{ErrNoCredential, ErrBadCredential, ErrExpired, ErrForbidden, ErrSSO, ErrNotFound}
	noAnswer  = []error{ErrLimited, ErrUnreachable}
)

// maxSaid bounds what is repeated of an answer, in bytes.
const maxSaid = 300

// explain makes an error of what a call returned. what is what was wanted, as in
// "list the releases of acme/loop-server".
func (c *Client) explain(what string, err error) error {
	var own *Error
	var answer *gh.ErrorResponse
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &own):
		return &Error{Kind: own.Kind, What: "cannot " + what + ": " + own.What, Advice: own.Advice}
	case errors.As(err, &answer) && answer.Response != nil:
		return c.explainAnswer(what, answer)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its words repeat the whole address
	}
	reason := printable.Bounded(err.Error(), maxSaid)
	if errors.Is(err, context.DeadlineExceeded) {
		reason = "it did not answer in time"
	}
	return &Error{Kind: ErrUnreachable, What: fmt.Sprintf("cannot %s: %s: %s", what, c.address.Host, reason), Advice: "try again in a while"}
}

func (c *Client) explainAnswer(what string, answer *gh.ErrorResponse) error {
	said := said(answer)
	because := func(kind error, why, advice string) error {
		return &Error{Kind: kind, What: fmt.Sprintf("cannot %s: %s", what, why), Advice: advice}
	}
	response := answer.Response
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized && (c.tokenExpired() || strings.Contains(strings.ToLower(said), "expired")):
		return because(ErrExpired, fmt.Sprintf("the token of %s has expired", c.source()), "make a new one, and put it where the old one was")
	case status == http.StatusUnauthorized:
		return because(ErrBadCredential, fmt.Sprintf("%s does not accept the token of %s (%s)", c.address.Host, c.source(), said), "make a new one, and put it where the old one was")
	case status == http.StatusForbidden && strings.HasPrefix(response.Header.Get("X-GitHub-SSO"), "required"):
		return because(ErrSSO, fmt.Sprintf("%s wants the token of %s authorised for its single sign-on", c.address.Owner, c.source()), c.singleSignOn(response.Header.Get("X-GitHub-SSO")))
	case status == http.StatusForbidden:
		return because(ErrForbidden, fmt.Sprintf("the token of %s may not (%s)", c.source(), said), permissionAdvice(response.Header))
	case status == http.StatusNotFound:
		return because(ErrNotFound, fmt.Sprintf("%s has it not, or the token of %s may not see it (%s)", c.address, c.source(), said),
			"correct the repository's name, or give the token access to it")
	case status == http.StatusConflict || status == http.StatusUnprocessableEntity:
		return because(ErrRejected, fmt.Sprintf("%s rejects it: %s", c.address.Host, said), "look at it on "+c.address.Web)
	case isOverloaded(status):
		return because(ErrUnreachable, fmt.Sprintf("%s answers with HTTP status %d", c.address.Host, status), "try again in a while")
	}
	return because(ErrFailed, fmt.Sprintf("%s answers with HTTP status %d (%s)", c.address.Host, response.StatusCode, said), "try again in a while, or look at https://www.githubstatus.com/")
}

// said is an answer's own words, fit to be shown.
func said(answer *gh.ErrorResponse) string {
	words := []string{answer.Message}
	for _, one := range answer.Errors {
		text := one.Message
		if text == "" {
			text = strings.TrimSpace(strings.Join([]string{one.Resource, one.Field, one.Code}, " "))
		}
		words = append(words, text)
	}
	return printable.Bounded(strings.Join(words, "; "), maxSaid)
}

// permissionAdvice names the permission that would do, where GitHub says it.
func permissionAdvice(header http.Header) string {
	accepted := header.Get("X-Accepted-GitHub-Permissions")
	if accepted == "" {
		accepted = header.Get("X-Accepted-OAuth-Scopes")
	}
	if accepted == "" {
		return "give the token the permission; looprel doctor lists what is needed"
	}
	return "give the token one of: " + printable.Bounded(accepted, maxSaid)
}

// singleSignOn is the page on which a token is authorised, if GitHub names one of its
// own.
func (c *Client) singleSignOn(header string) string {
	_, text, _ := strings.Cut(header, "url=")
	page, err := url.Parse(text)
	if err != nil || page.Scheme != "https" || !strings.EqualFold(page.Host, c.address.Host) {
		return "authorise the token for the organisation on the page of your tokens"
	}
	return "authorise it: " + printable.Bounded(page.String(), maxSaid)
}
