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
func CleanRequests(tolerance, beta float64) uint64 { return requestsWith(0, tolerance, beta) }

// requestsWith returns the fewest requests with so many bad ones among them with
// which [Reverse] reaches 1/beta.
func requestsWith(bad uint64, tolerance, beta float64) uint64 {
	reached := func(n uint64) bool {
		return Reverse(tolerance, Batch{Requests: n, Bad: bad}) >= Line(beta)
	}
	low, high := bad, bad+1
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

// RequestsToUphold returns how many requests with bad rate p it takes, in the
// middle, until [Reverse] reaches 1/beta: the fewest with x bad ones, for the
// least x that is no fewer than one expects of them (the median of a Poisson
// variable with mean m is about m - 1/3). It is +Inf when p is not below the
// tolerance, or less than a tenth below it.
func RequestsToUphold(p, tolerance, beta float64) float64 {
	const most = 1 << 40
	if p >= tolerance {
		return math.Inf(1)
	}
	expected := func(bad uint64) bool {
		return float64(requestsWith(bad, tolerance, beta))*p <= float64(bad)+2.0/3
	}
	if expected(0) {
		return float64(CleanRequests(tolerance, beta))
	}
	low, high := uint64(0), uint64(1)
	for !expected(high) {
		if low, high = high, 2*high; high > most {
			return math.Inf(1)
		}
	}
	for high-low > 1 {
		if middle := low + (high-low)/2; expected(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return float64(requestsWith(high, tolerance, beta))
}

// SecondsToUphold returns how long [RequestsToUphold] faulted requests take to
// arrive, so many a second.
func SecondsToUphold(perSecond, p, tolerance, beta float64) float64 {
	if perSecond <= 0 {
		return math.Inf(1)
	}
	return RequestsToUphold(p, tolerance, beta) / perSecond
}
