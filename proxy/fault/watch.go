package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/poise-dev/poise/policies"
)

// ErrBusy says that another run watches the same traffic.
var ErrBusy = errors.New("another run watches this traffic")

// Phase says which population the requests that begin now belong to.
type Phase int32

// The phases of a watch.
const (
	// PhaseIdle counts objectives only.
	PhaseIdle Phase = iota
	// PhaseBaseline tosses the coins and injects nothing.
	PhaseBaseline
	// PhaseInjecting counts the arms of requests that met a live lease.
	PhaseInjecting
)

// WatchSpec is what a run asks the data plane to count.
type WatchSpec struct {
	Run string
	// Promises are the objectives, each counted at the listener beside it.
	Promises []WatchedPromise
	// Policies are the names of the policies under test.
	Policies []string
	// Canary tells the populations apart, in place of the coins of the policies;
	// nil: those do.
	Canary *policies.Populations
}

// WatchedPromise is one objective at one listener.
type WatchedPromise struct {
	Promise  *policies.Promise
	Listener string
}

// Watch counts requests for one run, exactly: every request that begins at an
// edge (a listener of a promise) while the watch is open belongs to one flight,
// and is counted when it ends, or as bad as soon as its age has passed an
// objective's latency.
//
// One coin is tossed for each flight. Where promise and fault are on different
// listeners, W3C trace context ties the calls below to their flight, and all of
// them share its coin: one coin for each call would make requests with more
// calls likelier to be faulted, and the comparison worthless.
type Watch struct {
	engine *Engine
	spec   WatchSpec
	// follows: some policy acts on a listener that is not an edge.
	follows bool
	edges   []*Lane
	touched []*Lane // where its policies act
	// latency is the shortest latency of the promises; 0: none has one.
	latency time.Duration

	phase atomic.Int32
	share atomic.Uint64 // in force, in place of the policies' own, +1; 0: none
	// unfollowing: calls cannot be tied to the edge, so each tosses its own coin
	// and there are no arms.
	unfollowing          atomic.Bool
	followed, unfollowed atomic.Uint64
	coins                atomic.Uint64

	mu      sync.Mutex // guards all below
	flights flightList // in flight, oldest first
	traces  map[traceID]*trace
	counts  Counts
	closed  bool

	active     atomic.Int64
	firstFault atomic.Int64 // ns since the engine began, +1; 0: none yet
	lastFault  atomic.Int64
}

// Counts is what a watch has counted since it opened. See verifier.Counts,
// which has the same shape and the longer explanation.
type Counts struct {
	At                    time.Time
	Promises              []PromiseCounts // in the order of the spec
	Begun                 uint64          // requests that some promise counts, ended or not
	Fault, Control        Tally
	Before                Tally
	BeforeDrawn           uint64
	Offered, Drawn        uint64 // coins tossed under a live lease, and those that fell on fault
	Delivered, Released   uint64
	Held                  map[string]uint64
	Active                int
	FirstFault, LastFault time.Time
	Followed, Unfollowed  uint64
	DelaySum              time.Duration
}

// PromiseCounts is what one objective has counted.
type PromiseCounts struct {
	All, Fault, Control, Before Tally
	// Pending are requests of the fault arm that are neither good nor bad yet.
	Pending uint64
}

// Tally counts requests.
type Tally struct{ Requests, Bad uint64 }

func (t *Tally) add(bad bool) {
	t.Requests++
	if bad {
		t.Bad++
	}
}

// Watch begins to count for a run. It fails when a listener or policy does not
// exist, and with [ErrBusy] when another run watches the same traffic.
func (e *Engine) Watch(spec WatchSpec) (*Watch, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := &Watch{engine: e, spec: spec, traces: map[traceID]*trace{}}
	w.counts.Promises = make([]PromiseCounts, len(spec.Promises))
	w.counts.Held = map[string]uint64{}
	for _, p := range spec.Promises {
		lane := e.lanes[p.Listener]
		if lane == nil {
			return nil, fmt.Errorf("objective %q: there is no listener %q", p.Promise.Name, p.Listener)
		}
		if !slices.Contains(w.edges, lane) {
			w.edges = append(w.edges, lane)
		}
		if l := p.Promise.Latency; l > 0 && (w.latency == 0 || l < w.latency) {
			w.latency = l
		}
	}
	rules := e.rules.Load()
	for _, name := range spec.Policies {
		p := rules.set.Policy(name)
		if p == nil {
			return nil, fmt.Errorf("there is no policy %q", name)
		}
		w.follows = w.follows || w.leavesEdge(p.Listener)
		w.acts(p.Listener)
	}
	for other := range e.watches {
		if l := w.shares(other); l != nil {
			return nil, fmt.Errorf("listener %q: %w (%s)", l.name, ErrBusy, other.spec.Run)
		}
	}
	for _, l := range w.edges {
		l.edge.Store(w)
	}
	rules.attach(w)
	e.watches[w] = struct{}{}
	return w, nil
}

// acts notes that a policy of the run acts on a listener (empty: on every one).
func (w *Watch) acts(listener string) {
	for _, l := range w.engine.lanes {
		if (listener == "" || l.name == listener) && !slices.Contains(w.touched, l) {
			w.touched = append(w.touched, l)
		}
	}
}

// shares returns a listener whose traffic both runs measure or fault, or nil.
// One that faults what the other measures would be taken for its harm.
func (w *Watch) shares(other *Watch) *Lane {
	for _, l := range slices.Concat(w.edges, w.touched) {
		if slices.Contains(other.edges, l) || slices.Contains(other.touched, l) {
			return l
		}
	}
	return nil
}

// leavesEdge says whether a policy on this listener (empty: on every one) acts
// anywhere but at an edge of the watch.
func (w *Watch) leavesEdge(listener string) bool {
	if listener == "" {
		return len(w.engine.lanes) > len(w.edges)
	}
	return !slices.ContainsFunc(w.edges, func(l *Lane) bool { return l.name == listener })
}

// Phase sets the population of requests that begin, or meet a policy, from now
// on. Leaving the baseline it is settled whether requests can be followed.
func (w *Watch) Phase(p Phase) {
	if p == PhaseInjecting && w.unfollowed.Load() > w.followed.Load() {
		w.unfollowing.Store(true)
	}
	w.phase.Store(int32(p))
}

// Close ends the watch. Flights still open are forgotten, uncounted.
func (w *Watch) Close() {
	e := w.engine
	e.mu.Lock()
	delete(e.watches, w)
	for _, g := range e.rules.Load().gates {
		g.watch.CompareAndSwap(w, nil)
	}
	for _, l := range w.edges {
		l.edge.CompareAndSwap(w, nil)
	}
	e.mu.Unlock()

	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.flights = flightList{}
	clear(w.traces)
}

// unfollowedEnough is how many calls must be impossible to follow before a run
// without a baseline gives up following.
const unfollowedEnough = 20

// Read returns the counts as they stand, requests in flight included where
// their age has already made them bad.
func (w *Watch) Read() Counts {
	now := w.engine.since()
	if n := w.unfollowed.Load(); n >= unfollowedEnough && n > w.followed.Load() {
		w.unfollowing.Store(true)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.age(now)
	c := w.counts
	c.At = w.engine.wall(now)
	c.Promises = slices.Clone(c.Promises)
	for f := w.flights.first; f != nil; f = f.next {
		f.addPending(c.Promises)
	}
	c.Held = maps.Clone(c.Held)
	c.Followed, c.Unfollowed = w.followed.Load(), w.unfollowed.Load()
	c.Active = int(w.active.Load())
	c.FirstFault, c.LastFault = w.stamp(&w.firstFault), w.stamp(&w.lastFault)
	if c.Active > 0 {
		c.LastFault = c.At
	}
	return c
}

// age counts as bad what is older than a latency. Flights are in order of
// their start, so it stops at the first that is young.
func (w *Watch) age(now time.Duration) {
	if w.latency == 0 {
		return
	}
	for f := w.flights.first; f != nil && now-f.start > w.latency; f = f.next {
		f.age(now)
	}
}

// hold counts a fault held back from one of the run's policies.
func (w *Watch) hold(reason policies.Permission) {
	w.mu.Lock()
	w.counts.Held[reason.String()]++
	w.mu.Unlock()
}

// faultBegins and faultEnds keep the two instants people ask for.
func (w *Watch) faultBegins(now time.Duration) {
	w.active.Add(1)
	w.firstFault.CompareAndSwap(0, int64(now)+1)
}

func (w *Watch) faultEnds(now time.Duration) {
	for last := w.lastFault.Load(); last <= int64(now); last = w.lastFault.Load() {
		if w.lastFault.CompareAndSwap(last, int64(now)+1) {
			break
		}
	}
	w.active.Add(-1)
}

func (w *Watch) stamp(at *atomic.Int64) time.Time {
	if v := at.Load(); v > 0 {
		return w.engine.wall(time.Duration(v - 1))
	}
	return time.Time{}
}
