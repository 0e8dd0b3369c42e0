package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/net/http/httpproxy"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
)

// forge is the way to GitHub; nil where nothing is kept there. It asks nobody yet.
func (a *app) forge(session *observe.Session) (*github.Client, error) {
	address, wanted, err := session.Forge()
	if err != nil || !wanted || a.client != nil {
		return a.client, err
	}
	a.client, err = github.New(github.Options{
		Address: address, Find: a.credential(address), UserAgent: "looprel/" + Version, Proxy: a.proxy(),
		CacheDir: filepath.Join(session.Clone().CommonDir(), "looprel", "github"),
		Now:      a.env.Now, Progress: a.progress(),
	})
	return a.client, err
}

// useForge lets the session ask GitHub what gates want to know. Where its repository
// cannot be told, whoever needs it says so.
func (a *app) useForge(session *observe.Session) {
	if client, err := a.forge(session); err == nil && client != nil {
		session.UseForge(client, a.runPage())
	}
}

// outbox is forge for what a release owes.
func (a *app) outbox(session *observe.Session) (apply.Outbox, error) {
	client, err := a.forge(session)
	if client == nil || err != nil {
		return nil, err
	}
	return client, nil
}

// toForge fills in a promotion's ways to the forge.
func (a *app) toForge(session *observe.Session, outlets *apply.Outlets) error {
	client, err := a.forge(session)
	if client == nil || err != nil {
		return err
	}
	outlets.Deployments, outlets.Requests, outlets.Workflows, outlets.Log = client, client, client, a.runPage()
	return nil
}

// runPage is the page of the workflow run that this is a step of, "" elsewhere.
func (a *app) runPage() string {
	server, repository, run := a.env.lookup("GITHUB_SERVER_URL"), a.env.lookup("GITHUB_REPOSITORY"), a.env.lookup("GITHUB_RUN_ID")
	if server == "" || repository == "" || run == "" {
		return ""
	}
	return server + "/" + repository + "/actions/runs/" + run
}

// proxy is the environment's choice; as with git, lower case goes before upper case.
func (a *app) proxy() httpproxy.Config {
	first := func(names ...string) string {
		for _, name := range names {
			if value := a.env.lookup(name); value != "" {
				return value
			}
		}
		return ""
	}
	return httpproxy.Config{
		HTTPProxy: first("http_proxy"), HTTPSProxy: first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"), NoProxy: first("no_proxy", "NO_PROXY"),
	}
}

// credential looks for a token: in the environment, where it may be for that host;
// an App's, where one is configured; the GitHub CLI's login.
func (a *app) credential(address github.Address) github.CredentialSource {
	app := github.App{ID: a.env.lookup(appIDVariable), KeyFile: a.path(a.env.lookup(appKeyVariable))}
	program, _ := gitrepo.FindProgram("gh", a.env.Environ) // a login without the program may do as well
	commandLine := github.CommandLine{Dir: a.path(github.CommandLineDir(a.env.lookup)), Program: program, Environ: a.env.Environ}
	return github.FirstCredential(a.environmentToken(address), app.Installation(address, a.proxy(), a.env.Now), commandLine.Login(address))
}

// The variables that say as which GitHub App to act.
const (
	appIDVariable  = "LOOPREL_GITHUB_APP_ID"
	appKeyVariable = "LOOPREL_GITHUB_APP_KEY"
)

func (a *app) environmentToken(address github.Address) github.CredentialSource {
	return func(context.Context) (github.Credential, bool, error) {
		for _, token := range gitrepo.EnvironmentTokens(address.Web, a.env.Environ) {
			return github.NewCredential(token.Name, token.Value), true, nil
		}
		return github.Credential{}, false, nil
	}
}

// tellCounts says how much was asked of GitHub, where that is wanted.
func (a *app) tellCounts() {
	if !a.verbose || a.client == nil {
		return
	}
	counts := a.client.Counts()
	text := fmt.Sprintf("asked %s %s", a.client.Address().Host, counted(counts.Requests, "time", "times"))
	if counts.Unchanged > 0 {
		text += fmt.Sprintf(", %d of them answered by \"not modified\"", counts.Unchanged)
	}
	if counts.Repeated > 0 {
		text += fmt.Sprintf(", %d of them again", counts.Repeated)
	}
	a.note("%s", text)
}
