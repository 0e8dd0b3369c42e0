// Package githubtest is a GitHub for tests, on this machine: REST API, uploads and
// git over HTTP behind one address, as Enterprise Server has them.
//
//	server := githubtest.New(t, "acme/loop-server", bareDirectory)
//	server.URL              http://127.0.0.1:PORT
//	server.Remote()         http://127.0.0.1:PORT/acme/loop-server.git
//	server.API()            http://127.0.0.1:PORT/api/v3
//
// It behaves: what is created is there afterwards, numbers rise, lists have pages
// and Link headers, answers have ETags, tokens have permissions, the rate limit runs
// out, protected branches refuse pushes, pull requests follow their branches and are
// merged in the three ways, by commits that git has. What it does not know how to do, it answers
// with 501, and the test fails.
//
// Every request, and every answer of its own, is held against GitHub's description
// of the API (testdata/github/openapi.json); what is not declared there fails the
// test.
//
// Faults are put in by Server.Interfere, which sees each request before it is
// handled and may answer in its place, break the connection before or after, or end
// the process that asks.
//
// It is for tests alone, and imports nothing of looprel.
package githubtest
