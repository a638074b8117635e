package story

import (
	"time"

	"github.com/poise-dev/poise/verifier"
)

// look is how far back a moment looks: of the last 61 requests 9 were bad.
const look = 5 * time.Second

// excess is the moment at which a population had left what is allowed.
type excess struct {
	tick      verifier.Tick
	objective verifier.ObjectiveSpec
	recent    verifier.Tally // over the last [look], or since the first fault
}

// population picks one of the tallies of an objective, and what it is allowed.
type population func(verifier.ObjectiveCounts, verifier.ObjectiveSpec) (t verifier.Tally, allowed float64)

func faultArm(c verifier.ObjectiveCounts, o verifier.ObjectiveSpec) (verifier.Tally, float64) {
	return c.Fault, o.Tolerance
}

func untouched(c verifier.ObjectiveCounts, o verifier.ObjectiveSpec) (verifier.Tally, float64) {
	return c.Control, o.Allowed
}

func everybody(c verifier.ObjectiveCounts, o verifier.ObjectiveSpec) (verifier.Tally, float64) {
	return c.All, o.Allowed
}

// firstExcess finds the first tick with faults at which, for a deciding
// objective, at least minBad of the recent requests of a population were bad,
// and more than it is allowed. An objective that was broken before the first
// fault says nothing.
func (f facts) firstExcess(of population) (excess, bool) {
	injecting := f.injecting()
	for i, tick := range injecting {
		for _, o := range f.deciding() {
			if o >= len(tick.Counts.Objectives) {
				continue
			}
			objective := f.spec.Objectives[o]
			if rate(tick.Counts.Objectives[o].Before) > objective.Allowed {
				continue
			}
			now, allowed := of(tick.Counts.Objectives[o], objective)
			recent := minus(now, f.back(injecting[:i], tick.At.Add(-look), o, of))
			if recent.Bad >= max(f.spec.MinBad, 1) && rate(recent) > allowed {
				return excess{tick: tick, objective: objective, recent: recent}, true
			}
		}
	}
	return excess{}, false
}

// back returns what the population had counted at t: at the last of ticks that
// is not after it, or else before the first fault.
func (f facts) back(ticks []verifier.Tick, t time.Time, objective int, of population) verifier.Tally {
	counts := f.until(f.zero).Counts
	for _, tick := range ticks {
		if !tick.At.After(t) {
			counts = tick.Counts
		}
	}
	if objective >= len(counts.Objectives) {
		return verifier.Tally{}
	}
	tally, _ := of(counts.Objectives[objective], f.spec.Objectives[objective])
	return tally
}

// injecting are the ticks from the first fault to the decision.
func (f facts) injecting() []verifier.Tick {
	if !f.faulted {
		return nil
	}
	end := f.decidedAt()
	var found []verifier.Tick
	for _, tick := range f.ticks {
		if tick.State == verifier.StateInjecting && !tick.At.Before(f.zero) && (end.IsZero() || !tick.At.After(end)) {
			found = append(found, tick)
		}
	}
	return found
}

// flow is how many requests came in a time.
type flow struct {
	requests uint64
	over     time.Duration
}

// perSecond is the flow in requests a second, 0 when it is unknown.
func (w flow) perSecond() uint64 {
	if w.over <= 0 {
		return 0
	}
	return uint64(float64(w.requests)/w.over.Seconds() + 0.5)
}

// flowBefore is the flow of the baseline.
func (f facts) flowBefore() flow {
	if !f.faulted {
		return flow{}
	}
	return flow{requests: f.came(f.until(f.zero).Counts), over: f.zero.Sub(f.start)}
}

// flowNow is the flow of the last ten seconds with faults.
func (f facts) flowNow() flow {
	injecting := f.injecting()
	if len(injecting) < 2 {
		return flow{}
	}
	first, last := injecting[0], injecting[len(injecting)-1]
	for _, tick := range injecting {
		if last.At.Sub(tick.At) >= 10*time.Second {
			first = tick
		}
	}
	return flow{requests: f.came(last.Counts) - min(f.came(last.Counts), f.came(first.Counts)), over: last.At.Sub(first.At)}
}

// came counts the requests that came in. A record without that number has the
// ended ones of the busiest deciding objective.
func (f facts) came(c verifier.Counts) uint64 {
	if c.Begun > 0 {
		return c.Begun
	}
	var most uint64
	for _, i := range f.deciding() {
		if i < len(c.Objectives) {
			most = max(most, c.Objectives[i].All.Requests)
		}
	}
	return most
}
