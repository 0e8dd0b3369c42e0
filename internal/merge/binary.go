package merge

import "bytes"

const (
	// binaryWindow is how much of a file git looks at for a NUL.
	binaryWindow = 8000
	// textLimit is the size in bytes above which git merges no lines.
	textLimit = 1023 << 20
)

// IsBinary reports whether git takes the content for binary: when there is a NUL
// among its first 8,000 bytes, or when it has more than 1023 MiB.
func IsBinary(content []byte) bool {
	if len(content) > textLimit {
		return true
	}
	return bytes.IndexByte(content[:min(len(content), binaryWindow)], 0) >= 0
}
