package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mozilla-services/looprel/internal/githubtest"
)

// forge is a GitHub for a script, with the remote as its repository:
//
//	forge serve OWNER/NAME          starts it, makes it the clone's origin, and gives
//	                                looprel a token
//	forge section FILE              adds the file to environments.yaml on master, with the
//	                                server's host for {forge}
//	forge replace OLD NEW           replaces a text of environments.yaml on master
//	forge file PATH FILE            adds a file on master
//	forge check COMMIT NAME STATE [PAGE]
//	                                reports a check run, or with status:NAME a status
//	forge issue TITLE [LABEL|milestone=NUMBER|number=NUMBER...]
//	                                files an issue
//	forge close TITLE               closes it
//	forge pull HEAD BASE TITLE [KEY=VALUE...]
//	                                opens a pull request of one branch for another: body,
//	                                author, labels, reviewers, reviewed (lists with
//	                                commas), number, draft=true, stranger=true
//	forge merge NUMBER METHOD [TITLE [TEXT]]
//	                                merges it by merge, squash or rebase
//	forge label NUMBER LABEL        gives a pull request a label
//	forge reject NUMBER             closes it without merging it
//	forge review NUMBER LOGIN       gives a review
//	forge outsider LOGIN            may not be asked for a review
//	forge delete-branch BRANCH      deletes a branch
//	forge run CONCLUSION            ends the last run of a workflow
//	forge status STATE TEXT         gives the last deployment a status
//	forge older                     becomes an older Enterprise Server
//	forge ruleset NAME TARGET PATTERN BYPASS TYPE...
//	                                adds rules for branches or tags
//	forge strange TITLE BODY        files an issue as somebody who does not belong there
//	forge grant TOKEN KEY=VALUE...  makes a token known: login (none: an installation's),
//	                                blind, expired or sign-on, or permissions
//	forge milestone TITLE           opens a milestone
//	forge asset TAG NAME            leaves an upload to a draft behind that was cut off
//	forge protect [BRANCH]          refuses pushes to a branch, or to none
//	forge limit COUNT               lets so many requests through
//	forge fault METHOD PATH HOW [COUNT]
//	                                answers the next requests (one, unless said) with the
//	                                status HOW, or breaks the connection, before or
//	                                after; PATH is a pattern, and * any path or method
//	forge requests COUNT            so many requests were made since this was last asked
//	forge wait METHOD PATH          waits until that was asked and done, since what was
//	                                last waited for or counted
//	forge forget                    forgets what was asked so far
//	forge show                      prints what it has, as JSON
func forge(ts *testscript.TestScript, t *testing.T, neg bool, args []string) {
	usage(ts, neg || len(args) < 1, "forge VERB ARGUMENT...")
	if args[0] == "serve" {
		serveForge(ts, t, args[1])
		return
	}
	server := scriptOf(ts).forge
	verbs := map[string]func(args []string){
		"section": func(args []string) {
			changeAtHome(ts, "environments.yaml", func(before string) string { return before + ts.ReadFile(args[0]) })
		},
		"replace": func(args []string) {
			changeAtHome(ts, "environments.yaml", func(before string) string { return strings.Replace(before, unquoted(args[0]), unquoted(args[1]), 1) })
		},
		"file": func(args []string) {
			changeAtHome(ts, args[0], func(string) string { return ts.ReadFile(args[1]) })
		},
		"check": func(args []string) {
			check := githubtest.Check{Commit: args[0], Name: args[1], State: args[2], Run: true}
			if strings.HasPrefix(check.Name, "status:") {
				check.Run, check.Name = false, strings.TrimPrefix(check.Name, "status:")
			}
			if len(args) == 4 {
				check.Details = args[3]
			}
			server.Report(check)
		},
		"issue": func(args []string) {
			issue := githubtest.Issue{Title: args[0], Open: true}
			for _, label := range args[1:] {
				if number, ok := strings.CutPrefix(label, "milestone="); ok {
					issue.Milestone, _ = strconv.Atoi(number)
				} else if number, ok := strings.CutPrefix(label, "number="); ok {
					issue.Number, _ = strconv.Atoi(number)
				} else {
					issue.Labels = append(issue.Labels, label)
				}
			}
			server.FileIssue(issue)
		},
		"pull": func(args []string) { server.OpenPull(pullOf(ts, args)) },
		"merge": func(args []string) {
			usage(ts, len(args) < 2, "forge merge NUMBER METHOD [TITLE [TEXT]]")
			said := [2]string{}
			copy(said[:], args[2:])
			server.Merge(number(ts, args[0]), args[1], unquoted(said[0]), unquoted(said[1]))
		},
		"label":  func(args []string) { server.LabelPull(number(ts, args[0]), args[1]) },
		"reject": func(args []string) { server.ClosePull(number(ts, args[0])) },
		"review": func(args []string) { server.Review(number(ts, args[0]), args[1]) },
		"outsider": func(args []string) {
			server.Change(func(state *githubtest.State) { state.Outsiders = append(state.Outsiders, args[0]) })
		},
		"delete-branch": func(args []string) { server.DeleteBranch(args[0]) },
		"close":         func(args []string) { server.CloseIssue(args[0]) },
		"run":           func(args []string) { server.EndRun(args[0]) },
		"status":        func(args []string) { server.SetStatus(args[0], args[1]) },
		"older":         func([]string) { server.OlderServer() },
		"ruleset": func(args []string) {
			server.AddRuleset(githubtest.Ruleset{Name: args[0], Target: args[1], Include: []string{args[2]}, Bypass: args[3], Types: args[4:]})
		},
		"strange":   func(args []string) { server.FileStrangeIssue(args[0], args[1]) },
		"grant":     func(args []string) { grantToken(server, args[0], args[1:]) },
		"milestone": func(args []string) { server.OpenMilestone(args[0]) },
		"asset":     func(args []string) { server.AbandonUpload(args[0], args[1]) },
		"protect": func(args []string) {
			server.Protect(args...)
		},
		"limit": func(args []string) {
			count, err := strconv.Atoi(args[0])
			ts.Check(err)
			server.Remaining(count)
		},
		"fault":    func(args []string) { server.Interfere(faults(ts, args)) },
		"requests": func(args []string) { countRequests(ts, server, args[0]) },
		"forget":   func([]string) { server.Seen() },
		"wait":     func(args []string) { awaitRequest(ts, server, args[0], args[1]) },
		"show": func([]string) {
			text, err := json.MarshalIndent(server.Snapshot(), "", "  ")
			ts.Check(err)
			_, err = ts.Stdout().Write(append(text, '\n'))
			ts.Check(err)
		},
	}
	verb, known := verbs[args[0]]
	usage(ts, !known || server == nil, "forge VERB ARGUMENT..., after forge serve")
	verb(args[1:])
}

// pullOf reads HEAD BASE TITLE [KEY=VALUE...].
func pullOf(ts *testscript.TestScript, args []string) githubtest.Pull {
	usage(ts, len(args) < 3, "forge pull HEAD BASE TITLE [KEY=VALUE...]")
	pull := githubtest.Pull{Head: args[0], Base: args[1], Title: args[2]}
	for _, setting := range args[3:] {
		key, value, _ := strings.Cut(setting, "=")
		switch key {
		case "body":
			pull.Body = unquoted(value)
		case "author":
			pull.Author = value
		case "labels":
			pull.Labels = strings.Split(value, ",")
		case "reviewers":
			pull.Reviewers = strings.Split(value, ",")
		case "reviewed":
			pull.Reviewed = strings.Split(value, ",")
		case "number":
			pull.Number = number(ts, value)
		case "draft":
			pull.Draft = true
		case "stranger":
			pull.Stranger = true
		default:
			ts.Fatalf("a pull request has no %s", key)
		}
	}
	return pull
}

func number(ts *testscript.TestScript, word string) int {
	n, err := strconv.Atoi(word)
	ts.Check(err)
	return n
}

func serveForge(ts *testscript.TestScript, t *testing.T, repository string) {
	server := githubtest.New(scriptTB{t, ts}, repository, ts.Getenv("REMOTE"))
	scriptOf(ts).forge = server
	ts.Setenv("GITHUB_SERVER_URL", server.URL)
	ts.Setenv("GITHUB_API_URL", server.API())
	ts.Setenv("GITHUB_TOKEN", githubtest.Token)
	ts.Setenv("URL", server.Remote())
	ts.Check(ts.Exec("git", "remote", "set-url", "origin", server.Remote()))
}

// changeAtHome changes a file of the repository, by way of the remote's directory.
func changeAtHome(ts *testscript.TestScript, file string, change func(before string) string) {
	dir, err := os.MkdirTemp(ts.Getenv("WORK"), "home-*")
	ts.Check(err)
	name := filepath.Base(dir)
	runInWork(ts, ".", "clone", "--quiet", "remote.git", name)
	full := filepath.Join(dir, file)
	before, err := os.ReadFile(full)
	if err != nil {
		ts.Check(os.MkdirAll(filepath.Dir(full), 0o755))
	}
	after := strings.ReplaceAll(change(string(before)), "{forge}", strings.TrimPrefix(ts.Getenv("GITHUB_SERVER_URL"), "http://"))
	if after == string(before) {
		ts.Fatalf("nothing to change in %s", file)
	}
	ts.Check(os.WriteFile(full, []byte(after), 0o644))
	runInWork(ts, name, "add", "--all")
	runInWork(ts, name, "commit", "--quiet", "--message=Change "+file)
	runInWork(ts, name, "push", "--quiet", "origin", "HEAD")
}

// unquoted turns \n into a line break, which a script's word cannot hold.
func unquoted(word string) string { return strings.ReplaceAll(word, `\n`, "\n") }

func grantToken(server *githubtest.Server, token string, settings []string) {
	grant := githubtest.Grant{Login: githubtest.Login}
	for _, setting := range settings {
		key, value, _ := strings.Cut(setting, "=")
		switch key {
		case "blind":
			grant.Blind = true
		case "expired":
			grant.Expired = true
		case "login":
			grant.Login = value
		case "sign-on":
			grant.SignOn = true
		case "scopes":
			grant.Scopes = strings.Split(value, ",")
		default:
			if grant.Permissions == nil {
				grant.Permissions = githubtest.Permissions{}
			}
			grant.Permissions[key] = value
		}
	}
	server.Grant(token, grant)
}

// faults reads METHOD PATH HOW [COUNT].
func faults(ts *testscript.TestScript, args []string) func(githubtest.Request) githubtest.Interference {
	if len(args) == 0 {
		return nil
	}
	usage(ts, len(args) < 3, "forge fault METHOD PATH HOW [COUNT]")
	left := 1
	if len(args) == 4 {
		var err error
		left, err = strconv.Atoi(args[3])
		ts.Check(err)
	}
	return func(request githubtest.Request) githubtest.Interference {
		matched, err := path.Match(args[1], request.Path)
		ts.Check(err)
		matched = matched || args[1] == "*"
		if left == 0 || request.Git || !matched || args[0] != request.Method && args[0] != "*" {
			return githubtest.Interference{}
		}
		left--
		switch args[2] {
		case "before":
			return githubtest.Interference{DropBefore: true}
		case "after":
			return githubtest.Interference{DropAfter: true}
		}
		status, header, _ := strings.Cut(args[2], "+")
		code, err := strconv.Atoi(status)
		ts.Check(err)
		interference := githubtest.Interference{Status: code, Body: `{"message":"a fault \u001b[31mof the test","documentation_url":"https://docs.github.com/rest"}`}
		if name, value, found := strings.Cut(header, ":"); found {
			interference.Header = http.Header{http.CanonicalHeaderKey(name): {value}}
		}
		return interference
	}
}

func awaitRequest(ts *testscript.TestScript, server *githubtest.Server, method, pattern string) {
	for deadline := time.Now().Add(scriptPatience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if server.Passed(func(request githubtest.Request) bool {
			matched, err := path.Match(pattern, request.Path)
			ts.Check(err)
			return request.Method == method && matched
		}) {
			return
		}
	}
	ts.Fatalf("nobody asked %s %s", method, pattern)
}

func countRequests(ts *testscript.TestScript, server *githubtest.Server, want string) {
	requests := server.Requests()
	if strconv.Itoa(len(requests)) == want {
		return
	}
	for _, request := range requests {
		ts.Logf("%s", request)
	}
	ts.Fatalf("%d requests, expected %s", len(requests), want)
}
