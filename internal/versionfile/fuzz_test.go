package versionfile_test

import (
	"bytes"
	"testing"

	"github.com/mozilla-services/looprel/internal/versionfile"
)

// FuzzSet: either an error, or the content before and after the value is the
// same and the value is the version.
func FuzzSet(f *testing.F) {
	for _, seed := range []struct{ path, key, content string }{
		{"a.json", "version", "{\"version\": \"1.0.0\"}"},
		{"a.json", "a.version", "{\"a\": {\"x\": [1e3, null], \"version\": \"1.0.0\"}}"},
		{"a.yaml", "version", "a: &b [x]\nversion: '1.0.0' # c\nd: *b\n"},
		{"a.yaml", "a.version", "\uFEFF? a\r\n: {version: 1.0.0}\r\n"},
		{"a.toml", "a.version", "[a]\nversion = '1.0.0'\n"},
		{"a.toml", "a.version", "a = {x = [1, nan], version = \"1.0.0\"}\n"},
	} {
		f.Add(seed.path, seed.key, []byte(seed.content))
	}
	f.Fuzz(func(t *testing.T, path, key string, content []byte) {
		const version = "12.345.6789-fuzz"
		changed, err := versionfile.Set(keyed(path, key), content, version)
		if err != nil {
			return
		}
		before := commonPrefix(content, changed)
		at := -1
		// The new value begins where the contents part, or earlier, when the old
		// value began alike.
		for start := max(0, before-len(version)); start <= before; start++ {
			if bytes.HasPrefix(changed[start:], []byte(version)) {
				at = start
			}
		}
		if at < 0 {
			t.Fatalf("%q became %q without the version where they part", content, changed)
		}
		if after := changed[at+len(version):]; !bytes.HasSuffix(content[at:], after) {
			t.Fatalf("%q became %q: more changed than the version", content, changed)
		}
	})
}

func commonPrefix(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
