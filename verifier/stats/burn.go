package stats

import "math"

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
