// Command looprel runs a release train out of a git repository.
package main

import (
	"crypto/rand"
	"io"
	"log"
	"os"
	"time"
	_ "time/tzdata" // the train's zone must exist on machines without a zone database

	"github.com/mozilla-services/looprel/internal/cli"
	"github.com/mozilla-services/looprel/internal/collector"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// main is the only place that reads the real clock, environment and streams.
func main() {
	// net/http reports odd servers to the standard logger; what an operator must
	// know comes as an error.
	log.SetOutput(io.Discard)
	if os.Getenv("GOGC") == "" {
		collector.Relax()
	}
	os.Exit(cli.Main(cli.Env{
		Streams: terminal.System(os.Environ()),
		Environ: os.Environ(),
		Now:     time.Now,
		Random:  rand.Reader,
		Exit:    os.Exit,
	}, os.Args[1:]))
}
