package stats

import "math"

// BetaMixture returns the log e against "the bad rate is at most the limit"
// under a Beta(a, b) prior cut off below the limit:
//
//	ln B(a+x, b+n-x) + ln P(Beta(a+x, b+n-x) > p0)
//	  - ln B(a, b) - ln P(Beta(a, b) > p0) - x ln p0 - (n-x) ln(1-p0)
//
// It is an independent check of [OneSample], which is as quick and cheaper.
func BetaMixture(limit, a, b float64, total Batch) float64 {
	p0, x, y := inside(limit), total.bad(), total.good()
	seen := logBeta(a+x, b+y) + logUpperTail(a+x, b+y, p0)
	before := logBeta(a, b) + logUpperTail(a, b, p0)
	return seen - before - x*math.Log(p0) - y*math.Log1p(-p0)
}

// logBeta returns ln B(a, b).
func logBeta(a, b float64) float64 { return lgamma(a) + lgamma(b) - lgamma(a+b) }

// lgamma returns ln Γ(x) for x > 0.
func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// logUpperTail returns ln P(Beta(a, b) > p), also where the probability itself
// is too small for a float64.
func logUpperTail(a, b, p float64) float64 {
	if p < (a+1)/(a+b+2) {
		return math.Log(-math.Expm1(logFraction(a, b, p)))
	}
	return logFraction(b, a, 1-p)
}

// logFraction returns the log of the regularised incomplete beta function
// I_x(a, b) by its continued fraction (DLMF 8.17.22), evaluated by Lentz's
// method; good for x < (a+1)/(a+b+2).
func logFraction(a, b, x float64) float64 {
	const tiny, enough = 1e-300, 1e-15
	f, c, d := 1.0, 1.0, 0.0
	for i := range 10_000 {
		m := float64(i / 2)
		var term float64
		switch {
		case i == 0:
			term = 1
		case i%2 == 0:
			term = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		default:
			term = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 + term*d
		if math.Abs(d) < tiny {
			d = tiny
		}
		d = 1 / d
		c = 1 + term/c
		if math.Abs(c) < tiny {
			c = tiny
		}
		f *= c * d
		if math.Abs(1-c*d) < enough {
			break
		}
	}
	return a*math.Log(x) + b*math.Log1p(-x) - math.Log(a) - logBeta(a, b) + math.Log(f-1)
}
