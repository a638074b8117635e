package lease

import (
	"errors"
	"math"
	"time"
)

// Instant is a point on the lease clock of one machine, as the time since an
// arbitrary start. It means nothing on another machine: what crosses a network
// is a time to live.
type Instant = time.Duration

// Forever is the Instant that never comes: the deadline of a standing lease.
const Forever Instant = math.MaxInt64

// Grant is the permission to inject the fault of one policy. It replaces what
// the same holder was granted before, deadline and number of faults included.
type Grant struct {
	Policy string
	// Run is the run that holds the policy; empty: a person.
	Run string
	// Term is the term of whoever grants. A table refuses lower terms than the
	// highest it has seen, and a halt begins a new one: that is why no grant from
	// before a halt lives again after it.
	Term uint64
	// Until is when the grant ends, on the lease clock of the table.
	Until Instant
	// Faults is how many requests may still be faulted under this grant: 0 is no
	// bound, negative is none.
	Faults int64
}

// The reasons for refusing a grant. They are wrapped in errors that name the
// policy, the holder or the cause.
var (
	// ErrHalted: everything is off until somebody resumes. It is also the cause
	// of leases that a halt ended.
	ErrHalted = errors.New("poise is halted")
	// ErrTerm: the grant belongs to an earlier term, from before a halt or from a
	// leader that has been replaced.
	ErrTerm = errors.New("the grant is of an earlier term")
	// ErrHeld: somebody else holds the policy.
	ErrHeld = errors.New("held by somebody else")
	// ErrLate: the grant, or the beat it answers, is over already.
	ErrLate = errors.New("the grant came too late")
	// ErrBarred: somebody else ended a lease of this run. Such a run is over: it
	// never gets another.
	ErrBarred = errors.New("the run lost its lease")
)

// The causes of an end that nobody gave words to.
var (
	// ErrExpired: nobody renewed the lease.
	ErrExpired = errors.New("the lease expired")
	// ErrRevoked: its holder gave the lease back.
	ErrRevoked = errors.New("the lease was revoked")
	// ErrForgotten: the policy does not exist any more.
	ErrForgotten = errors.New("the policy was deleted")
	// ErrNone: nobody was ever granted the policy.
	ErrNone = errors.New("there never was a lease")
)

// Lease is a grant that is live, as people see it.
type Lease struct {
	Grant
	// Left is the time until its end; [Forever] for a standing lease.
	Left time.Duration
}
