package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// operation does something with an open clone and prints what git would print.
type operation func(ctx context.Context, clone *gitrepo.Repository, arguments []string, streams streams) error

// streams are what an operation reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
}

// operations are the subcommands, by name.
var operations = map[string]operation{
	"resolve":  resolve,
	"tags":     tags,
	"newest":   newest,
	"log":      log,
	"ancestor": ancestor,
	"diff":     diff,
	"tag":      tag,
	"blobs":    blobs,
	"push":     push,
	"list":     list,
	"fetch":    fetch,
}

// operate runs one operation on the clone in a directory.
func operate(ctx context.Context, name, dir string, arguments []string, streams streams) error {
	clone, err := gitrepo.Open(ctx, gitrepo.Options{Dir: dir, Environ: os.Environ()})
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(streams.out, 64<<10)
	streams.out = buffered
	err = operations[name](ctx, clone, arguments, streams)
	return errors.Join(err, buffered.Flush(), clone.Close())
}

// resolve prints the commit that a name means.
func resolve(_ context.Context, clone *gitrepo.Repository, arguments []string, streams streams) error {
	commit, err := clone.ResolveCommit(arguments[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(streams.out, commit)
	return err
}

// tags prints the names of all tags.
func tags(_ context.Context, clone *gitrepo.Repository, _ []string, streams streams) error {
	refs, err := clone.Refs("refs/tags/")
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		_, _ = fmt.Fprintln(streams.out, strings.TrimPrefix(name, "refs/tags/"))
	}
	return nil
}

// newest prints the full name of the tag with the highest version; its argument is
// what tags have before the version.
func newest(_ context.Context, clone *gitrepo.Repository, arguments []string, streams streams) error {
	prefix := "refs/tags/" + arguments[0]
	refs, err := clone.Refs(prefix)
	if err != nil {
		return err
	}
	var versions []release.Version
	for name := range refs {
		if version, err := release.ParseVersion(strings.TrimPrefix(name, prefix)); err == nil {
			versions = append(versions, version)
		}
	}
	if len(versions) == 0 {
		return errors.New("there are no releases")
	}
	highest := slices.MaxFunc(versions, release.Version.Compare)
	_, err = fmt.Fprintln(streams.out, prefix+highest.String())
	return err
}

// log prints the commits of a range, which is given as its ends.
func log(ctx context.Context, clone *gitrepo.Repository, arguments []string, streams streams) error {
	ends, err := resolveAll(clone, arguments)
	if err != nil {
		return err
	}
	commits, err := clone.Range(ctx, ends[1:], ends[:1], gitrepo.RangeOptions{})
	if err != nil {
		return err
	}
	var line []byte
	for _, commit := range commits {
		line = hex.AppendEncode(line[:0], commit.ID[:])
		line = append(append(append(line, ' '), commit.Subject()...), '\n')
		_, _ = streams.out.Write(line)
	}
	return nil
}

// ancestor fails where its first argument is no ancestor of the second.
func ancestor(ctx context.Context, clone *gitrepo.Repository, arguments []string, _ streams) error {
	ends, err := resolveAll(clone, arguments)
	if err != nil {
		return err
	}
	is, err := clone.IsAncestor(ctx, ends[0], ends[1])
	if err == nil && !is {
		err = errors.New("it is no ancestor")
	}
	return err
}

// diff prints the difference of two trees.
func diff(_ context.Context, clone *gitrepo.Repository, arguments []string, streams streams) error {
	var trees [2]object.ID
	ends, err := resolveAll(clone, arguments)
	if err != nil {
		return err
	}
	for i, end := range ends {
		if trees[i], err = clone.TreeAt(end, ""); err != nil {
			return err
		}
	}
	var line []byte
	return clone.Diff(trees[0], trees[1], func(path string, before, after object.TreeEntry) bool {
		line = appendMode(append(line[:0], ':'), before.Mode)
		line = appendMode(append(line, ' '), after.Mode)
		line = hex.AppendEncode(append(line, ' '), before.ID[:])
		line = hex.AppendEncode(append(line, ' '), after.ID[:])
		line = append(append(line, ' ', status(before, after), '\t'), path...)
		_, _ = streams.out.Write(append(line, '\n'))
		return true
	})
}

// appendMode writes a mode as git does: six octal digits.
func appendMode(line []byte, mode object.Mode) []byte {
	for shift := 15; shift >= 0; shift -= 3 {
		line = append(line, '0'+byte(mode>>shift&7))
	}
	return line
}

// status is git's letter for a change.
func status(before, after object.TreeEntry) byte {
	const format = 0o170000
	switch {
	case before.Mode == 0:
		return 'A'
	case after.Mode == 0:
		return 'D'
	case cmp.Compare(before.Mode&format, after.Mode&format) != 0:
		return 'T'
	default:
		return 'M'
	}
}

// tag makes an annotated tag of a commit, and its reference.
func tag(ctx context.Context, clone *gitrepo.Repository, arguments []string, _ streams) error {
	target, err := clone.ResolveCommit(arguments[1])
	if err != nil {
		return err
	}
	tagger, err := clone.Identity(gitrepo.Committer)
	if err != nil {
		return err
	}
	tagger.When = epoch()
	made := object.Tag{Target: target, TargetKind: object.KindCommit, Name: arguments[0], Tagger: tagger, Message: "Release\n"}.Object()
	if err := clone.StoreObjects([]object.Object{made}); err != nil {
		return err
	}
	return clone.SetRef(ctx, "refs/tags/"+arguments[0], object.ID{}, made.ID())
}

// blobs prints the objects whose ids it reads, as git cat-file --batch does.
func blobs(_ context.Context, clone *gitrepo.Repository, _ []string, streams streams) error {
	lines := bufio.NewScanner(streams.in)
	for lines.Scan() {
		id, err := object.ParseID(lines.Text())
		if err != nil {
			return err
		}
		content, err := clone.Blob(id, 0)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(streams.out, "%s blob %d\n", id, len(content))
		_, _ = streams.out.Write(content)
		_, _ = io.WriteString(streams.out, "\n")
	}
	return lines.Err()
}

func resolveAll(clone *gitrepo.Repository, names []string) ([]object.ID, error) {
	ids := make([]object.ID, len(names))
	for i, name := range names {
		id, err := clone.ResolveCommit(name)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}
