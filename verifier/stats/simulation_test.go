package stats_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"slices"
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
		"a service that sits exactly at its objective": func(s source, checks int) func() float64 {
			test := stats.NewOneSample(0.001, stats.Starts(checks))
			return func() float64 { test.Add(s.draw(50, 0.001)); return test.Log() }
		},
		"the same, by the plain process": func(s source, checks int) func() float64 {
			test := stats.NewOneSample(0.001, stats.Plain)
			return func() float64 { test.Add(s.draw(50, 0.001)); return test.Log() }
		},
		"arms that are alike, while both have incidents": func(s source, checks int) func() float64 {
			test, check := stats.NewTwoSample(stats.Alike(), 0.001, stats.Starts(checks)), 0
			return func() float64 {
				check++
				p := 0.001
				if check%60 < 5 {
					p = 0.02
				}
				test.Add(s.draw(20, p), s.draw(180, p))
				return test.Log()
			}
		},
		"a fault arm that uses its margin up": func(s source, checks int) func() float64 {
			margin := stats.Margin{Ratio: 1.25, Points: 0.0005}
			test := stats.NewTwoSample(margin, 0.001, stats.Starts(checks))
			return func() float64 {
				test.Add(s.draw(50, 1.25*0.001+0.0005), s.draw(50, 0.001))
				return test.Log()
			}
		},
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

// detection returns the median number of checks until the log e reaches the
// line, of 200 runs.
func detection(line float64, checks int, run func(s source) func() float64) float64 {
	times := make([]float64, 200)
	for i := range times {
		look := run(newSource(uint64(1000 + i)))
		times[i] = math.Inf(1)
		for c := range checks {
			if look() >= line {
				times[i] = float64(c + 1)
				break
			}
		}
	}
	slices.Sort(times)
	return (times[99] + times[100]) / 2
}

// The published medians are in seconds, from checks every 5 s with a horizon of
// 3 h, alpha 0.01.
func TestTroubleIsFoundAsQuicklyAsPublished(t *testing.T) {
	t.Parallel()
	const checks = 2160
	oneSample := func(starts stats.Starts, n uint64, p float64) func(s source) func() float64 {
		return func(s source) func() float64 {
			test := stats.NewOneSample(0.001, starts)
			return func() float64 { test.Add(s.draw(n, p)); return test.Log() }
		}
	}
	reverse := func(n uint64, p, tolerance float64) func(s source) func() float64 {
		return func(s source) func() float64 {
			total := stats.Batch{}
			return func() float64 {
				b := s.draw(n, p)
				total.Requests, total.Bad = total.Requests+b.Requests, total.Bad+b.Bad
				return stats.Reverse(tolerance, total)
			}
		}
	}
	for name, c := range map[string]struct {
		alpha, seconds float64
		run            func(s source) func() float64
	}{
		"0.1% to 1% at 1/s, plain":          {0.01, 365, oneSample(stats.Plain, 5, 0.01)},
		"0.1% to 1% at 1/s, start mixture":  {0.01, 445, oneSample(checks, 5, 0.01)},
		"0.1% to 1% at 10/s, plain":         {0.01, 35, oneSample(stats.Plain, 50, 0.01)},
		"0.1% to 1% at 10/s, start mixture": {0.01, 45, oneSample(checks, 50, 0.01)},
		"0.1% to 0.5% at 10/s, plain":       {0.01, 130, oneSample(stats.Plain, 50, 0.005)},
		"0.1% to 1% at 1000/s":              {0.01, 5, oneSample(checks, 5000, 0.01)},
		"0.1% is within 0.5% at 10/s":       {0.05, 135, reverse(50, 0.001, 0.005)},
		"no errors are within 0.1% at 10/s": {0.05, 395, reverse(50, 0, 0.001)},
		"two samples of 10/s each, 0.1% to 1%": {0.01, 115, func(s source) func() float64 {
			test := stats.NewTwoSample(stats.Margin{Ratio: 1}, 0.001, stats.Plain)
			return func() float64 { test.Add(s.draw(50, 0.01), s.draw(50, 0.001)); return test.Log() }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := 5 * detection(stats.Line(c.alpha), checks, c.run)
			t.Logf("median %v s, published %v s", got, c.seconds)
			if got > 1.3*c.seconds || got < c.seconds/1.3 {
				t.Errorf("median %v s, published %v s", got, c.seconds)
			}
		})
	}
}
