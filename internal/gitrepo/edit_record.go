package gitrepo

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/mozilla-services/looprel/internal/object"
)

const (
	// editRecordVersion is the version of the record's format.
	editRecordVersion = 1
	// maxRecordSize bounds a record, in bytes.
	maxRecordSize = 64 << 20
)

// editRecord is what the file NAME.edit holds, as JSON.
type editRecord struct {
	Version int `json:"version"`
	// Admin is the name of the directory under worktrees.
	Admin     string           `json:"admin"`
	Complete  bool             `json:"complete"`
	Head      object.ID        `json:"head"`
	Conflicts []recordConflict `json:"conflicts"`
	State     []byte           `json:"state"`
}

// recordConflict is an EditConflict. Paths are bytes: they need not be UTF-8.
type recordConflict struct {
	Path       []byte      `json:"path"`
	Base       EditVersion `json:"base"`
	Ours       EditVersion `json:"ours"`
	Theirs     EditVersion `json:"theirs"`
	MarkerSize int         `json:"marker_size"`
	// Written is the file as it was put into the worktree, zero if it was not.
	Written EditVersion `json:"written"`
}

func (c recordConflict) conflict() EditConflict {
	return EditConflict{Path: string(c.Path), Base: c.Base, Ours: c.Ours, Theirs: c.Theirs, MarkerSize: c.MarkerSize}
}

// readEditRecord reads a record; where there is none it is an fs.ErrNotExist.
func readEditRecord(place editPlace) (editRecord, error) {
	data, err := readBounded(place.record, maxRecordSize)
	if err != nil {
		return editRecord{}, err
	}
	var record editRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return editRecord{}, fmt.Errorf("%s: %w", place.record, err)
	}
	if record.Version != editRecordVersion {
		return editRecord{}, fmt.Errorf("%s has the version %d, which is not known", place.record, record.Version)
	}
	return record, nil
}

// write puts the record in place; it has reached the disk when write returns.
func (r editRecord) write(place editPlace) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	directory := filepath.Dir(place.record)
	if err := makeDirectory(directory); err != nil {
		return fmt.Errorf("cannot record the edit %s: %w", place.name, err)
	}
	if err := writeAtomic(place.record, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("cannot record the edit %s: %w", place.name, err)
	}
	return syncDirectory(directory)
}
