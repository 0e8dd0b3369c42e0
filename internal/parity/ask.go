package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// emptyTree is the base of a commit that has no parent.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// cost is the processor time of the merges of one program.
type cost struct {
	merges time.Duration
}

func (c *cost) add(state *os.ProcessState) {
	if state != nil {
		c.merges += state.UserTime() + state.SystemTime()
	}
}

// each is the cost of one of so many merges.
func (c *cost) each(count int) time.Duration {
	return (c.merges / time.Duration(max(count, 1))).Round(10 * time.Microsecond)
}

// ask has looprel merge in one run what the lines say, and gives its answers.
func ask(ctx context.Context, looprel, repository string, lines []string) ([]string, cost, error) {
	command := exec.CommandContext(ctx, looprel, "merge-tree", "--stdin", "--attr-source", "ours")
	command.Env = append(os.Environ(), "GIT_DIR="+gitDir(repository))
	command.Stdin = strings.NewReader(strings.Join(lines, ""))
	command.Stderr = os.Stderr
	var output bytes.Buffer
	command.Stdout = &output
	if err := command.Run(); err != nil {
		return nil, cost{}, fmt.Errorf("%s merge-tree: %w", looprel, err)
	}
	var used cost
	used.add(command.ProcessState)
	answers, err := splitAnswers(output.String(), len(lines))
	if err != nil {
		return nil, used, fmt.Errorf("%s merge-tree: %w", looprel, err)
	}
	return answers, used, nil
}

// splitAnswers takes apart what merge-tree --stdin prints: each answer is 1 or 0,
// the tree, the conflicted paths and an empty string, a NUL after each.
func splitAnswers(output string, count int) ([]string, error) {
	answers := make([]string, 0, count)
	for output != "" {
		end := strings.Index(output, "\x00\x00")
		if end < 0 {
			return nil, fmt.Errorf("the output ends with %q", output)
		}
		answers = append(answers, output[:end])
		output = output[end+2:]
	}
	if len(answers) != count {
		return nil, fmt.Errorf("%d answers to %d questions", len(answers), count)
	}
	return answers, nil
}

// parseAnswer reads one answer.
func parseAnswer(text string) answer {
	fields := strings.Split(text, "\x00")
	if len(fields) < 2 {
		return answer{}
	}
	return answer{clean: fields[0] == "1", tree: fields[1], paths: fields[2:]}
}
