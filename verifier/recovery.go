package verifier

import (
	"fmt"
	"slices"
	"time"
)

// A promise is kept again when, over the newest window of at least recoveryTime
// with at least recoveryRequests of each deciding objective, the share of bad
// requests is within what is allowed. The system was back at the beginning of
// that window.
const (
	recoveryTime     = time.Second
	recoveryRequests = 5
	// lastFaultLimit is how long the end of the last fault is waited for when
	// nothing else is measured.
	lastFaultLimit = time.Second
)

// recovery is what happened since the decision.
type recovery struct {
	samples []sample
	quiet   bool // the last fault has ended
	back    bool // the promises are kept again
}

// sample is what had been counted at an instant of the run.
type sample struct {
	at  time.Duration
	all []Tally // by objective
}

// recover follows a decided run until its last fault has ended and its promises
// are kept again, or the time for that is over.
func (j *Judge) recover() {
	since := j.tick.Elapsed - j.decidedAt
	if j.fresh && contradiction(j.spec, j.before, j.counts) != "" {
		j.counts, j.fresh = j.before, false
	}
	if j.fresh {
		j.quieten()
		j.regain()
	}
	patience := j.patience()
	measuredAll := j.recovery.quiet && (j.recovery.back || since >= patience)
	if measuredAll || since >= max(patience, lastFaultLimit) {
		if !j.recovery.quiet {
			j.lastFault()
		}
		j.finish()
	}
}

// patience is how long the way back is measured: not at all when somebody or
// something stopped the run, before or after its decision, or when nothing was
// ever faulted.
func (j *Judge) patience() time.Duration {
	if j.run.Verdict == Stopped || j.tick.Stop != nil || j.counts.FirstFault.IsZero() {
		return 0
	}
	return j.spec.Recovery
}

// quieten tells the end of the last fault.
func (j *Judge) quieten() {
	if j.recovery.quiet || j.counts.Active > 0 {
		return
	}
	j.recovery.quiet = true
	if j.counts.LastFault.IsZero() {
		return
	}
	j.lastFault()
	when := "before"
	after := j.run.LastFaultedAt.Sub(j.run.DecidedAt)
	if after >= 0 {
		when = "after"
	}
	j.happened(Event{
		At: j.run.LastFaultedAt, Kind: KindFaultLast,
		Data: FaultLast{AfterDecision: j.run.DecisionToLastFaulted, Delivered: j.counts.Delivered, Released: j.counts.Released},
		Text: fmt.Sprintf("The last fault ended %s %s the decision: %d requests met theirs, %d were let go.",
			inSeconds(after.Abs()), when, j.counts.Delivered, j.counts.Released),
	})
}

func (j *Judge) lastFault() {
	if j.counts.LastFault.IsZero() {
		return
	}
	j.run.LastFaultedAt = j.counts.LastFault
	j.run.DecisionToLastFaulted = measured(j.counts.LastFault.Sub(j.run.DecidedAt))
}

// regain looks whether every promise is kept again.
func (j *Judge) regain() {
	r := &j.recovery
	if r.back || j.run.Verdict == Stopped {
		return
	}
	now := sample{at: j.tick.Elapsed}
	for _, o := range j.counts.Objectives {
		now.all = append(now.all, o.All)
	}
	for _, s := range slices.Backward(r.samples) {
		if now.at-s.at >= recoveryTime && j.enough(s, now) {
			if r.back = j.kept(s, now); r.back {
				j.run.Recovery = measured(s.at - j.decidedAt)
				j.happened(Event{
					Kind: KindRecovered, Data: Recovered{After: j.run.Recovery},
					Text: fmt.Sprintf("Every promise was kept again %s after the decision.", inSeconds(time.Duration(j.run.Recovery))),
				})
			}
			break
		}
	}
	r.samples = append(r.samples, now)
}

// enough says whether every deciding objective saw requests between two samples.
func (j *Judge) enough(from, to sample) bool {
	for i, o := range j.objectives {
		if !o.Advisory && to.all[i].Requests-from.all[i].Requests < recoveryRequests {
			return false
		}
	}
	return true
}

// kept says whether every deciding objective was within its allowance between
// two samples.
func (j *Judge) kept(from, to sample) bool {
	for i, o := range j.objectives {
		g := grown(from.all[i], to.all[i])
		if !o.Advisory && float64(g.Bad) > o.Allowed*float64(g.Requests) {
			return false
		}
	}
	return true
}
