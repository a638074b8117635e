package stats

import "math"

// Interval returns an always-valid confidence interval of a bad rate: at any
// time, and over all times together, it misses the true rate with probability
// at most alpha. It holds every p for which the mixture martingale
//
//	B(1/2+x, 1+n-x) / (B(1/2, 1) p^x (1-p)^(n-x))
//
// is below 1/alpha (the beta-binomial confidence sequence of Howard, Ramdas et
// al., with a Beta(1/2, 1) prior). It is for the eye: no decision rests on it.
func Interval(total Batch, alpha float64) (low, high float64) {
	const a, b = 0.5, 1.0
	x, y := total.bad(), total.good()
	if x+y == 0 {
		return 0, 1
	}
	seen := logBeta(a+x, b+y) - logBeta(a, b) - Line(alpha)
	outside := func(p float64) bool { return seen-times(x, p)-times(y, 1-p) >= 0 }
	rate := x / (x + y)
	return edge(outside, rate, 0), edge(outside, rate, 1)
}

// edge returns where outside begins to hold on the way from a point inside to
// the end of the range.
func edge(outside func(float64) bool, inner, outer float64) float64 {
	if !outside(outer) {
		return outer
	}
	for {
		middle := inner + (outer-inner)/2
		if middle == inner || middle == outer || math.Abs(outer-inner) < 1e-12 {
			return outer
		}
		if outside(middle) {
			outer = middle
		} else {
			inner = middle
		}
	}
}
