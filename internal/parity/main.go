// Command parity holds looprel merge-tree against git on real backports, those of
// any repository that has a local clone:
//
//	go run ./internal/parity -looprel .bin/looprel -repo clone
//	go run ./internal/parity -looprel .bin/looprel -repo clone -corpus corpus.tsv
//
// Without a corpus it finds the backports by the line that git cherry-pick -x
// writes, and has the installed git merge them; -write keeps their outcome as a
// corpus. Verdict, conflicted paths and the merged tree have to be the same, the
// tree also where it holds files with conflicts.
//
// A corpus is a table with tabs between its columns; a line that begins with "#"
// is a comment. Of its columns these count: the third is the commit that was
// picked onto (OURS), the fourth the one that was picked (THEIRS; its first
// parent is BASE), the fifth "clean", "empty" or "conflict", the sixth the
// resulting tree of the first two, and the seventh the conflicted paths of the
// last, with a vertical bar between them.
//
// It lists what disagrees and fails when anything does. With -measure it measures
// instead what some of the merges cost, by git and by looprel in turn, and says
// which targets are met. It needs git, writes nothing to the clone, and imports
// nothing of looprel that takes part: what is held against git is the program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

type options struct {
	looprel, repository, corpus, write, picks string
	measure                                   bool
}

func main() {
	var o options
	flag.StringVar(&o.looprel, "looprel", ".bin/looprel", "the `PROGRAM` that is held against git")
	flag.StringVar(&o.repository, "repo", "", "the `DIRECTORY` of a clone that has the commits")
	flag.StringVar(&o.corpus, "corpus", "", "a `FILE` of backports whose outcome is known")
	flag.StringVar(&o.write, "write", "", "write a corpus of the backports found to this `FILE`")
	flag.StringVar(&o.picks, "picks", "", "a `FILE` of lines \"OURS THEIRS\" to try instead of the backports found")
	flag.BoolVar(&o.measure, "measure", false, "measure looprel and git instead, on a repository made for it if none is given")
	flag.Parse()
	if o.repository == "" && !o.measure || o.corpus != "" && o.write+o.picks != "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	hold := holdCorpus
	switch {
	case o.measure:
		hold = measure
	case o.corpus == "":
		hold = holdHistory
	}
	agree, err := hold(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
	if !agree {
		os.Exit(1)
	}
}

// holdCorpus holds looprel against the outcomes that a corpus has.
func holdCorpus(ctx context.Context, o options) (agree bool, err error) {
	rows, err := readCorpus(o.corpus)
	if err != nil {
		return false, err
	}
	if err := findBases(ctx, o.repository, rows); err != nil {
		return false, err
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, fmt.Sprintf("%s -- %s %s\n", row.base, row.ours, row.theirs))
	}
	answers, used, err := ask(ctx, o.looprel, o.repository, lines)
	if err != nil {
		return false, err
	}
	disagreements := 0
	for i, row := range rows {
		if problem := row.compare(parseAnswer(answers[i])); problem != "" {
			disagreements++
			fmt.Printf("%s onto %s: %s\n", row.theirs, row.ours, problem)
		}
	}
	fmt.Printf("%s: %d of %d backports agree with git; %s of CPU for each\n",
		o.corpus, len(rows)-disagreements, len(rows), used.each(len(rows)))
	return disagreements == 0, nil
}

// holdHistory holds looprel against what git makes of a repository's backports.
func holdHistory(ctx context.Context, o options) (agree bool, err error) {
	rows, err := findPicks(ctx, o)
	if err != nil {
		return false, err
	}
	oracle, err := newOracle(ctx, o.repository)
	if oracle != nil {
		defer func() { err = errors.Join(err, oracle.close()) }()
	}
	if err != nil {
		return false, err
	}
	judged, words, err := judge(ctx, oracle, rows)
	if err != nil {
		return false, err
	}
	if o.write != "" {
		if err := writeCorpus(o.write, filepath.Base(o.repository), judged); err != nil {
			return false, err
		}
	}
	var lines []string
	for _, row := range judged {
		lines = append(lines, fmt.Sprintf("%s -- %s %s\n", row.synthetic[0], row.synthetic[1], row.synthetic[2]))
	}
	answers, used, err := ask(ctx, o.looprel, oracle.dir, lines)
	if err != nil {
		return false, err
	}
	disagreements := 0
	for i, row := range judged {
		if answers[i] == words[i] {
			continue
		}
		disagreements++
		problem := row.compare(parseAnswer(answers[i]))
		if problem == "" {
			problem = "the text of a file with conflicts differs"
		}
		fmt.Printf("%s onto %s: %s\n", row.theirs, row.ours, problem)
	}
	fmt.Printf("%s: %d of %d backports agree with git; %s of CPU for each, git's %s", o.repository,
		len(judged)-disagreements, len(judged), used.each(len(judged)), oracle.cost.each(len(judged)))
	fmt.Printf("; at %d more git stopped\n", len(rows)-len(judged))
	return disagreements == 0, nil
}

// judge gives the rows that git has an outcome for, and its words.
func judge(ctx context.Context, oracle *oracle, rows []row) (judged []row, words []string, err error) {
	if err := oracle.prepare(ctx, rows); err != nil {
		return nil, nil, err
	}
	all, err := oracle.judge(ctx, rows)
	if err != nil {
		return nil, nil, err
	}
	for i, row := range rows {
		if all[i] != "" {
			row.settle(parseAnswer(all[i]))
			judged, words = append(judged, row), append(words, all[i])
		}
	}
	return judged, words, nil
}
