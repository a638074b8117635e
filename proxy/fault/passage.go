package fault

import (
	"time"

	"github.com/poise-dev/poise/policies"
)

// Passage is one request on its way through the engine. It is used by one
// goroutine, and not after Leave.
//
//	p := lane.Enter(&request)       decided, permitted, room taken
//	action := p.Inject(gone)        waits out the delay; says what to do
//	…do it…
//	if p.Pending() {                the fault has more to say
//		p.Upload(body)              of the request, on its way to the upstream
//		p.Respond(head)             of the answer: waits, says what to do
//		p.Download(body)            of the answer; after an upgrade, p.Tunnel
//	}
//	p.Leave(outcome)                counted
type Passage struct {
	lane  *Lane
	rules *rules
	start time.Duration

	request     *policies.Request // while deciding only
	decision    policies.Decision
	grpc, head  bool            // a gRPC request; one for a head without body
	told        bool            // the caller may learn of a fault
	gate        *gate           // of the policy that acts
	released    <-chan struct{} // closed when its lease ends
	watch       *Watch          // the run that tests that policy, if any
	suffers     *flight         // the flight of that run that bears the fault
	traceparent string

	own    *flight // when this listener is an edge
	call   *flight // the flight that caused this request, once looked up
	looked bool
	ordeal *ordeal // from Inject on, in the fault arm

	matched []*promiseTally
}

// begin decides what the request meets.
func (p *Passage) begin(l *Lane, r *policies.Request) {
	e := l.engine
	p.lane, p.rules, p.start, p.request, p.grpc = l, e.rules.Load(), e.since(), r, r.GRPC
	p.head = r.Method == "HEAD" //nolint:usestdlibvars // net/http is not known here
	r.Listener = l.name
	if l.sharing.Load() {
		l.all.add(p.start)
	}
	p.matched = p.rules.match(p.matched[:0], r)
	if w := l.edge.Load(); w != nil {
		p.own = w.open(r, l, p)
	}
	p.rules.set.Decide(r, p, &p.decision)
	p.settle()
	p.request = nil
}

// settle counts what was decided.
func (p *Passage) settle() {
	d := &p.decision
	for _, h := range d.Held {
		g := p.rules.gates[h.Policy.Index]
		g.suppressed[h.Reason].Add(1)
		if w := g.watch.Load(); w != nil {
			w.hold(h.Reason)
		}
	}
	for _, c := range d.Controls {
		g := p.rules.gates[c.Index]
		g.arms[policies.ArmControl].Add(1)
		p.meet(g, popControl, false)
	}
	for _, h := range d.Rehearsals {
		p.meet(p.rules.gates[h.Policy.Index], popBefore, h.Drawn)
	}
	if d.Arm == policies.ArmFault {
		p.gate = p.rules.gates[d.Policy.Index]
		p.told = p.lane.engine.marks.tells(p.request)
		p.meet(p.gate, popFault, false)
		// Whose fault it is, is settled now: a run that begins while the request is
		// being held has nothing to do with it.
		if p.watch = p.gate.watch.Load(); p.watch != nil {
			p.suffers = p.flight(p.watch)
		}
	}
}

// meet puts the flight this request belongs to, if any, in a population.
func (p *Passage) meet(g *gate, to population, drawn bool) {
	w := g.watch.Load()
	if w == nil {
		return
	}
	if f := p.flight(w); f != nil {
		f.meet(to, drawn)
	}
}

// flight returns the flight of w this request belongs to, or nil.
func (p *Passage) flight(w *Watch) *flight {
	if p.own != nil && p.own.watch == w {
		if p.own.ambiguous {
			return nil
		}
		return p.own
	}
	if !w.follows || p.lane.edge.Load() == w {
		return nil
	}
	if !p.looked && p.request != nil {
		p.looked = true
		p.call = w.find(traceOf(p.request.Fields))
	}
	if p.call != nil && p.call.watch != w {
		return nil
	}
	return p.call
}

// Permit implements [policies.Moment].
func (p *Passage) Permit(policy *policies.Policy) policies.Permission {
	e, g := p.lane.engine, p.rules.gates[policy.Index]
	w := g.watch.Load()
	released, live := e.permit.Live(policy.Name)
	if !live {
		if w != nil && Phase(w.phase.Load()) == PhaseBaseline && p.flight(w) != nil {
			return policies.Rehearsed
		}
		return policies.NoLease
	}
	if e.draining.Load() {
		return policies.Draining
	}
	if !policy.Expires.IsZero() && !e.now().Before(policy.Expires) {
		return policies.Expired
	}
	if w != nil && p.flight(w) == nil && !w.unfollowing.Load() {
		return policies.NotFollowed
	}
	p.released = released
	return g.room(p.lane, e.since())
}

// Coin implements [policies.Moment].
func (p *Passage) Coin(policy *policies.Policy) uint32 {
	g := p.rules.gates[policy.Index]
	if policy.FailFirst > 0 {
		return g.turn(policy.FailFirst)
	}
	w := g.watch.Load()
	if w == nil {
		return p.toss(policy, g)
	}
	if f := p.flight(w); f != nil {
		return w.within(f.coin)
	}
	return w.within(p.toss(policy, g))
}

// toss draws for one request alone.
func (p *Passage) toss(policy *policies.Policy, g *gate) uint32 {
	if policy.Seeded {
		return policy.SeededCoin(g.coins.Add(1) - 1)
	}
	return p.lane.engine.coin()
}

// Take implements [policies.Moment].
func (p *Passage) Take(policy *policies.Policy) policies.Permission {
	e, g := p.lane.engine, p.rules.gates[policy.Index]
	if held := g.take(p.lane, e.since()); held != policies.Granted {
		return held
	}
	if !e.permit.Spend(policy.Name) {
		g.giveBack()
		return policies.LeaseSpent
	}
	return policies.Granted
}

// Traceparent returns the traceparent the adapter gives the request because it
// came without one and a run follows it; empty: leave it as it came.
func (p *Passage) Traceparent() string { return p.traceparent }

// Decision returns what was decided. It is valid until Leave.
func (p *Passage) Decision() *policies.Decision { return &p.decision }

// Leave counts the request as ended and gives the passage back.
func (p *Passage) Leave(o policies.Outcome) {
	e := p.lane.engine
	switch {
	case p.ordeal != nil:
		p.ordeal.end(served)
	case p.gate != nil: // the adapter failed before Inject: nothing was injected
		p.gate.giveBack()
	}
	arm := p.arm()
	p.lane.observe(arm, o.Status, e.since()-p.start)
	for _, t := range p.matched {
		t.observe(arm, t.promise.Good(o))
	}
	if p.own != nil {
		p.own.close(o)
	}
	p.reset()
	e.passages.Put(p)
}

// arm returns the arm the request is counted in: at an edge that of its flight,
// elsewhere that of its own decision. Who was let go is in none.
func (p *Passage) arm() policies.Arm {
	if p.ordeal != nil && p.ordeal.free() {
		return policies.ArmNone
	}
	if p.own == nil || p.decision.Arm != policies.ArmNone {
		return p.decision.Arm
	}
	return p.own.arm()
}

func (p *Passage) reset() {
	p.decision.Reset()
	matched := p.matched[:0]
	decision := p.decision
	*p = Passage{decision: decision, matched: matched}
}

// Streaming tells that the head of an answer without an end of its own (an
// upgrade, server-sent events) has gone out: the request is judged by its head.
func (p *Passage) Streaming() {
	if p.own != nil {
		p.own.streams(p.lane.engine.since())
	}
}

// Elapsed returns the time since the request's head was read.
func (p *Passage) Elapsed() time.Duration { return p.lane.engine.since() - p.start }
