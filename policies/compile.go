package policies

import "time"

// Set is everything the documents mean, compiled: immutable, shared by all
// requests, replaced whole.
type Set struct {
	policies []*Policy // by order, then name; Policy.Index is the place
	beliefs  map[string]*Belief
	trials   map[string]*Trial
}

// Policy is a compiled FaultPolicy.
type Policy struct {
	Name     string
	Index    int    // place in Set.Policies
	Listener string // empty: every listener
	Order    int
	Share    Percent
	Assign   AssignBy
	// Seed makes decisions repeatable when Seeded, and keys the hash of sticky
	// assignments always.
	Seed   uint64
	Seeded bool
	Fault  *Fault
	Limits Limits
	// Text is the fault in words: "delay 400ms", "abort 503".
	Text string
	// Digest changes when the document's meaning does; counters that live since
	// the policy last changed are keyed by it.
	Digest string
}

// Belief is a compiled Hypothesis.
type Belief struct {
	Name, Statement, Why, Owner string
	Promises                    []*Promise
}

// Promise is a compiled objective that is counted request by request.
type Promise struct {
	Hypothesis string
	Name       string
	Index      int    // place in the hypothesis
	Listener   string // empty: the only one
	// Allowed is the bad rate the target allows over all matching requests, and
	// Tolerance the one tolerated in the fault arm; both in [0,1].
	Allowed, Tolerance float64
	// Latency is the time after which a request is bad; 0: none.
	Latency  time.Duration
	Advisory bool
	// Text is the promise in words: "99.5% good (status <500)".
	Text string
}

// Outcome is how a request ended, as the caller saw it.
type Outcome struct {
	Status     int // 0: none was sent
	GRPC       bool
	GRPCStatus GRPCCode
	// Complete: the body went out whole and the caller stayed to the end.
	Complete bool
	// Latency is request head to last response byte (streams and upgrades: to
	// the response head).
	Latency time.Duration
}

// Trial is a compiled Verification, with defaults filled in.
type Trial struct {
	Name     string
	Belief   *Belief
	Policies []*Policy
	Mode     Mode
	Baseline, Duration, Recovery,
	Interval, Lease time.Duration
	Alpha, Beta float64
	MinBad      int
}
