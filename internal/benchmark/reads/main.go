// Command reads measures, and checks, how looprel reads a repository, side by side
// with git on the same clone:
//
//	make bench REPO=DIR   the table: what it costs, and that both print the same
//	make reads REPO=DIR   every object of the clone against git's
//
// A row is an operation that both programs do as processes of their own: looprel's
// side is this very program with a subcommand, since no command of looprel does
// that work and nothing else. It imports gitrepo, and opens the clone as looprel
// does.
//
//	operations  what is measured, as subcommands          (operations.go)
//	rows        the same in git's words                   (rows.go)
//	measure     rounds, medians and targets               (measure.go)
//	remote      the same over a network, and a server     (remote.go)
//	growth      generated repositories of many sizes      (growth.go)
//	compare     every object, against git cat-file        (compare.go)
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/mozilla-services/looprel/internal/collector"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	if os.Getenv("GOGC") == "" {
		collector.Relax() // as looprel does
	}
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "reads:", err)
		os.Exit(1)
	}
}
