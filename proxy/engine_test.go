package proxy_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy"
)

// compile returns the set of some documents.
func compile(t *testing.T, yaml string) *policies.Set {
	t.Helper()
	docs, err := policies.Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	set, err := policies.Compile(docs)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// policy returns a FaultPolicy document with this spec.
func policy(name, spec string) string {
	return "---\napiVersion: poise.dev/v1alpha1\nkind: FaultPolicy\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

// permit is a Permit that people in a test switch on and off.
type permit struct {
	mu       sync.Mutex
	released map[string]chan struct{}
	faults   map[string]int
}

func newPermit(policies ...string) *permit {
	p := &permit{released: map[string]chan struct{}{}, faults: map[string]int{}}
	for _, name := range policies {
		p.grant(name)
	}
	return p
}

func (p *permit) grant(policy string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.released[policy] = make(chan struct{})
}

func (p *permit) revoke(policy string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.released[policy])
	delete(p.released, policy)
}

// allow bounds the number of faults of a policy.
func (p *permit) allow(policy string, faults int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[policy] = faults
}

func (p *permit) Live(policy string) (<-chan struct{}, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	released, ok := p.released[policy]
	return released, ok
}

func (p *permit) Spend(policy string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	left, bounded := p.faults[policy]
	if !bounded {
		return true
	}
	p.faults[policy] = left - 1
	return left > 0
}

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

// always is a coin that falls on fault whatever the percentage, but for 0.
func always() uint32 { return 0 }

// engine returns an engine with documents, a permit and a coin.
func engine(t *testing.T, set *policies.Set, p proxy.Permit, coin func() uint32) *proxy.Engine {
	t.Helper()
	e := proxy.New(proxy.Options{Permit: p, Coin: coin})
	e.Load(set)
	return e
}

func TestNothingHappensWithoutALease(t *testing.T) {
	set := compile(t, policy("slow", "{percentage: 100, fault: {abort: {status: 503}}}"))
	e := engine(t, set, newPermit(), always)
	p := e.Lane("default").Enter(get("/"))
	if a := p.Inject(nil); a.Do != proxy.Forward {
		t.Errorf("without a lease the action is %d, want Forward", a.Do)
	}
	if arm := p.Decision().Arm; arm != policies.ArmNone {
		t.Errorf("arm %s, want none", arm)
	}
	p.Leave(ok())
}

func TestAnEngineWithoutAPermitNeverInjects(t *testing.T) {
	e := proxy.New(proxy.Options{Coin: always})
	e.Load(compile(t, policy("slow", "{percentage: 100, fault: {abort: {status: 503}}}")))
	p := e.Lane("default").Enter(get("/"))
	if a := p.Inject(nil); a.Do != proxy.Forward {
		t.Errorf("action %d, want Forward", a.Do)
	}
	p.Leave(ok())
}

func TestTheCoinDecidesBetweenFaultAndControl(t *testing.T) {
	set := compile(t, policy("slow", "{percentage: 20, fault: {abort: {status: 503}}}"))
	for name, tc := range map[string]struct {
		coin uint32
		want policies.Arm
	}{
		"a coin below the percentage is drawn":  {policies.Whole/5 - 1, policies.ArmFault},
		"a coin at the percentage is not drawn": {policies.Whole / 5, policies.ArmControl},
	} {
		t.Run(name, func(t *testing.T) {
			e := engine(t, set, newPermit("slow"), func() uint32 { return tc.coin })
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
	set := compile(t, policy("slow", "{percentage: 30, seed: 7, fault: {abort: {status: 503}}}"))
	draw := func() (arms []policies.Arm) {
		lane := engine(t, set, newPermit("slow"), nil).Lane("default")
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
	text := policy("once", "{percentage: 100, fault: {abort: {status: 503}}, limits: {maxTotal: 1}}")
	e := engine(t, compile(t, text), newPermit("once"), always)
	lane := e.Lane("default")
	act := func() proxy.Do {
		p := lane.Enter(get("/"))
		defer p.Leave(ok())
		return p.Inject(nil).Do
	}
	if act() != proxy.Answer || act() != proxy.Forward {
		t.Fatal("maxTotal: 1 did not allow exactly one fault")
	}
	e.Load(compile(t, text))
	if act() != proxy.Forward {
		t.Error("a reload of the same document gave the policy a new total")
	}
	e.Load(compile(t, policy("once", "{percentage: 100, fault: {abort: {status: 500}}, limits: {maxTotal: 1}}")))
	if act() != proxy.Answer {
		t.Error("a changed policy did not begin a new total")
	}
}

func TestDrainingStopsInjectingAtOnce(t *testing.T) {
	set := compile(t, policy("slow", "{percentage: 100, fault: {abort: {status: 503}}}"))
	e := engine(t, set, newPermit("slow"), always)
	e.Drain()
	p := e.Lane("default").Enter(get("/"))
	if a := p.Inject(nil); a.Do != proxy.Forward {
		t.Errorf("action %d while draining, want Forward", a.Do)
	}
	p.Leave(ok())
	if c, _ := e.Counts("slow"); c.Suppressed["draining"] != 1 {
		t.Errorf("suppressed %v, want one for draining", c.Suppressed)
	}
}
