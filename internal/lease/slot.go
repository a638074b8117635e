package lease

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"sync/atomic"
	"time"
)

// nap is the longest a timer sleeps before it looks at the lease clock again:
// timers stand still while the machine is suspended, leases do not.
const nap = time.Second

// slot is the place of one policy.
type slot struct {
	held atomic.Pointer[hold] // nil: nobody holds it

	// The rest is guarded by Table.mu.
	cause error   // why the last lease ended; nil before the first end
	run   string  // who held it
	cut   Instant // when it was ended by somebody, not by time
}

// hold is one lease: from the first grant over its renewals to its end.
type hold struct {
	grant    Grant       // as last applied, guarded by Table.mu
	timer    *time.Timer // guarded by Table.mu; nil for a standing lease
	until    atomic.Int64
	faults   atomic.Int64  // as in Grant: 0 no bound, negative none left
	released chan struct{} // closed at the end
}

// end is a lease that ended, yet to be told.
type end struct {
	policy, run string
	cause       error
}

// left returns the time until the deadline; not above 0 when it has come.
func (h *hold) left(now Instant) time.Duration {
	until := Instant(h.until.Load())
	if until == Forever || until == math.MinInt64 {
		return until
	}
	return until - now
}

// check is the decision about grants. It changes nothing.
func (t *Table) check(now Instant, grants []Grant) error {
	runs := make(map[string]string, len(grants))
	for _, g := range grants {
		run, twice := runs[g.Policy]
		runs[g.Policy] = g.Run
		err := t.checkOne(now, g)
		if err == nil && twice && run != g.Run {
			err = fmt.Errorf("%w: %s", ErrHeld, holder(run))
		}
		if err != nil {
			return fmt.Errorf("grant policy %q: %w", g.Policy, err)
		}
	}
	return nil
}

func (t *Table) checkOne(now Instant, g Grant) error {
	if t.halted != nil {
		return fmt.Errorf("%w: %w", ErrHalted, t.halted)
	}
	if cause := t.barred[g.Run]; cause != nil {
		return fmt.Errorf("run %q: %w: %w", g.Run, ErrBarred, cause)
	}
	if g.Term < t.term {
		return fmt.Errorf("%w: %d, and it is %d now", ErrTerm, g.Term, t.term)
	}
	if g.Until <= now {
		return fmt.Errorf("%w, by %v", ErrLate, now-g.Until)
	}
	s := (*t.slots.Load())[g.Policy]
	if s == nil {
		return nil
	}
	if h := s.held.Load(); h != nil && h.left(now) > 0 && h.grant.Run != g.Run {
		return fmt.Errorf("%w: %s", ErrHeld, holder(h.grant.Run))
	}
	return nil
}

// holder names who holds a lease.
func holder(run string) string {
	if run == "" {
		return "a person"
	}
	return "run " + run
}

// apply takes the grants, or none of them.
func (t *Table) apply(now Instant, grants []Grant) ([]end, error) {
	if err := t.check(now, grants); err != nil {
		return nil, err
	}
	t.makeRoom(grants)
	var ends []end
	for _, g := range grants {
		if g.Term > t.term {
			t.term, t.since = g.Term, now
		}
		s := (*t.slots.Load())[g.Policy]
		h := s.held.Load()
		if h != nil && h.left(now) <= 0 { // its timer is late
			ends = append(ends, t.end(s, h, ErrExpired))
			h = nil
		}
		if h == nil {
			h = &hold{released: make(chan struct{})}
		}
		h.grant = g
		h.faults.Store(g.Faults)
		h.until.Store(int64(g.Until))
		s.held.Store(h)
		t.watch(s, h, now)
	}
	return ends, nil
}

// makeRoom gives every policy of the grants a slot.
func (t *Table) makeRoom(grants []Grant) {
	slots := *t.slots.Load()
	copied := false
	for _, g := range grants {
		if slots[g.Policy] != nil {
			continue
		}
		if !copied {
			slots, copied = maps.Clone(slots), true
		}
		slots[g.Policy] = &slot{cut: math.MinInt64}
	}
	if copied {
		t.slots.Store(&slots)
	}
}

// renew turns a beat into grants of the term it belongs to, and applies them.
func (t *Table) renew(now Instant, policies []string, run string, beat, ttl time.Duration, faults int64) ([]end, error) {
	if ttl <= 0 {
		return nil, fmt.Errorf("%w: it lasts %v", ErrLate, ttl)
	}
	term := t.term
	if beat < t.since {
		term-- // any term before this one is as good as another
	}
	until := beat + ttl
	if ttl > Forever-max(beat, 0) {
		until = Forever
	}
	slots := *t.slots.Load()
	grants := make([]Grant, 0, len(policies))
	for _, p := range policies {
		if s := slots[p]; s != nil && s.run == run && beat < s.cut {
			return nil, fmt.Errorf("grant policy %q: %w: the lease was ended after the beat it answers: %w", p, ErrLate, s.cause)
		}
		grants = append(grants, Grant{Policy: p, Run: run, Term: term, Until: until, Faults: faults})
	}
	return t.apply(now, grants)
}

// watch sets the timer that ends the lease, if nobody renews it.
func (t *Table) watch(s *slot, h *hold, now Instant) {
	left := h.left(now)
	switch {
	case h.timer != nil:
		h.timer.Reset(min(left, nap))
	case left < Forever:
		h.timer = time.AfterFunc(min(left, nap), func() { t.wake(s, h) })
	}
}

// wake ends a lease whose deadline has come, and otherwise sleeps on.
func (t *Table) wake(s *slot, h *hold) {
	t.mu.Lock()
	var ends []end
	if s.held.Load() == h {
		if now := t.clock(); h.left(now) <= 0 {
			ends = append(ends, t.end(s, h, ErrExpired))
		} else {
			t.watch(s, h, now)
		}
	}
	t.mu.Unlock()
	t.tell(ends)
}

// endWhere ends the leases whose grant matches.
func (t *Table) endWhere(cause error, match func(Grant) bool) []end {
	now := t.clock()
	var ends []end
	for _, s := range *t.slots.Load() {
		if h := s.held.Load(); h != nil && match(h.grant) {
			ends = append(ends, t.cutShort(s, h, now, cause))
		}
	}
	return ends
}

// endOf ends the leases of the policies, and bars the runs that held them.
func (t *Table) endOf(cause error, policies ...string) []end {
	now, slots := t.clock(), *t.slots.Load()
	var ends []end
	for _, p := range policies {
		s := slots[p]
		if s == nil {
			continue
		}
		if h := s.held.Load(); h != nil {
			ends = append(ends, t.cutShort(s, h, now, cause))
		}
	}
	t.bar(ends)
	return ends
}

// cutShort ends a lease before its time, if that has not come already.
func (t *Table) cutShort(s *slot, h *hold, now Instant, cause error) end {
	if h.left(now) <= 0 { // its timer is late
		return t.end(s, h, ErrExpired)
	}
	s.cut = now
	return t.end(s, h, cause)
}

// end takes the lease out of its slot and lets go of the requests it holds.
func (t *Table) end(s *slot, h *hold, cause error) end {
	s.cause, s.run = cause, h.grant.Run
	h.until.Store(math.MinInt64) // for whoever has just looked h up
	s.held.Store(nil)
	if h.timer != nil {
		h.timer.Stop()
	}
	close(h.released)
	return end{policy: h.grant.Policy, run: h.grant.Run, cause: cause}
}

// bar remembers that runs whose leases were ended are over; people never are.
func (t *Table) bar(ends []end) {
	for _, e := range ends {
		if e.run != "" && !errors.Is(e.cause, ErrExpired) {
			t.barred[e.run] = e.cause
		}
	}
}

// tell calls the hook for each lease that ended.
func (t *Table) tell(ends []end) {
	if t.onEnd == nil {
		return
	}
	for _, e := range ends {
		t.onEnd(e.policy, e.run, e.cause)
	}
}

// orRevoked returns the cause, which is never nil.
func orRevoked(cause error) error {
	if cause == nil {
		return ErrRevoked
	}
	return cause
}
