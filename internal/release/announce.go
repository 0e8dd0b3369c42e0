package release

import "time"

// Announce is how people learn of releases.
type Announce struct {
	// To are the addresses that a mail goes to.
	To []string
	// From is the address that it comes from; it may be empty where no mail is sent.
	From string
	// Mail is the server that takes it; nil: no mail is sent.
	Mail *MailServer
	// Webhook is called as well; nil: none is.
	Webhook *Webhook
	// Templates is a directory of the repository whose files replace those of looprel;
	// empty: none do.
	Templates string
}

// MailServer is a server for the submission of mail. Its credentials are no part of
// the file.
type MailServer struct {
	Host string
	Port int
	// Security is SecuritySTARTTLS, SecurityTLS or SecurityNone.
	Security string
	// Timeout bounds each step of the conversation.
	Timeout time.Duration
}

// Webhook is an address that is told by HTTP. The secret that signs is no part of
// the file.
type Webhook struct {
	// URL is empty when the address is a secret as well, and comes from the
	// environment.
	URL string
	// Unsigned: the receiver cannot check signatures.
	Unsigned bool
	Timeout  time.Duration
}

// How a conversation with a mail server is kept secret.
const (
	SecuritySTARTTLS = "starttls" // TLS that the conversation begins with a command; it must succeed
	SecurityTLS      = "tls"
	SecurityNone     = "none"
)

// Defaults that the file may change.
const (
	DefaultMailTimeout    = 30 * time.Second
	DefaultWebhookTimeout = 10 * time.Second
)

// DefaultPort is where a mail server listens.
func (m MailServer) DefaultPort() int {
	switch m.Security {
	case SecurityTLS:
		return 465
	case SecurityNone:
		return 25
	}
	return 587
}
