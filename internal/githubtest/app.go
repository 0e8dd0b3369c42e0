package githubtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// App is a GitHub App that is installed for the repository.
type App struct {
	ID           string
	Installation int
	Key          *rsa.PublicKey
	// Token is what an installation's token is; it must be granted.
	Token string
}

// Install makes an App known.
func (s *Server) Install(app App) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.installed = &app
}

// app answers the requests that an App makes as itself, with a signed token.
func (c *call) app(token string) reply {
	app := c.server.installed
	if app == nil || !app.signed(token) {
		return message(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	tokens := "/app/installations/" + strconv.Itoa(app.Installation) + "/access_tokens"
	switch {
	case c.request.Method == http.MethodPost && c.path == tokens:
		return created(map[string]any{
			"token": app.Token, "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
			"permissions": map[string]any{"contents": "write", "metadata": "read"}, "repository_selection": "selected",
		})
	case c.request.Method == http.MethodGet && c.path == "/repos/"+c.server.Owner+"/"+c.server.Name+"/installation":
		return ok(c.server.installation(app))
	}
	return notFound
}

// signed reports whether a JSON web token is the App's own, and valid now.
func (a *App) signed(token string) bool {
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(a.Key, crypto.SHA256, sum[:], signature) != nil {
		return false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Issued  int64  `json:"iat"`
		Expires int64  `json:"exp"`
		Issuer  string `json:"iss"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return false
	}
	now := time.Now().Unix()
	return claims.Issuer == a.ID && claims.Issued <= now && now < claims.Expires && claims.Expires-claims.Issued <= 600+60
}

func (s *Server) installation(app *App) map[string]any {
	return map[string]any{
		"id": app.Installation, "app_id": 1, "app_slug": "looprel", "target_id": 1, "target_type": "Organization",
		"account": s.user(s.Owner), "repository_selection": "selected", "events": []any{},
		"permissions":       map[string]any{"contents": "write", "metadata": "read"},
		"access_tokens_url": s.API() + "/app/installations/" + strconv.Itoa(app.Installation) + "/access_tokens",
		"repositories_url":  s.API() + "/installation/repositories", "html_url": s.URL + "/organizations/" + s.Owner + "/settings/installations/1",
		"created_at": stamp(), "updated_at": stamp(), "single_file_name": nil, "suspended_by": nil, "suspended_at": nil,
	}
}
