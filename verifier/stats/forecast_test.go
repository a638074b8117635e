package stats_test

import (
	"math"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// Where every update brings whole numbers, the expected path can be walked.
func TestAForecastIsTheEvidenceOfWhatIsExpected(t *testing.T) {
	const healthy, sick = 40, 60 // updates of 5 s, with 1000 requests each
	for name, starts := range map[string]stats.Starts{
		"plain": stats.Plain, "planned": healthy + sick, "beyond the plan": healthy + 20, "without an end": stats.Always(5000),
	} {
		test := stats.NewOneSample(0.002, starts)
		f := stats.Forecast{
			Starts: starts, Interval: 5, Before: 5 * healthy,
			Sinks: stats.Rises(0.002, 200, 0.001), Grows: stats.Rises(0.002, 200, 0.005),
		}
		for range healthy {
			test.Add(stats.Batch{Requests: 1000, Bad: 1})
		}
		for k := 1; k <= sick; k++ {
			test.Add(stats.Batch{Requests: 1000, Bad: 5})
			if k%20 == 0 && test.Log() > 1 { // what has not started is no matter then
				near(t, name, f.Log(float64(5*k)), test.Log(), 0.01)
			}
		}
		line := stats.Line(0.01)
		if at := f.SecondsTo(line); f.Log(at) < line || f.Log(0.99*at) > line {
			t.Errorf("%s: the line is foretold at %v s, where log e is %v", name, at, f.Log(at))
		}
	}
}

func TestAForecastOfPairsMeetsTheEvidence(t *testing.T) {
	m := stats.Margin{Ratio: 1.25, Points: 0.001}
	f := stats.Forecast{Starts: 100, Interval: 5, Grows: stats.RisesAgainst(m, 200, 0.01, 2000, 0.002)}
	test := stats.NewTwoSample(m, 0.002, 100)
	for range 20 {
		test.Add(stats.Batch{Requests: 1000, Bad: 10}, stats.Batch{Requests: 10_000, Bad: 20})
	}
	near(t, "log e after 100 s", f.Log(100), test.Log(), 0.02)

	back := stats.Forecast{Starts: stats.Plain, Interval: 5, Grows: stats.FallsAgainst(m, 200, 0.001, 2000, 0.002)}
	reverse := stats.NewReverseTwoSample(m, 0.002)
	for range 20 {
		reverse.Add(stats.Batch{Requests: 1000, Bad: 1}, stats.Batch{Requests: 10_000, Bad: 20})
	}
	near(t, "log e of the reverse after 100 s", back.Log(100), reverse.Log(), 0.02)
}

func TestWhatNeverGrowsIsNeverFound(t *testing.T) {
	for name, grows := range map[string][]float64{
		"a rate at its limit":               stats.Rises(0.01, 100, 0.01),
		"a rise too small for the grid":     stats.Rises(0.01, 100, 0.011),
		"an arm that uses its margin up":    stats.RisesAgainst(stats.Margin{Ratio: 2}, 100, 0.02, 100, 0.01),
		"an arm without requests":           stats.RisesAgainst(stats.Alike(), 0, 1, 100, 0.01),
		"an arm without anything beside it": stats.RisesAgainst(stats.Alike(), 100, 1, 0, 0.01),
	} {
		f := stats.Forecast{Starts: 100, Interval: 1, Grows: grows}
		if at := f.SecondsTo(stats.Line(0.01)); !math.IsInf(at, 1) {
			t.Errorf("%s is found after %v s", name, at)
		}
	}
}

func TestRequestsToUphold(t *testing.T) {
	if got, want := stats.RequestsToUphold(0, 0.01, 0.05), float64(stats.CleanRequests(0.01, 0.05)); got != want {
		t.Errorf("without bad ones %v, want %v", got, want)
	}
	last := 0.0
	for _, p := range []float64{0, 0.001, 0.002, 0.004, 0.006, 0.008} {
		got := stats.RequestsToUphold(p, 0.01, 0.05)
		if got < last || math.IsInf(got, 1) {
			t.Errorf("at %v: %v requests, fewer than %v at a lower rate", p, got, last)
		}
		last = got
	}
	if got := stats.RequestsToUphold(0.8e-8, 1e-8, 0.05); math.IsInf(got, 1) || got < 1e9 {
		t.Errorf("a tolerance of 1 in 100 million is proven with %v requests", got)
	}
	for _, p := range []float64{0.0095, 0.01, 0.02} { // the first is too near the tolerance for the grid
		if got := stats.RequestsToUphold(p, 0.01, 0.05); !math.IsInf(got, 1) {
			t.Errorf("at %v: %v requests", p, got)
		}
	}
}
