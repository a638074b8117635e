package stats

import "math"

// Divergence returns the Kullback-Leibler divergence of two coins,
// KL(p‖q) = p ln(p/q) + (1-p) ln((1-p)/(1-q)), in nats per toss.
func Divergence(p, q float64) float64 {
	p, q = min(max(p, 0), 1), inside(q)
	return times(p, p/q) + times(1-p, (1-p)/(1-q))
}

// Growth returns how fast the log e of [OneSample] grows, in nats per second,
// when perSecond requests arrive and the bad rate is p instead of at most the
// limit. It is 0 when the limit holds.
func Growth(perSecond, p, limit float64) float64 {
	if p <= limit {
		return 0
	}
	return perSecond * Divergence(p, limit)
}

// GrowthAgainst returns the same for [TwoSample], with the rates of the treated
// and the control requests.
func GrowthAgainst(m Margin, treatedPerSecond, treated, controlPerSecond, control float64) float64 {
	treated, control = inside(treated), inside(control)
	if treated <= m.Ratio*control+m.Points || treatedPerSecond <= 0 || controlPerSecond <= 0 {
		return 0
	}
	t0, c0 := m.project(treated, control, treatedPerSecond, controlPerSecond)
	return treatedPerSecond*Divergence(treated, t0) + controlPerSecond*Divergence(control, c0)
}

// SecondsToDetect returns how long the evidence of one among so many equally
// weighted guards takes to reach 1/alpha at the given growth, in the middle and
// in 9 of 10 runs. The middle is (ln(guards/alpha) + ln 5 + ln 2) / growth: the
// line, the grid and the start mixture; the other is twice that, which
// simulations meet within 1.5 to 2.1. Both are +Inf without growth.
func SecondsToDetect(growth, alpha float64, guards int) (median, p90 float64) {
	if growth <= 0 {
		return math.Inf(1), math.Inf(1)
	}
	grid := rises()
	needed := Line(alpha) + math.Log(float64(max(guards, 1))) + math.Log(float64(len(grid))) + math.Ln2
	return needed / growth, 2 * needed / growth
}

// LeastFaulted returns the fewest requests that could ever prove a tolerance,
// if none of them is bad: ⌈ln(1/beta) / -ln(1-tolerance)⌉, at least 1. A run
// that faulted fewer has not exercised its hypothesis.
func LeastFaulted(tolerance, beta float64) uint64 {
	return uint64(max(math.Ceil(Line(beta)/-math.Log1p(-inside(tolerance))), 1))
}

// CleanRequests returns the fewest requests, none of them bad, with which
// [Reverse] reaches 1/beta.
func CleanRequests(tolerance, beta float64) uint64 {
	reached := func(n uint64) bool { return Reverse(tolerance, Batch{Requests: n}) >= Line(beta) }
	low, high := uint64(0), uint64(1)
	for !reached(high) {
		low, high = high, 2*high
	}
	for high-low > 1 {
		if middle := low + (high-low)/2; reached(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// SecondsToUphold returns how long [Reverse] takes to reach 1/beta when
// perSecond faulted requests arrive with bad rate p: the time of
// [CleanRequests] when p is 0, else (ln(1/beta) + ln 4) / growth, the line and
// the grid. It is +Inf when p is not below the tolerance.
func SecondsToUphold(perSecond, p, tolerance, beta float64) float64 {
	switch {
	case p >= tolerance || perSecond <= 0:
		return math.Inf(1)
	case p <= 0:
		return float64(CleanRequests(tolerance, beta)) / perSecond
	default:
		grid := falls()
		needed := Line(beta) + math.Log(float64(len(grid)))
		return needed / (perSecond * Divergence(p, tolerance))
	}
}
