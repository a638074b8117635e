package lease

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Table holds what was granted. It is safe for use by many goroutines: asking
// ([Table.Live], [Table.Spend]) takes no lock, everything else takes one.
type Table struct {
	clock func() Instant
	onEnd func(policy, run string, cause error)

	// slots has a slot for every policy ever granted and not forgotten. The map
	// is replaced whole, under mu.
	slots atomic.Pointer[map[string]*slot]

	mu     sync.Mutex
	term   uint64
	since  Instant // when the term began
	halted error   // why; nil while not halted
	// barred are the runs that lost a lease to somebody else, and why. It grows
	// by a name for each such run, and those are rare.
	barred map[string]error
}

// Options configures a Table.
type Options struct {
	// Clock is the lease clock. Nil: the system's, which on Linux goes on while
	// the machine is suspended.
	Clock func() Instant
	// OnEnd is told of every lease that ended, and why: [ErrExpired], or the
	// cause given to whoever ended it. It is called after the fact and outside
	// locks, by the goroutine that ended the lease, and must not block: a halt
	// waits for it. Nil: nobody is told.
	OnEnd func(policy, run string, cause error)
}

// New returns a Table in which nothing is granted.
func New(o Options) *Table {
	t := &Table{clock: o.Clock, onEnd: o.OnEnd, since: math.MinInt64, barred: map[string]error{}}
	if t.clock == nil {
		t.clock = systemClock()
	}
	t.slots.Store(&map[string]*slot{})
	return t
}

// Beat returns the present instant on the lease clock. A verifier reads it
// before it reads counts, and renews from it, so that a renewal that comes late
// never outlives the counts it rests on.
func (t *Table) Beat() Instant { return t.clock() }

// Term returns the highest term seen so far.
func (t *Table) Term() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.term
}

// Check says whether Apply would take the grants at this moment, without taking
// them.
func (t *Table) Check(grants ...Grant) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.check(t.clock(), grants)
}

// Apply takes all of the grants or, with an error that says why, none of them:
// [ErrHalted], [ErrTerm], [ErrHeld], [ErrLate] or [ErrBarred]. A holder that
// renews a live lease keeps its channel; after an end there is a new one.
func (t *Table) Apply(grants ...Grant) error {
	t.mu.Lock()
	ends, err := t.apply(t.clock(), grants)
	t.mu.Unlock()
	t.tell(ends)
	return err
}

// Renew lets the policies inject until beat + ttl, on behalf of run: all of
// them or, with an error, none; each so many faults, 0 being no bound and a
// negative number none. The beat's term is the grant's, and a beat from
// before the end of the run's last lease of a policy is too late.
func (t *Table) Renew(policies []string, run string, beat, ttl time.Duration, faults int64) error {
	t.mu.Lock()
	now := t.clock()
	ends, err := t.renew(now, policies, run, min(beat, now), ttl, faults)
	t.mu.Unlock()
	t.tell(ends)
	return err
}

// Revoke ends what run holds, at once; an empty run is all that people hold.
// The run may be granted policies again, from a later beat. Without a cause it
// is [ErrRevoked].
func (t *Table) Revoke(run string, cause error) {
	t.mu.Lock()
	ends := t.endWhere(orRevoked(cause), func(g Grant) bool { return g.Run == run })
	t.mu.Unlock()
	t.tell(ends)
}

// End ends the lease of one policy, whoever holds it, and says whether there
// was one. A run that loses a lease so is over ([ErrBarred]).
func (t *Table) End(policy string, cause error) bool {
	t.mu.Lock()
	ends := t.endOf(orRevoked(cause), policy)
	t.mu.Unlock()
	t.tell(ends)
	return len(ends) > 0 && !errors.Is(ends[0].cause, ErrExpired)
}

// Forget ends the leases of policies that do not exist any more, as End does,
// and the memory of them.
func (t *Table) Forget(policies ...string) {
	t.mu.Lock()
	ends := t.endOf(ErrForgotten, policies...)
	rest := maps.Clone(*t.slots.Load())
	for _, p := range policies {
		delete(rest, p)
	}
	t.slots.Store(&rest)
	t.mu.Unlock()
	t.tell(ends)
}

// Halt ends every lease and begins a new term: nothing is granted until
// Resume, and nothing from before lives again after it. Runs that held a lease
// are over ([ErrBarred]). The cause of the first of several halts stays.
func (t *Table) Halt(cause error) {
	cause = orRevoked(cause)
	t.mu.Lock()
	t.term, t.since = t.term+1, t.clock()
	if t.halted == nil {
		t.halted = cause
	}
	ends := t.endWhere(fmt.Errorf("%w: %w", ErrHalted, cause), func(Grant) bool { return true })
	t.bar(ends)
	t.mu.Unlock()
	t.tell(ends)
}

// Resume ends the halt, unless there was another one after the given term
// ([Table.Term]). It returns whether poise may inject again.
func (t *Table) Resume(term uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.halted != nil && term >= t.term {
		t.halted = nil
	}
	return t.halted == nil
}

// Halted returns why poise is halted, or nil.
func (t *Table) Halted() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.halted
}

// Leases returns the live leases, by policy.
func (t *Table) Leases() []Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	var live []Lease
	for _, s := range *t.slots.Load() {
		if h := s.held.Load(); h != nil && h.left(now) > 0 {
			l := Lease{Grant: h.grant, Left: h.left(now)}
			l.Faults = h.faults.Load()
			live = append(live, l)
		}
	}
	slices.SortFunc(live, func(a, b Lease) int { return strings.Compare(a.Policy, b.Policy) })
	return live
}
