package main

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns how long the process with this pid has run, user and system,
// in all its threads. It reads the kernel's CPU clock of the process, which
// counts nanoseconds, where /proc counts hundredths of a second: see
// clock_getcpuclockid(3) for how its number is made.
func cpuTime(pid int) (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED: precise run time, not ticks
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|scheduled, &ts); err != nil { //nolint:gosec // a pid fits
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}
