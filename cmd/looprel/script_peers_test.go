//go:build peers

package main

import (
	"path/filepath"
	"testing"
)

// TestPeerScripts runs the scripts that want other programs than git, as make
// test-peers says.
func TestPeerScripts(t *testing.T) {
	t.Parallel()
	playScripts(t, filepath.Join("..", "..", "testdata", "peers", "scripts"))
}
