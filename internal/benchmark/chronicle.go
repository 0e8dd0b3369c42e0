package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// entriesPerCycle is how many entries a cycle leaves in the ledger at least, where
// there are enough for several cycles: most are about dev, to which the branch's
// head is deployed again and again.
const entriesPerCycle = 50

// repository is what the ledger's entries name of the history.
type repository struct {
	// tags are the tag objects, and commits what they name, by full name.
	tags, commits map[string]object.ID
	// trunk are the commits of the train's branch, the oldest first.
	trunk []object.ID
}

// chronicle writes a ledger. Its first entry adopts the oldest releases; the
// others tell of the cycles since then.
type chronicle struct {
	timetable  timetable
	repository repository
	stream     *stream
	state      *ledger.State
	shelf      shelf
	tip        object.ID
	// written is the number of entries so far.
	written int
}

// writeLedger writes the ledger for git fast-import and returns the id that its
// tip must have: that of the commit that package ledger makes.
func writeLedger(t timetable, repository repository, entries int, to io.Writer) (object.ID, error) {
	c := &chronicle{
		timetable: t, repository: repository, stream: &stream{out: bufio.NewWriterSize(to, 1<<20)},
		state: ledger.Empty(), shelf: shelf{},
	}
	cycles := max(1, min((entries-1)/entriesPerCycle, t.lines()-1))
	first := t.lines() - cycles
	if err := c.adopt(first); err != nil {
		return object.ID{}, err
	}
	for line := first; line < t.lines(); line++ {
		share := (entries - c.written) / (t.lines() - line)
		if err := c.cycle(line, share); err != nil {
			return object.ID{}, err
		}
	}
	if c.written != entries {
		return object.ID{}, fmt.Errorf("wrote %d ledger entries instead of %d", c.written, entries)
	}
	return c.tip, c.stream.end()
}

// adopt takes over the releases of the lines before the given one.
func (c *chronicle) adopt(before int) error {
	var adopted ledger.Adopted
	for line := range before {
		for patch := 0; patch <= c.timetable.patches(line); patch++ {
			adopted.Releases = append(adopted.Releases, c.tagged(c.timetable.version(line, patch)))
		}
		adopted.Lines = append(adopted.Lines, c.timetable.lineBranch(line))
	}
	entry := c.entry(ledger.KindAdopted, c.timetable.tagTime(before).Add(-developing))
	entry.Adopted = &adopted
	return c.append(entry)
}

// developing is how long before a release its head is deployed to dev.
const developing = 7 * 24 * time.Hour

// cycle writes one cycle in so many entries: the head goes to dev, the train's
// release is tagged, patch releases correct what the load tests show, and the last
// of them reaches load-stage and, on Monday, production.
func (c *chronicle) cycle(line, entries int) error {
	patches := c.timetable.patches(line)
	const promotions = 2 * 2
	if err := c.develop(line, entries-1-patches-promotions); err != nil {
		return err
	}
	for patch := range patches + 1 {
		if err := c.tag(line, patch); err != nil {
			return err
		}
	}
	version := c.timetable.version(line, patches)
	tagged := c.tagged(version)
	deployment := ledger.Deployment{Environment: "load-stage", Version: version.String(), Tag: tagged.Tag, Commit: tagged.Commit}
	if err := c.promote(deployment, c.timetable.releaseTime(line, patches).Add(time.Hour)); err != nil {
		return err
	}
	deployment.Environment = "production"
	const untilMonday = 6 * 24 * time.Hour
	return c.promote(deployment, c.timetable.tagTime(line).Add(untilMonday))
}

func (c *chronicle) tag(line, patch int) error {
	tagged := c.tagged(c.timetable.version(line, patch))
	if patch == 0 {
		tagged.Branch, tagged.Cycle = trainBranch, c.timetable.tagDay(line)
	} else {
		tagged.Branch, tagged.Base = c.timetable.lineBranch(line), c.timetable.version(line, patch-1)
	}
	entry := c.entry(ledger.KindTagged, c.timetable.releaseTime(line, patch))
	entry.Tagged = &tagged
	return c.append(entry)
}

// develop deploys the branch's head to dev, on the way to a line's release. Each
// deployment is two entries; one entry that is left over records a deployment
// that was made elsewhere.
func (c *chronicle) develop(line, entries int) error {
	head := c.timetable.position(line) * len(c.repository.trunk) / c.timetable.Commits
	for left := entries; left > 0; left -= 2 {
		deployment := ledger.Deployment{
			Environment: "dev", Version: c.timetable.version(line, 0).String() + "-dev",
			Commit: c.repository.trunk[max(0, head-left)],
		}
		at := c.timetable.tagTime(line).Add(-developing / time.Duration(entries) * time.Duration(left))
		if left > 1 {
			if err := c.promote(deployment, at); err != nil {
				return err
			}
			continue
		}
		entry := c.entry(ledger.KindRecorded, at)
		entry.Reason, entry.Recorded = "deployed by hand", &deployment
		if err := c.append(entry); err != nil {
			return err
		}
	}
	return nil
}

// promote writes the two entries of a deployment.
func (c *chronicle) promote(deployment ledger.Deployment, at time.Time) error {
	const lease = 35 * time.Minute
	entry := c.entry(ledger.KindPromotionStarted, at)
	started := ledger.Started{Deployment: deployment, Attempt: entry.ID, Until: at.Add(lease)}
	entry.Started = &started
	if err := c.append(entry); err != nil {
		return err
	}
	entry = c.entry(ledger.KindPromotionFinished, at.Add(2*time.Minute))
	entry.Finished = &ledger.Finished{
		Deployment: deployment, Attempt: started.Attempt, Outcome: ledger.Verified,
		Detail: "three answers in a row agree",
		Evidence: []string{
			fmt.Sprintf("GET https://%s.example.org/: 200, version %s, rev %s", deployment.Environment, deployment.Version, deployment.Commit),
			fmt.Sprintf("GET https://%s.example.org/__heartbeat__: 200, storage, provider, push", deployment.Environment),
		},
		Output: "fetching\nrestarting 8 instances\ndone\n",
	}
	return c.append(entry)
}

func (c *chronicle) tagged(version release.Version) ledger.Tagged {
	tag := "refs/tags/" + version.String()
	return ledger.Tagged{Version: version, Tag: tag, TagID: c.repository.tags[tag], Commit: c.repository.commits[tag]}
}

// entry begins an entry, with an id that looks random and is the same each time.
func (c *chronicle) entry(kind ledger.Kind, at time.Time) ledger.Entry {
	id := object.Blob(fmt.Appendf(nil, "entry %d", c.written)).ID()
	return ledger.Entry{
		ID: hex.EncodeToString(id[:8]), Kind: kind, At: at, Component: component,
		By: ledger.Person{Name: managerName, Email: managerEmail},
	}
}

// keepEvery is how many entries are written before objects that the state has
// left behind are dropped.
const keepEvery = 1000

// append writes the commit that package ledger makes of an entry.
func (c *chronicle) append(entry ledger.Entry) error {
	made, objects, err := ledger.Append(c.state, entry)
	if err != nil {
		return err
	}
	changed, err := ledger.Fold(c.state, entry)
	if err != nil {
		return err
	}
	files := map[string]string{}
	for path, content := range changed {
		files[path] = string(content)
	}
	c.stream.commit(commit{
		branch: release.DefaultLedgerRef, author: made.Author, committer: made.Committer, message: made.Message, files: files,
	})
	c.shelf.add(objects)
	c.written++
	if c.written%keepEvery == 0 {
		if c.shelf, err = c.shelf.of(made.Tree); err != nil {
			return err
		}
	}
	c.tip = made.Object().ID()
	c.state, err = ledger.At(c.tip, made.Tree, c.shelf)
	return err
}
