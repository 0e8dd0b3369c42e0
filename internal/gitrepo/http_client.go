package gitrepo

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

// newHTTPClient makes a client that follows git's settings for the address:
// proxies and TLS. It follows no redirects by itself.
func newHTTPClient(remote string, a address, config Config, env environ) (*http.Client, error) {
	var tlsConfig *tls.Config
	if a.protocol == protocolHTTPS {
		// Reading certificates takes longer than a short conversation.
		var err error
		if tlsConfig, err = newTLSConfig(a, config, env); err != nil {
			return nil, err
		}
	}
	proxy, err := newProxy(remote, a, config, env)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               proxy,
			TLSClientConfig:     tlsConfig,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 2,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// newTLSConfig applies http.sslVerify, http.sslCAInfo, http.sslCert and
// http.sslKey and the variables that go before them.
func newTLSConfig(a address, config Config, env environ) (*tls.Config, error) {
	setting := func(variable, key string) string {
		if value := env.get(variable); value != "" {
			return value
		}
		value, _ := config.httpSetting(a.url(), a.user, key)
		return env.expandHome(value)
	}
	result := &tls.Config{MinVersion: tls.VersionTLS12}
	_, unverified := env.lookup("GIT_SSL_NO_VERIFY")
	if unverified || !config.httpBool(a.url(), a.user, "sslVerify", true) {
		result.InsecureSkipVerify = true // the user's explicit setting, as in git
	}
	if file := setting("GIT_SSL_CAINFO", "sslCAInfo"); file != "" {
		data, err := os.ReadFile(file) // the user's configuration names it
		if err != nil {
			return nil, &Error{Kind: ErrConfig, What: "cannot read the certificates that http.sslCAInfo names", Cause: err,
				Advice: "correct the path: git config --show-origin --get-all http.sslCAInfo"}
		}
		result.RootCAs = x509.NewCertPool()
		if !result.RootCAs.AppendCertsFromPEM(data) {
			return nil, &Error{Kind: ErrConfig, What: fmt.Sprintf("%s (http.sslCAInfo) holds no certificate", file),
				Advice: "name a file of PEM certificates: git config --show-origin --get-all http.sslCAInfo"}
		}
	}
	if certificate := setting("GIT_SSL_CERT", "sslCert"); certificate != "" {
		key := setting("GIT_SSL_KEY", "sslKey")
		if key == "" {
			key = certificate
		}
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, &Error{Kind: ErrConfig, What: "cannot use the client certificate (http.sslCert, http.sslKey)", Cause: err,
				Advice: "name PEM files, the key without a passphrase"}
		}
		result.Certificates = []tls.Certificate{pair}
	}
	return result, nil
}

// newProxy applies remote.NAME.proxy, http.proxy and the environment, in this
// order; an empty setting means none.
func newProxy(remote string, a address, config Config, env environ) (func(*http.Request) (*url.URL, error), error) {
	// Lower case goes before upper case, and HTTP_PROXY in upper case is ignored,
	// as in curl: a CGI server sets it from a header.
	fromEnvironment := httpproxy.Config{
		HTTPProxy:  firstOf(env, "http_proxy", "all_proxy", "ALL_PROXY"),
		HTTPSProxy: firstOf(env, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
		NoProxy:    firstOf(env, "no_proxy", "NO_PROXY"),
	}
	text, set := config.Get("remote."+remote+".proxy"), config.Has("remote."+remote+".proxy")
	if remote == "" || !set {
		text, set = config.httpSetting(a.url(), a.user, "proxy")
	}
	if set {
		parsed, err := url.Parse(text)
		if text != "" && (err != nil || parsed.Host == "") {
			// Without the text, which may hold a password.
			return nil, &Error{Kind: ErrConfig, What: "the proxy of git's configuration is not a URL",
				Advice: "give it as http://HOST:PORT: git config --show-origin --get-regexp proxy"}
		}
		fromEnvironment.HTTPProxy, fromEnvironment.HTTPSProxy = text, text
	}
	choose := fromEnvironment.ProxyFunc()
	return func(request *http.Request) (*url.URL, error) { return choose(request.URL) }, nil
}

func firstOf(env environ, names ...string) string {
	for _, name := range names {
		if value := env.get(name); value != "" {
			return value
		}
	}
	return ""
}
