package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// maxBody bounds what is read of an answer, in bytes.
const maxBody = 1 << 20

// Answer is what one look saw. Its texts are bounded and printable; those that
// the service does not show are empty.
type Answer struct {
	Name    string
	Version string // may be hidden by the service's configuration
	// Revision is the commit that the service says it was built from (its field
	// "rev"), as it was sent.
	Revision string
	Branch   string
	// ThirdParties says "mocked" or "real" for each third party that the service
	// shows: a field such as fakeTokBox, true or false, is about tokbox.
	ThirdParties map[string]string
	// Switches are all the fields that are true or false: how the service is configured.
	Switches  map[string]bool
	Heartbeat Heartbeat
	When      time.Time // of the look's beginning
	// Err says why there is no usable answer: the service was not reached, or did
	// not give status 200 with a JSON object. It may hold text from outside.
	Err error
}

// Heartbeat is what the health check said.
type Heartbeat struct {
	// Known is false when there is no health check, or none was made because the
	// service gave no usable answer.
	Known bool
	// Healthy: the status was 200.
	Healthy bool
	Status  int // 0: no answer
	// Checks are what the service depends on, false for what is down.
	Checks  map[string]bool
	Message string
	Err     error // why there is no answer
}

// Look looks once: at the root URL, and at the heartbeat if that gave an answer.
func (p *Prober) Look(ctx context.Context, target Target) Answer {
	answer := Answer{When: p.Now()}
	if target.isEmpty() {
		answer.Err = ErrNothingToProbe
		return answer
	}
	address, err := target.resolve(target.Probe.Path)
	if err != nil {
		answer.Err = err
		return answer
	}
	status, body, err := p.get(ctx, address)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("GET %s: answered %s", address.Redacted(), statusWords(status))
	}
	if err == nil {
		err = answer.read(body)
	}
	if err != nil {
		answer.Err = err
		return answer
	}
	answer.Heartbeat = p.heartbeat(ctx, target)
	return answer
}

func (t Target) isEmpty() bool { return t.URL == "" || t.Probe.Disabled }

// resolve appends a path to the target's URL; one that begins with a slash
// replaces the URL's path.
func (t Target) resolve(path string) (*url.URL, error) {
	address, err := url.Parse(t.URL)
	if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") {
		// The error of url.Parse would show a password in the URL.
		return nil, errors.New("the environment's URL is not one of http or https")
	}
	if path == "" {
		return address, nil
	}
	if !strings.HasSuffix(address.Path, "/") {
		address = address.JoinPath("/")
	}
	resolved, err := address.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("the probe's path %q does not fit the environment's URL: %w", path, err)
	}
	return resolved, nil
}

func (p *Prober) heartbeat(ctx context.Context, target Target) Heartbeat {
	path := cmp.Or(target.Probe.Heartbeat, release.DefaultHeartbeat)
	if path == release.NoHeartbeat {
		return Heartbeat{}
	}
	heartbeat := Heartbeat{Known: true}
	address, err := target.resolve(path)
	if err != nil {
		heartbeat.Err = err
		return heartbeat
	}
	status, body, err := p.get(ctx, address)
	if err != nil {
		heartbeat.Err = err
		return heartbeat
	}
	heartbeat.Status, heartbeat.Healthy = status, status == http.StatusOK
	heartbeat.read(body)
	return heartbeat
}

// get makes one request and reads the whole answer.
func (p *Prober) get(ctx context.Context, address *url.URL) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return 0, nil, fmt.Errorf("GET %s: %w", address.Redacted(), err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "looprel")
	// What a cache kept would tell of the release before.
	request.Header.Set("Cache-Control", "no-cache")
	response, err := p.Client.Do(request)
	if err != nil {
		return 0, nil, explain(address, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	body, err = io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return 0, nil, explain(address, err)
	}
	if len(body) > maxBody {
		return 0, nil, fmt.Errorf("GET %s: the answer is longer than %d bytes", address.Redacted(), maxBody)
	}
	return response.StatusCode, body, nil
}

// explain says what failed without saying it twice, as the client's errors
// would, and without a password that the URL may hold.
func explain(address *url.URL, err error) error {
	var failed *url.Error
	timedOut := false
	if errors.As(err, &failed) {
		timedOut = failed.Timeout()
		err = failed.Err
	}
	if timedOut || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("GET %s: no answer in time: %w", address.Redacted(), err)
	}
	return fmt.Errorf("GET %s: %w", address.Redacted(), err)
}

func statusWords(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
