package stats_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

var long = flag.Bool("long", false, "simulate 10,000 checks in each of 1,000 runs, as the published figures do (a minute or two)")

// source draws binomial numbers, the same ones each time.
type source struct{ *rand.Rand }

func newSource(stream uint64) source { return source{rand.New(rand.NewPCG(20240611, stream))} }

// draw returns the bad ones of n requests at rate p, by the waiting times
// between bad ones.
func (s source) draw(n uint64, p float64) stats.Batch {
	b := stats.Batch{Requests: n}
	if p <= 0 {
		return b
	}
	for at := s.wait(p); at <= float64(n); at += s.wait(p) {
		b.Bad++
	}
	return b
}

func (s source) wait(p float64) float64 {
	return 1 + math.Floor(math.Log(1-s.Float64())/math.Log1p(-p))
}

// effort returns how many runs of how many checks to simulate.
func effort() (runs, checks int) {
	if *long {
		return 1000, 10_000
	}
	return 300, 400
}

// halts returns the share of runs in which the log e ever reaches 1/alpha.
func halts(t *testing.T, alpha float64, run func(s source, checks int) func() float64) float64 {
	t.Helper()
	runs, checks := effort()
	halted := 0
	for i := range runs {
		look := run(newSource(uint64(i)), checks)
		for range checks {
			if look() >= stats.Line(alpha) {
				halted++
				break
			}
		}
	}
	rate := float64(halted) / float64(runs)
	t.Logf("%d of %d runs of %d checks halted: %.2f%% (bound %.0f%%)", halted, runs, checks, 100*rate, 100*alpha)
	return rate
}

// bound is alpha and three standard errors of the simulation.
func bound(alpha float64) float64 {
	runs, _ := effort()
	return alpha + 3*math.Sqrt(alpha*(1-alpha)/float64(runs))
}

func TestTrueHypothesesAreSeldomHalted(t *testing.T) {
	t.Parallel()
	const alpha = 0.05
	for name, run := range map[string]func(s source, checks int) func() float64{
		"a fair coin": func(s source, _ int) func() float64 {
			drawn, all := uint64(0), uint64(0)
			return func() float64 {
				b := s.draw(200, 0.05)
				drawn, all = drawn+b.Bad, all+b.Requests
				return stats.Split(0.05, drawn, all)
			}
		},
		"a fault arm exactly at its tolerance is not upheld": func(s source, _ int) func() float64 {
			total := stats.Batch{}
			return func() float64 {
				b := s.draw(20, 0.005)
				total.Requests, total.Bad = total.Requests+b.Requests, total.Bad+b.Bad
				return stats.Reverse(0.005, total)
			}
		},
		"a coin that is fair on every rung of a ramp": func(s source, checks int) func() float64 {
			test, check := stats.NewCoin(stats.Starts(checks)), 0
			return func() float64 {
				check++
				share := []float64{0.001, 0.01, 0.05}[min(3*check/checks, 2)]
				b := s.draw(200, share)
				test.Add(share, b.Bad, b.Requests)
				return test.Log()
			}
		},
		"a service as slow as it was": func(s source, checks int) func() float64 {
			tails := []float64{0.5, 0.1, 0.05, 0.01, 0.001}
			test := stats.NewExceedance(1, tails, stats.Starts(checks))
			above := func(n uint64) []stats.Batch {
				var at []stats.Batch
				left, p := n, 1.0
				for _, tail := range tails {
					left, p = s.draw(left, tail/p).Bad, tail
					at = append(at, stats.Batch{Requests: n, Bad: left})
				}
				return at
			}
			return func() float64 { test.Add(above(20), above(60)); return test.Log() }
		},
		"restarts as often as allowed": func(s source, checks int) func() float64 {
			test := stats.NewPoisson(0.1, stats.Starts(checks))
			return func() float64 {
				events := uint64(0)
				for at := s.ExpFloat64(); at < 0.5; at += s.ExpFloat64() {
					events++
				}
				test.Add(stats.Count{Events: events, Exposure: 5})
				return test.Log()
			}
		},
		"an arm outside its margin is not found within": func(s source, _ int) func() float64 {
			margin := stats.Margin{Ratio: 1, Points: 0.01}
			test := stats.NewReverseTwoSample(margin, 0.005)
			return func() float64 { test.Add(s.draw(20, 0.015), s.draw(60, 0.005)); return test.Log() }
		},
		"four guards at one line": func(s source, checks int) func() float64 {
			var tests []*stats.OneSample
			for range 4 {
				tests = append(tests, stats.NewOneSample(0.005, stats.Starts(checks)))
			}
			return func() float64 {
				var all []stats.Evidence
				b := s.draw(50, 0.005)
				for i, test := range tests {
					if i%2 == 0 { // two see the same requests
						b = s.draw(50, 0.005)
					}
					test.Add(b)
					all = append(all, stats.Evidence{Weight: 0.25, Log: test.Log()})
				}
				return stats.Combine(all)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := halts(t, alpha, run); got > bound(alpha) {
				t.Errorf("%.2f%% of runs halted", 100*got)
			}
		})
	}
}

// A detector that never ends, at its limit for ever, takes c updates or more to
// its first false alarm, on average. The published means are for c = 2000 and
// updates of 60 s.
func TestFalseAlarmsOfAWatchAreAsRareAsPromised(t *testing.T) {
	t.Parallel()
	const c, runs = 2000, 100
	for perSecond, published := range map[uint64]float64{1: 3598, 10: 6519} {
		t.Run(fmt.Sprintf("%d requests a second", perSecond), func(t *testing.T) {
			t.Parallel()
			updates := 0
			for run := range uint64(runs) {
				s, test := newSource(run), stats.NewOneSample(0.001, stats.Always(c))
				for updates++; ; updates++ {
					if test.Add(s.draw(60*perSecond, 0.001)); test.Log() >= 0 {
						break
					}
				}
			}
			mean := float64(updates) / runs
			t.Logf("a false alarm every %.0f updates, promised %d, published %v", mean, c, published)
			if mean < c || mean < published/1.3 || mean > 1.3*published {
				t.Errorf("a false alarm every %.0f updates, promised %d, published %v", mean, c, published)
			}
		})
	}
}

// The promise is about any stretch of so many updates, not only the first one.
func TestAWatchKeepsItsPromiseInEveryStretch(t *testing.T) {
	t.Parallel()
	const updates, stretches, runs, alpha = 200, 8, 300, 0.1
	var alarmed [stretches]int
	for run := range uint64(runs) {
		s, test := newSource(run), stats.NewOneSample(0.001, stats.Always(updates))
		for stretch := range stretches {
			alarm := false
			for range updates {
				if test.Add(s.draw(60, 0.001)); test.Log() >= stats.Line(alpha) {
					alarm = true
					test.Reset()
				}
			}
			if alarm {
				alarmed[stretch]++
			}
		}
	}
	for stretch, n := range alarmed {
		if rate := float64(n) / runs; rate > alpha {
			t.Errorf("stretch %d: %.1f%% of runs had a false alarm, promised %v%%", stretch+1, 100*rate, 100*alpha)
		}
	}
	t.Logf("runs of %d with a false alarm, by stretch: %v", runs, alarmed)
}
