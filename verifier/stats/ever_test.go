package stats_test

import (
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// ever is the exact probability that, with a look after each of n requests at
// rate p, some look finds what is asked: the chance of every path is followed,
// and those that were found are taken out.
func ever(n int, p float64, found func(b stats.Batch) bool) float64 {
	sum, at := 0.0, []float64{1} // at[x] is the chance of x bad ones and nothing found
	for seen := 1; seen <= n; seen++ {
		next := make([]float64, seen+1)
		for x, chance := range at {
			next[x] += chance * (1 - p)
			next[x+1] += chance * p
		}
		for x, chance := range next {
			if chance > 0 && found(batch(seen, x)) {
				sum += chance
				next[x] = 0
			}
		}
		at = next
	}
	return sum
}

// What holds for every simulation within its error holds here to the last digit:
// looking after each single request, for so many requests, a true hypothesis is
// called false with probability alpha at most.
func TestNoNumberOfLooksCallsATrueHypothesisFalseTooOften(t *testing.T) {
	const n = 300
	for _, alpha := range []float64{0.2, 0.05, 0.01} {
		line := stats.Line(alpha)
		for _, limit := range []float64{0.01, 0.1, 0.5} {
			for name, found := range map[string]func(b stats.Batch) bool{
				"bad rate at most the limit":     func(b stats.Batch) bool { return oneBatch(limit, b.Requests, b.Bad) >= line },
				"bad rate at least the limit":    func(b stats.Batch) bool { return stats.Reverse(limit, b) >= line },
				"a coin that falls as it should": func(b stats.Batch) bool { return stats.Split(limit, b.Bad, b.Requests) >= line },
				"the interval holds the rate": func(b stats.Batch) bool {
					low, high := stats.Interval(b, alpha)
					return limit < low-1e-9 || limit > high+1e-9
				},
				"by the beta mixture": func(b stats.Batch) bool { return stats.BetaMixture(limit, 0.5, 0.5, b) >= line },
			} {
				if got := ever(n, limit, found); got > alpha || got == 0 && limit == 0.1 && alpha == 0.2 {
					t.Errorf("%s %v, alpha %v: called false with probability %v", name, limit, alpha, got)
				}
			}
		}
	}
}

// The same count shows what repeated looks do to a test that was made for one.
func TestAThresholdCallsATrueHypothesisFalseSoonerOrLater(t *testing.T) {
	threeTimes := func(b stats.Batch) bool { return b.Requests >= 20 && float64(b.Bad) > 3*0.02*float64(b.Requests) }
	once := ever(20, 0.02, func(b stats.Batch) bool { return b.Requests == 20 && threeTimes(b) })
	often := ever(300, 0.02, threeTimes)
	if once > 0.06 || often < 2*once {
		t.Errorf("a threshold of three times the rate halts with probability %v at one look, %v at 280", once, often)
	}
}

// With a tenth of the bad requests that are tolerated, the proof comes.
func TestWhatIsTrueIsProvenInTheEnd(t *testing.T) {
	for _, tolerance := range []float64{0.01, 0.1, 0.3} {
		n := int(stats.RequestsToUphold(tolerance/10, tolerance, 0.05))
		got := ever(min(3*n, 1500), tolerance/10, func(b stats.Batch) bool { return stats.Reverse(tolerance, b) >= stats.Line(0.05) })
		if got < 0.9 {
			t.Errorf("a tolerance of %v is proven with probability %v", tolerance, got)
		}
	}
}
