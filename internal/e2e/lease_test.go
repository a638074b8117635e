//go:build e2e && linux

package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

const (
	// ttl is how long a lease lasts without being renewed.
	ttl = 2 * time.Second
	// slack is what a promise about time may be missed by on a busy machine.
	slack = 300 * time.Millisecond
)

// guarded are two policies that fault every request to their paths: one fails
// at once, one waits much longer than any lease.
const guarded = `
apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata: {name: fails}
spec:
  match: [{path: {exact: /fails}}]
  percentage: 100
  fault: {abort: {status: 503}}
---
apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata: {name: waits}
spec:
  match: [{path: {prefix: /waits}}]
  percentage: 100
  fault: {delay: {fixed: 30s}}
`

// renewing names the leases this binary renews instead of running tests: URLs
// with a space between them.
const renewing = "POISE_E2E_RENEW"

// renew renews leases twice a second for ever: a verifier, as far as leases go.
func renew(leases []string) {
	for {
		for _, lease := range leases {
			request, err := http.NewRequest(http.MethodPut, lease, strings.NewReader(fmt.Sprintf(`{"ttl":"%s"}`, ttl)))
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			request.Header.Set("Content-Type", "application/json")
			if answer, err := steering.Do(request); err == nil {
				answer.Body.Close()
			}
		}
		time.Sleep(ttl / 4)
	}
}

// verifierOf starts a process of its own that renews the leases of another.
func verifierOf(t *testing.T, p *process, policies ...string) *exec.Cmd {
	t.Helper()
	var leases []string
	for _, policy := range policies {
		leases = append(leases, "http://"+p.admin+"/api/v1/leases/"+policy)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), renewing+"="+strings.Join(leases, " "))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// The dead man's switch, with nobody to throw it: the verifier is killed while
// faults flow, and the faults end by themselves.
func TestKillingTheVerifierEndsTheFaultsWithTheLease(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := serve(t, "poise-proxy", "", upstream(t).URL, "-f", document(t, guarded), "--data", data)
	people := gather(t, p)
	people.flow("/fails", 4)
	v := verifierOf(t, p, "fails", "waits")
	until(t, "faults flow", func() bool { return people.answered("/fails", 503) > 100 })
	people.once("/waits", 50)
	until(t, "requests are delayed", func() bool { return p.policy(t, "waits").Active == 50 })
	time.Sleep(2 * ttl) // they outlast several leases, because these are renewed
	if active := p.policy(t, "waits").Active; active != 50 {
		t.Fatalf("of 50 delayed requests %d are held while the lease is renewed", active)
	}

	killed := time.Now()
	if err := v.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	over := killed.Add(ttl + slack)
	time.Sleep(time.Until(over))
	faults := p.policy(t, "fails").Arms.Fault
	time.Sleep(time.Second)

	if got := p.policy(t, "fails"); got.Arms.Fault != faults || got.Lease != nil {
		t.Errorf("%d requests were faulted after the lease was over; it is %+v", got.Arms.Fault-faults, got.Lease)
	}
	after, unharmed := 0, 0
	for _, v := range people.seen("/fails") {
		switch {
		case v.status == 503 && v.ended.After(over):
			t.Errorf("a fault %v after the kill; the lease was for %v", v.ended.Sub(killed), ttl)
		case v.status == 503 && v.began.After(killed):
			after++
		case v.status == 200 && v.began.After(over):
			unharmed++
		}
	}
	if after == 0 || unharmed == 0 {
		t.Errorf("after the kill %d requests met the fault, and %d none: the test has seen nothing", after, unharmed)
	}
	released := people.seen("/waits")
	for _, v := range released {
		if v.status != 200 || v.ended.Before(killed) || v.ended.After(over) {
			t.Errorf("a delayed request ended with %d, %v after the kill", v.status, v.ended.Sub(killed))
		}
	}
	if len(released) != 50 {
		t.Errorf("%d of 50 delayed requests were released", len(released))
	}
	t.Logf("after the kill %d requests met the fault, the last one within the lease; %d met none", after, unharmed)

	until(t, "the end of both leases is in the record", func() bool {
		return len(of(timeline(t, data), journal.KindLeaseExpired)) == 2
	})
	poise(t, "timeline", "verify", "--data", data)
}

// A process that sleeps over the end of its lease does not dream on.
func TestAProcessStoppedOverTheEndOfItsLeaseInjectsNoMore(t *testing.T) {
	p := serve(t, "poise-proxy", "", upstream(t).URL, "-f", document(t, guarded), "--data", filepath.Join(t.TempDir(), "data"))
	people := gather(t, p)
	for _, policy := range []string{"fails", "waits"} {
		p.call(t, http.StatusOK, "PUT", "/api/v1/leases/"+policy, `{"ttl":"2s"}`, nil)
	}
	granted := time.Now()
	if v := people.visit("/fails"); v.status != 503 {
		t.Fatalf("a request under the lease is answered %d", v.status)
	}
	people.once("/waits", 20)
	until(t, "requests are delayed", func() bool { return p.policy(t, "waits").Active == 20 })

	p.signal(t, syscall.SIGSTOP)
	until(t, "all of it is stopped", func() bool { return stopped(t, p.Process.Pid) })
	if time.Since(granted) > ttl {
		t.Fatal("the lease was over before the process was stopped; the machine is too busy")
	}
	people.once("/fails", 50) // the system accepts their connections
	time.Sleep(ttl + slack)
	continued := time.Now()
	p.signal(t, syscall.SIGCONT)

	until(t, "all requests are answered", func() bool { return len(people.seen("/fails")) == 51 && len(people.seen("/waits")) == 20 })
	for _, v := range people.seen("/fails")[1:] {
		if v.status != 200 {
			t.Errorf("a request that came while it slept is answered %d, %v after it went on", v.status, v.ended.Sub(continued))
		}
	}
	for _, v := range people.seen("/waits") {
		if v.status != 200 || v.ended.Sub(continued) > 5*time.Second {
			t.Errorf("a delayed request ended with %d, %v after it went on", v.status, v.ended.Sub(continued))
		}
	}
}

// stopped says whether every thread of a process is stopped: the system tells
// them one by one.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("the threads of process %d cannot be found: %v", pid, err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			return false
		}
		// pid (name) state …, where the name may hold anything.
		if after := text[bytes.LastIndexByte(text, ')')+1:]; !bytes.HasPrefix(after, []byte(" T ")) {
			return false
		}
	}
	return true
}
