package stats_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// fair fails if the mean of an e-value, under its hypothesis, is above what was
// staked on it.
func fair(t *testing.T, what string, mean, staked float64) {
	t.Helper()
	if math.IsNaN(mean) || mean > staked+1e-9 {
		t.Errorf("%s: mean %v, want at most %v", what, mean, staked)
	}
}

// twice are the sizes of two updates of a pair: treated, control, treated, control.
type twice [4]int

// meanOfPair is the mean of a two-sample e-value after two updates at constant
// rates, by enumeration.
func meanOfPair(sizes twice, p, c float64, test func() *stats.TwoSample) float64 {
	mean := 0.0
	everyOutcome(sizes[:], func(bad []int) {
		e, chance := test(), 1.0
		for i := 0; i < 4; i += 2 {
			e.Add(batch(sizes[i], bad[i]), batch(sizes[i+1], bad[i+1]))
			chance *= choose(sizes[i], bad[i], p) * choose(sizes[i+1], bad[i+1], c)
		}
		mean += chance * math.Exp(e.Log())
	})
	return mean
}

func margins() []stats.Margin {
	return []stats.Margin{
		stats.Alike(), {Ratio: 1.25, Points: 0.02}, {Ratio: 2}, {Ratio: 1, Points: 0.1}, {Ratio: 0.5}, {Ratio: 0.7, Points: 0.05},
	}
}

func TestTwoPopulationsHaveMeanOneAtMostOnTheWholeHypothesis(t *testing.T) {
	for _, sizes := range []twice{{3, 6, 4, 2}, {3, 0, 4, 2}, {2, 5, 3, 0}, {0, 4, 5, 3}} {
		for _, m := range margins() {
			for _, c := range []float64{0, 0.01, 0.1, 0.5, 0.95, 1} {
				edge := min(m.Ratio*c+m.Points, 1)
				for _, share := range []float64{0, 0.5, 1} {
					what := fmt.Sprintf("%v, %+v, control %v, share %v", sizes, m, c, share)
					for _, starts := range []stats.Starts{stats.Plain, 2} {
						fair(t, what, meanOfPair(sizes, share*edge, c, func() *stats.TwoSample { return stats.NewTwoSample(m, 0.01, starts) }), 1)
					}
					fair(t, what+", without an end", meanOfPair(sizes, share*edge, c, func() *stats.TwoSample { return stats.NewTwoSample(m, 0.01, stats.Always(8)) }), 2.0/8)
					if m.Ratio*c+m.Points <= 1 {
						fair(t, what+", reverse", meanOfPair(sizes, 1-share*(1-edge), c, func() *stats.TwoSample { return stats.NewReverseTwoSample(m, 0.01) }), 1)
					}
				}
			}
		}
	}
}

// Every way six requests of three buckets can fall is enumerated, so the edges
// depend on each other as they do in life.
func TestLatencyHasMeanOneAtMostWhateverTheEdgesHaveToDoWithEachOther(t *testing.T) {
	at := [3]float64{0.6, 0.3, 0.1} // at most edge 0, between, above edge 1
	slow := [3]float64{0.4, 0.45, 0.15}
	for _, treated := range [][3]float64{at, slow} { // slow is on the margin of both edges
		mean := 0.0
		var fall func(i int, chance float64, buckets [6]int)
		fall = func(i int, chance float64, buckets [6]int) {
			if i == 6 {
				test := stats.NewExceedance(1.25, []float64{0.4, 0.1}, stats.Plain)
				over := func(requests []int) []stats.Batch {
					b := []stats.Batch{{Requests: 3}, {Requests: 3}}
					for _, bucket := range requests {
						for edge := range bucket {
							b[edge].Bad++
						}
					}
					return b
				}
				test.Add(over(buckets[:3]), over(buckets[3:]))
				mean += chance * math.Exp(test.Log())
				return
			}
			for bucket := range 3 {
				p := at[bucket]
				if i < 3 {
					p = treated[bucket]
				}
				buckets[i] = bucket
				fall(i+1, chance*p, buckets)
			}
		}
		fall(0, 1, [6]int{})
		fair(t, fmt.Sprint(treated), mean, 1)
	}
}

// pmf is the probability of x events of a Poisson variable.
func pmf(x int, mean float64) float64 {
	if mean == 0 {
		if x == 0 {
			return 1
		}
		return 0
	}
	l, _ := math.Lgamma(float64(x + 1))
	return math.Exp(float64(x)*math.Log(mean) - mean - l)
}

func TestPoissonHasMeanOneAtMostUnderItsHypothesis(t *testing.T) {
	for _, limit := range []float64{0.02, 0.1} {
		for _, share := range []float64{0, 0.5, 1} {
			mean, reverse, requests := 0.0, 0.0, 0.0
			for x := range 120 {
				test := stats.NewPoisson(limit, stats.Plain)
				test.Add(stats.Count{Events: uint64(x), Exposure: 5})
				mean += pmf(x, share*limit*5) * math.Exp(test.Log())
				if share > 0 {
					reverse += pmf(x, limit/share*5) * math.Exp(stats.ReversePoisson(limit, stats.Count{Events: uint64(x), Exposure: 5}))
				}
				if x <= 5 {
					requests += choose(5, x, share*limit) * math.Exp(test.Log())
				}
			}
			fair(t, fmt.Sprintf("limit %v, share %v", limit, share), mean, 1)
			fair(t, fmt.Sprintf("tolerance %v, share %v, reverse", limit, share), reverse, 1)
			fair(t, fmt.Sprintf("limit %v, share %v, bad requests instead of events", limit, share), requests, 1)
		}
	}
}

func TestTwoRatesHaveMeanOneAtMostOnTheWholeHypothesis(t *testing.T) {
	for _, m := range []stats.Margin{stats.Alike(), {Ratio: 1.25, Points: 0.02}, {Ratio: 2}} {
		for _, c := range []float64{0.05, 0.3} {
			for _, share := range []float64{0.3, 1} {
				edge := m.Ratio*c + m.Points
				mean, reverse := 0.0, 0.0
				for x := range 70 {
					for y := range 40 {
						a, b := stats.Count{Events: uint64(x), Exposure: 1}, stats.Count{Events: uint64(y), Exposure: 3}
						up, down := stats.NewPoissonTwoSample(m, 0.1, stats.Plain), stats.NewReversePoissonTwoSample(m, 0.1)
						up.Add(a, b)
						down.Add(a, b)
						mean += pmf(x, share*edge) * pmf(y, c*3) * math.Exp(up.Log())
						reverse += pmf(x, edge/share) * pmf(y, c*3) * math.Exp(down.Log())
					}
				}
				what := fmt.Sprintf("%+v, control %v, share %v", m, c, share)
				fair(t, what, mean, 1)
				fair(t, what+", reverse", reverse, 1)
			}
		}
	}
}

// Each of 7 requests is treated by a coin, and is bad at the rate of its arm.
func TestLabelsHaveMeanOneAtMostUnderTheirHypothesis(t *testing.T) {
	for _, share := range []float64{0.05, 0.5} {
		for _, ratio := range []float64{1, 1.5} {
			for _, p := range []float64{0.5 * ratio * 0.2, ratio * 0.2} {
				mean := 0.0
				badTreated, badControl := share*p, (1-share)*0.2
				for x := range 8 {
					for y := range 8 - x {
						test := stats.NewLabels(ratio, stats.Plain)
						test.Add(share, uint64(x), uint64(y))
						rest := 7 - x - y
						ways := math.Gamma(8) / math.Gamma(float64(x+1)) / math.Gamma(float64(y+1)) / math.Gamma(float64(rest+1))
						mean += math.Exp(test.Log()) * ways * math.Pow(badTreated, float64(x)) *
							math.Pow(badControl, float64(y)) * math.Pow(1-badTreated-badControl, float64(rest))
					}
				}
				fair(t, fmt.Sprintf("share %v, ratio %v, rate %v", share, ratio, p), mean, 1)
			}
		}
	}
}

// All requests fail together with probability 0.2, or none: labels by a coin for
// each request do not care.
func TestLabelsStayFairWhenRequestsFailTogether(t *testing.T) {
	mean := 0.8
	for x := range 11 {
		test := stats.NewLabels(1, stats.Plain)
		test.Add(0.1, uint64(x), uint64(10-x))
		mean += 0.2 * choose(10, x, 0.1) * math.Exp(test.Log())
	}
	fair(t, "ten at once", mean, 1)
}

func TestACoinHasMeanOneOnEveryRungOfARamp(t *testing.T) {
	shares := []float64{0.01, 0.2, 0.5}
	mean := 0.0
	everyOutcome([]int{6, 5, 4}, func(drawn []int) {
		test, chance := stats.NewCoin(stats.Plain), 1.0
		for i, n := range []int{6, 5, 4} {
			test.Add(shares[i], uint64(drawn[i]), uint64(n))
			chance *= choose(n, drawn[i], shares[i])
		}
		mean += chance * math.Exp(test.Log())
	})
	near(t, "mean", mean, 1, 1e-9)
}

// The worst a batch can do is fail as a whole.
func TestBetsHaveMeanOneAtMostHoweverRequestsDependOnEachOther(t *testing.T) {
	for _, limit := range []float64{0.01, 0.3} {
		for _, together := range []int{1, 2, 10} { // groups of this many fail as one, of 10 in all
			mean, reverse := 0.0, 0.0
			groups := 10 / together
			everyOutcome([]int{groups, groups}, func(bad []int) {
				up, down := stats.NewBet(limit, 5), stats.NewReverseBet(limit)
				chance := 1.0
				for _, x := range bad {
					up.Add(batch(10, x*together))
					down.Add(batch(10, x*together))
					chance *= choose(groups, x, limit)
				}
				mean += chance * math.Exp(up.Log())
				reverse += chance * math.Exp(down.Log())
			})
			what := fmt.Sprintf("limit %v, %d together", limit, together)
			fair(t, what, mean, 1)
			fair(t, what+", reverse", reverse, 1)
		}
	}
}

// Groups of up to phi requests that fail as one: without the factor the mean is
// far above 1, with it the process stays fair.
func TestAClusterFactorKeepsThingsFairThatFailTogether(t *testing.T) {
	const limit, together, groups = 0.02, 4, 3
	for _, phi := range []float64{1, together, 2 * together} {
		one, two := 0.0, 0.0
		everyOutcome([]int{groups, groups}, func(bad []int) {
			a, b := batch(groups*together, bad[0]*together), batch(groups*together, bad[1]*together)
			chance := choose(groups, bad[0], limit) * choose(groups, bad[1], limit)
			test, against := stats.NewOneSample(limit, 2), stats.NewTwoSample(stats.Alike(), limit, stats.Plain)
			test.Clustered(phi)
			against.Clustered(phi)
			test.Add(a)
			test.Add(b)
			against.Add(a, b)
			one += chance * math.Exp(test.Log())
			two += chance * math.Exp(against.Log())
		})
		if phi < together {
			if one < 1.5 || two < 1.5 {
				t.Errorf("phi %v: means %v and %v; the example shows nothing", phi, one, two)
			}
			continue
		}
		fair(t, fmt.Sprintf("phi %v, one sample", phi), one, 1)
		fair(t, fmt.Sprintf("phi %v, two samples", phi), two, 1)
	}
}

func TestAProcessWithoutAnEndHasAMeanOfTheMassStartedAtMost(t *testing.T) {
	sizes := []int{3, 5, 2, 4}
	for _, share := range []float64{0, 0.5, 1} {
		for updates := 1; updates <= len(sizes); updates++ {
			mean := 0.0
			everyOutcome(sizes[:updates], func(bad []int) {
				test, chance := stats.NewOneSample(0.1, stats.Always(50)), 1.0
				for i, x := range bad {
					test.Add(batch(sizes[i], x))
					chance *= choose(sizes[i], x, share*0.1)
				}
				mean += chance * math.Exp(test.Log())
			})
			fair(t, fmt.Sprintf("share %v after %d", share, updates), mean, float64(updates)/50)
		}
	}
}
