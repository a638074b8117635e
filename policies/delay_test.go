package policies_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/poise-dev/poise/policies"
)

// seeded returns chance that repeats.
func seeded() *rand.Rand { return rand.New(rand.NewPCG(7, 11)) }

// distribution is a delay, and the probability that it is below x nanoseconds.
type distribution struct {
	delay *policies.Delay
	below func(x float64) float64
}

func distributions() map[string]distribution {
	ms := func(n float64) *policies.Duration {
		return new(policies.Duration(n * float64(time.Millisecond)))
	}
	sigma := 0.5
	gauss := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
	lognormal := func(median, sigma float64) func(float64) float64 {
		return func(x float64) float64 { return gauss(math.Log(x/median) / sigma) }
	}
	return map[string]distribution{
		"uniform": {
			&policies.Delay{Uniform: &policies.Uniform{Min: *ms(100), Max: *ms(300)}},
			func(x float64) float64 { return (x - 100e6) / 200e6 },
		},
		"normal": {
			&policies.Delay{Normal: &policies.Normal{Mean: *ms(500), StdDev: *ms(50)}},
			func(x float64) float64 { return gauss((x - 500e6) / 50e6) },
		},
		"lognormal by p99": {
			&policies.Delay{Lognormal: &policies.Lognormal{Median: *ms(200), P99: ms(2000)}},
			lognormal(200e6, math.Log(10)/2.3263478740408408),
		},
		"lognormal by sigma": {
			&policies.Delay{Lognormal: &policies.Lognormal{Median: *ms(200), Sigma: &sigma}},
			lognormal(200e6, 0.5),
		},
		"pareto": {
			&policies.Delay{Pareto: &policies.Pareto{Scale: *ms(10), Shape: 1.5}},
			func(x float64) float64 { return 1 - math.Pow(10e6/x, 1.5) },
		},
		"quantiles": {
			&policies.Delay{Quantiles: &policies.Quantiles{P50: *ms(10), P95: *ms(50), P99: *ms(200)}},
			func(x float64) float64 {
				switch {
				case x < 10e6:
					return 0.5 * x / 10e6
				case x < 50e6:
					return 0.5 + 0.45*(x-10e6)/40e6
				default:
					return 0.95 + 0.04*(x-50e6)/150e6
				}
			},
		},
	}
}

// sample draws n delays and sorts them.
func sample(d *policies.Delay, n int) []time.Duration {
	rng, drawn := seeded(), make([]time.Duration, n)
	for i := range drawn {
		drawn[i] = d.Sample(rng)
	}
	slices.Sort(drawn)
	return drawn
}

// The seed is fixed, so this either always passes or never. A right
// distribution fails the Kolmogorov-Smirnov test, D < 1.95/√n, for one seed in
// a thousand.
func TestDelaysFollowTheirDistribution(t *testing.T) {
	const n = 40_000
	for name, d := range distributions() {
		t.Run(name, func(t *testing.T) {
			worst := 0.0
			for i, x := range sample(d.delay, n) {
				p := d.below(float64(x))
				worst = max(worst, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
			}
			if limit := 1.95 / math.Sqrt(n); worst > limit {
				t.Errorf("the distribution is off by %.4f, more than %.4f", worst, limit)
			}
		})
	}
}

func TestDelaysHaveTheQuantilesThatWereAsked(t *testing.T) {
	const n = 100_000
	all := distributions()
	for name, want := range map[string]map[float64]time.Duration{
		"lognormal by p99": {0.50: 200 * time.Millisecond, 0.99: 2 * time.Second},
		"quantiles": {
			0.25: 5 * time.Millisecond, 0.50: 10 * time.Millisecond, 0.95: 50 * time.Millisecond, 0.99: 200 * time.Millisecond,
		},
		"uniform": {0.25: 150 * time.Millisecond, 0.75: 250 * time.Millisecond},
		"pareto":  {0.875: 40 * time.Millisecond}, // 1 − 4^−1.5
	} {
		drawn := sample(all[name].delay, n)
		for p, want := range want {
			if got := drawn[int(p*n)]; math.Abs(float64(got-want)) > 0.03*float64(want) {
				t.Errorf("%s: quantile %v is %v, want %v", name, p, got, want)
			}
		}
	}
}

// edge is chance at its worst: always the same, extreme numbers.
type edge struct{ uniform, gauss float64 }

func (e edge) Float64() float64     { return e.uniform }
func (e edge) NormFloat64() float64 { return e.gauss }

func TestDelaysAreNeverNegativeNeverTooLongAndNeverOverflow(t *testing.T) {
	huge := policies.Duration(math.MaxInt64)
	fixed, most := policies.Duration(3*time.Second), policies.Duration(time.Second)
	delays := map[string]*policies.Delay{
		"nothing":        {},
		"fixed":          {Fixed: &fixed},
		"fixed at most":  {Fixed: &fixed, Max: &most},
		"huge":           {Fixed: &huge},
		"huge uniform":   {Uniform: &policies.Uniform{Max: huge}},
		"huge normal":    {Normal: &policies.Normal{Mean: huge, StdDev: huge}},
		"huge lognormal": {Lognormal: &policies.Lognormal{Median: huge, P99: &huge}},
		"no median":      {Lognormal: &policies.Lognormal{P99: &huge}},
		"huge pareto":    {Pareto: &policies.Pareto{Scale: huge, Shape: 1e-9}},
		"no shape":       {Pareto: &policies.Pareto{Scale: huge}},
		"huge quantiles": {Quantiles: &policies.Quantiles{P50: huge, P95: huge, P99: huge}},
	}
	for name, d := range distributions() {
		limited := *d.delay
		limited.Max = &most
		delays[name], delays[name+" at most"] = d.delay, &limited
	}
	for name, d := range delays {
		longest, bounded := d.Longest()
		for _, chance := range []edge{{0, -9}, {0, 9}, {math.Nextafter(1, 0), 0}, {0.5, math.Inf(1)}, {0.99, math.Inf(-1)}, {0.95, math.NaN()}} {
			got := d.Sample(chance)
			if got < 0 || d.Max != nil && got > time.Duration(*d.Max) || bounded && got > longest {
				t.Errorf("%s: delay %v with chance %v (longest %v, %v)", name, got, chance, longest, bounded)
			}
		}
	}
}

func TestTheLongestDelay(t *testing.T) {
	all := distributions()
	fixed, most := policies.Duration(3*time.Second), policies.Duration(time.Second)
	for name, c := range map[string]struct {
		delay   *policies.Delay
		want    time.Duration
		bounded bool
	}{
		"of no delay is none":                                     {nil, 0, true},
		"of a fixed delay is itself":                              {&policies.Delay{Fixed: &fixed}, 3 * time.Second, true},
		"of a uniform delay is its end":                           {all["uniform"].delay, 300 * time.Millisecond, true},
		"of quantiles lies a quarter of the last line past p99":   {all["quantiles"].delay, 237500 * time.Microsecond, true},
		"of a Gaussian delay does not exist":                      {all["normal"].delay, 0, false},
		"of a log-normal delay does not exist":                    {all["lognormal by p99"].delay, 0, false},
		"of a Pareto delay does not exist":                        {all["pareto"].delay, 0, false},
		"of any delay with max is at most that":                   {&policies.Delay{Fixed: &fixed, Max: &most}, time.Second, true},
		"of a Pareto delay with max is that":                      {&policies.Delay{Pareto: all["pareto"].delay.Pareto, Max: &most}, time.Second, true},
		"of a delay that ends before its max is where it ends at": {&policies.Delay{Uniform: all["uniform"].delay.Uniform, Max: &fixed}, 300 * time.Millisecond, true},
	} {
		if got, bounded := c.delay.Longest(); got != c.want || bounded != c.bounded {
			t.Errorf("the longest %s: got %v, %v, want %v, %v", name, got, bounded, c.want, c.bounded)
		}
	}
}
