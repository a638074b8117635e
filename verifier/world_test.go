package verifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/poise-dev/poise/verifier"
)

// world is a data plane, a lease table and a record in one, on the clock of a
// synctest bubble. Traffic is a fluid: rates, not dice, so that every run of a
// test sees the same numbers.
type world struct {
	mu    sync.Mutex
	spec  verifier.Spec
	began time.Time
	last  time.Time

	perSecond float64
	share     float64 // of requests really drawn
	// Bad rates, by what is the case.
	quiet, control, fault float64
	heals                 time.Duration // how long after the last fault all is well again; 0: at once
	delivered             float64       // share of drawn requests that meet their fault
	delay                 time.Duration // really added
	pending               uint64        // faulted requests in flight while leases live
	lingers               time.Duration // how long they stay in flight after
	unfollowed            bool
	deaf                  bool // readings ignore their context
	// What goes wrong, by time since the start; nil: nothing.
	read    func(since time.Duration) error
	meddle  func(since time.Duration, c *verifier.Counts)
	event   func(kind string) error
	tick    func(seq int) error
	renewal func(since time.Duration) error

	state  verifier.State
	counts verifier.Counts
	fluid  map[*uint64]float64
	until  time.Duration // of the lease
	closed bool

	faults []int64 // allowed by each renewal
	events []verifier.Event
	ticks  []verifier.Tick
	log    []entry
	reads  int
}

// entry is something the world was told, in order.
type entry struct {
	what string // "renew", "revoke", "read", "tick", "event <kind>", "phase <state>"
	at   time.Duration
	beat time.Duration
}

func newWorld() *world {
	return &world{perSecond: 400, share: 0.05, delivered: 1, delay: 400 * time.Millisecond, fluid: map[*uint64]float64{}}
}

func spec() verifier.Spec {
	return verifier.Spec{
		Run: "run-1", Verification: "slow-payment", Hypothesis: "checkout-survives", Belief: "Checkout stays good.",
		Objectives: []verifier.ObjectiveSpec{
			{Name: "availability", Listener: "ingress", Promise: "99.5% good", Allowed: 0.005, Tolerance: 0.005},
			{Name: "latency", Listener: "ingress", Promise: "99% under 800ms", Allowed: 0.01, Tolerance: 0.01, Latency: 800 * time.Millisecond},
			{Name: "shown", Listener: "ingress", Promise: "99.9% good", Allowed: 0.001, Tolerance: 0.001, Advisory: true},
		},
		Policies: []verifier.PolicySpec{{Name: "payment-slow", Share: 0.05, Fault: "delay 400ms", Delay: 400 * time.Millisecond}},
		Baseline: 10 * time.Second, Duration: 2 * time.Minute, Recovery: 10 * time.Second,
		Interval: 250 * time.Millisecond, Lease: 3 * time.Second, Alpha: 0.01, Beta: 0.05, MinBad: 3,
	}
}

func (w *world) since() time.Duration { return time.Since(w.began) }

func (w *world) note(what string, beat time.Duration) {
	w.log = append(w.log, entry{what: what, at: w.since(), beat: beat})
}

// Watch implements verifier.Plane.
func (w *world) Watch(spec verifier.Spec) (verifier.Watch, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spec, w.began, w.last = spec, time.Now(), time.Now()
	w.counts.Objectives = make([]verifier.ObjectiveCounts, len(spec.Objectives))
	return w, nil
}

// Phase implements verifier.Watch.
func (w *world) Phase(s verifier.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flow()
	w.state = s
	w.note("phase "+string(s), 0)
}

// Share implements verifier.Watch.
func (w *world) Share(share float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flow()
	w.share = share
	w.note(fmt.Sprintf("share %v", share), 0)
}

// Read implements verifier.Watch.
func (w *world) Read(ctx context.Context) (verifier.Counts, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads++
	w.note("read", 0)
	if w.read != nil {
		w.mu.Unlock() // it may block
		err := w.read(w.since())
		w.mu.Lock()
		if err != nil {
			return verifier.Counts{}, err
		}
	}
	if ctx.Err() != nil && !w.deaf {
		return verifier.Counts{}, ctx.Err()
	}
	w.flow()
	c := w.counts
	c.At = time.Now()
	c.Objectives = slices.Clone(c.Objectives)
	if w.live() {
		c.Active, c.LastFault = 1, c.At
	}
	if w.live() || w.since()-w.until < w.lingers && w.until > 0 {
		for i := range c.Objectives {
			c.Objectives[i].Pending = w.pending
		}
	}
	if w.meddle != nil {
		w.meddle(w.since(), &c)
	}
	return c, nil
}

// Close implements verifier.Watch.
func (w *world) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

func (w *world) live() bool { return w.since() < w.until }

// faulting is live, for whoever does not hold the mutex.
func (w *world) faulting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.live()
}

// flow lets the traffic since the last look pass. A lease that ended in
// between is cut exactly.
func (w *world) flow() {
	now := time.Now()
	if end := w.began.Add(w.until); end.After(w.last) && end.Before(now) {
		w.pass(end)
	}
	w.pass(now)
}

func (w *world) pass(now time.Time) {
	n := w.perSecond * now.Sub(w.last).Seconds()
	mid := w.last.Add(now.Sub(w.last) / 2)
	live := mid.Before(w.began.Add(w.until))
	harm := live || w.spec.Canary != "" || w.until > 0 && w.heals > 0 && mid.Before(w.began.Add(w.until+w.heals))
	w.last = now
	c := &w.counts
	rest := w.quiet
	if harm {
		rest = w.control
	}
	switch {
	case live && w.unfollowed:
		w.pour(&c.Unfollowed, n)
		w.pour(&c.Delivered, n*w.share)
		w.edges(n, rest, nil, nil)
	case (live || w.spec.Canary != "") && w.state == verifier.StateInjecting:
		drawn := n * w.share
		w.edges(n-drawn, rest, &c.Control, func(o *verifier.ObjectiveCounts) *verifier.Tally { return &o.Control })
		w.edges(drawn, w.fault, &c.Fault, func(o *verifier.ObjectiveCounts) *verifier.Tally { return &o.Fault })
		w.pour(&c.Delivered, drawn*w.delivered)
		c.DelaySum = time.Duration(c.Delivered) * w.delay
		w.pour(&c.Offered, n)
		w.pour(&c.Drawn, drawn)
		c.Followed = c.Offered
	case w.state == verifier.StateBaseline:
		w.edges(n, rest, &c.Before, func(o *verifier.ObjectiveCounts) *verifier.Tally { return &o.Before })
		w.pour(&c.BeforeDrawn, n*w.share)
		if w.unfollowed {
			w.pour(&c.Unfollowed, n)
		}
	default:
		w.edges(n, rest, nil, nil)
	}
	if live {
		if c.FirstFault.IsZero() {
			c.FirstFault = now
		}
		c.LastFault = now
	}
}

// edges counts n requests of one population.
func (w *world) edges(n, bad float64, top *verifier.Tally, of func(*verifier.ObjectiveCounts) *verifier.Tally) {
	add := func(t *verifier.Tally) {
		w.pour(&t.Requests, n)
		w.pour(&t.Bad, n*bad)
	}
	if top != nil {
		add(top)
	}
	for i := range w.counts.Objectives {
		o := &w.counts.Objectives[i]
		add(&o.All)
		if of != nil {
			add(of(o))
		}
	}
}

// pour adds a fluid amount to a counter, which shows whole requests.
func (w *world) pour(counter *uint64, n float64) {
	w.fluid[counter] += n
	*counter = uint64(w.fluid[counter] + 1e-6)
}

// Beat implements verifier.Leases.
func (w *world) Beat() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.since()
}

// Renew implements verifier.Leases.
func (w *world) Renew(_ []string, _ string, beat, ttl time.Duration, faults int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flow()
	if w.renewal != nil {
		if err := w.renewal(w.since()); err != nil {
			return err
		}
	}
	w.note("renew", beat)
	w.faults = append(w.faults, faults)
	w.until = beat + ttl
	return nil
}

// Revoke implements verifier.Leases.
func (w *world) Revoke(string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flow()
	w.note("revoke", 0)
	w.until = min(w.until, w.since())
}

// Event implements verifier.Recorder.
func (w *world) Event(_ context.Context, e verifier.Event) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.event != nil {
		if err := w.event(e.Kind); err != nil {
			return "", err
		}
	}
	w.note("event "+e.Kind, 0)
	w.events = append(w.events, e)
	return fmt.Sprintf("e%d", len(w.events)), nil
}

// Tick implements verifier.Recorder.
func (w *world) Tick(_ context.Context, _ string, t verifier.Tick) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tick != nil {
		if err := w.tick(t.Seq); err != nil {
			return err
		}
	}
	w.note("tick", 0)
	w.ticks = append(w.ticks, roundTrip(t))
	return nil
}

// roundTrip is what a record gives back.
func roundTrip[T any](v T) T {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var back T
	if err := json.Unmarshal(text, &back); err != nil {
		panic(err)
	}
	return back
}

func (w *world) verifier(t *testing.T) *verifier.Verifier {
	t.Helper()
	v, err := verifier.New(verifier.Options{Plane: w, Leases: w, Recorder: w})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// run starts the spec and waits for its end.
func (w *world) run(t *testing.T, s verifier.Spec) verifier.Run {
	t.Helper()
	v := w.verifier(t)
	run, err := v.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	run, err = v.Wait(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// kinds returns the kinds of event recorded, in order.
func (w *world) kinds() []string {
	var kinds []string
	for _, e := range w.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// entries returns where something is in the log.
func (w *world) entries(what string) []entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.log), func(e entry) bool { return e.what != what })
}

// index returns the place of the first entry like what, or -1.
func (w *world) index(what string) int {
	return slices.IndexFunc(w.log, func(e entry) bool { return e.what == what })
}

var errTest = errors.New("it went wrong")
