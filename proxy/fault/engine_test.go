package fault_test

import (
	"net/http"
	"testing"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/proxy/fault/faulttest"
)

// get is a request as an adapter shows it.
func get(path string, header ...string) *policies.Request {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &policies.Request{Method: "GET", Host: "shop.local", Path: path, Fields: policies.FieldMap(h)}
}

// ok is the outcome of a request that went well.
func ok() policies.Outcome { return policies.Outcome{Status: 200, Complete: true} }

func TestNothingHappensWithoutALease(t *testing.T) {
	set := faulttest.Compile(t, faulttest.Policy("slow", "{percentage: 100, fault: {abort: {status: 503}}}"))
	e := faulttest.Engine(t, set, faulttest.NewPermit(), faulttest.Always)
	p := e.Lane("default").Enter(get("/"))
	if a := p.Inject(nil); a.Do != fault.Forward {
		t.Errorf("without a lease the action is %d, want Forward", a.Do)
	}
	if arm := p.Decision().Arm; arm != policies.ArmNone {
		t.Errorf("arm %s, want none", arm)
	}
	p.Leave(ok())
}

func TestAnEngineWithoutAPermitNeverInjects(t *testing.T) {
	e := fault.New(fault.Options{Coin: faulttest.Always})
	e.Load(faulttest.Compile(t, faulttest.Policy("slow", "{percentage: 100, fault: {abort: {status: 503}}}")))
	p := e.Lane("default").Enter(get("/"))
	if a := p.Inject(nil); a.Do != fault.Forward {
		t.Errorf("action %d, want Forward", a.Do)
	}
	p.Leave(ok())
}

func TestTheCoinDecidesBetweenFaultAndControl(t *testing.T) {
	set := faulttest.Compile(t, faulttest.Policy("slow", "{percentage: 20, fault: {abort: {status: 503}}}"))
	for name, tc := range map[string]struct {
		coin uint32
		want policies.Arm
	}{
		"a coin below the percentage is drawn":  {policies.Whole/5 - 1, policies.ArmFault},
		"a coin at the percentage is not drawn": {policies.Whole / 5, policies.ArmControl},
	} {
		t.Run(name, func(t *testing.T) {
			e := faulttest.Engine(t, set, faulttest.NewPermit("slow"), func() uint32 { return tc.coin })
			p := e.Lane("default").Enter(get("/"))
			if got := p.Decision().Arm; got != tc.want {
				t.Errorf("arm %s, want %s", got, tc.want)
			}
			p.Inject(nil)
			p.Leave(ok())
			c, _ := e.Counts("slow")
			if got := map[policies.Arm]uint64{policies.ArmFault: c.Fault, policies.ArmControl: c.Control}; got[tc.want] != 1 {
				t.Errorf("counted %v, want one %s", got, tc.want)
			}
		})
	}
}

func TestASeedRepeatsItsDecisions(t *testing.T) {
	set := faulttest.Compile(t, faulttest.Policy("slow", "{percentage: 30, seed: 7, fault: {abort: {status: 503}}}"))
	draw := func() (arms []policies.Arm) {
		lane := faulttest.Engine(t, set, faulttest.NewPermit("slow"), nil).Lane("default")
		for range 200 {
			p := lane.Enter(get("/"))
			arms = append(arms, p.Decision().Arm)
			p.Inject(nil)
			p.Leave(ok())
		}
		return arms
	}
	first, second := draw(), draw()
	faults := 0
	for i := range first {
		if first[i] != second[i] {
			t.Fatalf("decision %d differs between two runs of one seed", i)
		}
		if first[i] == policies.ArmFault {
			faults++
		}
	}
	// 200 draws of 30%: 60, and 4 standard deviations are 26.
	if faults < 34 || faults > 86 {
		t.Errorf("%d of 200 draws were faults, want about 60", faults)
	}
}

func TestReloadingAnUnchangedPolicyKeepsItsTotals(t *testing.T) {
	text := faulttest.Policy("once", "{percentage: 100, fault: {abort: {status: 503}}, limits: {maxTotal: 1}}")
	e := faulttest.Engine(t, faulttest.Compile(t, text), faulttest.NewPermit("once"), faulttest.Always)
	lane := e.Lane("default")
	act := func() fault.Do {
		p := lane.Enter(get("/"))
		defer p.Leave(ok())
		return p.Inject(nil).Do
	}
	if act() != fault.Answer || act() != fault.Forward {
		t.Fatal("maxTotal: 1 did not allow exactly one fault")
	}
	e.Load(faulttest.Compile(t, text))
	if act() != fault.Forward {
		t.Error("a reload of the same document gave the policy a new total")
	}
	e.Load(faulttest.Compile(t, faulttest.Policy("once", "{percentage: 100, fault: {abort: {status: 500}}, limits: {maxTotal: 1}}")))
	if act() != fault.Answer {
		t.Error("a changed policy did not begin a new total")
	}
}

func TestDrainingStopsInjectingAtOnce(t *testing.T) {
	set := faulttest.Compile(t, faulttest.Policy("slow", "{percentage: 100, fault: {abort: {status: 503}}}"))
	e := faulttest.Engine(t, set, faulttest.NewPermit("slow"), faulttest.Always)
	e.Drain()
	p := e.Lane("default").Enter(get("/"))
	if a := p.Inject(nil); a.Do != fault.Forward {
		t.Errorf("action %d while draining, want Forward", a.Do)
	}
	p.Leave(ok())
	if c, _ := e.Counts("slow"); c.Suppressed["draining"] != 1 {
		t.Errorf("suppressed %v, want one for draining", c.Suppressed)
	}
}
