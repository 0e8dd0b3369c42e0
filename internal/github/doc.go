// Package github is looprel's way to GitHub's REST API, on github.com, on data
// residency (*.ghe.com) and on Enterprise Server. It is the only importer of
// go-github, and knows nothing of plans: it answers in the words of package forge,
// through small interfaces that its users declare.
//
//	address.go      a git remote's address ─▶ Site (web page, API, uploads), owner, name
//	credential.go   where a token comes from: the environment, the GitHub CLI, an App
//	client.go       one Client for one repository, made when it is first needed
//	releases.go, milestones.go, deployments.go, issues.go, pulls.go
//	                the calls, in words of package forge
//	transport.go    every request: token, deadline, count, limits, repetition
//	cache.go        answers with their ETags, kept in the clone
//	errors.go       what a refusal means, and what to do about it
//
// A request goes through these rules:
//
//   - It has a deadline, and goes to the API's host (or the uploads') alone; the
//     token leaves to no other.
//   - A GET whose answer is known is asked with its ETag: an answer that did not
//     change costs nothing of the rate limit.
//   - A refusal for the rate limit, primary or secondary, was not carried out. It is
//     waited out for as long as patience lasts (Retry-After, X-RateLimit-Reset) and
//     the request made again, whatever its method.
//   - After a broken connection, 502, 503 or 504 only what may be repeated is: GET,
//     PUT, DELETE, and PATCH, which sets values. A POST may have been carried out
//     without an answer; the next run finds what it made by its key.
//
// What GitHub says is untrusted: it is printed in one line, bounded, and free of
// control characters. A token is never part of an error.
package github
