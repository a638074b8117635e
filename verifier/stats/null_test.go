package stats_test

import (
	"math"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// choose is the probability of x bad ones of n at rate p.
func choose(n, x int, p float64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(x + 1))
	c, _ := math.Lgamma(float64(n - x + 1))
	return math.Exp(a-b-c) * math.Pow(p, float64(x)) * math.Pow(1-p, float64(n-x))
}

// everyOutcome calls yield for each way the batches of the given sizes can end.
func everyOutcome(sizes []int, yield func(bad []int)) {
	bad := make([]int, len(sizes))
	var next func(i int)
	next = func(i int) {
		if i == len(sizes) {
			yield(bad)
			return
		}
		for bad[i] = 0; bad[i] <= sizes[i]; bad[i]++ {
			next(i + 1)
		}
	}
	next(0)
}

func batch(n, x int) stats.Batch { return stats.Batch{Requests: uint64(n), Bad: uint64(x)} }

// Every outcome is enumerated: the mean of an e-value under its hypothesis is
// at most 1, exactly.
func TestAOneSampleHasMeanOneAtMostUnderItsHypothesis(t *testing.T) {
	sizes := []int{3, 5, 2, 4}
	for _, limit := range []float64{0.01, 0.1, 0.4} {
		for _, share := range []float64{0, 0.2, 0.7, 1} {
			// The rate may differ from batch to batch, as long as none is above.
			rates := []float64{limit, share * limit, limit, share * limit}
			for _, starts := range []stats.Starts{stats.Plain, 2, 4, 50} {
				mean := 0.0
				everyOutcome(sizes, func(bad []int) {
					test, chance := stats.NewOneSample(limit, starts), 1.0
					for i, n := range sizes {
						test.Add(batch(n, bad[i]))
						chance *= choose(n, bad[i], rates[i])
					}
					mean += chance * math.Exp(test.Log())
				})
				if mean > 1+1e-9 {
					t.Errorf("limit %v, rates %v, starts %d: mean %v", limit, rates, starts, mean)
				}
			}
		}
	}
}

func TestATwoSampleHasMeanOneAtMostUnderItsHypothesis(t *testing.T) {
	sizes := []int{3, 6, 4, 2} // treated, control, treated, control
	for _, margin := range []stats.Margin{stats.Alike(), {Ratio: 1.25, Points: 0.02}, {Ratio: 2}, {Ratio: 1, Points: 0.1}} {
		for _, c := range []float64{0, 0.01, 0.1, 0.5, 0.95} {
			for _, share := range []float64{0, 0.5, 1} {
				p := share * min(margin.Ratio*c+margin.Points, 1)
				mean := 0.0
				everyOutcome(sizes, func(bad []int) {
					test := stats.NewTwoSample(margin, 0.01, 2)
					test.Add(batch(sizes[0], bad[0]), batch(sizes[1], bad[1]))
					test.Add(batch(sizes[2], bad[2]), batch(sizes[3], bad[3]))
					mean += math.Exp(test.Log()) *
						choose(sizes[0], bad[0], p) * choose(sizes[1], bad[1], c) *
						choose(sizes[2], bad[2], p) * choose(sizes[3], bad[3], c)
				})
				if mean > 1+1e-9 {
					t.Errorf("%+v, rates %v and %v: mean %v", margin, p, c, mean)
				}
			}
		}
	}
}

func TestTheReverseHasMeanOneAtMostUnderItsHypothesis(t *testing.T) {
	for _, tolerance := range []float64{0.01, 0.1, 0.5} {
		for _, p := range []float64{tolerance, 1.1 * tolerance, 2 * tolerance, 1} {
			mean := 0.0
			for x := range 61 {
				mean += choose(60, x, min(p, 1)) * math.Exp(stats.Reverse(tolerance, batch(60, x)))
			}
			if mean > 1+1e-9 {
				t.Errorf("tolerance %v, rate %v: mean %v", tolerance, p, mean)
			}
		}
	}
}

func TestTheSplitHasMeanOneUnderItsHypothesis(t *testing.T) {
	for _, share := range []float64{0.01, 0.05, 0.5, 0.9} {
		mean := 0.0
		for x := range 101 {
			mean += choose(100, x, share) * math.Exp(stats.Split(share, uint64(x), 100))
		}
		near(t, "mean", mean, 1, 1e-9)
	}
}

func TestTheBetaMixtureHasMeanOneAtMostUnderItsHypothesis(t *testing.T) {
	for _, p := range []float64{0, 0.01, 0.05, 0.1} {
		mean := 0.0
		for x := range 41 {
			mean += choose(40, x, p) * math.Exp(stats.BetaMixture(0.1, 0.5, 0.5, batch(40, x)))
		}
		if mean > 1+1e-9 {
			t.Errorf("rate %v: mean %v", p, mean)
		}
	}
}
