package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// The size of the repository that is made where none is given.
const (
	generatedFiles = 3000
	// busyFiles are edited, so few that edits of the two branches meet.
	busyFiles      = 150
	generatedLines = 120
	generatedFixes = 400
	generatedLine  = 100 // the fix after which the release line begins
	// generatedPace is the time between two commits, in seconds: eight a day.
	generatedPace = 3 * 60 * 60
)

// generateRepository makes a repository with a release line of backports, the same
// one each time: a branch on which each commit changes a few lines, or now and
// then moves a file, and a line of older age that each later one is picked onto.
func generateRepository(ctx context.Context, dir string, files int) error {
	if err := os.MkdirAll(filepath.Join(dir, ".git"), 0o750); err != nil {
		return err
	}
	if _, err := git(ctx, dir, "", "init", "--quiet"); err != nil {
		return err
	}
	marks, err := fastImport(ctx, dir, newProject(files).history())
	if err != nil {
		return err
	}
	if _, err := fastImport(ctx, dir, newProject(files).line(marks)); err != nil {
		return err
	}
	_, err = git(ctx, dir, "", "repack", "-adfq")
	return err
}

// fastImport has git make commits, and gives their ids by mark.
func fastImport(ctx context.Context, dir, stream string) (map[int]string, error) {
	marks := filepath.Join(dir, ".git", "marks")
	if _, err := git(ctx, dir, stream+"done\n", "fast-import", "--quiet", "--done", "--force", "--export-marks="+marks); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(marks)
	if err != nil {
		return nil, err
	}
	ids := map[int]string{}
	for line := range strings.Lines(string(content)) {
		var mark int
		var id string
		if _, err := fmt.Sscanf(line, ":%d %s", &mark, &id); err != nil {
			return nil, fmt.Errorf("git fast-import wrote the mark %q", line)
		}
		ids[mark] = id
	}
	return ids, os.Remove(marks)
}

// project is a repository's files while its history is made.
type project struct {
	random *rand.Rand
	paths  []string
	files  map[string][]string // lines
	text   strings.Builder
}

func newProject(files int) *project {
	p := &project{random: rand.New(rand.NewPCG(1, 2)), files: map[string][]string{}}
	for i := range files {
		path := fmt.Sprintf("src/module%d/part%d/file%d.go", i%40, i%7, i)
		lines := make([]string, generatedLines)
		for j := range lines {
			lines[j] = fmt.Sprintf("\tvalue%d := compute(%d, %d)", j, i, j*31%97)
			if j%4 == 0 {
				lines[j] = []string{"", "}", "\treturn err", "\t}"}[j/4%4]
			}
		}
		p.paths, p.files[path] = append(p.paths, path), lines
	}
	return p
}

// history makes the branch, whose marks begin with 1.
func (p *project) history() string {
	p.begin("refs/heads/master", 1, "", "base")
	for _, path := range p.paths {
		p.put(path)
	}
	for fix := range generatedFixes {
		p.begin("refs/heads/master", fix+2, fmt.Sprintf("from :%d\n", fix+1), fmt.Sprintf("fix %d", fix))
		p.edit(20)
		if fix%10 == 0 {
			p.move()
		}
	}
	return p.take()
}

// line makes the release line upon an early commit of the history.
func (p *project) line(history map[int]string) string {
	from := "from " + history[generatedLine+1] + "\n"
	for fix := generatedLine; fix < generatedFixes; fix++ {
		message := fmt.Sprintf("fix %d\n\n(cherry picked from commit %s)", fix, history[fix+2])
		p.begin("refs/heads/line", fix, from, message)
		p.edit(3)
		from = ""
	}
	return p.take()
}

func (p *project) take() string {
	text := p.text.String()
	p.text.Reset()
	return text
}

func (p *project) begin(branch string, mark int, from, message string) {
	fmt.Fprintf(&p.text, "commit %s\nmark :%d\ncommitter parity <parity@example.org> %d +0000\ndata %d\n%s\n%s",
		branch, mark, 1400000000+generatedPace*mark, len(message), message, from)
}

func (p *project) put(path string) {
	text := strings.Join(p.files[path], "\n") + "\n"
	fmt.Fprintf(&p.text, "M 100644 inline %s\ndata %d\n%s", path, len(text), text)
}

// edit changes up to so many lines of one to three files.
func (p *project) edit(lines int) {
	for range 1 + p.random.IntN(3) {
		path := p.paths[p.random.IntN(busyFiles)]
		start := p.random.IntN(generatedLines - lines)
		for i := range 1 + p.random.IntN(lines) {
			p.files[path][start+i] = fmt.Sprintf("\tvalue%d := changed(%d)", start+i, p.random.IntN(1000))
		}
		p.put(path)
	}
}

// move moves a file to another directory.
func (p *project) move() {
	i := p.random.IntN(len(p.paths))
	from := p.paths[i]
	to := fmt.Sprintf("src/moved%d/%s", p.random.IntN(5), filepath.Base(from))
	p.files[to], p.paths[i] = p.files[from], to
	delete(p.files, from)
	fmt.Fprintf(&p.text, "D %s\n", from)
	p.put(to)
}
