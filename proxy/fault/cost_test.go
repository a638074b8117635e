package fault_test

import (
	"testing"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// carry takes a request through the engine as an adapter does when there is
// nothing to inject.
func carry(lane *fault.Lane, r *policies.Request) {
	p := lane.Enter(r)
	p.Inject(nil)
	if _, marked := p.Mark(); !marked && !p.Pending() && len(p.Marks()) == 0 {
		p.Leave(ok())
	}
}

func TestARequestThatMeetsNoFaultAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("memory is not kept under the race detector")
	}
	for name, spec := range map[string]string{
		"no policy means it":             "{percentage: 100, match: [{path: {prefix: /other}}], fault: {abort: {status: 503}}}",
		"it is not drawn":                "{percentage: 0, fault: {response: {status: 503}, throttle: {download: 1B/s}}}",
		"it asks for nothing by headers": "{headerControl: true}",
		"those that fail first are over": "{failFirst: 1, fault: {abort: {status: 503}}}",
		"the policy has expired":         "{percentage: 100, expires: 2000-01-01T00:00:00Z, fault: {abort: {status: 503}}}",
	} {
		t.Run(name, func(t *testing.T) {
			e := faulttest.Engine(t, faulttest.Compile(t, faulttest.Policy("p", spec)), faulttest.NewPermit("p"), nil)
			lane := e.Lane("default")
			r := get("/pay", "User-Agent", "curl/8")
			for range 3 { // the memory of a passage grows once, and the first may fail
				p := lane.Enter(r)
				p.Inject(nil)
				p.Leave(ok())
			}
			if n := testing.AllocsPerRun(200, func() { carry(lane, r) }); n >= 1 {
				t.Errorf("%g allocations for each request, want none", n)
			}
		})
	}
}

func BenchmarkARequestThatMeetsNoFault(b *testing.B) {
	e := fault.New(fault.Options{Permit: faulttest.NewPermit("p")})
	lane := e.Lane("default")
	r := get("/pay", "User-Agent", "curl/8")
	b.ReportAllocs()
	for b.Loop() {
		carry(lane, r)
	}
}
