package fault

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/poise-dev/poise/policies"
)

// ordeal is what one request of the fault arm goes through, from the draw to
// the end of its answer. Other than a [Passage] it may be used by several
// goroutines, and by a body that is still being read after the request has
// ended: then it does nothing any more.
type ordeal struct {
	engine   *Engine
	gate     *gate
	watch    *Watch  // nil: no run
	flight   *flight // the request of the run it belongs to; nil: none
	policy   *policies.Policy
	fault    *policies.Fault
	grpc     bool
	told     bool            // the caller may learn of the fault
	released <-chan struct{} // closed when the lease ends
	gone     <-chan struct{} // closed when the caller has left, while the request goes up
	ended    chan struct{}   // closed when the fault is over; nil: it ends within Inject

	met   atomic.Uint32 // kinds applied, and see below
	delay atomic.Int64  // waited for, in nanoseconds
	state atomic.Uint32 // going, served or freed

	mu   sync.Mutex // guards rand
	rand policies.Rand

	body damage // decided when the upstream has answered
}

// Bits of met beside those of the kinds.
const (
	planned = 8               // a kind shifted by this: it is going to be applied
	skipped = uint32(1) << 31 // a part could not be done to the message
)

// The states of an ordeal.
const (
	going  = uint32(iota) // active
	served                // over; counted in the fault arm
	freed                 // let go before it was over; counted in neither arm
)

// newOrdeal begins what the decision of p says.
func (p *Passage) newOrdeal(gone <-chan struct{}) *ordeal {
	e, d := p.lane.engine, &p.decision
	o := &ordeal{
		engine: e, gate: p.gate, watch: p.watch, policy: d.Policy, fault: d.Fault,
		grpc: p.grpc, told: p.told, released: p.released, gone: gone, rand: e.chance,
	}
	if d.Policy.Seeded {
		o.rand = d.Policy.SeededRand(p.gate.drawn.Add(1) - 1)
	}
	if o.fault.Lasts() {
		o.ended = make(chan struct{})
	}
	if o.watch != nil {
		o.flight = p.suffers
		o.watch.faultBegins(e.since())
	}
	return o
}

// apply counts a kind of fault as applied, once.
func (o *ordeal) apply(k kind) {
	if bit := uint32(1) << k; o.met.Or(bit)&bit == 0 {
		o.gate.faults[k].Add(1)
	}
}

// plan notes a kind of fault that the body is going to meet.
func (o *ordeal) plan(k kind) { o.met.Or(1 << (k + planned)) }

// skip counts that a part of the fault could not be done to this message, once.
func (o *ordeal) skip() {
	if o.met.Or(skipped)&skipped == 0 {
		o.gate.suppressed[policies.NotApplicable].Add(1)
	}
}

// delivered says whether anything of the fault was applied.
func (o *ordeal) delivered() bool { return o.met.Load()&(1<<kinds-1) != 0 }

// lapsed says whether the fault is over: because its time has ended, or the
// request has. What is left of it is skipped then.
func (o *ordeal) lapsed() bool {
	if o.state.Load() != going {
		return true
	}
	select {
	case <-o.released:
	default:
		// The channel may be closed late, when the process was stopped for a
		// while; the permission itself is compared with the clock.
		now, live := o.engine.permit.Live(o.policy.Name)
		if left, bounded := o.left(); live && now == o.released && (!bounded || left > 0) {
			return false
		}
	}
	o.end(freed)
	return true
}

// left returns the time until the policy's own end, and false if it has none.
func (o *ordeal) left() (time.Duration, bool) {
	if o.policy.Expires.IsZero() {
		return 0, false
	}
	return o.policy.Expires.Sub(o.engine.now()), true
}

// end ends and counts the fault, once: freed, the rest of it is skipped.
func (o *ordeal) end(how uint32) {
	if !o.state.CompareAndSwap(going, how) {
		return
	}
	if o.ended != nil {
		close(o.ended)
	}
	if how == served {
		o.gate.arms[policies.ArmFault].Add(1)
	}
	if o.flight != nil {
		o.flight.suffered(how == freed, o.delivered(), time.Duration(o.delay.Load()))
	}
	if o.watch != nil {
		o.watch.faultEnds(o.engine.since())
	}
	o.gate.active.Add(-1)
}

// free says whether the request was let go.
func (o *ordeal) free() bool { return o.state.Load() == freed }

// ending is how a wait ended.
type ending uint8

const (
	waitElapsed ending = iota
	waitReleased
	waitLeft
)

// hold waits until d has passed, the fault's time has ended or the caller has
// left, which closes gone.
func (o *ordeal) hold(d time.Duration, gone <-chan struct{}) ending {
	if o.lapsed() {
		return waitReleased
	}
	if d <= 0 {
		return waitElapsed
	}
	left, bounded := o.left()
	cut := bounded && left < d
	if cut {
		d = left
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		if !cut {
			return waitElapsed
		}
	case <-o.released:
	case <-o.ended:
	case <-gone:
		return waitLeft
	}
	o.end(freed)
	return waitReleased
}

// wait draws a delay, waits it out and counts it. A caller who leaves meanwhile
// has met it: it outlasted their patience.
func (o *ordeal) wait(d *policies.Delay, gone <-chan struct{}) ending {
	o.mu.Lock()
	length := d.Sample(o.rand)
	o.mu.Unlock()
	o.apply(kindDelay)
	o.delay.Add(int64(length))
	return o.hold(length, gone)
}
