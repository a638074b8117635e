//go:build e2e && linux

package e2e_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/verifier"
)

// smallDisk mounts a file system of the given size for the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("mounting a small disk to fill it needs root")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill uses up the disk that dir is on, and returns what frees it again.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for size := 64 << 10; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnAFullDiskTrafficFlowsAndNobodyMayInject(t *testing.T) {
	disk := smallDisk(t, "2m")
	free := fill(t, disk)
	p := serve(t, "poise", "run", upstream(t).URL, "-f", document(t, guarded+"---"+lasting), "--data", filepath.Join(disk, "data"))
	people := gather(t, p)
	people.flow("/", 4)
	people.flow("/fails", 2)

	var refused, unstarted api.Problem
	var ready struct{ Refused string }
	var status api.Status
	p.call(t, http.StatusServiceUnavailable, "PUT", "/api/v1/leases/fails", `{"ttl":"1m"}`, &refused)
	p.call(t, http.StatusServiceUnavailable, "POST", "/api/v1/verifications/lasting/runs", "", &unstarted)
	p.call(t, http.StatusOK, "GET", "/readyz", "", &ready) // for traffic it is
	p.call(t, http.StatusOK, "GET", "/api/v1/status", "", &status)
	for who, said := range map[string]string{
		"a lease": refused.Detail, "a run": unstarted.Detail, "readyz": ready.Refused, "status": status.Refused,
	} {
		if !strings.Contains(said, "the disk is full") {
			t.Errorf("%s is not told why: %q", who, said)
		}
	}
	until(t, "people came", func() bool { return len(people.seen("/")) > 200 && len(people.seen("/fails")) > 50 })
	for _, path := range []string{"/", "/fails"} {
		for _, v := range people.seen(path) {
			if v.status != 200 {
				t.Fatalf("a request to %s is answered %d", path, v.status)
			}
		}
	}

	free()
	p.call(t, http.StatusOK, "PUT", "/api/v1/leases/fails", `{"ttl":"1m"}`, nil)
	until(t, "faults flow", func() bool { return people.answered("/fails", 503) > 10 })
	status = api.Status{}
	p.call(t, http.StatusOK, "GET", "/api/v1/status", "", &status)
	if status.Refused != "" {
		t.Errorf("there is room, and status still says %q", status.Refused)
	}
}

func TestADiskThatFillsUpEndsTheRun(t *testing.T) {
	disk := smallDisk(t, "4m")
	p := serve(t, "poise", "run", upstream(t).URL, "-f", document(t, lasting), "--data", filepath.Join(disk, "data"))
	people := gather(t, p)
	people.flow("/", 4)
	id := p.start(t, "lasting")
	until(t, "faults flow", func() bool { return p.run(t, id).Arms.Fault.Delivered > 20 })

	free := fill(t, disk)
	until(t, "the run ends", func() bool { return p.run(t, id).State == verifier.StateDone })
	run := p.run(t, id)
	if run.Verdict != verifier.Stopped || run.StopReason != verifier.StopRecord || !strings.Contains(run.Reason, "the disk is full") {
		t.Errorf("the run is %s (%s): %s", run.Verdict, run.StopReason, run.Reason)
	}
	before := p.policy(t, "mild")
	if before.Lease != nil || before.Active != 0 {
		t.Errorf("the run is over, and its faults are not: %+v", before)
	}
	already := len(people.seen("/"))
	until(t, "more people came", func() bool { return len(people.seen("/")) > already+200 })
	if after := p.policy(t, "mild"); after.Arms.Fault != before.Arms.Fault {
		t.Errorf("%d requests were faulted after the end of the run", after.Arms.Fault-before.Arms.Fault)
	}
	if status, text := p.ask(t, "POST", "/api/v1/verifications/lasting/runs", ""); status != 503 || !strings.Contains(text, "the disk is full") {
		t.Errorf("another run is answered %d: %s", status, text)
	}
	for _, v := range people.seen("/") {
		if v.status != 200 {
			t.Fatalf("a request is answered %d", v.status)
		}
	}

	free()
	again := p.start(t, "lasting")
	until(t, "faults flow", func() bool { return p.run(t, again).Arms.Fault.Delivered > 20 })
	p.call(t, http.StatusOK, "DELETE", "/api/v1/runs/"+again, `{"reason":"enough seen"}`, nil)
	poise(t, "timeline", "verify", "--data", filepath.Join(disk, "data"))
}
