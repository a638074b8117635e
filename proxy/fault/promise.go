package fault

import (
	"sync/atomic"

	"github.com/poise-dev/poise/policies"
)

// promiseTally counts one objective since the process started, whether or not a
// run is on: the numbers behind poise_objective_*_total.
type promiseTally struct {
	promise  *policies.Promise
	good     [3]*atomic.Uint64 // by policies.Arm; kept across reloads
	requests [3]*atomic.Uint64
}

func (t *promiseTally) observe(arm policies.Arm, good bool) {
	t.requests[arm].Add(1)
	if good {
		t.good[arm].Add(1)
	}
}

// tallyPromises prepares the counters of every objective, taking those of the
// same name over from the old rules.
func (r *rules) tallyPromises(old *rules) {
	for _, belief := range r.set.Beliefs() {
		for _, promise := range belief.Promises {
			t := newPromiseTally(promise, old.find(promise))
			if promise.Listener == "" {
				r.everywhere = append(r.everywhere, t)
			} else {
				r.promises[promise.Listener] = append(r.promises[promise.Listener], t)
			}
		}
	}
}

func newPromiseTally(promise *policies.Promise, was *promiseTally) *promiseTally {
	t := &promiseTally{promise: promise}
	for arm := range t.good {
		t.good[arm], t.requests[arm] = new(atomic.Uint64), new(atomic.Uint64)
	}
	if was != nil {
		t.good, t.requests = was.good, was.requests
	}
	return t
}

// tallies calls yield for every objective.
func (r *rules) tallies(yield func(*promiseTally) bool) {
	for _, ts := range r.promises {
		for _, t := range ts {
			if !yield(t) {
				return
			}
		}
	}
	for _, t := range r.everywhere {
		if !yield(t) {
			return
		}
	}
}

// find returns the counters of an objective of the same name, or nil.
func (r *rules) find(p *policies.Promise) *promiseTally {
	for t := range r.tallies {
		if t.promise.Hypothesis == p.Hypothesis && t.promise.Name == p.Name {
			return t
		}
	}
	return nil
}

// match appends the objectives that count the request.
func (r *rules) match(to []*promiseTally, req *policies.Request) []*promiseTally {
	for _, t := range r.promises[req.Listener] {
		if t.promise.Matches(req) {
			to = append(to, t)
		}
	}
	for _, t := range r.everywhere {
		if t.promise.Matches(req) {
			to = append(to, t)
		}
	}
	return to
}
