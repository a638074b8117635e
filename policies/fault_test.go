package policies_test

import (
	"strings"
	"testing"

	"github.com/poise-dev/poise/policies"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

func TestAFaultInWords(t *testing.T) {
	for spec, tc := range map[string]struct {
		want         string
		lasts, holds bool
	}{
		"{delay: {fixed: 1s}}":                            {"delay 1s", false, true},
		"{delay: {fixed: 1s, phase: response}}":           {"delay 1s after the upstream answered", true, false},
		"{delay: {fixed: 1s, phase: event}}":              {"delay 1s before each event", true, false},
		"{abort: {status: 503}}":                          {"abort 503", false, false},
		"{abort: {status: 503, phase: response}}":         {"abort 503 after the upstream was called", true, false},
		"{abort: {connection: hang}}":                     {"hang for 1m, then close the connection", false, true},
		"{abort: {connection: hang, phase: response}}":    {"hang for 1m, then close the connection after the upstream was called", true, false},
		"{throttle: {download: 100KiB/s, upload: 2KB/s}}": {"throttle download to 100KiB/s and upload to 2KB/s", true, false},
		"{response: {status: 501, body: x, headers: {set: {X-A: b}, remove: [etag, x-a]}}}": {
			"rewrite status 501 and body and headers etag, x-a", true, false,
		},
		"{response: {corrupt: {percentage: 0.5}, truncateAfter: 5B}}": {"corrupt 0.5% of bytes, truncate after 5B", true, false},
		"{response: {resetAfter: 64KiB}}":                             {"reset the connection after 64KiB", true, false},
		"{websocket: {closeCode: 1011, after: 2s}}":                   {"close the websocket with 1011 after 2s", true, false},
		"{websocket: {dropEvery: 3}}":                                 {"drop one websocket message in 3", true, false},
		"{delay: {fixed: 1s}, throttle: {upload: 1B/s}, response: {status: 500}, abort: {grpcStatus: INTERNAL, phase: response}}": {
			"delay 1s, then throttle upload to 1B/s, then rewrite status 500, then abort gRPC INTERNAL after the upstream was called", true, true,
		},
	} {
		p := compile(t, document("FaultPolicy", "p", "percentage: 5\nfault: "+spec)).Policy("p")
		if p.Text != tc.want {
			t.Errorf("%s\n is told: %s\n want:    %s", spec, p.Text, tc.want)
		}
		if p.Fault.Lasts() != tc.lasts || p.Fault.Holds() != tc.holds {
			t.Errorf("%s: lasts %t, holds %t", spec, p.Fault.Lasts(), p.Fault.Holds())
		}
	}
}

func TestASeedRepeatsTheChanceOfEachFault(t *testing.T) {
	seeded := compile(t, document("FaultPolicy", "p", "percentage: 5\nseed: 7\nfault: {delay: {fixed: 1s}}")+
		document("FaultPolicy", "q", "percentage: 5\nseed: 7\nfault: {delay: {fixed: 1s}}"))
	p, q := seeded.Policy("p"), seeded.Policy("q")
	if p.SeededRand(3).Float64() != p.SeededRand(3).Float64() {
		t.Error("the same fault has two chances")
	}
	seen := map[float64]bool{}
	for n := range uint64(1000) {
		seen[p.SeededRand(n).Float64()] = true
	}
	if len(seen) != 1000 || p.SeededRand(3).Float64() == q.SeededRand(3).Float64() {
		t.Error("two faults, or two policies, share their luck")
	}
}

func TestAPolicyWithoutAPercentageFaultsNobodyUnlessItSaysHow(t *testing.T) {
	for name, tc := range map[string]struct {
		spec policies.FaultPolicy
		want policies.Percent
	}{
		"nothing said":  {policies.FaultPolicy{}, 0},
		"failFirst":     {policies.FaultPolicy{FailFirst: new(int)}, 0},
		"headerControl": {policies.FaultPolicy{HeaderControl: true}, policies.Whole},
	} {
		tc.spec.Fault = &policies.Fault{Abort: &policies.Abort{Status: 503}}
		set, err := policies.Compile([]policies.Document{{Kind: policies.KindFaultPolicy, Metadata: policies.Metadata{Name: "p"}, Policy: &tc.spec}})
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Policy("p").Share; got != tc.want {
			t.Errorf("%s: share %s, want %s", name, got, tc.want)
		}
	}
}
