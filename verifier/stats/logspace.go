package stats

import "math"

// Nothing is the log e of no evidence at all: e = 1.
const Nothing = 0.0

// Line returns the log e at which evidence is called: ln(1/alpha).
func Line(alpha float64) float64 { return -math.Log(alpha) }

// addLog returns ln(exp(a) + exp(b)).
func addLog(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// sumLog returns ln Σ exp(x), -Inf of nothing.
func sumLog(xs []float64) float64 {
	top := math.Inf(-1)
	for _, x := range xs {
		top = max(top, x)
	}
	if math.IsInf(top, 0) {
		return top
	}
	sum := 0.0
	for _, x := range xs {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}
