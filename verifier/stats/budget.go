package stats

// ErrorBudget is what an objective may lose in its window.
type ErrorBudget struct {
	Allowed  float64 // bad rate, 1 - target, in [0,1]
	Requests float64 // expected in the window
	Bad      float64 // of the window, so far
}

// Total returns the bad requests the window may have.
func (b ErrorBudget) Total() float64 { return b.Allowed * b.Requests }

// Remaining returns the bad requests the window may still have; it is negative
// when the budget is overdrawn.
func (b ErrorBudget) Remaining() float64 { return b.Total() - b.Bad }

// Allowance returns the bad requests a run may cost: at most the share ofTotal
// of the whole budget (0.01 by default where people say nothing) and the share
// ofRemaining of what is left (0.1); 0 when nothing is left.
func (b ErrorBudget) Allowance(ofTotal, ofRemaining float64) float64 {
	return max(min(ofTotal*b.Total(), ofRemaining*b.Remaining()), 0)
}

// Pace is the traffic a fault can reach.
type Pace struct {
	PerSecond float64 // eligible requests
	Seconds   float64 // of injection
	// Harm is the bad rate of a faulted request minus that of others, in (0,1];
	// 1 when nothing is known.
	Harm float64
}

// MostShare returns the greatest share of requests, in [0,1], that may be
// faulted if no more than the allowance may become bad: A / (rate · time · harm).
func (p Pace) MostShare(allowance float64) float64 {
	reached := p.PerSecond * p.Seconds * p.Harm
	if reached <= 0 {
		return 1
	}
	return min(max(allowance, 0)/reached, 1)
}

// QuietShare returns the greatest share of requests that may be faulted if the
// pager is to stay quiet: the bad requests of the last hour and those of the
// run stay below 14.4 times the allowed rate of an hour with so many requests.
func (p Pace) QuietShare(allowed, hourRequests, hourBad float64) float64 {
	p.Seconds = min(p.Seconds, hour)
	return p.MostShare(PageRate*allowed*hourRequests - hourBad)
}
