package lease

import (
	"time"
	"unsafe"

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

// boottime reads the clock. It never waits, so the scheduler is not told of the
// call: at low rates that wakes the runtime's monitor, which costs more than the
// reading (see proxy/http1).
func boottime() (Instant, error) {
	var ts unix.Timespec
	_, _, errno := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_BOOTTIME, uintptr(unsafe.Pointer(&ts)), 0) //nolint:gosec // a system call takes an address
	if errno != 0 {
		return 0, errno
	}
	return Instant(ts.Nano()), nil
}
