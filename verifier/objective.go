package verifier

import (
	"math"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// objective is what a run has gathered about one objective.
type objective struct {
	ObjectiveSpec
	// weight is that of each of its guards in the combined evidence. All that
	// decide have the same; 0: advisory.
	weight float64

	global   trail // all requests against what is allowed
	faultArm trail // the fault arm against what is tolerated
	// For the attribution of a breach:
	worse   *stats.TwoSample // fault arm against control
	control *stats.OneSample // control against what is allowed
}

func newObjectives(spec Spec) []*objective {
	deciding := 0
	for _, o := range spec.Objectives {
		if !o.Advisory {
			deciding++
		}
	}
	var all []*objective
	run, faults := updates(spec.Baseline+spec.Duration, spec.Interval), updates(spec.Duration, spec.Interval)
	for _, s := range spec.Objectives {
		o := &objective{
			ObjectiveSpec: s,
			global:        trail{test: stats.NewOneSample(s.Allowed, run)},
			faultArm:      trail{test: stats.NewOneSample(s.Tolerance, faults)},
			worse:         stats.NewTwoSample(stats.Alike(), s.Allowed, faults),
			control:       stats.NewOneSample(s.Allowed, faults),
		}
		if !s.Advisory {
			o.weight = 1 / float64(2*deciding)
		}
		all = append(all, o)
	}
	return all
}

// updates returns how many updates are planned in a time.
func updates(d, interval time.Duration) stats.Starts {
	if interval <= 0 {
		return stats.Plain
	}
	return stats.Starts(d/interval) + 1
}

// add folds what was counted since the tick before. The arms have evidence of
// their own once faults may exist.
func (o *objective) add(before, now ObjectiveCounts, at time.Duration, arms bool) {
	o.global.add(before.All, now.All, at)
	if !arms {
		return
	}
	fault, control := grown(before.Fault, now.Fault), grown(before.Control, now.Control)
	o.faultArm.add(before.Fault, now.Fault, at)
	o.control.Add(control)
	o.worse.Add(fault, control)
}

// trail is the evidence of one guard, and where it began to rise: the end of
// its lowest point so far, which is the usual estimate of when things changed.
type trail struct {
	test  *stats.OneSample
	low   float64       // log e there
	since Tally         // counted until there
	at    time.Duration // in the run
}

func (t *trail) add(before, now Tally, at time.Duration) {
	t.test.Add(grown(before, now))
	if log := t.test.Log(); log <= t.low {
		t.low, t.since, t.at = log, now, at
	}
}

// grown returns what was counted between two readings.
func grown(before, now Tally) stats.Batch {
	return stats.Batch{Requests: now.Requests - before.Requests, Bad: now.Bad - before.Bad}
}

func batch(t Tally) stats.Batch { return stats.Batch{Requests: t.Requests, Bad: t.Bad} }

// most is the greatest evidence shown: JSON knows no infinity.
const most = 1e300

// shown returns a log e as people see it.
func shown(logE float64) float64 { return min(math.Exp(min(logE, 690)), most) }
