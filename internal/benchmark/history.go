package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

const (
	trainBranch = "refs/heads/master"
	developers  = 12
)

// history writes the service's commits, release lines and tags. It is the same
// each time.
type history struct {
	timetable timetable
	stream    *stream
	sources   *sources
	changelog changelog
	// master and topic are the marks of the branch's head, and of a topic that is
	// not merged yet, zero for none; topicFiles is what the topic has changed.
	master, topic int
	topicFiles    map[string]string
}

// writeHistory writes the history for git fast-import.
func writeHistory(t timetable, to io.Writer) error {
	h := &history{
		timetable: t, stream: &stream{out: bufio.NewWriterSize(to, 1<<20)},
		sources: newSources(rand.New(rand.NewPCG(1, 2))),
	}
	h.begin()
	line := 0
	for position := 1; position < t.Commits; position++ {
		when := t.commitTime(position)
		switch {
		case line < t.lines() && position == t.position(line):
			h.release(line)
		case line < t.lines() && position == t.position(line)+1:
			h.backToDevelopment(line, when)
			line++
		default:
			h.develop(position, when)
		}
	}
	h.stream.branch(trainBranch, h.master)
	return h.stream.end()
}

// begin writes the first commit, which has every file.
func (h *history) begin() {
	files := h.sources.all()
	files["environments.yaml"] = environments
	files["package.json"] = packageFile(h.timetable.version(0, 0).String() + "-dev")
	files["CHANGELOG"] = h.changelog.open(h.timetable.version(0, 0))
	h.master = h.commit(h.timetable.commitTime(0), "First commit", nil, files)
}

// develop writes an ordinary commit. Of ten, two are made on a topic and one
// merges it.
func (h *history) develop(position int, when time.Time) {
	const topicFirst, topicSecond, topicMerged, every = 5, 6, 7, 10
	turn := position % every
	switch {
	case turn == topicMerged && h.topic != 0:
		subject := fmt.Sprintf("Merge pull request #%d from developer/topic", position/every+1)
		h.master = h.commit(when, subject, []int{h.master, h.topic}, h.topicFiles)
		h.topic, h.topicFiles = 0, nil
	case turn == topicFirst || turn == topicSecond:
		if h.topic == 0 {
			h.topic, h.topicFiles = h.master, map[string]string{}
		}
		files := h.sources.change()
		maps.Copy(h.topicFiles, files)
		h.topic = h.commit(when, h.sources.subject(), []int{h.topic}, files)
	default:
		h.master = h.commit(when, h.sources.subject(), []int{h.master}, h.sources.change())
	}
}

// release writes a release commit of the train's branch, its tag, and the patch
// releases that follow on the line.
func (h *history) release(line int) {
	version, when := h.timetable.version(line, 0), h.timetable.tagTime(line)
	h.changelog.add(version, h.timetable.tagDay(line))
	h.master = h.commit(when, "Release "+version.String(), []int{h.master}, releaseFiles(version, h.changelog))
	h.stream.tag(version.String(), h.master, releaseManager(when))
	if h.timetable.patches(line) > 0 {
		h.releaseLine(line)
	}
}

func releaseFiles(version release.Version, log changelog) map[string]string {
	return map[string]string{"package.json": packageFile(version.String()), "CHANGELOG": log.text()}
}

// releaseLine writes the branch of a line: for each patch release a fix of the train's
// branch that was picked, as author and date tell, and the release commit.
func (h *history) releaseLine(line int) {
	head := h.master
	log := h.changelog
	for patch := 1; patch <= h.timetable.patches(line); patch++ {
		version, when := h.timetable.version(line, patch), h.timetable.releaseTime(line, patch)
		subject, files, author := h.sources.subject(), h.sources.change(), developer(patch%developers, when)
		h.master = h.commitBy(author, subject, []int{h.master}, files)
		head = h.commitBy(author, subject, []int{head}, files)
		log.add(version, h.timetable.tagDay(line).AddDays(patch))
		head = h.commit(when, "Release "+version.String(), []int{head}, releaseFiles(version, log))
		h.stream.tag(version.String(), head, releaseManager(when))
	}
	h.stream.branch(h.timetable.lineBranch(line), head)
}

func (h *history) backToDevelopment(line int, when time.Time) {
	next := h.timetable.version(line+1, 0)
	h.master = h.commit(when, "Back to development", []int{h.master}, map[string]string{
		"package.json": packageFile(next.String() + "-dev"),
		"CHANGELOG":    h.changelog.open(next),
	})
}

func (h *history) commit(when time.Time, subject string, parents []int, files map[string]string) int {
	return h.commitBy(developer(h.stream.marks%developers, when), subject, parents, files)
}

func (h *history) commitBy(author object.Signature, subject string, parents []int, files map[string]string) int {
	// All commits are made on one branch, which is put in its place at the end.
	return h.stream.commit(commit{
		branch: trainBranch, author: author, committer: author, message: subject + "\n", parents: parents, files: files,
	})
}

func developer(number int, when time.Time) object.Signature {
	return object.Signature{Name: fmt.Sprintf("Developer %d", number), Email: fmt.Sprintf("developer-%d@example.org", number), When: when}
}

func releaseManager(when time.Time) object.Signature {
	return object.Signature{Name: managerName, Email: managerEmail, When: when}
}

const (
	managerName  = "Release Manager"
	managerEmail = "release-manager@example.org"
)
