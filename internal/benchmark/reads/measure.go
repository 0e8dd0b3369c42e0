package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/benchmark/usage"
)

// benchmark is what all rows share.
type benchmark struct {
	ctx     context.Context // the program's own, for all that it runs
	dir     string
	self    string
	program string // git's
	environ []string
	rounds  int
}

func newBench(ctx context.Context, dir string, rounds int) (*benchmark, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	program, err := exec.LookPath("git")
	if err != nil {
		return nil, err
	}
	environ := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "USERPROFILE=" + filepath.Join(dir, "home"),
		"GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "TZ=UTC", "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"),
		"GIT_AUTHOR_NAME=Release Manager", "GIT_AUTHOR_EMAIL=release-manager@example.org",
		"GIT_COMMITTER_NAME=Release Manager", "GIT_COMMITTER_EMAIL=release-manager@example.org",
		"GIT_NO_LAZY_FETCH=1",
	}
	return &benchmark{ctx: ctx, dir: dir, self: self, program: program, environ: environ, rounds: rounds}, os.MkdirAll(filepath.Join(dir, "home"), 0o700)
}

// git runs git, unmeasured, and returns what it prints.
func (b *benchmark) git(dir string, arguments ...string) (string, error) {
	return b.gitInput(dir, nil, arguments...)
}

func (b *benchmark) gitInput(dir string, input io.Reader, arguments ...string) (string, error) {
	command := exec.CommandContext(b.ctx, b.program, arguments...)
	command.Dir, command.Env, command.Stdin = dir, b.environ, input
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(arguments, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// machine says what is measured with.
func (b *benchmark) machine(out io.Writer) error {
	version, err := b.git(b.dir, "version")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Medians of %d interleaved rounds (%s/%s, %d cores, %s, %s).\n",
		b.rounds, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), strings.TrimSpace(version))
	return err
}

// cost is what a process took.
type cost struct {
	Wall, CPU time.Duration
	Peak      int64 // the largest resident set, in bytes; 0 where the system does not tell
}

// measure runs the rows in turn, round after round, so that what else the machine
// does falls on all of them. The first round fills the system's caches, and shows
// whether both print the same.
func (b *benchmark) measure(dir string, rows []*row) error {
	for round := range b.rounds + 1 {
		for _, r := range rows {
			git, printed, err := b.process(dir, b.program, r.Git, r.Stdin, round)
			if err != nil {
				return err
			}
			own, same, err := b.process(dir, b.self, slices.Insert(slices.Clone(r.Own), 1, "."), r.Stdin, round)
			if err != nil {
				return err
			}
			if round == 0 {
				if !r.Silent && printed != same {
					return fmt.Errorf("%s: looprel prints something else than git", r.Name)
				}
				continue
			}
			r.GitCosts, r.OwnCosts = append(r.GitCosts, git), append(r.OwnCosts, own)
		}
	}
	return nil
}

// process runs a program once, and returns what it cost and a digest of what it
// printed.
func (b *benchmark) process(dir, program string, arguments []string, stdin string, round int) (c cost, digest string, err error) {
	var vector []string
	for _, argument := range arguments {
		vector = append(vector, strings.ReplaceAll(argument, roundMark, strconv.Itoa(round)))
	}
	process := exec.CommandContext(b.ctx, program, vector...)
	process.Dir, process.Env = dir, b.environ
	if stdin != "" {
		file, err := os.Open(stdin)
		if err != nil {
			return c, "", err
		}
		defer file.Close() //nolint:errcheck // only read
		process.Stdin = file
	}
	// A file, since a pipe would make both wait for this process.
	printed, err := os.CreateTemp(b.dir, "printed")
	if err != nil {
		return c, "", err
	}
	defer func() { err = errors.Join(err, printed.Close(), os.Remove(printed.Name())) }()
	var stderr bytes.Buffer
	process.Stdout, process.Stderr = printed, &stderr
	begun := time.Now()
	err = process.Run()
	c.Wall = time.Since(begun)
	if err != nil {
		return c, "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(program), strings.Join(vector, " "), err, stderr.String())
	}
	state := process.ProcessState
	c.CPU, c.Peak = state.UserTime()+state.SystemTime(), usage.Peak(state)
	digest, err = digestOf(printed)
	return c, digest, err
}

func digestOf(file *os.File) (string, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err := io.Copy(hash, file)
	return fmt.Sprintf("%x", hash.Sum(nil)), err
}

// measureApart has another process measure: one is charged with the peak memory of
// the process that started it, and this one has prepared a repository.
func (b *benchmark) measureApart(dir string, rows []*row) error {
	asked, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	command := exec.CommandContext(b.ctx, b.self, "measure", dir, b.dir, strconv.Itoa(b.rounds))
	command.Stdin, command.Stderr = bytes.NewReader(asked), os.Stderr
	answered, err := command.Output()
	if err != nil {
		return fmt.Errorf("measure in %s: %w", dir, err)
	}
	return json.Unmarshal(answered, &rows)
}

// measureRows is that other process.
func measureRows(ctx context.Context, arguments []string, in io.Reader, out io.Writer) error {
	rounds, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	b, err := newBench(ctx, arguments[1], rounds)
	if err != nil {
		return err
	}
	var rows []*row
	if err := json.NewDecoder(in).Decode(&rows); err != nil {
		return err
	}
	if err := b.measure(arguments[0], rows); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(rows)
}

// median is the median of each measure, on its own.
func median(costs []cost) cost {
	return cost{
		Wall: usage.Median(costs, func(c cost) time.Duration { return c.Wall }),
		CPU:  usage.Median(costs, func(c cost) time.Duration { return c.CPU }),
		Peak: usage.Median(costs, func(c cost) int64 { return c.Peak }),
	}
}

// The targets: git's processor time so many times over, or plus what starting a Go
// program takes; and so much more memory.
const (
	targetRatio = 1.3
	targetStart = 5 * time.Millisecond
	targetPeak  = 40 << 20
)

// report prints the table. A cost above its target is marked.
func report(out io.Writer, rows []*row) error {
	var text strings.Builder
	text.WriteString("\n| operation | git CPU ms | CPU ms | of git's | git wall ms | wall ms | git peak MB | peak MB |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range rows {
		git, own := median(r.GitCosts), median(r.OwnCosts)
		allowed := max(time.Duration(float64(git.CPU)*targetRatio), git.CPU+targetStart)
		fmt.Fprintf(&text, "| %s | %s | %s%s | %.2f × | %s | %s | %s | %s%s |\n", r.Name,
			milliseconds(git.CPU), milliseconds(own.CPU), mark(own.CPU > allowed), float64(own.CPU)/float64(max(git.CPU, time.Microsecond)),
			milliseconds(git.Wall), milliseconds(own.Wall), megabytes(git.Peak), megabytes(own.Peak), mark(own.Peak > git.Peak+targetPeak))
	}
	_, err := io.WriteString(out, text.String()+"\n(!): above the target, which is the larger of 1.3 × git's CPU and git's + 5 ms, and git's memory + 40 MiB.\n")
	return err
}

func mark(above bool) string {
	if above {
		return " (!)"
	}
	return ""
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))
}

func megabytes(bytes int64) string {
	if bytes == 0 {
		return "?"
	}
	return strconv.FormatInt((bytes+999_999)/1_000_000, 10)
}
