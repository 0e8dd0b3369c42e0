package githubtest

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mergePull merges a pull request, as somebody does by its button.
func (c *call) mergePull(one *Pull) reply {
	if !c.grant.may("contents", "write") {
		return message(http.StatusForbidden, "Resource not accessible by personal access token")
	}
	input := struct {
		Title   string `json:"commit_title"`
		Message string `json:"commit_message"`
		Method  string `json:"merge_method"`
		Commit  string `json:"sha"`
	}{Method: "merge"}
	c.input(&input)
	switch {
	case !one.Open || one.Draft:
		return unmerged(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	case input.Commit != "" && input.Commit != one.Commit:
		return unmerged(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	merged, err := c.server.merge(*one, input.Method, input.Title, input.Message)
	if err != nil {
		return unmerged(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	}
	one.Open, one.Merged = false, merged
	return ok(map[string]any{"sha": merged, "merged": true, "message": "Pull Request successfully merged"})
}

// unmerged is a refusal to merge, which has no field for its status.
func unmerged(status int, text string) reply {
	return reply{status: status, value: map[string]any{"message": text, "documentation_url": "https://docs.github.com/rest"}}
}

// merge puts a pull request on its base by merge, squash or rebase, with the messages
// that GitHub gives by itself unless others are given, and moves the base.
func (s *Server) merge(one Pull, method, title, text string) (string, error) {
	commits := s.commitsOf(one)
	bench, err := s.git.bench(one.Base)
	if err != nil {
		return "", err
	}
	defer bench.remove()
	ours := []string{"GIT_COMMITTER_NAME=GitHub", "GIT_COMMITTER_EMAIL=forge@example.org", "GIT_AUTHOR_NAME=" + Login, "GIT_AUTHOR_EMAIL=release-bot@example.org"}
	switch method {
	case "rebase":
		for _, commit := range commits {
			// The author stays; that the committer is another makes another commit of it.
			bench.run(ours[:2], "cherry-pick", "--allow-empty", "--keep-redundant-commits", commit)
		}
	case "squash":
		if title == "" && text == "" {
			title, text = s.squashMessage(one, commits)
		}
		bench.run(ours, "merge", "--squash", one.Commit)
		bench.run(ours, "commit", "--allow-empty", "--cleanup=verbatim", "--message="+title+"\n\n"+text)
	default:
		if title == "" {
			title, text = fmt.Sprintf("Merge pull request #%d from %s/%s", one.Number, s.Owner, one.Head), one.Title
		}
		bench.run(ours, "merge", "--no-ff", "--message="+title+"\n\n"+text, one.Commit)
	}
	merged := bench.run(nil, "rev-parse", "HEAD")
	if bench.err != nil {
		return "", bench.err
	}
	bench.run(nil, "update-ref", "refs/heads/"+one.Base, merged, bench.base)
	return merged, bench.err
}

// squashMessage is GitHub's: of one commit its own, of several the title and all of
// theirs.
func (s *Server) squashMessage(one Pull, commits []string) (title, text string) {
	if len(commits) == 1 {
		title, text, _ = strings.Cut(s.git.run("log", "-1", "--format=%B", commits[0]), "\n")
		return fmt.Sprintf("%s (#%d)", title, one.Number), strings.TrimSpace(text)
	}
	var all []string
	for _, commit := range commits {
		all = append(all, "* "+s.git.run("log", "-1", "--format=%B", commit))
	}
	return fmt.Sprintf("%s (#%d)", one.Title, one.Number), strings.Join(all, "\n\n")
}

// bench is a worktree in which a merge is made.
type bench struct {
	git  *gitService
	dir  string
	base string // where the branch was
	err  error
}

func (g *gitService) bench(branch string) (*bench, error) {
	parent, err := os.MkdirTemp("", "githubtest-*")
	if err != nil {
		return nil, err
	}
	b := &bench{git: g, dir: g.dir, base: g.branch(branch)}
	dir := filepath.Join(parent, "merge")
	b.run(nil, "worktree", "add", "--quiet", "--detach", dir, b.base)
	b.dir = dir
	return b, b.err
}

// run runs git on the bench, unless something has failed on it.
func (b *bench) run(environ []string, arguments ...string) string {
	if b.err != nil {
		return ""
	}
	at := Epoch().Format("2006-01-02T15:04:05Z")
	command := exec.Command(b.git.program, arguments...)
	command.Dir = b.dir
	command.Env = append(append([]string{}, b.git.environ...), "GIT_AUTHOR_DATE="+at, "GIT_COMMITTER_DATE="+at)
	if arguments[0] == "cherry-pick" {
		command.Env = append(append([]string{}, b.git.environ...), "GIT_COMMITTER_DATE="+at)
	}
	command.Env = append(command.Env, environ...)
	output, err := command.CombinedOutput()
	if err != nil {
		b.err = fmt.Errorf("git %s: %w: %s", strings.Join(arguments, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

func (b *bench) remove() {
	b.git.run("worktree", "remove", "--force", b.dir)
	_ = os.RemoveAll(filepath.Dir(b.dir))
}

// branch is where a branch is, "" if there is none.
func (g *gitService) branch(name string) string {
	return g.run("rev-parse", "--verify", "--quiet", "--end-of-options", "refs/heads/"+name+"^{commit}")
}

// isAncestor reports whether a commit is contained in another.
func (g *gitService) isAncestor(commit, of string) bool {
	return g.succeeds("merge-base", "--is-ancestor", commit, of)
}

// merges reports whether a commit merges into a branch without conflicts.
func (g *gitService) merges(branch, commit string) bool {
	return g.succeeds("merge-tree", "--write-tree", "refs/heads/"+branch, commit)
}

func (g *gitService) succeeds(arguments ...string) bool {
	command := exec.Command(g.program, arguments...)
	command.Dir, command.Env = g.dir, g.environ
	return command.Run() == nil
}
