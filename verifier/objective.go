package verifier

import (
	"math"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// objective is what a run has gathered about one objective.
type objective struct {
	ObjectiveSpec
	// weight is its share of the combined evidence, which its guards divide evenly.
	// All objectives that decide have the same; 0: advisory.
	weight float64
	canary bool // the fault arm is a canary, control the version before it
	// faultless: no fault flows, so that the global guard has nothing to end. It is
	// shown, and decides nothing.
	faultless bool

	global   trail[*stats.OneSample] // all requests against what is allowed
	faultArm trail[*stats.OneSample] // the fault arm against what is tolerated
	compared trail[*stats.TwoSample] // the fault arm against control, within the margin
	// For the attribution of a breach:
	worse   *stats.TwoSample // fault arm against control, without a margin
	control *stats.OneSample // control against what is allowed
}

// ComparedEvery is the least time between two updates of the comparison. A batch
// without faulted requests tells it nothing, so batches must not be too small.
const ComparedEvery = time.Second

func newObjectives(spec Spec) []*objective {
	deciding := 0
	for _, o := range spec.Objectives {
		if !o.Advisory {
			deciding++
		}
	}
	var all []*objective
	run, faults := spec.updates(spec.Baseline+spec.Duration, spec.Interval), spec.updates(spec.Duration, spec.Interval)
	for _, s := range spec.Objectives {
		o := &objective{
			ObjectiveSpec: s, canary: spec.Canary != "", faultless: len(spec.Policies) == 0,
			global:   follow(stats.NewOneSample(s.Allowed, run)),
			faultArm: follow(stats.NewOneSample(s.Tolerance, faults)),
			compared: follow(newComparison(s, spec)),
			worse:    stats.NewTwoSample(stats.Alike(), s.Allowed, faults),
			control:  stats.NewOneSample(s.Allowed, faults),
		}
		if !s.Advisory {
			o.weight = 1 / float64(deciding)
		}
		all = append(all, o)
	}
	return all
}

// newComparison returns the test of the fault arm against control. Where latency
// is promised, requests slower than it are among the bad ones: it compares how
// often both arms exceed it, never percentiles.
func newComparison(o ObjectiveSpec, spec Spec) *stats.TwoSample {
	calls := 1
	if spec.Interval > 0 {
		calls = max(int(ComparedEvery/spec.Interval), 1)
	}
	t := stats.NewTwoSample(stats.Margin{Ratio: o.Ratio, Points: o.Margin}, o.Allowed,
		spec.updates(spec.Duration, spec.Interval*time.Duration(calls)))
	t.Every(calls)
	return t
}

// alwaysFor is the time in which continuous runs halt a true belief with a
// probability of at most alpha.
const alwaysFor = 28 * 24 * time.Hour

// updates returns how many updates are planned in a time. Continuous runs have
// those of alwaysFor all together: each may be the one where trouble begins.
func (s Spec) updates(d, interval time.Duration) stats.Starts {
	switch {
	case interval <= 0:
		return stats.Plain
	case s.Continuous:
		return stats.Always(int(alwaysFor / interval))
	}
	return stats.Starts(d/interval) + 1
}

// add folds what was counted since the tick before. The arms have evidence of
// their own once faults may exist.
func (o *objective) add(before, now ObjectiveCounts, at time.Duration, arms bool) {
	o.global.test.Add(grown(before.All, now.All))
	o.global.look(now, at)
	if !arms {
		return
	}
	fault, control := grown(before.Fault, now.Fault), grown(before.Control, now.Control)
	o.faultArm.test.Add(fault)
	o.faultArm.look(now, at)
	if o.comparable() {
		o.compared.test.Add(fault, control)
		o.compared.look(now, at)
	}
	o.control.Add(control)
	o.worse.Add(fault, control)
}

// comparable says whether the arms are compared within a margin.
func (o *objective) comparable() bool { return o.Ratio > 0 }

// share returns the weight of a guard of the objective.
func (o *objective) share(kind string) float64 {
	guards := 2.0
	if o.comparable() {
		guards++
	}
	if o.faultless {
		guards--
	}
	if o.faultless && kind == GuardGlobal {
		return 0
	}
	return o.weight / guards
}

// trail is the evidence of one guard, and where it began to rise.
type trail[T interface{ Log() float64 }] struct {
	test T
	rise
}

func follow[T interface{ Log() float64 }](test T) trail[T] { return trail[T]{test: test} }

func (t *trail[T]) look(now ObjectiveCounts, at time.Duration) { t.rise.look(t.test.Log(), now, at) }

// rise is the end of the lowest point of some evidence so far, which is the
// usual estimate of when things changed.
type rise struct {
	low   float64         // log e there
	since ObjectiveCounts // counted until there
	at    time.Duration   // in the run
}

func (r *rise) look(log float64, now ObjectiveCounts, at time.Duration) {
	if log <= r.low {
		r.low, r.since, r.at = log, now, at
	}
}

// grown returns what was counted between two readings.
func grown(before, now Tally) stats.Batch {
	return stats.Batch{Requests: now.Requests - before.Requests, Bad: now.Bad - before.Bad}
}

// lately returns what was counted between two readings, by population.
func lately(before, now ObjectiveCounts) ObjectiveCounts {
	tally := func(b, n Tally) Tally { return Tally(grown(b, n)) }
	return ObjectiveCounts{
		All: tally(before.All, now.All), Fault: tally(before.Fault, now.Fault),
		Control: tally(before.Control, now.Control), Before: tally(before.Before, now.Before),
	}
}

func batch(t Tally) stats.Batch { return stats.Batch{Requests: t.Requests, Bad: t.Bad} }

// most is the greatest evidence shown: JSON knows no infinity.
const most = 1e300

// shown returns a log e as people see it.
func shown(logE float64) float64 { return min(math.Exp(min(logE, 690)), most) }
