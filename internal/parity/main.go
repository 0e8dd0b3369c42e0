// Command parity holds looprel merge-tree against a corpus of real backports
// whose outcome by git is known, on a local clone of their repository:
//
//	go run ./internal/parity -looprel .bin/looprel -corpus corpus.tsv -repo clone
//
// A corpus is a table with tabs between its columns; a line that begins with "#"
// is a comment. Of its columns these count: the third is the commit that was
// picked onto (OURS), the fourth the one that was picked (THEIRS; its first
// parent is BASE), the fifth "clean", "empty" or "conflict", the sixth the
// resulting tree of the first two, and the seventh the conflicted paths of the
// last, with a vertical bar between them.
//
// It lists the rows that disagree and fails when there are any. It needs git, to
// find the parents, and imports nothing of looprel: what is held against git is
// the program.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	looprel := flag.String("looprel", ".bin/looprel", "the `PROGRAM` that is held against git")
	corpus := flag.String("corpus", "", "the `FILE` of backports")
	repository := flag.String("repo", "", "the `DIRECTORY` of a clone that has their commits")
	flag.Parse()
	if *corpus == "" || *repository == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	agree, err := run(context.Background(), *looprel, *corpus, *repository)
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
	if !agree {
		os.Exit(1)
	}
}

func run(ctx context.Context, looprel, corpus, repository string) (agree bool, err error) {
	rows, err := readCorpus(corpus)
	if err != nil {
		return false, err
	}
	if err := findBases(ctx, repository, rows); err != nil {
		return false, err
	}
	answers, cost, err := ask(ctx, looprel, repository, rows)
	if err != nil {
		return false, err
	}
	disagreements := 0
	for i, row := range rows {
		if problem := row.compare(answers[i]); problem != "" {
			disagreements++
			fmt.Printf("%s onto %s: %s\n", row.theirs, row.ours, problem)
		}
	}
	fmt.Printf("%s: %d of %d backports agree with git; %s\n", corpus, len(rows)-disagreements, len(rows), cost)
	return disagreements == 0, nil
}
