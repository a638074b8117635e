//go:build !linux

package lease

import "time"

// systemClock returns the monotonic clock. On some systems it stands still
// while the machine is suspended; a lease then outlives its deadline by the
// time nothing could run.
func systemClock() func() Instant {
	start := time.Now()
	return func() Instant { return time.Since(start) }
}
