//go:build !linux

package journaltest

import "testing"

// Full needs a small file system to fill.
func (s Subject) Full(t *testing.T) {
	t.Skip("a small file system to fill is mounted on Linux only")
}
