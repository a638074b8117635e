package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// The second implementations of this file are written from the formulas, in
// plain numbers instead of logarithms and as sums instead of recursions.

func odds(p, o float64) float64 { return o * p / (1 - p + o*p) }

func grid() []float64 { return []float64{1.5, 2.5, 5, 12, 50} }

// startMixture is Σ_j w Σ_s π_s Π_{u≥s} l_j(u) + the mass that has not started.
func startMixture(p0 float64, batches []stats.Batch, planned int) float64 {
	sum, spent := 0.0, 0.0
	for s := range batches {
		mass := 0.0
		switch {
		case planned <= 1 && s == 0:
			mass = 1
		case planned > 1 && s == 0:
			mass = 0.5
		case planned > 1 && s < planned:
			mass = 1 / (2 * float64(planned-1))
		}
		spent += mass
		for _, o := range grid() {
			product := 1.0
			for _, b := range batches[s:] {
				p := odds(p0, o)
				product *= math.Pow(p/p0, float64(b.Bad)) * math.Pow((1-p)/(1-p0), float64(b.Requests-b.Bad))
			}
			sum += mass * product / 5
		}
	}
	if len(batches) >= planned {
		return sum // everything has started
	}
	return sum + 1 - spent
}

func someBatches(r *rand.Rand) []stats.Batch {
	batches := make([]stats.Batch, 1+r.IntN(20))
	for i := range batches {
		batches[i].Requests = r.Uint64N(300)
		batches[i].Bad = r.Uint64N(min(batches[i].Requests, 6) + 1)
	}
	return batches
}

func TestOneSampleAgreesWithItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		limit := 0.001 + 0.05*r.Float64()
		planned := r.IntN(25)
		batches := someBatches(r)
		test := stats.NewOneSample(limit, stats.Starts(planned))
		for _, b := range batches {
			test.Add(b)
		}
		near(t, "log e", test.Log(), math.Log(startMixture(limit, batches, planned)), 1e-9)
	}
}

func TestReverseAgreesWithItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		tolerance := 0.001 + 0.1*r.Float64()
		b := stats.Batch{Requests: r.Uint64N(3000)}
		b.Bad = r.Uint64N(b.Requests/50 + 1)
		sum := 0.0
		for _, o := range []float64{0.8, 0.5, 0.2, 0.02} {
			p := odds(tolerance, o)
			sum += math.Pow(p/tolerance, float64(b.Bad)) * math.Pow((1-p)/(1-tolerance), float64(b.Requests-b.Bad)) / 4
		}
		near(t, "log e", stats.Reverse(tolerance, b), math.Log(sum), 1e-9)
	}
}

// integrate is Simpson's rule in u with p = u⁴, which takes the singularity of
// a Beta(1/2, 1/2) density at 0 away.
func integrate(f func(p float64) float64, from, to float64) float64 {
	const steps = 20_000
	a, b := math.Pow(from, 0.25), math.Pow(to, 0.25)
	h := (b - a) / steps
	sum := 0.0
	for i := range steps + 1 {
		u := a + h*float64(i)
		weight := 2.0
		if i == 0 || i == steps {
			weight = 1
		} else if i%2 == 1 {
			weight = 4
		}
		if u > 0 {
			sum += weight * f(u*u*u*u) * 4 * u * u * u
		}
	}
	return sum * h / 3
}

func TestBetaMixtureAgreesWithAnIntegral(t *testing.T) {
	for _, c := range []struct {
		p0 float64
		b  stats.Batch
	}{
		{0.01, stats.Batch{Requests: 100, Bad: 5}},
		{0.01, stats.Batch{Requests: 1000, Bad: 5}},
		{0.2, stats.Batch{Requests: 50, Bad: 30}},
	} {
		x, y := float64(c.b.Bad), float64(c.b.Requests-c.b.Bad)
		density := func(p float64) float64 { return (1 - p) / math.Sqrt(p) }
		likelihood := func(p float64) float64 {
			return density(p) * math.Pow(p/c.p0, x) * math.Pow((1-p)/(1-c.p0), y)
		}
		want := math.Log(integrate(likelihood, c.p0, 1) / integrate(density, c.p0, 1))
		near(t, "log e", stats.BetaMixture(c.p0, 0.5, 2, c.b), want, 1e-7)
	}
}

func TestBetaMixtureAndGridTellTheSameStory(t *testing.T) {
	for _, x := range []uint64{0, 1, 3, 10, 40, 400} {
		b := stats.Batch{Requests: 1000, Bad: x}
		grid, beta := oneBatch(0.001, b.Requests, b.Bad), stats.BetaMixture(0.001, 0.05, 1, b)
		if (grid > stats.Line(0.01)) != (beta > stats.Line(0.01)) {
			t.Errorf("%d bad of 1000: grid %.2f, beta %.2f", x, grid, beta)
		}
	}
}
