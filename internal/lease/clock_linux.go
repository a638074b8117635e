package lease

import (
	"time"

	"golang.org/x/sys/unix"
)

// systemClock returns a clock that goes on while the machine is suspended,
// which Go's own monotonic clock does not (CLOCK_BOOTTIME, clock_gettime(2)).
// A kernel that lacks it gets the monotonic one.
func systemClock() func() Instant {
	if _, err := boottime(); err != nil {
		start := time.Now()
		return func() Instant { return time.Since(start) }
	}
	return func() Instant {
		now, err := boottime()
		if err != nil {
			return Forever // without a clock, every lease is over
		}
		return now
	}
}

func boottime() (Instant, error) {
	var ts unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return Instant(ts.Nano()), err
}
