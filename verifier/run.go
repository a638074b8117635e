package verifier

import "time"

// State is where a run is.
type State string

// The states of a run, in order.
const (
	StateBaseline   State = "baseline"
	StateInjecting  State = "injecting"
	StatePaused     State = "paused"
	StateRecovering State = "recovering"
	StateDone       State = "done"
)

// Verdict is what a run found out.
type Verdict string

// The verdicts.
const (
	Upheld       Verdict = "upheld"
	Breached     Verdict = "breached"
	Inconclusive Verdict = "inconclusive"
	NotExercised Verdict = "not-exercised"
	Stopped      Verdict = "stopped"
)

// The reasons of a run that was stopped.
const (
	StopOperator   = "operator"   // a person, or a signal
	StopBudget     = "budget"     // the error budget that may be spent is spent
	StopHours      = "hours"      // no fault may flow at this time
	StopExpired    = "expired"    // a policy's own end has come
	StopBlind      = "blind"      // counts were too old for too long
	StopBaseline   = "baseline"   // an objective failed before the first fault
	StopInvalid    = "invalid"    // the split or the counters are wrong
	StopRecord     = "record"     // what happened cannot be recorded
	StopShutdown   = "shutdown"   // the process goes down
	StopSuperseded = "superseded" // something else took its place
)

// The attributions of a breach.
const (
	// AttributedFault: requests that met the fault did worse than those of the
	// same seconds that did not.
	AttributedFault = "fault"
	// AttributedShared: both arms alike broke the promise. It is the system's own
	// incident, or harm that spread from the fault to everybody.
	AttributedShared = "shared"
	// AttributedUnknown: too little was seen to tell, or there were no arms.
	AttributedUnknown = "unknown"
)

// The guards of an objective.
const (
	GuardGlobal   = "global"    // over all requests, from the first tick
	GuardFaultArm = "fault-arm" // over the requests that met the fault
	// GuardComparison is about the fault arm beside control, of the same seconds.
	GuardComparison = "comparison"
)

// Run is a verification under way or over, in the shape people and programs
// see it.
type Run struct {
	ID           string  `json:"id"`
	Verification string  `json:"verification"`
	Hypothesis   string  `json:"hypothesis"`
	State        State   `json:"state"`
	Verdict      Verdict `json:"verdict,omitempty"`
	Attribution  string  `json:"attribution"` // of a breach: fault, shared, unknown
	Reason       string  `json:"reason"`      // one sentence
	StopReason   string  `json:"stopReason"`  // operator, blind, baseline, record, invalid, …

	StartedAt     time.Time `json:"startedAt"`
	FirstFaultAt  time.Time `json:"firstFaultAt,omitzero"`
	DecidedAt     time.Time `json:"decidedAt,omitzero"`
	LastFaultedAt time.Time `json:"lastFaultedAt,omitzero"`
	EndedAt       time.Time `json:"endedAt,omitzero"`

	// Durations that were measured are at least a millisecond, also where the last
	// fault ended before the decision; absent means that there was nothing to
	// measure.
	FaultToDecision       Seconds `json:"faultToDecision,omitempty"`
	DecisionToLastFaulted Seconds `json:"decisionToLastFaulted,omitempty"`
	Recovery              Seconds `json:"recovery,omitempty"` // absent: not within the time allowed

	Arms       Arms       `json:"arms"`
	Guards     []Guard    `json:"guards"`
	Collateral Collateral `json:"collateral"`
	Budget     Spending   `json:"budget"`
	// Cluster is how many requests are taken to fail together, where populations
	// are split by a key or a version; absent: a coin for each request split them.
	Cluster float64 `json:"cluster,omitempty"`
}

// Arms are the populations of a run. Bad counts requests bad by any objective
// that decides.
type Arms struct {
	Fault   FaultArm `json:"fault"`
	Control Tally    `json:"control"`
	Before  Tally    `json:"before"`
}

// FaultArm is the fault arm; Delivered counts the requests that really met the
// fault.
type FaultArm struct {
	Tally
	Delivered uint64 `json:"delivered"`
}

// Guard is one test of one objective.
type Guard struct {
	Objective string     `json:"objective"`
	Guard     string     `json:"guard"`    // global, fault-arm, comparison
	Evidence  float64    `json:"evidence"` // e-value against the promise; 1/alpha halts
	Requests  uint64     `json:"requests"`
	Bad       uint64     `json:"bad"`
	Interval  [2]float64 `json:"interval"` // always-valid 99% interval of the bad rate, in [0,1]
}

// Collateral is harm to requests nobody touched: control minus before, in
// percentage points of bad requests.
type Collateral struct {
	Points float64 `json:"points"`
}

// Spending is what a run cost, in bad requests beyond what would have been bad
// anyway.
type Spending struct {
	Spent float64 `json:"spent"`
}
