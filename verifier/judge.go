package verifier

import (
	"fmt"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// Judge folds the ticks of one run, in order, into its verdict. It is pure: it
// has no clock, and the same ticks always lead to the same verdict. A run goes
//
//	baseline → injecting ⇄ paused → recovering → done
//	    └──────────┴─────────┴──────────┴──→ stopped
//
// and every tick is judged in the same order: was it stopped from outside, is
// its budget spent, may faults flow at this hour, are
// the counts fresh, are they valid, what do they prove, may more be faulted, is
// the time over.
type Judge struct {
	spec       Spec
	objectives []*objective

	state  State
	resume State // where a pause goes back to
	tick   Tick  // the one being judged
	fresh  bool  // it brought newer counts
	counts Counts
	before Counts // of the tick before

	pausedAt    time.Duration // the instants of this block are run time, Tick.Elapsed
	injectingAt time.Duration
	decidedAt   time.Duration
	clean       Counts  // at the end of the baseline
	allowance   float64 // bad requests the run may cost, where there is a budget
	settling    bool    // proven; the last faulted requests are awaited
	noted       bool    // that there are no arms

	ramp     ramp
	clusters *clusters // nil: each request is judged by itself
	recovery recovery
	events   []Event
	revoke   string
	decision *Decision
	run      Run
}

// Judgement is what one tick led to.
type Judgement struct {
	// State is where the run is now.
	State State
	// Share of eligible requests that meets the fault from now on; 0: that of each
	// policy.
	Share float64
	// Faults is how many requests may meet the fault until the next renewal: 0 is
	// no bound, a negative number none.
	Faults int64
	// Renew says that the leases may be renewed, from the beat of this tick.
	Renew bool
	// Revoke is not empty when the leases must end now; it says why.
	Revoke string
	// Decision is set on the tick that decided.
	Decision *Decision
	// Events are what happened, in order, without Run and Because.
	Events []Event
}

// NewJudge returns a judge for a run that has not begun.
func NewJudge(spec Spec) *Judge {
	j := &Judge{spec: spec, state: StateBaseline, objectives: newObjectives(spec)}
	j.run = Run{ID: spec.Run, Verification: spec.Verification, Hypothesis: spec.Hypothesis}
	j.counts.Objectives = make([]ObjectiveCounts, len(spec.Objectives))
	if clustered(spec) {
		j.clusters = newClusters()
		j.setCluster(stats.MostClustered)
	}
	return j
}

// Step judges one tick.
func (j *Judge) Step(t Tick) Judgement {
	j.take(t)
	switch j.state {
	case StateDone:
	case StateRecovering:
		j.recover()
		j.notice()
	default:
		for _, judge := range []func() *Decision{j.outside, j.budget, j.hours, j.freshness, j.validity, j.evidence, j.end} {
			if d := judge(); d != nil {
				j.decide(d)
				break
			}
		}
		j.notice()
	}
	return Judgement{
		State:    j.state,
		Share:    j.share(),
		Faults:   j.faults(),
		Renew:    j.state == StateInjecting && j.fresh && !j.settling,
		Revoke:   j.revoke,
		Decision: j.decision,
		Events:   j.events,
	}
}

// take makes t the tick being judged.
func (j *Judge) take(t Tick) {
	if j.run.StartedAt.IsZero() {
		j.run.StartedAt = t.At.Add(-t.Elapsed)
	}
	j.tick, j.events, j.revoke, j.decision = t, nil, "", nil
	j.before = j.counts
	j.fresh = t.Counts.At.After(j.counts.At)
	if j.fresh {
		j.counts = t.Counts
	}
}

// outside stops the run when somebody said so.
func (j *Judge) outside() *Decision {
	if s := j.tick.Stop; s != nil {
		return stopped(s.Reason, s.Text)
	}
	return nil
}

// hours stops the run when no fault may flow any more at this time.
func (j *Judge) hours() *Decision {
	for _, p := range j.spec.Policies {
		if !p.Expires.IsZero() && !j.tick.At.Before(p.Expires) {
			return stopped(StopExpired, fmt.Sprintf("The policy %s ended at %s.", p.Name, p.Expires.UTC().Format(time.DateTime+" UTC")))
		}
	}
	if j.tick.Closed != "" {
		return stopped(StopHours, sentence("Outside its hours: "+j.tick.Closed))
	}
	return nil
}

func stopped(reason, text string) *Decision {
	return &Decision{Verdict: Stopped, StopReason: reason, Reason: text}
}

// end decides what has not decided itself by the end of its time.
func (j *Judge) end() *Decision {
	switch since := j.tick.Elapsed - j.injectingAt; {
	case j.phase() == StateBaseline:
		return j.endBaseline()
	case since < j.spec.Duration || j.settling && since < j.spec.Duration+settleLimit:
		return nil
	case j.state == StatePaused:
		return stopped(StopBlind, j.blindSentence("at the end of the run"))
	default:
		return j.undecided()
	}
}

// phase is the state a pause hides.
func (j *Judge) phase() State {
	if j.state == StatePaused {
		return j.resume
	}
	return j.state
}

// decide ends judging. Where faults may have been injected, what follows is
// measured.
func (j *Judge) decide(d *Decision) {
	armed := j.phase() != StateBaseline
	d.Guards = j.guards()
	j.decision, j.decidedAt, j.settling = d, j.tick.Elapsed, false
	j.run.Verdict, j.run.Attribution = d.Verdict, d.Attribution
	j.run.Reason, j.run.StopReason = d.Reason, d.StopReason
	j.run.DecidedAt = j.tick.At
	j.revoke = string(d.Verdict) + ": " + d.Reason
	j.happened(Event{Kind: KindDecision, Text: sentence(string(d.Verdict) + ": " + d.Reason), Data: *d})
	if first := j.counts.FirstFault; !first.IsZero() {
		j.run.FaultToDecision = measured(j.tick.At.Sub(first))
	}
	if !armed {
		j.finish()
		return
	}
	j.state = StateRecovering
	j.regain()
}

// withdraw replaces a verdict whose tick did not reach the record, and ends
// judging if nothing was decided: what cannot be recomputed is no verdict.
func (j *Judge) withdraw(text string) {
	if j.run.Verdict != "" {
		text += "; unrecorded, the verdict was " + string(j.run.Verdict) + ": " + j.run.Reason
	}
	j.events = nil
	j.run.EndedAt = time.Time{}
	j.decide(stopped(StopRecord, text))
}

// finish is the end of the run.
func (j *Judge) finish() {
	j.state = StateDone
	j.run.EndedAt = j.tick.At
}

// notice tells the first fault.
func (j *Judge) notice() {
	first := j.counts.FirstFault
	if first.IsZero() || !j.run.FirstFaultAt.IsZero() {
		return
	}
	j.run.FirstFaultAt = first
	e := Event{At: first, Kind: KindFaultFirst, Text: "The first request met its fault."}
	// It happened before what this tick decided.
	j.events = append([]Event{j.about(e)}, j.events...)
}

// happened adds an event, by default now and to the verification.
func (j *Judge) happened(e Event) { j.events = append(j.events, j.about(e)) }

func (j *Judge) about(e Event) Event {
	if e.At.IsZero() {
		e.At = j.tick.At
	}
	if e.Subject == "" {
		e.Subject = j.spec.Verification
	}
	return e
}

// Run returns the run as it stands.
func (j *Judge) Run() Run {
	r := j.run
	r.State = j.state
	c := j.counts
	r.Arms = Arms{Fault: FaultArm{Tally: c.Fault, Delivered: c.Delivered}, Control: c.Control, Before: c.Before}
	r.Guards = j.guards()
	r.Collateral = collateral(c)
	r.Budget = j.spending()
	if j.clusters != nil {
		r.Cluster = j.clusters.phi
	}
	return r
}
