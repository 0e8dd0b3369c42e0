package index

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the checksum of the format, not a security measure
	"encoding/binary"
)

// Encode writes an index of version 2, or of version 3 when an entry needs it,
// without extensions. The entries have to be in order.
func (x Index) Encode() []byte {
	version := uint32(2)
	for _, e := range x.Entries {
		if e.extended() {
			version = 3
			break
		}
	}
	var data bytes.Buffer
	data.WriteString(signature)
	header := binary.BigEndian.AppendUint32(nil, version)
	data.Write(binary.BigEndian.AppendUint32(header, uint32(len(x.Entries)))) //nolint:gosec // bounded by memory
	for _, e := range x.Entries {
		e.encode(&data)
	}
	sum := sha1.Sum(data.Bytes()) //nolint:gosec // see the import
	data.Write(sum[:])
	return data.Bytes()
}

func (e Entry) extended() bool { return e.SkipWorktree || e.IntentToAdd }

func (e Entry) encode(data *bytes.Buffer) {
	start := data.Len()
	fixed := make([]byte, 0, fixedEntrySize)
	for _, number := range []uint32{
		e.Stat.Changed.Seconds, e.Stat.Changed.Nanoseconds,
		e.Stat.Modified.Seconds, e.Stat.Modified.Nanoseconds,
		e.Stat.Device, e.Stat.Inode, uint32(e.Mode), e.Stat.User, e.Stat.Group, e.Stat.Size,
	} {
		fixed = binary.BigEndian.AppendUint32(fixed, number)
	}
	fixed = append(fixed, e.ID[:]...)
	fixed = binary.BigEndian.AppendUint16(fixed, e.flags())
	if e.extended() {
		fixed = binary.BigEndian.AppendUint16(fixed, e.extendedFlags())
	}
	data.Write(fixed)
	data.WriteString(e.Path)
	// One to eight zero bytes, so that the size is a multiple of eight.
	size := data.Len() - start
	data.Write(make([]byte, 8-size%8))
}

func (e Entry) flags() uint16 {
	flags := uint16(min(len(e.Path), nameLengthMask)) | uint16(e.Stage)<<stageShift
	if e.AssumeValid {
		flags |= flagAssumeValid
	}
	if e.extended() {
		flags |= flagExtended
	}
	return flags
}

func (e Entry) extendedFlags() uint16 {
	flags := uint16(0)
	if e.SkipWorktree {
		flags |= flagSkipWorktree
	}
	if e.IntentToAdd {
		flags |= flagIntentToAdd
	}
	return flags
}
