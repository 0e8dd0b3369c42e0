package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	gh "github.com/google/go-github/v62/github"
	"golang.org/x/net/http/httpproxy"
)

// Options say whom to talk to, and as whom.
type Options struct {
	Address Address
	// Find is asked for a credential when one is first needed.
	Find CredentialSource
	// UserAgent names the program.
	UserAgent string
	// Proxy is the environment's choice of proxies.
	Proxy httpproxy.Config
	// CacheDir is where answers are kept, "" for nowhere.
	CacheDir string
	Now      func() time.Time
	// Progress is told what is being waited for, "" when it is over.
	Progress func(text string)
	// Pause waits, nil: by the clock.
	Pause func(ctx context.Context, d time.Duration) error
}

// Client talks to GitHub about one repository.
type Client struct {
	address   Address
	transport *transport
	api       *gh.Client
}

// New makes a client. It asks nobody yet.
func New(options Options) (*Client, error) {
	api, err := url.Parse(options.Address.API)
	if err != nil {
		return nil, fmt.Errorf("the API's address: %w", err)
	}
	uploads, err := url.Parse(options.Address.Uploads)
	if err != nil {
		return nil, fmt.Errorf("the address of uploads: %w", err)
	}
	choose := options.Proxy.ProxyFunc()
	t := &transport{
		address: options.Address, find: options.Find, cache: &cache{dir: options.CacheDir},
		now: options.Now, progress: options.Progress, pause: options.Pause,
		next: &http.Transport{
			Proxy:             func(request *http.Request) (*url.URL, error) { return choose(request.URL) },
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2,
			ResponseHeaderTimeout: 0, // the request's deadline covers it
		},
	}
	if t.progress == nil {
		t.progress = func(string) {}
	}
	if t.pause == nil {
		t.pause = sleep
	}
	client := gh.NewClient(&http.Client{Transport: t})
	client.BaseURL, client.UploadURL, client.UserAgent = api, uploads, options.UserAgent
	return &Client{address: options.Address, transport: t, api: client}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Address is the repository that the client is for.
func (c *Client) Address() Address { return c.address }

// Counts are what was asked so far.
func (c *Client) Counts() Counts {
	c.transport.mutex.Lock()
	defer c.transport.mutex.Unlock()
	return c.transport.counts
}

// Authorise finds the credential, and asks nothing: ErrNoCredential without one.
func (c *Client) Authorise(ctx context.Context) error {
	_, err := c.transport.authorise(ctx)
	return err
}

// source is where the token is from, for messages.
func (c *Client) source() string {
	c.transport.mutex.Lock()
	defer c.transport.mutex.Unlock()
	return c.transport.credential.Source
}

func (c *Client) tokenExpired() bool {
	c.transport.mutex.Lock()
	defer c.transport.mutex.Unlock()
	return !c.transport.expires.IsZero() && !c.transport.now().Before(c.transport.expires)
}

// pageSize is the most that GitHub puts on a page.
const pageSize = 100

// maxPages bounds how far a list is followed.
const maxPages = 50

// pages follows a list from page to page until fetch wants no more.
func pages(fetch func(options gh.ListOptions) (more bool, response *gh.Response, err error)) error {
	options := gh.ListOptions{PerPage: pageSize}
	for range maxPages {
		more, response, err := fetch(options)
		if err != nil || !more || response.NextPage == 0 {
			return err
		}
		options.Page = response.NextPage
	}
	return nil
}
