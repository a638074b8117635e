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
	return uint64(requestsWith(0, tolerance, beta))
}

// RequestsToUphold returns how many requests with bad rate p it takes, in the
// middle, until [Reverse] reaches 1/beta: the fewest with x bad ones, for the
// least x that is no fewer than one expects of them (the median of a Poisson
// variable with mean m is about m - 1/3, and at least 0 where m < ln 2). It is
// +Inf when p is not below the tolerance, or so little that the grid cannot tell.
func RequestsToUphold(p, tolerance, beta float64) float64 {
	const most = 1e12 // bad requests: the two are not told apart
	if p >= tolerance {
		return math.Inf(1)
	}
	bad := leastWhole(most, func(bad float64) bool {
		return requestsWith(bad, tolerance, beta)*p <= bad+2.0/3
	})
	if bad > most {
		return math.Inf(1)
	}
	return requestsWith(bad, tolerance, beta)
}

// requestsWith returns the fewest requests with so many bad ones among them with
// which [Reverse] reaches 1/beta.
func requestsWith(bad, tolerance, beta float64) float64 {
	return bad + leastWhole(math.MaxFloat64/4, func(good float64) bool {
		return reverse(tolerance, bad, good) >= Line(beta)
	})
}

// leastWhole returns the least whole number that is enough, by doubling and
// halving; beyond the most it is given, more than that.
func leastWhole(most float64, enough func(n float64) bool) float64 {
	if enough(0) {
		return 0
	}
	low, high := 0.0, 1.0
	for !enough(high) {
		if low, high = high, 2*high; high > most {
			return high
		}
	}
	for high-low > 1 {
		middle := math.Floor(low + (high-low)/2)
		if middle <= low || middle >= high {
			break // as near as numbers of this size are
		}
		if enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// SecondsToUphold returns how long [RequestsToUphold] faulted requests take to
// arrive, so many a second.
func SecondsToUphold(perSecond, p, tolerance, beta float64) float64 {
	if perSecond <= 0 {
		return math.Inf(1)
	}
	return RequestsToUphold(p, tolerance, beta) / perSecond
}
