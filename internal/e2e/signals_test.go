//go:build e2e && linux

package e2e_test

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSIGTERMLetsRequestsUnderWayFinish(t *testing.T) {
	for _, tt := range []struct{ name, binary, verb string }{{"poise run", "poise", "run"}, {"poise-proxy", "poise-proxy", ""}} {
		t.Run(tt.name, func(t *testing.T) {
			service := upstream(t)
			p := serve(t, tt.binary, tt.verb, service.URL, "--data", filepath.Join(t.TempDir(), "data"), "--drain", patience.String())
			people := gather(t, p)
			people.once("/late", 10)
			until(t, "requests are under way", func() bool { return service.inside.Load() == 10 })
			p.signal(t, syscall.SIGTERM)
			until(t, "nobody is let in any more", func() bool { return !reachable(p.listen) })
			if n := len(people.seen("/late")); n == 10 {
				t.Error("all requests had ended before the end began: the test has seen nothing")
			}
			if code := p.wait(t); code != 0 {
				t.Errorf("it ends with %d", code)
			}
			until(t, "everybody is served", func() bool { return len(people.seen("/late")) == 10 })
			if n := people.answered("/late", 200); n != 10 {
				t.Errorf("%d of 10 requests under way were answered", n)
			}
		})
	}
}

func TestASecondSignalEndsItAtOnce(t *testing.T) {
	service := upstream(t)
	p := serve(t, "poise", "run", service.URL, "--data", filepath.Join(t.TempDir(), "data"), "--drain", "1h")
	people := gather(t, p)
	people.once("/never", 1)
	until(t, "a request is under way", func() bool { return service.inside.Load() == 1 })
	p.signal(t, syscall.SIGINT)
	until(t, "nobody is let in any more", func() bool { return !reachable(p.listen) })
	if p.over() {
		t.Fatal("it did not wait for the request under way")
	}
	p.signal(t, syscall.SIGINT)
	if code := p.wait(t); code != 130 {
		t.Errorf("it ends with %d, want 130", code)
	}
}

func TestASignalStopsARunAndSaysSo(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signal syscall.Signal
		want   string
	}{
		{"a person interrupts", syscall.SIGINT, "stopped (operator): A person interrupted the run."},
		{"a supervisor terminates", syscall.SIGTERM, "stopped (shutdown): The process was told to end."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			p := serve(t, "poise", "run", upstream(t).URL, "-f", document(t, lasting), "--data", data, "--verification", "lasting")
			people := gather(t, p)
			people.flow("/", 4)
			until(t, "faults flow", func() bool { return p.policy(t, "mild").Arms.Fault > 20 })
			p.signal(t, tt.signal)
			if code := p.wait(t); code != 13 {
				t.Errorf("it ends with %d, want 13", code)
			}
			if !strings.HasPrefix(p.output(), tt.want) {
				t.Errorf("it says %q, want %q", p.output(), tt.want)
			}
			people.leave()
			for _, v := range people.seen("/") {
				if v.ended.Before(v.began) || v.status != 200 && v.status != 0 {
					t.Errorf("a request is answered %d", v.status)
				}
			}
			poise(t, "replay", "latest", "--data", data)
			poise(t, "timeline", "verify", "--data", data)
		})
	}
}

// reachable says whether somebody listens at an address.
func reachable(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}
