//go:build !linux

package main

import (
	"errors"
	"time"
)

// cpuTime is not available here.
func cpuTime(int) (time.Duration, error) {
	return 0, errors.New("the CPU clock of another process can be read on Linux only")
}
