package fault

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poise-dev/poise/policies"
)

// Permit is the permission to inject, asked before every fault.
type Permit interface {
	// Live says whether the policy may act now. The channel is closed when the
	// permission ends, and then requests being held are let go. It does not
	// allocate and never blocks.
	Live(policy string) (released <-chan struct{}, live bool)
	// Spend takes one of the number of faults the permission allows, and says
	// whether there was one left.
	Spend(policy string) bool
}

// Engine decides, injects and counts. It is safe for use by many goroutines;
// new documents and runs never wait for requests, nor requests for them.
type Engine struct {
	permit Permit
	coin   func() uint32
	now    func() time.Time
	born   time.Time
	chance policies.Rand
	marks  Marks

	rules    atomic.Pointer[rules]
	draining atomic.Bool
	passages sync.Pool
	// durations is the library's histogram; each lane holds its own handles.
	durations *prometheus.HistogramVec

	mu    sync.Mutex // guards the maps; not taken by requests
	lanes map[string]*Lane
	// tallies outlive their policy's document, so that counters never go back.
	tallies map[string]*tally
	watches map[*Watch]struct{}
}

// Options configures an Engine.
type Options struct {
	// Permit is asked before every fault. Nil: no fault, ever.
	Permit Permit
	// Coin returns numbers uniform in [0, policies.Whole). Nil: random.
	Coin func() uint32
	// Chance draws how long delays are and which bytes are corrupted, where a
	// policy has no seed. It must be safe for use by many goroutines. Nil: random.
	Chance policies.Rand
	// Marks says which callers are told of a fault.
	Marks Marks
	// Now tells the time. Nil: time.Now.
	Now func() time.Time
}

// rules is what the documents mean for requests, with the living parts beside
// it. It is replaced whole.
type rules struct {
	set   *policies.Set
	gates []*gate // by Policy.Index
	// promises are the objectives counted for metrics, by listener.
	promises map[string][]*promiseTally
	// everywhere are those without a listener of their own.
	everywhere []*promiseTally
}

// New returns an Engine without any policy.
func New(o Options) *Engine {
	e := &Engine{
		permit:  o.Permit,
		coin:    o.Coin,
		now:     o.Now,
		chance:  o.Chance,
		marks:   o.Marks,
		lanes:   map[string]*Lane{},
		tallies: map[string]*tally{},
		watches: map[*Watch]struct{}{},

		durations: newDurations(),
	}
	if e.permit == nil {
		e.permit = never{}
	}
	if e.coin == nil {
		e.coin = func() uint32 { return rand.Uint32N(policies.Whole) }
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.chance == nil {
		e.chance = chance{}
	}
	e.born = e.now()
	e.passages.New = func() any { return new(Passage) }
	e.rules.Store(&rules{set: new(policies.Set)})
	return e
}

// Set returns the documents in force.
func (e *Engine) Set() *policies.Set { return e.rules.Load().set }

// Load puts a new set of documents in force. Requests under way finish under
// the old one. A policy that did not change keeps its totals and its place in
// the sequence of a seed.
func (e *Engine) Load(set *policies.Set) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.rules.Load()
	next := &rules{set: set, promises: map[string][]*promiseTally{}}
	for _, p := range set.Policies() {
		next.gates = append(next.gates, e.gate(old, p))
	}
	next.tallyPromises(old)
	for w := range e.watches {
		next.attach(w)
	}
	e.rules.Store(next)
}

// gate returns the gate of p: the old one when p did not change.
func (e *Engine) gate(old *rules, p *policies.Policy) *gate {
	if was := old.set.Policy(p.Name); was != nil && was.Digest == p.Digest {
		return old.gates[was.Index]
	}
	t := e.tallies[p.Name]
	if t == nil {
		t = new(tally)
		e.tallies[p.Name] = t
	}
	return newGate(p, t)
}

// gateOf returns the gate of the named policy, or nil.
func (r *rules) gateOf(name string) *gate {
	if p := r.set.Policy(name); p != nil {
		return r.gates[p.Index]
	}
	return nil
}

// attach ties a watch to the gates of its policies.
func (r *rules) attach(w *Watch) {
	for _, name := range w.spec.Policies {
		if g := r.gateOf(name); g != nil {
			g.watch.Store(w)
		}
	}
}

// Drain stops injecting for good; requests under way finish. Those being held
// are let go by the end of their lease, which is the caller's to revoke.
func (e *Engine) Drain() { e.draining.Store(true) }

// Lane returns the engine's view of a listener.
func (e *Engine) Lane(listener string) *Lane {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.lanes[listener]
	if l == nil {
		l = newLane(e, listener)
		e.lanes[listener] = l
	}
	return l
}

// Listeners returns the names of the lanes.
func (e *Engine) Listeners() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := make([]string, 0, len(e.lanes))
	for name := range e.lanes {
		names = append(names, name)
	}
	return names
}

// since returns the time since the engine began: its own clock, which only goes
// forward.
func (e *Engine) since() time.Duration { return e.now().Sub(e.born) }

// wall returns the wall-clock time of an instant of the engine's clock.
func (e *Engine) wall(at time.Duration) time.Time { return e.born.Add(at) }

// never is the Permit of an engine without one.
type never struct{}

func (never) Live(string) (<-chan struct{}, bool) { return nil, false }
func (never) Spend(string) bool                   { return false }

// chance draws from the process's random source, which is safe for use by many
// goroutines.
type chance struct{}

func (chance) Float64() float64     { return rand.Float64() }
func (chance) NormFloat64() float64 { return rand.NormFloat64() }
