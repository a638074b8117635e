package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// halved finds where a falling function crosses 0 between two points, to the
// last bit: the slow and certain way to every projection of this package.
func halved(falling func(c float64) float64, low, high float64) float64 {
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return middle
		}
		if falling(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
}

// nearest is the point of the edge t = M·c + D nearest to (tA, cA).
func nearest(m stats.Margin, tA, cA, nT, nC float64) (t0, c0 float64) {
	alone := min(max((tA-m.Points)/m.Ratio, 0), 1)
	if nC == 0 {
		return m.Ratio*alone + m.Points, alone
	}
	c0 = halved(func(c float64) float64 {
		t := m.Ratio*c + m.Points
		return nT*m.Ratio*(tA-t)/(t*(1-t)) + nC*(cA-c)/(c*(1-c))
	}, min(alone, cA), max(alone, cA))
	return m.Ratio*c0 + m.Points, c0
}

// someMargin draws margins of every shape: equality, a factor, a difference,
// both, and less than equality.
func someMargin(r *rand.Rand) stats.Margin {
	m := stats.Margin{Ratio: 1}
	if r.IntN(3) > 0 {
		m.Ratio = 0.5 + 1.5*r.Float64()
	}
	if r.IntN(3) > 0 {
		m.Points = math.Pow(10, -5+4*r.Float64())
	}
	return m
}

func TestTheProjectionIsTheNearestPointOfTheHypothesis(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		m := stats.Margin{Ratio: 0.8 + r.Float64(), Points: 0.02 * r.Float64()}
		nT, nC := 1+float64(r.IntN(100)), 1+float64(r.IntN(1000))
		c := 0.001 + 0.1*r.Float64()
		treated := m.Ratio*c + m.Points
		treated += (1 - treated) * (0.05 + 0.9*r.Float64())
		least := stats.GrowthAgainst(m, nT, treated, nC, c)
		for i := range 2000 {
			edge := float64(i+1) / 2001
			if p := m.Ratio*edge + m.Points; p < 1 {
				if d := nT*stats.Divergence(treated, p) + nC*stats.Divergence(c, edge); d < least-1e-9 {
					t.Fatalf("%+v from (%v, %v): %v at %v is nearer than %v", m, treated, c, d, edge, least)
				}
			}
		}
	}
}

// golden is the least value of a convex function, by golden section.
func golden(f func(x float64) float64, low, high float64) float64 {
	shrink := (math.Sqrt(5) - 1) / 2
	a, b := high-shrink*(high-low), low+shrink*(high-low)
	fa, fb := f(a), f(b)
	for range 150 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - shrink*(high-low)
			fa = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + shrink*(high-low)
			fb = f(b)
		}
	}
	return min(fa, fb)
}

func TestTheDivergenceAtTheProjectionIsTheLeastAnOptimiserFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 500 {
		m := someMargin(r)
		nT, nC := math.Pow(10, 6*r.Float64()), math.Pow(10, 6*r.Float64())
		c := math.Pow(10, -4+3*r.Float64())
		treated := min(m.Ratio*c+m.Points, 0.9)
		treated += (1 - treated) * math.Pow(10, -3+2.9*r.Float64())
		want := golden(func(edge float64) float64 {
			return nT*stats.Divergence(treated, m.Ratio*edge+m.Points) + nC*stats.Divergence(c, edge)
		}, 1e-12, min((1-m.Points)/m.Ratio, 1)-1e-12)
		near(t, "divergence", stats.GrowthAgainst(m, nT, treated, nC, c), want, 1e-9)
	}
}

// Whoever is called treated, the pair of rates is as far from the hypothesis:
// "p_T = M·p_C + D" is "p_C = p_T/M - D/M".
func TestTheProjectionKnowsNoSides(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		m := someMargin(r)
		nT, nC := 1+float64(r.IntN(1000)), 1+float64(r.IntN(1000))
		c := 0.01 + 0.3*r.Float64()
		treated := min(m.Ratio*c+m.Points, 0.9)
		treated += (1 - treated) * (0.01 + 0.9*r.Float64())
		t0, c0 := nearest(m, treated, c, nT, nC)
		back := stats.Margin{Ratio: 1 / m.Ratio, Points: -m.Points / m.Ratio}
		c1, t1 := nearest(back, c, treated, nC, nT)
		near(t, "treated rate", t1, t0, 1e-9)
		near(t, "control rate", c1, c0, 1e-9)
		near(t, "divergence", stats.GrowthAgainst(m, nT, treated, nC, c), nT*stats.Divergence(treated, t1)+nC*stats.Divergence(c, c1), 1e-9)
	}
}
