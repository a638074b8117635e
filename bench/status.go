package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// usage is what a process has used so far.
type usage struct {
	cpu      time.Duration // user and system, in all its threads
	switches int           // of context, by its threads of their own accord
	resident int           // KiB of memory
}

// usageOf reads what a process has used. Its threads may come and go; those that
// have gone take their switches along.
func usageOf(pid int) (usage, error) {
	cpu, err := cpuTime(pid)
	if err != nil {
		return usage{}, err
	}
	u := usage{cpu: cpu}
	if u.resident, err = statusField(fmt.Sprintf("/proc/%d/status", pid), "VmRSS"); err != nil {
		return usage{}, err
	}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return usage{}, err
	}
	for _, thread := range threads {
		n, err := statusField(thread, "voluntary_ctxt_switches")
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return usage{}, err
		}
		u.switches += n
	}
	return u, nil
}

// statusField reads one number of a file as proc(5) tells of a process: a line
// for each, its name before a colon, perhaps a unit behind.
func statusField(file, name string) (int, error) {
	text, err := os.ReadFile(file) //nolint:gosec // one below /proc
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if before, after, _ := bytes.Cut(lines.Bytes(), []byte(":")); string(before) == name {
			number, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte(" "))
			return strconv.Atoi(string(number))
		}
	}
	return 0, fmt.Errorf("%s has no %s", file, name)
}
