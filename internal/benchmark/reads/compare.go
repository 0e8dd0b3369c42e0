package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
)

// maxCompared bounds the objects that are compared whole, in bytes; of larger ones
// the sizes are.
const maxCompared = 256 << 20

// compareAll reads every object of a clone and compares it with what git reads.
func compareAll(ctx context.Context, dir string, out io.Writer) error {
	clone, err := gitrepo.Open(ctx, gitrepo.Options{Dir: dir, Environ: append(os.Environ(), "LOOPREL_VERIFY_READS=1")})
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "git", "cat-file", "--batch-all-objects", "--batch")
	command.Dir, command.Stderr = dir, os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	comparison := comparison{clone: clone, git: bufio.NewReaderSize(stdout, 1<<20)}
	err = comparison.run()
	if err != nil {
		_ = command.Process.Kill() // it would wait to be read
	}
	if err = errors.Join(err, command.Wait(), clone.Close()); err != nil {
		return err
	}
	if comparison.wrong > 0 {
		return fmt.Errorf("%d of %d objects differ", comparison.wrong, comparison.count)
	}
	_, err = fmt.Fprintf(out, "%d objects, %d bytes: all as git reads them\n", comparison.count, comparison.bytes)
	return err
}

type comparison struct {
	clone               *gitrepo.Repository
	git                 *bufio.Reader
	buffer              []byte
	count, wrong, bytes int64
}

func (c *comparison) run() error {
	for {
		line, err := c.git.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return nil
		}
		if err != nil {
			return err
		}
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return fmt.Errorf("git cat-file says %q", line)
		}
		id, err := object.ParseID(fields[0])
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return err
		}
		c.count++
		c.bytes += size
		if same, err := c.isSame(id, object.Kind(fields[1]), size); err != nil || !same {
			c.wrong++
			fmt.Fprintf(os.Stderr, "%s %s differs: %v\n", fields[1], id, err)
		}
	}
}

// isSame compares one object, which git prints next.
func (c *comparison) isSame(id object.ID, kind object.Kind, size int64) (same bool, err error) {
	if size > maxCompared {
		if _, err := io.CopyN(io.Discard, c.git, size+1); err != nil {
			return false, err
		}
		found, err := c.clone.Size(id)
		return found == size, err
	}
	if int64(cap(c.buffer)) < size+1 {
		c.buffer = make([]byte, size+1)
	}
	want := c.buffer[:size+1]
	if _, err := io.ReadFull(c.git, want); err != nil {
		return false, err
	}
	found, err := c.clone.ReadUpTo(id, maxCompared)
	return found.Kind == kind && string(found.Data) == string(want[:size]), err
}
