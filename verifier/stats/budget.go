package stats

import "math"

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

// PageRate is the burn rate of the fastest alert: 2% of the budget of 30 days
// in an hour.
const PageRate = 14.4

const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
)

// BurnRate returns how many times faster than allowed a population fails: 1
// uses the budget up exactly at the end of its window. It is 0 of no requests.
func BurnRate(b Batch, allowed float64) float64 {
	if b.Requests == 0 {
		return 0
	}
	return b.bad() / float64(b.Requests) / inside(allowed)
}

// BurnAlert is one alert by burn rate, over a long and a short window of time
// (Google, "The Site Reliability Workbook", chapter 5). All times are seconds.
type BurnAlert struct {
	Share       float64 // of the budget, used by then
	Long, Short float64
	Page        bool // somebody is woken; else it is a ticket
}

// BurnAlerts returns the four alerts there usually are.
func BurnAlerts() []BurnAlert {
	return []BurnAlert{
		{Share: 0.02, Long: hour, Short: 5 * minute, Page: true},
		{Share: 0.05, Long: 6 * hour, Short: 30 * minute, Page: true},
		{Share: 0.10, Long: day, Short: 2 * hour},
		{Share: 0.10, Long: 3 * day, Short: 6 * hour},
	}
}

// Rate returns the burn rate beyond which the alert fires, for a budget of the
// given period: share · period / long.
func (a BurnAlert) Rate(period float64) float64 { return a.Share * period / a.Long }

// Fires says whether both windows burn faster than that.
func (a BurnAlert) Fires(period, allowed float64, long, short Batch) bool {
	rate := a.Rate(period)
	return BurnRate(long, allowed) > rate && BurnRate(short, allowed) > rate
}

// SecondsToFire returns how long the alert takes after a clean time when the bad
// rate is p from now on: rate · allowed · long / p, +Inf if it never does.
func (a BurnAlert) SecondsToFire(period, allowed, p float64) float64 {
	level := a.Rate(period) * allowed
	if p <= level {
		return math.Inf(1)
	}
	return level * a.Long / p
}

// LeastRequests returns the requests a long window needs so that one bad
// request alone does not reach the alert's rate: 1 / (rate · allowed).
func (a BurnAlert) LeastRequests(period, allowed float64) float64 {
	return 1 / (a.Rate(period) * inside(allowed))
}

// SecondsToExhaustion returns how long a whole budget of the given period lasts
// at a burn rate, +Inf at 0.
func SecondsToExhaustion(period, burnRate float64) float64 {
	if burnRate <= 0 {
		return math.Inf(1)
	}
	return period / burnRate
}
