package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// started is Σ_s π_s Π_{u≥s} l(u), averaged over the components, and the mass
// that has not started: the definition of every process with a start mixture.
// factors[t][j] is the likelihood ratio of component j at update t.
func started(factors [][]float64, masses func(t int) float64, whole float64) float64 {
	sum, spent := 0.0, 0.0
	for s := range factors {
		spent += masses(s)
		for j := range factors[s] {
			product := 1.0
			for _, l := range factors[s:] {
				product *= l[j]
			}
			sum += masses(s) * product / float64(len(factors[s]))
		}
	}
	return sum + max(whole-spent, 0)
}

func plainly(t int) float64 {
	if t == 0 {
		return 1
	}
	return 0
}

// pairFactors are the likelihood ratios of a two-sample test, from the formulas.
func pairFactors(m stats.Margin, prior float64, odds []float64, treated, control []stats.Batch) [][]float64 {
	n, x := 0.0, 0.0
	var factors [][]float64
	for i := range treated {
		cA := (x + 1) / (n + 1/prior)
		nT, xT := float64(treated[i].Requests), float64(treated[i].Bad)
		nC, xC := float64(control[i].Requests), float64(control[i].Bad)
		var row []float64
		for _, o := range odds {
			edge := m.Ratio*cA + m.Points
			if edge >= 1 || nT == 0 {
				row = append(row, 1)
				continue
			}
			tA := o * edge / (1 - edge + o*edge)
			t0, c0 := nearest(m, tA, cA, nT, nC)
			l := math.Pow(tA/t0, xT) * math.Pow((1-tA)/(1-t0), nT-xT)
			if nC > 0 {
				l *= math.Pow(cA/c0, xC) * math.Pow((1-cA)/(1-c0), nC-xC)
			}
			row = append(row, l)
		}
		factors = append(factors, row)
		n, x = n+nC, x+xC
	}
	return factors
}

// somePairs draws batches of two populations; now and then one is empty.
func somePairs(r *rand.Rand) (treated, control []stats.Batch) {
	treated, control = someBatches(r), someBatches(r)
	k := min(len(treated), len(control))
	treated, control = treated[:k], control[:k]
	for i := range k {
		switch r.IntN(6) {
		case 0:
			control[i] = stats.Batch{}
		case 1:
			treated[i] = stats.Batch{}
		}
	}
	return treated, control
}

func TestTwoSampleAgreesWithItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		m, prior := someMargin(r), 0.001+0.02*r.Float64()
		treated, control := somePairs(r)
		planned := len(treated) + r.IntN(5)
		test := stats.NewTwoSample(m, prior, stats.Starts(planned))
		always := stats.NewTwoSample(m, prior, stats.Always(50))
		reverse := stats.NewReverseTwoSample(m, prior)
		for i := range treated {
			test.Add(treated[i], control[i])
			always.Add(treated[i], control[i])
			reverse.Add(treated[i], control[i])
		}
		factors := pairFactors(m, prior, grid(), treated, control)
		masses := func(s int) float64 {
			switch {
			case planned <= 1:
				return plainly(s)
			case s == 0:
				return 0.5
			default:
				return 0.5 / float64(planned-1)
			}
		}
		near(t, "log e", test.Log(), math.Log(started(factors, masses, 1)), 1e-9)
		near(t, "log e without an end", always.Log(), math.Log(started(factors, func(int) float64 { return 1.0 / 50 }, 0)), 1e-9)
		falls := pairFactors(m, prior, []float64{0.8, 0.5, 0.2, 0.02}, treated, control)
		near(t, "log e of the reverse", reverse.Log(), math.Log(started(falls, plainly, 1)), 1e-9)
	}
}

func TestJoinedBatchesAreOneBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	joined := stats.NewTwoSample(stats.Alike(), 0.01, 10)
	joined.Every(3)
	whole := stats.NewTwoSample(stats.Alike(), 0.01, 10)
	var treated, control stats.Batch
	for i := range 30 {
		a, b := stats.Batch{Requests: r.Uint64N(9), Bad: 0}, stats.Batch{Requests: 20, Bad: r.Uint64N(3)}
		a.Bad = r.Uint64N(a.Requests + 1)
		joined.Add(a, b)
		treated.Requests, treated.Bad = treated.Requests+a.Requests, treated.Bad+a.Bad
		control.Requests, control.Bad = control.Requests+b.Requests, control.Bad+b.Bad
		if i%3 == 2 {
			whole.Add(treated, control)
			treated, control = stats.Batch{}, stats.Batch{}
		}
		if joined.Log() != whole.Log() {
			t.Fatalf("after %d calls: %v, want %v", i+1, joined.Log(), whole.Log())
		}
	}
}

func TestLatencyAgreesWithTheAverageOfItsEdges(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	tails := []float64{0.5, 0.1, 0.05, 0.01, 0.001}
	for range 50 {
		test := stats.NewExceedance(1.25, tails, 20)
		var treated, control [5][]stats.Batch
		for range 12 {
			a, b := make([]stats.Batch, 5), make([]stats.Batch, 5)
			for i, tail := range tails {
				a[i] = stats.Batch{Requests: 40, Bad: uint64(tail * 60 * r.Float64())}
				b[i] = stats.Batch{Requests: 200, Bad: uint64(tail * 300 * r.Float64())}
				treated[i], control[i] = append(treated[i], a[i]), append(control[i], b[i])
			}
			test.Add(a, b)
		}
		sum := 0.0
		for i, tail := range tails {
			factors := pairFactors(stats.Margin{Ratio: 1.25, Points: 0.25 * tail}, tail, grid(), treated[i], control[i])
			sum += started(factors, func(s int) float64 {
				if s == 0 {
					return 0.5
				}
				return 0.5 / 19
			}, 1) / 5
		}
		near(t, "log e", test.Log(), math.Log(sum), 1e-9)
	}
}

func someCounts(r *rand.Rand, rate float64) []stats.Count {
	counts := make([]stats.Count, 1+r.IntN(15))
	for i := range counts {
		counts[i] = stats.Count{Exposure: 60 * r.Float64()}
		counts[i].Events = r.Uint64N(uint64(3*rate*counts[i].Exposure) + 2)
	}
	return counts
}

func poisson(r, r0 float64, c stats.Count) float64 {
	return math.Pow(r/r0, float64(c.Events)) * math.Exp(-c.Exposure*(r-r0))
}

func TestPoissonAgreesWithItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for range 300 {
		limit := 0.01 + 0.3*r.Float64()
		counts := someCounts(r, limit)
		test := stats.NewPoisson(limit, stats.Always(7))
		var factors [][]float64
		total := stats.Count{}
		for _, c := range counts {
			test.Add(c)
			var row []float64
			for _, o := range grid() {
				row = append(row, poisson(o*limit, limit, c))
			}
			factors = append(factors, row)
			total.Events, total.Exposure = total.Events+c.Events, total.Exposure+c.Exposure
		}
		near(t, "log e", test.Log(), math.Log(started(factors, func(int) float64 { return 1.0 / 7 }, 0)), 1e-9)
		reverse := 0.0
		for _, o := range []float64{0.8, 0.5, 0.2, 0.02} {
			reverse += poisson(o*limit, limit, total) / 4
		}
		near(t, "log e of the reverse", stats.ReversePoisson(limit, total), math.Log(reverse), 1e-9)
	}
}

func TestPoissonTwoSampleAgreesWithItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for range 300 {
		m, prior := someMargin(r), 0.01+0.1*r.Float64()
		treated, control := someCounts(r, 0.1), someCounts(r, 0.1)
		for _, kind := range []struct {
			odds []float64
			test *stats.PoissonTwoSample
		}{
			{grid(), stats.NewPoissonTwoSample(m, prior, stats.Plain)},
			{[]float64{0.8, 0.5, 0.2, 0.02}, stats.NewReversePoissonTwoSample(m, prior)},
		} {
			var factors [][]float64
			events, exposure := 0.0, 0.0
			for i := range min(len(treated), len(control)) {
				a, b := treated[i], control[i]
				if r.IntN(5) == 0 {
					b = stats.Count{}
				}
				kind.test.Add(a, b)
				cA := (events + 1) / (exposure + 1/prior)
				var row []float64
				for _, o := range kind.odds {
					tA := o * (m.Ratio*cA + m.Points)
					alone := max((tA-m.Points)/m.Ratio, 0)
					c0 := alone
					if b.Exposure > 0 {
						c0 = halved(func(c float64) float64 {
							return a.Exposure*m.Ratio*(tA/(m.Ratio*c+m.Points)-1) + b.Exposure*(cA/c-1)
						}, min(alone, cA), max(alone, cA))
					}
					l := poisson(tA, m.Ratio*c0+m.Points, a)
					if b.Exposure > 0 {
						l *= poisson(cA, c0, b)
					}
					row = append(row, l)
				}
				factors = append(factors, row)
				events, exposure = events+float64(b.Events), exposure+b.Exposure
			}
			near(t, "log e", kind.test.Log(), math.Log(started(factors, plainly, 1)), 1e-9)
		}
	}
}

func TestLabelsAndCoinsAgreeWithTheirDefinitions(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	for range 300 {
		m := 1 + r.Float64()
		labels, coin := stats.NewLabels(m, stats.Plain), stats.NewCoin(stats.Plain)
		var bad, tossed [][]float64
		for range 1 + r.IntN(10) {
			share := 0.01 + 0.9*r.Float64()
			drawn, all := r.Uint64N(6), uint64(10)
			labels.Add(share, drawn, all-drawn)
			coin.Add(share, drawn, all)
			factor := func(p0, o float64) float64 {
				p := odds(p0, o)
				return math.Pow(p/p0, float64(drawn)) * math.Pow((1-p)/(1-p0), float64(all-drawn))
			}
			var l, c []float64
			for _, o := range grid() {
				l = append(l, factor(share*m/(share*m+1-share), o))
			}
			for _, o := range []float64{0.25, 0.5, 0.8, 1.25, 2, 4} {
				c = append(c, factor(share, o))
			}
			bad, tossed = append(bad, l), append(tossed, c)
		}
		near(t, "log e of the labels", labels.Log(), math.Log(started(bad, plainly, 1)), 1e-9)
		near(t, "log e of the coin", coin.Log(), math.Log(started(tossed, plainly, 1)), 1e-9)
	}
}

func TestBetsAgreeWithTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 300 {
		limit := 0.01 + 0.2*r.Float64()
		bet, reverse := stats.NewBet(limit, 30), stats.NewReverseBet(limit)
		var rows, back [][]float64
		for _, b := range someBatches(r) {
			bet.Add(b)
			reverse.Add(b)
			var row, other []float64
			for _, c := range []float64{0.05, 0.2, 0.5, 0.8} {
				up, down := 1.0, 1.0
				if b.Requests > 0 {
					s := float64(b.Bad) / float64(b.Requests)
					up, down = 1+c*(s/limit-1), 1+c*((1-s)/(1-limit)-1)
				}
				row, other = append(row, up), append(other, down)
			}
			rows, back = append(rows, row), append(back, other)
		}
		near(t, "log e", bet.Log(), math.Log(started(rows, func(s int) float64 {
			if s == 0 {
				return 0.5
			}
			return 0.5 / 29
		}, 1)), 1e-9)
		near(t, "log e of the reverse", reverse.Log(), math.Log(started(back, plainly, 1)), 1e-9)
	}
}

func TestAClusterFactorTakesTheRootOfEveryUpdate(t *testing.T) {
	test := stats.NewOneSample(0.01, stats.Plain)
	test.Clustered(3)
	test.Clustered(0.5) // nothing fails less than alone
	var factors [][]float64
	for _, b := range []stats.Batch{{Requests: 100, Bad: 3}, {Requests: 50, Bad: 0}, {Requests: 80, Bad: 5}} {
		test.Add(b)
		var row []float64
		for _, o := range grid() {
			p := odds(0.01, o)
			row = append(row, math.Cbrt(math.Pow(p/0.01, float64(b.Bad))*math.Pow((1-p)/0.99, float64(b.Requests-b.Bad))))
		}
		factors = append(factors, row)
	}
	near(t, "log e", test.Log(), math.Log(started(factors, plainly, 1)), 1e-9)
}

func TestDiscoveriesAgreeWithTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for range 500 {
		logs := make([]float64, 1+r.IntN(12))
		for i := range logs {
			logs[i] = 8*r.Float64() - 1
		}
		best := 0 // k*: the most that may be called false
		for k := 1; k <= len(logs); k++ {
			enough := 0
			for _, log := range logs {
				if math.Exp(log) >= float64(len(logs))/(float64(k)*0.05) {
					enough++
				}
			}
			if enough >= k {
				best = k
			}
		}
		called := 0
		for i, is := range stats.Discoveries(logs, 0.05) {
			if is {
				called++
			}
			if want := best > 0 && math.Exp(logs[i]) >= float64(len(logs))/(float64(best)*0.05); is != want {
				t.Fatalf("%v: %d called %v, want %v", logs, i, is, want)
			}
		}
		if called != best {
			t.Fatalf("%v: %d called, want %d", logs, called, best)
		}
	}
}
