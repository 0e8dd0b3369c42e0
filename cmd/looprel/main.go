// Command looprel runs a release train out of a git repository.
package main

import (
	"crypto/rand"
	"os"
	"time"
	_ "time/tzdata" // the train's zone must exist on machines without a zone database

	"github.com/mozilla-services/looprel/internal/cli"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// main is the only place that reads the real clock, environment and streams.
func main() {
	os.Exit(cli.Main(cli.Env{
		Streams: terminal.System(os.Environ()),
		Environ: os.Environ(),
		Now:     time.Now,
		Random:  rand.Reader,
	}, os.Args[1:]))
}
