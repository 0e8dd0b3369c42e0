package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// row is one line of the table: the same question to git and to looprel.
type row struct {
	Name string
	// Git and Own are argument vectors; ROUND in them is replaced by the round's
	// number, and Own begins with the operation.
	Git, Own []string
	// Stdin is a file that both read, empty for none.
	Stdin string
	// Silent rows print what differs between both, or nothing.
	Silent bool

	GitCosts, OwnCosts []cost
}

const roundMark = "ROUND"

// ends are the commits between which is listed and compared.
type ends struct{ since, before string }

// rows are the table's on one clone.
func (b *benchmark) rows(dir string, e ends) ([]*row, error) {
	rows := []*row{
		{Name: "open and resolve a tag or commit", Git: []string{"rev-parse", e.since + "^{commit}"}, Own: []string{"resolve", e.since}},
		{Name: "all tags", Git: []string{"tag"}, Own: []string{"tags"}},
	}
	if prefix, ok, err := b.versionPrefix(dir); err != nil {
		return nil, err
	} else if ok {
		rows = append(rows, &row{Name: "newest version tag",
			Git: []string{"-c", "versionsort.suffix=-", "for-each-ref", "--count=1", "--sort=-version:refname", "--format=%(refname)", "refs/tags/" + prefix + "[0-9]*"},
			Own: []string{"newest", prefix}, Silent: true})
	}
	blobs := filepath.Join(dir, "blobs.txt")
	count, err := b.randomBlobs(dir, e, blobs)
	if err != nil {
		return nil, err
	}
	return append(rows,
		&row{Name: "commits of " + e.since + "..HEAD", Git: []string{"log", "--format=%H %s", e.since + "..HEAD"}, Own: []string{"log", e.since, "HEAD"}},
		&row{Name: "is-ancestor on a commit-graph", Git: []string{"merge-base", "--is-ancestor", e.before, "HEAD"}, Own: []string{"ancestor", e.before, "HEAD"}},
		&row{Name: "tree difference " + e.before + ".." + e.since, Git: []string{"diff-tree", "-r", "--raw", "--no-renames", e.before, e.since}, Own: []string{"diff", e.before, e.since}},
		&row{Name: "annotated tag and ref", Git: []string{"tag", "-a", "-m", "Release", "git-" + roundMark, "HEAD"}, Own: []string{"tag", "own-" + roundMark, "HEAD"}, Silent: true},
		&row{Name: fmt.Sprintf("%d random blobs", count), Git: []string{"cat-file", "--batch"}, Own: []string{"blobs"}, Stdin: blobs},
	), nil
}

// versionPrefix is what most version tags have before the version: "" or "v".
func (b *benchmark) versionPrefix(dir string) (prefix string, ok bool, err error) {
	tags, err := b.git(dir, "tag")
	if err != nil {
		return "", false, err
	}
	counts := map[string]int{}
	for tag := range strings.FieldsSeq(tags) {
		for _, prefix := range []string{"", "v"} {
			if _, err := release.ParseVersion(strings.TrimPrefix(tag, prefix)); err == nil && strings.HasPrefix(tag, prefix) {
				counts[prefix]++
			}
		}
	}
	if counts["v"] > counts[""] {
		prefix = "v"
	}
	return prefix, counts[prefix] > 0, nil
}

// randomBlobs writes the ids of a thousand blobs that the range's commits brought,
// or of as many as there are.
func (b *benchmark) randomBlobs(dir string, e ends, name string) (int, error) {
	const wanted = 1000
	listed, err := b.git(dir, "rev-list", "--objects", "--no-object-names", "--missing=allow-any", "--filter=object:type=blob", "--filter-provided-objects", e.before+"..HEAD")
	if err != nil {
		return 0, err
	}
	all := strings.Fields(listed)
	count := min(wanted, len(all))
	var text strings.Builder
	// Far apart from each other, and the same each time.
	for i := range count {
		text.WriteString(all[i*7919%len(all)] + "\n")
	}
	return count, os.WriteFile(name, []byte(text.String()), 0o600)
}

// borrow makes a bare repository upon the objects of the given clone, with its
// references and a commit-graph: the clone itself is not written to.
func (b *benchmark) borrow(repository, name string) (string, error) {
	dir := filepath.Join(b.dir, name)
	if _, err := b.git(b.dir, "init", "--quiet", "--bare", dir); err != nil {
		return "", err
	}
	objects, err := b.git(repository, "rev-parse", "--path-format=absolute", "--git-path", "objects")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "objects", "info", "alternates"), []byte(strings.TrimSpace(objects)+"\n"), 0o600); err != nil {
		return "", err
	}
	refs, err := b.git(repository, "for-each-ref", "--format=create %(refname) %(objectname)")
	if err != nil {
		return "", err
	}
	head, err := b.git(repository, "rev-parse", "HEAD")
	if err != nil {
		return "", err
	}
	if _, err := b.gitInput(dir, strings.NewReader(refs), "update-ref", "--stdin"); err != nil {
		return "", err
	}
	for _, arguments := range [][]string{
		{"update-ref", "--no-deref", "HEAD", strings.TrimSpace(head)},
		{"pack-refs", "--all"},
		{"commit-graph", "write", "--reachable"},
	} {
		if _, err := b.git(dir, arguments...); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// clone measures on a clone that exists.
func (b *benchmark) clone(o benchOptions, out io.Writer) error {
	dir, err := b.borrow(o.repository, "clone.git")
	if err != nil {
		return err
	}
	remote, err := b.borrow(o.repository, "remote.git")
	if err != nil {
		return err
	}
	e := ends{since: o.since, before: o.before}
	if e.since == "" {
		if e.since, err = b.back(dir, 1000); err != nil {
			return err
		}
	}
	if e.before == "" {
		if e.before, err = b.back(dir, 10_000); err != nil {
			return err
		}
	}
	rows, err := b.rows(dir, e)
	if err != nil {
		return err
	}
	return b.measureWithRemote(dir, remote, rows, out)
}

// back is the commit so many first parents before HEAD, or the first one.
func (b *benchmark) back(dir string, steps int) (string, error) {
	commit, err := b.git(dir, "rev-list", "--first-parent", "--max-count=1", "--skip="+strconv.Itoa(steps), "HEAD")
	if err == nil && strings.TrimSpace(commit) == "" {
		commit, err = b.git(dir, "rev-list", "--first-parent", "--max-parents=0", "HEAD")
		commit, _, _ = strings.Cut(commit, "\n")
	}
	return strings.TrimSpace(commit), err
}
