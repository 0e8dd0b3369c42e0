package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// ground is where everything is measured: a directory with a remote and a clone
// for each size of the ledger.
type ground struct {
	timetable
	dir      string
	environ  []string
	progress io.Writer
}

func newGround(dir string, s sizes, progress io.Writer) *ground {
	return &ground{timetable: timetable{s}, dir: dir, environ: environ(dir, timetable{s}.now()), progress: progress}
}

// ledgers are the sizes of the ledgers, in entries.
func (g *ground) ledgers() []int { return []int{fewEntries, g.Entries} }

func (g *ground) history() string { return filepath.Join(g.dir, "history.git") }

func (g *ground) remote(entries int) string {
	return filepath.Join(g.dir, fmt.Sprintf("remote-%d.git", entries))
}

// url is a remote's address.
func (g *ground) url(entries int) string { return "file://" + filepath.ToSlash(g.remote(entries)) }

func (g *ground) clone(entries int) string {
	return filepath.Join(g.dir, fmt.Sprintf("clone-%d", entries))
}

// marker is written last, and says what was prepared.
func (g *ground) marker() string { return filepath.Join(g.dir, "prepared.json") }

// isPrepared reports whether the directory has the repositories. It is an error
// if it has others.
func (g *ground) isPrepared() (bool, error) {
	text, err := os.ReadFile(g.marker())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var found sizes
	if err := json.Unmarshal(text, &found); err != nil {
		return false, fmt.Errorf("%s: %w", g.marker(), err)
	}
	if found != g.sizes {
		return false, fmt.Errorf("%s has repositories of other sizes: %s", g.dir, text)
	}
	return true, nil
}

// prepare makes the repositories.
func (g *ground) prepare(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(g.dir, "home"), 0o755); err != nil {
		return err
	}
	g.say("making %d commits and %d tags", g.Commits, g.Tags)
	if err := g.makeHistory(ctx); err != nil {
		return err
	}
	known, err := g.readRepository(ctx)
	if err != nil {
		return err
	}
	for _, entries := range g.ledgers() {
		g.say("making a remote with %d ledger entries, and its clone", entries)
		if err := g.makeRemote(ctx, known, entries); err != nil {
			return err
		}
		if _, err := g.git(ctx, g.dir, "clone", "--quiet", g.url(entries), g.clone(entries)); err != nil {
			return err
		}
	}
	text, err := json.Marshal(g.sizes)
	if err != nil {
		return err
	}
	return os.WriteFile(g.marker(), text, 0o644)
}

// say tells what takes a while; that nobody can be told is no failure.
func (g *ground) say(format string, values ...any) {
	_, _ = fmt.Fprintf(g.progress, "benchmark: "+format+"\n", values...)
}

// makeHistory makes a repository that has everything but a ledger.
func (g *ground) makeHistory(ctx context.Context) error {
	if _, err := g.git(ctx, g.dir, "init", "--quiet", "--bare", "--initial-branch=master", g.history()); err != nil {
		return err
	}
	err := g.fastImport(ctx, g.history(), func(to io.Writer) error { return writeHistory(g.timetable, to) })
	if err != nil {
		return err
	}
	return g.pack(ctx, g.history())
}

// pack packs objects and references as a hosting server does in the end. With -f:
// fast-import makes each object a delta of an older one, which repack would keep,
// while of what people push the newest is stored whole. With a reverse index: git
// writes one since its version 2.41.
func (g *ground) pack(ctx context.Context, dir string) error {
	if _, err := g.git(ctx, dir, "-c", "pack.writeReverseIndex=true", "repack", "-adfq"); err != nil {
		return err
	}
	_, err := g.git(ctx, dir, "pack-refs", "--all")
	return err
}

// readRepository reads what the ledger's entries name.
func (g *ground) readRepository(ctx context.Context) (repository, error) {
	known := repository{tags: map[string]object.ID{}, commits: map[string]object.ID{}}
	tags, err := g.git(ctx, g.history(), "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "refs/tags/")
	if err != nil {
		return known, err
	}
	for line := range strings.Lines(tags) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return known, fmt.Errorf("git for-each-ref printed %q", line)
		}
		var tagErr, commitErr error
		known.tags[fields[0]], tagErr = object.ParseID(fields[1])
		known.commits[fields[0]], commitErr = object.ParseID(fields[2])
		if err := errors.Join(tagErr, commitErr); err != nil {
			return known, err
		}
	}
	trunk, err := g.git(ctx, g.history(), "rev-list", "--first-parent", "--reverse", trainBranch)
	if err != nil {
		return known, err
	}
	for line := range strings.Lines(trunk) {
		id, err := object.ParseID(strings.TrimSpace(line))
		if err != nil {
			return known, err
		}
		known.trunk = append(known.trunk, id)
	}
	return known, nil
}

// makeRemote makes a copy of the history that has a ledger as well.
func (g *ground) makeRemote(ctx context.Context, known repository, entries int) error {
	dir := g.remote(entries)
	if _, err := g.git(ctx, g.dir, "clone", "--quiet", "--bare", "--local", g.history(), dir); err != nil {
		return err
	}
	var tip object.ID
	err := g.fastImport(ctx, dir, func(to io.Writer) (err error) {
		tip, err = writeLedger(g.timetable, known, entries, to)
		return err
	})
	if err != nil {
		return err
	}
	made, err := g.git(ctx, dir, "rev-parse", "--verify", release.DefaultLedgerRef)
	if err != nil {
		return err
	}
	if strings.TrimSpace(made) != tip.String() {
		return fmt.Errorf("git made %s of the ledger, and package ledger makes %s", strings.TrimSpace(made), tip)
	}
	return g.pack(ctx, dir)
}
