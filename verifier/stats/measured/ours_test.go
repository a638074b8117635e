package measured_test

import (
	"github.com/poise-dev/poise/verifier/stats"
)

const alpha = 0.01

// method looks at every tick of a run and says when it would halt it.
type method struct {
	name string
	// begin starts a run of so many ticks.
	begin func(ticks int) func(l look) bool
	// claims tells whether a halt in this world is a false one, by the promise
	// made: at most alpha of all runs. Nil: nothing is promised.
	claims func(w world) bool
}

// e makes a method of an e-process: it halts at 1/alpha.
func e(name string, claims func(w world) bool, begin func(ticks int) (add func(l look), log func() float64)) method {
	return method{name: name, claims: claims, begin: func(ticks int) func(l look) bool {
		add, log := begin(ticks)
		return func(l look) bool {
			add(l)
			return log() >= stats.Line(alpha)
		}
	}}
}

func ours() []method {
	kept := func(w world) bool { return w.kept }
	equal := func(w world) bool { return !w.worse }
	always := func(world) bool { return true }
	pair := func(m stats.Margin) func(ticks int) (func(look), func() float64) {
		return func(ticks int) (func(look), func() float64) {
			t := stats.NewTwoSample(m, objective, stats.Starts(ticks))
			return func(l look) { t.Add(l.treated, l.control) }, t.Log
		}
	}
	return []method{
		e("objective", kept, func(ticks int) (func(look), func() float64) {
			t := stats.NewOneSample(objective, stats.Starts(ticks))
			return func(l look) { t.Add(plus(l.treated, l.control)) }, t.Log
		}),
		e("always on", kept, func(ticks int) (func(look), func() float64) {
			t := stats.NewOneSample(objective, stats.Always(ticks))
			return func(l look) { t.Add(plus(l.treated, l.control)) }, t.Log
		}),
		e("batch bet", func(w world) bool { return w.kept || w.bursts }, func(ticks int) (func(look), func() float64) {
			t := stats.NewBet(objective, stats.Starts(ticks))
			return func(l look) { t.Add(plus(l.treated, l.control)) }, t.Log
		}),
		e("comparison", always, pair(tolerated())),
		e("no margin", equal, pair(stats.Alike())),
		e("labels", equal, func(ticks int) (func(look), func() float64) {
			t := stats.NewLabels(1, stats.Starts(ticks))
			return func(l look) {
				t.Add(float64(l.treated.Requests)/max(float64(l.treated.Requests+l.control.Requests), 1), l.treated.Bad, l.control.Bad)
			}, t.Log
		}),
		e("counts", func(w world) bool { return equal(w) && !w.bursts }, func(ticks int) (func(look), func() float64) {
			t := stats.NewPoissonTwoSample(stats.Alike(), objective, stats.Starts(ticks))
			count := func(b stats.Batch) stats.Count { return stats.Count{Events: b.Bad, Exposure: float64(b.Requests)} }
			return func(l look) { t.Add(count(l.treated), count(l.control)) }, t.Log
		}),
		e("run", kept, func(ticks int) (func(look), func() float64) {
			all, arm := stats.NewOneSample(objective, stats.Starts(ticks)), stats.NewOneSample(objective, stats.Starts(ticks))
			against := stats.NewTwoSample(tolerated(), objective, stats.Starts(ticks))
			return func(l look) {
					all.Add(plus(l.treated, l.control))
					arm.Add(l.treated)
					against.Add(l.treated, l.control)
				}, func() float64 {
					return stats.Combine([]stats.Evidence{{Weight: 1.0 / 3, Log: all.Log()}, {Weight: 1.0 / 3, Log: arm.Log()}, {Weight: 1.0 / 3, Log: against.Log()}})
				}
		}),
	}
}
