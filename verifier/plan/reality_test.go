package plan_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/poise-dev/poise/verifier/plan"
	"github.com/poise-dev/poise/verifier/stats"
)

// world draws the traffic of one run, tick by tick.
type world struct {
	*rand.Rand
	spec    plan.Spec
	traffic plan.Traffic
}

// requests draws how many arrive in a tick: a Poisson number, by its waiting
// times where it is small and by its normal limit where it is large.
func (w world) requests(perSecond float64) uint64 {
	mean := perSecond * w.spec.Interval.Seconds()
	if mean > 200 {
		return uint64(max(math.Round(mean+math.Sqrt(mean)*w.NormFloat64()), 0))
	}
	n, left := uint64(0), mean
	for left -= w.ExpFloat64(); left > 0; left -= w.ExpFloat64() {
		n++
	}
	return n
}

// batch draws the bad ones of n requests by the gaps between them.
func (w world) batch(n uint64, p float64) stats.Batch {
	b := stats.Batch{Requests: n}
	if p <= 0 {
		return b
	}
	for at := 0.0; ; b.Bad++ {
		if at += 1 + math.Floor(math.Log(1-w.Float64())/math.Log1p(-p)); at > float64(n) {
			return b
		}
	}
}

// run is one run of one objective, judged as a run is. It returns the seconds
// of faults after which each guard would have called a breach by itself and the
// tolerance was proven, +Inf for never.
func (w world) run(horizon time.Duration) map[string]float64 {
	o, s := w.spec.Objectives[0], w.spec
	ticks := func(d time.Duration) int { return int(d / s.Interval) }
	planned := ticks(s.Baseline + s.Duration)
	global := stats.NewOneSample(o.Allowed, stats.Starts(planned+1))
	arm := stats.NewOneSample(o.Tolerance, stats.Starts(ticks(s.Duration)+1))
	every := max(int(s.BatchInterval/s.Interval), 1)
	against := stats.NewTwoSample(o.Margin, o.Allowed, stats.Starts(ticks(s.Duration)/every+1))
	against.Every(every)

	var all, fault stats.Batch
	add := func(to *stats.Batch, b stats.Batch) { to.Requests += b.Requests; to.Bad += b.Bad }
	for range ticks(s.Baseline) {
		b := w.batch(w.requests(w.traffic.PerSecond), w.traffic.Normal)
		global.Add(b)
		add(&all, b)
	}
	at := map[string]float64{plan.Global: math.Inf(1), plan.FaultArm: math.Inf(1), plan.Comparison: math.Inf(1)}
	line := stats.Line(s.Alpha) + math.Log(3)
	for tick := range ticks(horizon) {
		f := w.batch(w.requests(w.traffic.PerSecond*s.Share), w.traffic.Effect)
		c := w.batch(w.requests(w.traffic.PerSecond*(1-s.Share)), w.traffic.Normal)
		add(&fault, f)
		add(&all, f)
		add(&all, c)
		global.Add(stats.Batch{Requests: f.Requests + c.Requests, Bad: f.Bad + c.Bad})
		arm.Add(f)
		against.Add(f, c)
		called := func(guard string, log float64, bad uint64) {
			if log >= line && bad >= s.MinBad && math.IsInf(at[guard], 1) {
				at[guard] = float64(tick+1) * s.Interval.Seconds()
			}
		}
		called(plan.Global, global.Log(), all.Bad)
		called(plan.FaultArm, arm.Log(), fault.Bad)
		called(plan.Comparison, against.Log(), fault.Bad)
	}
	return at
}

// upheld returns the seconds after which faulted requests at the normal rate
// have proven the tolerance.
func (w world) upheld() float64 {
	o, s := w.spec.Objectives[0], w.spec
	var fault stats.Batch
	for tick := 1; ; tick++ {
		b := w.batch(w.requests(w.traffic.PerSecond*s.Share), w.traffic.Normal)
		fault.Requests += b.Requests
		fault.Bad += b.Bad
		if stats.Reverse(o.Tolerance, fault) >= stats.Line(s.Beta) && fault.Requests >= stats.LeastFaulted(o.Tolerance, s.Beta) {
			return float64(tick) * s.Interval.Seconds()
		}
	}
}

func quantile(times []float64, q float64) float64 {
	slices.Sort(times)
	return times[int(q*float64(len(times)))]
}

func TestForecastsComeTrue(t *testing.T) {
	t.Parallel()
	margin := stats.Margin{Ratio: 1.25, Points: 0.0025}
	base := plan.Spec{
		Objectives: []plan.Objective{{Name: "availability", Allowed: 0.005, Tolerance: 0.005, Margin: margin}},
		Share:      0.05, Baseline: 30 * time.Second, Duration: 10 * time.Minute,
		Interval: 250 * time.Millisecond, BatchInterval: 5 * time.Second,
		Alpha: 0.01, Beta: 0.05, MinBad: 3,
	}
	for name, c := range map[string]struct {
		change  func(s *plan.Spec)
		traffic plan.Traffic
	}{
		"a fault arm of 20 a second fails 1 time in 10": {
			func(*plan.Spec) {}, plan.Traffic{PerSecond: 400, Normal: 0.001, Effect: 0.1},
		},
		"a small rise among many requests": {
			func(s *plan.Spec) { s.Share = 0.5 }, plan.Traffic{PerSecond: 200, Normal: 0.001, Effect: 0.02},
		},
		"little traffic, half of it faulted": {
			func(s *plan.Spec) { s.Share, s.Interval, s.Duration = 0.5, time.Second, time.Hour },
			plan.Traffic{PerSecond: 2, Normal: 0.001, Effect: 0.1},
		},
		"a strict promise": {
			func(s *plan.Spec) {
				s.Objectives = []plan.Objective{{Name: "strict", Allowed: 0.001, Tolerance: 0.001, Margin: stats.Margin{Ratio: 1.25, Points: 0.0005}}}
				s.Share, s.Duration = 0.1, 20*time.Minute
			}, plan.Traffic{PerSecond: 120, Normal: 0.0002, Effect: 0.02},
		},
		"everything fails": {
			func(s *plan.Spec) { s.Share = 0.01 }, plan.Traffic{PerSecond: 100, Normal: 0.001, Effect: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := base
			c.change(&spec)
			const runs = 60
			times, proofs := map[string][]float64{}, []float64{}
			for i := range uint64(runs) {
				w := world{rand.New(rand.NewPCG(20240611, i)), spec, c.traffic}
				for guard, at := range w.run(spec.Duration) {
					times[guard] = append(times[guard], at)
				}
				proofs = append(proofs, w.upheld())
			}
			for _, g := range plan.For(spec, c.traffic) {
				within(t, g.Guard+", median", g.TimeToDetect.Median, quantile(times[g.Guard], 0.5), spec.Duration)
				within(t, g.Guard+", 9 of 10", g.TimeToDetect.P90, quantile(times[g.Guard], 0.9), spec.Duration)
				if g.Guard == plan.FaultArm {
					within(t, "upheld", g.TimeToUphold, quantile(proofs, 0.5), time.Hour)
				}
			}
		})
	}
}

// within fails unless a time foretold and a time measured are within a factor of
// two, or both beyond the end.
func within(t *testing.T, what string, foretold plan.Wait, measured float64, end time.Duration) {
	t.Helper()
	t.Logf("%-20s foretold %-6v measured %.1fs", what, foretold, measured)
	if f := time.Duration(foretold).Seconds(); f < end.Seconds() && (f > 2*measured || f < measured/2) ||
		f >= 2*end.Seconds() && measured < end.Seconds() {
		t.Errorf("%s: foretold %v, measured %.1fs", what, foretold, measured)
	}
}
