package fault

import (
	"time"

	"github.com/poise-dev/poise/policies"
)

// flight is one request at the edge of a watch, from its head to its last byte,
// with the calls below it. Its fields are guarded by the watch's mutex, but for
// those set at the start.
type flight struct {
	watch *Watch
	coin  uint32
	start time.Duration // on the engine's clock
	trace traceID
	// marks tell, by promise, whether the promise counts this request and what
	// has been counted already.
	marks []mark

	// ambiguous: another live request has the same trace id; neither can be told
	// apart, and both are in no population.
	ambiguous bool
	met       population
	drawn     bool // by a coin of the baseline
	released  bool
	delivered bool
	delay     time.Duration
	watched   bool // by at least one promise
	counted   bool // in its population, already
	closed    bool // the request has ended
	streaming bool // its answer has no end of its own, and its head is out in time

	next, prev *flight
}

// population is where a flight is counted. When several calls of one request
// fall into different ones, the highest wins.
type population uint8

const (
	popNone population = iota
	popBefore
	popControl
	popFault
)

type mark uint8

const (
	matched   mark = 1 << iota
	agedAll        // counted as bad in All
	agedInPop      // counted as bad in its population
)

// open begins a flight for a request at the edge.
func (w *Watch) open(r *policies.Request, lane *Lane, p *Passage) *flight {
	f := &flight{watch: w, coin: w.toss(), start: p.start, marks: make([]mark, len(w.spec.Promises))}
	for i, promise := range w.spec.Promises {
		if promise.Listener == lane.name && promise.Promise.Matches(r) {
			f.marks[i] = matched
			f.watched = true
		}
	}
	f.met = w.populate(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.flights.push(f)
	if f.watched {
		w.counts.Begun++
	}
	if w.follows {
		w.follow(f, r, p)
	}
	return f
}

// toss returns a flight's coin: from the seed of the first policy that has one,
// or by chance.
func (w *Watch) toss() uint32 {
	set := w.engine.Set()
	for _, name := range w.spec.Policies {
		if p := set.Policy(name); p != nil && p.Seeded {
			return p.SeededCoin(w.coins.Add(1) - 1)
		}
	}
	return w.engine.coin()
}

// meet puts the flight in a population, or a higher one.
func (f *flight) meet(p population, drawn bool) {
	if f.watch.spec.Canary != nil {
		return // it is where it belongs, whatever fault it meets
	}
	f.watch.mu.Lock()
	defer f.watch.mu.Unlock()
	if f.met < popControl && p >= popControl && !f.ambiguous && !f.watch.closed {
		f.watch.counts.Offered++
		if p == popFault {
			f.watch.counts.Drawn++
		}
	}
	f.met = max(f.met, p)
	f.drawn = f.drawn || drawn
}

// suffered tells the flight how one of its faults ended: let go, delivered in
// full, or neither, because nothing of it could be done. That may come after the
// request has ended: an application that gave a call up has answered before the
// call's own proxy notices.
func (f *flight) suffered(released, delivered bool, delay time.Duration) {
	f.watch.mu.Lock()
	defer f.watch.mu.Unlock()
	delivered = delivered && !released
	first := delivered && !f.delivered
	f.delivered = f.delivered || delivered
	f.delay += delay
	switch {
	case !f.closed:
		f.released = f.released || released
	case delivered:
		f.deliver(first, delay)
	}
}

// deliver counts what the flight suffered.
func (f *flight) deliver(first bool, delay time.Duration) {
	if f.watch.closed || !f.counted || f.met != popFault {
		return
	}
	if first {
		f.watch.counts.Delivered++
	}
	f.watch.counts.DelaySum += delay
}

// streams tells the flight that the head of an endless answer went out: from
// now on it does not age.
func (f *flight) streams(now time.Duration) {
	f.watch.mu.Lock()
	defer f.watch.mu.Unlock()
	f.age(now)
	f.streaming = true
}

// age counts the flight as bad where it is older than a promise's latency. The
// watch's mutex is held.
func (f *flight) age(now time.Duration) {
	for i, promise := range f.watch.spec.Promises {
		latency := promise.Promise.Latency
		if f.marks[i]&matched == 0 || f.streaming || latency == 0 || now-f.start <= latency {
			continue
		}
		counts := &f.watch.counts.Promises[i]
		if f.marks[i]&agedAll == 0 {
			f.marks[i] |= agedAll
			counts.All.add(true)
		}
		if tally := f.tally(counts); tally != nil && f.marks[i]&agedInPop == 0 {
			f.marks[i] |= agedInPop
			tally.add(true)
			if !promise.Promise.Advisory {
				f.count(true)
			}
		}
	}
}

// close ends the flight and counts it.
func (f *flight) close(o policies.Outcome) {
	w := f.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	f.closed = true
	w.flights.remove(f)
	w.unfollow(f)
	bad := false
	for i, promise := range w.spec.Promises {
		if f.marks[i]&matched == 0 {
			continue
		}
		good := promise.Promise.Good(o)
		bad = bad || !good && !promise.Promise.Advisory
		counts := &w.counts.Promises[i]
		if f.marks[i]&agedAll == 0 {
			counts.All.add(!good)
		}
		if tally := f.tally(counts); tally != nil && f.marks[i]&agedInPop == 0 {
			tally.add(!good)
		}
	}
	f.count(bad)
	switch {
	case f.released:
		w.counts.Released++
	case f.delivered:
		f.deliver(true, f.delay)
	}
}

// tally returns where an objective counts the flight beside All, or nil.
func (f *flight) tally(c *PromiseCounts) *Tally {
	switch f.population() {
	case popFault:
		return &c.Fault
	case popControl:
		return &c.Control
	case popBefore:
		return &c.Before
	default:
		return nil
	}
}

// population returns where the flight counts: nowhere when it was let go, or
// cannot be told apart from another.
func (f *flight) population() population {
	if f.released || f.ambiguous || f.watch.unfollowing.Load() {
		return popNone
	}
	return f.met
}

// count counts the flight in its population, once: what was counted as bad by
// its age stays counted, whatever comes later.
func (f *flight) count(bad bool) {
	if f.counted || !f.watched {
		return
	}
	c := &f.watch.counts
	switch f.population() {
	case popFault:
		c.Fault.add(bad)
	case popControl:
		c.Control.add(bad)
	case popBefore:
		c.Before.add(bad)
		if f.drawn {
			c.BeforeDrawn++
		}
	default:
		return
	}
	f.counted = true
}

// addPending adds the flight to the promises that wait for it.
func (f *flight) addPending(counts []PromiseCounts) {
	if f.population() != popFault || f.streaming {
		return
	}
	for i, m := range f.marks {
		if m&matched != 0 && m&agedInPop == 0 {
			counts[i].Pending++
		}
	}
}

// arm returns the arm the flight is in now.
func (f *flight) arm() policies.Arm {
	f.watch.mu.Lock()
	defer f.watch.mu.Unlock()
	switch f.population() {
	case popFault:
		return policies.ArmFault
	case popControl:
		return policies.ArmControl
	default:
		return policies.ArmNone
	}
}
