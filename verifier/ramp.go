package verifier

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// frozenLine is the combined evidence against the belief at which a ramp stays
// where it is.
const frozenLine = 10

// ramp is how far a run has climbed. A run without a ramp is on its only rung.
type ramp struct {
	rung   int           // from 0
	at     time.Duration // when it was reached
	since  Counts        // counted until there
	told   bool          // that the evidence holds it back
	passed []toss        // of the rungs below
}

// step begins a rung.
func (r *ramp) step(at time.Duration, now Counts) {
	r.at, r.since, r.told = at, now, false
}

// share returns the share of requests that meets the fault, 0 without a ramp.
func (j *Judge) share() float64 {
	if len(j.spec.Ramp) == 0 {
		return 0
	}
	return j.spec.Ramp[j.ramp.rung].Share
}

// atTop says whether the run is on its last rung.
func (j *Judge) atTop() bool { return j.ramp.rung >= len(j.spec.Ramp)-1 }

// climb takes the next rung when the time of this one is over and it was clean:
// some requests met their fault on it, and all guards together, minBad or not,
// show less than frozenLine. What they show goes on counting on every rung.
func (j *Judge) climb() {
	if j.atTop() || j.state != StateInjecting {
		return
	}
	rung := j.spec.Ramp[j.ramp.rung]
	switch log := combined(j.tests()); {
	case log >= math.Log(frozenLine):
		j.freeze(log)
	case j.tick.Elapsed-j.ramp.at < rung.For || j.counts.Delivered == j.ramp.since.Delivered:
	default:
		j.ramp.passed = append(j.ramp.passed, j.ramp.toss(rung.Share, j.counts))
		j.ramp.rung++
		j.ramp.step(j.tick.Elapsed, j.counts)
		j.happened(Event{Kind: KindNote, Data: Climbed{Share: j.share()}, Text: fmt.Sprintf(
			"The rung of %s was clean; %s of the requests meet the fault from now on.", percent(rung.Share), percent(j.share()))})
	}
}

// freeze tells, once for each rung, that the evidence holds the ramp back.
func (j *Judge) freeze(log float64) {
	if j.ramp.told {
		return
	}
	j.ramp.told = true
	j.happened(Event{Kind: KindFrozen, Data: Frozen{Share: j.share(), Evidence: shown(log)}, Text: fmt.Sprintf(
		"The evidence against the belief is %s: no more than %s of the requests meet the fault while it is above %d.",
		number(shown(log)), percent(j.share()), frozenLine)})
}

// stuckSentence says why the last rung was never reached.
func (j *Judge) stuckSentence() string {
	top := j.spec.Ramp[len(j.spec.Ramp)-1].Share
	why := "the time was too short"
	if j.ramp.told {
		why = "the evidence against the belief held the ramp back"
	} else if j.counts.Delivered == j.ramp.since.Delivered {
		why = "no request met its fault there"
	}
	return fmt.Sprintf("It ended on the rung of %s, and %s was to be tested: %s.", percent(j.share()), percent(top), why)
}

// onRung narrows a sentence down to the last rung.
func (j *Judge) onRung() string {
	if len(j.spec.Ramp) < 2 {
		return ""
	}
	return " at " + percent(j.share())
}

// tested returns the counts that an upheld verdict rests on: those since the
// present rung began.
func (j *Judge) tested() Counts {
	c := j.counts
	if len(j.spec.Ramp) < 2 || len(j.ramp.since.Objectives) == 0 {
		return c
	}
	from := j.ramp.since
	c.Objectives = make([]ObjectiveCounts, len(j.counts.Objectives))
	for i, now := range j.counts.Objectives {
		c.Objectives[i] = lately(from.Objectives[i], now)
		c.Objectives[i].Pending = now.Pending
	}
	c.Fault = Tally(grown(from.Fault, c.Fault))
	c.Delivered -= min(from.Delivered, c.Delivered)
	c.DelaySum -= min(from.DelaySum, c.DelaySum)
	return c
}

// toss returns what was tossed on the present rung.
func (r *ramp) toss(share float64, now Counts) toss {
	return toss{share, now.Drawn - min(r.since.Drawn, now.Drawn), now.Offered - min(r.since.Offered, now.Offered)}
}

// tosses returns what was tossed on every rung; own is the share of policies
// without a ramp.
func (r *ramp) tosses(spec Spec, own float64, now Counts) []toss {
	if len(spec.Ramp) > 0 {
		own = spec.Ramp[r.rung].Share
	}
	return append(slices.Clip(r.passed), r.toss(own, now))
}
