package verifier

import "time"

// The kinds of event a run records.
const (
	KindRunStarted   = "run.started"
	KindBaselineHeld = "baseline.held"
	KindPolicyArmed  = "policy.armed"
	KindLeaseGranted = "lease.granted"
	KindLeaseRevoked = "lease.revoked"
	KindFaultFirst   = "fault.first"
	KindFaultLast    = "fault.last"
	KindSourceStale  = "source.stale"
	KindSourceBack   = "source.back"
	KindDecision     = "decision"
	KindRecovered    = "recovered"
	KindRunEnded     = "run.ended"
	KindNote         = "note"
	KindFrozen       = "evidence.frozen"
)

// RunStarted is the data of run.started: everything needed to judge the run
// again.
type RunStarted = Spec

// RunEnded is the data of run.ended.
type RunEnded = Run

// BaselineHeld is the data of baseline.held.
type BaselineHeld struct {
	Seconds    Seconds          `json:"seconds"`
	Objectives []ObjectiveTally `json:"objectives"`
	// PerSecond is the rate of requests of the busiest objective.
	PerSecond float64 `json:"perSecond"`
}

// ObjectiveTally is what an objective counted.
type ObjectiveTally struct {
	Name string `json:"name"`
	Tally
}

// PolicyArmed is the data of policy.armed: with what, and until when at most.
type PolicyArmed struct {
	Policy PolicySpec `json:"policy"`
	Until  time.Time  `json:"until"`
}

// LeaseGranted is the data of lease.granted.
type LeaseGranted struct {
	Policies []string `json:"policies"`
	TTL      Seconds  `json:"ttl"`
}

// LeaseRevoked is the data of lease.revoked.
type LeaseRevoked struct {
	Policies []string `json:"policies"`
	Cause    string   `json:"cause"`
}

// FaultLast is the data of fault.last.
type FaultLast struct {
	// AfterDecision is the time from the decision to the last faulted request.
	AfterDecision Seconds `json:"afterDecision,omitempty"`
	Delivered     uint64  `json:"delivered"`
	Released      uint64  `json:"released"`
}

// SourceStale is the data of source.stale.
type SourceStale struct {
	Age Seconds `json:"age"`
}

// SourceBack is the data of source.back.
type SourceBack struct {
	Paused Seconds `json:"paused"`
}

// Decision is the data of decision, and what a judge decides.
type Decision struct {
	Verdict     Verdict `json:"verdict"`
	Attribution string  `json:"attribution,omitempty"`
	StopReason  string  `json:"stopReason,omitempty"`
	Reason      string  `json:"reason"`
	Guards      []Guard `json:"guards,omitempty"`
}

// Frozen is the data of evidence.frozen: what holds the ramp back.
type Frozen struct {
	Share    float64 `json:"share"` // in force, in [0,1]
	Evidence float64 `json:"evidence"`
}

// Climbed is the data of the note that the ramp went up.
type Climbed struct {
	Share float64 `json:"share"` // in force from now on, in [0,1]
}

// Reachable is the data of the note that says when a verdict can be reached.
type Reachable struct {
	Share     float64 `json:"share"`     // of the requests, in [0,1]
	After     Seconds `json:"after"`     // of faults
	Allowance float64 `json:"allowance"` // bad requests the run may cost
}

// Recovered is the data of recovered.
type Recovered struct {
	// After is the time from the decision to the beginning of the first window in
	// which every promise was kept again.
	After Seconds `json:"after"`
}
