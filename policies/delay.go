package policies

import (
	"math"
	"strconv"
	"time"
)

// Rand is the chance a delay is drawn with; a *rand.Rand of math/rand/v2 is
// one.
type Rand interface {
	Float64() float64     // uniform in [0, 1)
	NormFloat64() float64 // Gaussian: mean 0, standard deviation 1
}

// z99 is the 99th percentile of the standard Gaussian.
const z99 = 2.3263478740408408

// Sample draws one delay. It is never negative and never longer than Max.
func (d *Delay) Sample(rng Rand) time.Duration {
	return d.limit(span(d.draw(rng)))
}

// Longest returns the longest delay that can be drawn, and false if there is
// none: the tail of a Gaussian, log-normal or Pareto delay ends at Max only.
func (d *Delay) Longest() (longest time.Duration, bounded bool) {
	switch {
	case d == nil:
		return 0, true
	case d.Fixed != nil:
		return d.limit(time.Duration(*d.Fixed)), true
	case d.Uniform != nil:
		return d.limit(time.Duration(d.Uniform.Max)), true
	case d.Quantiles != nil:
		return d.limit(span(d.Quantiles.at(1))), true
	case d.Max != nil:
		return time.Duration(*d.Max), true
	default:
		return 0, false
	}
}

// draw returns a delay in nanoseconds, not cut to size yet.
func (d *Delay) draw(rng Rand) float64 {
	switch {
	case d.Fixed != nil:
		return float64(*d.Fixed)
	case d.Uniform != nil:
		low, high := float64(d.Uniform.Min), float64(d.Uniform.Max)
		return low + rng.Float64()*(high-low)
	case d.Normal != nil:
		return float64(d.Normal.Mean) + rng.NormFloat64()*float64(d.Normal.StdDev)
	case d.Lognormal != nil:
		return float64(d.Lognormal.Median) * math.Exp(rng.NormFloat64()*d.Lognormal.sigma())
	case d.Pareto != nil:
		return float64(d.Pareto.Scale) * math.Pow(1-rng.Float64(), -1/d.Pareto.Shape)
	case d.Quantiles != nil:
		return d.Quantiles.at(rng.Float64())
	default:
		return 0
	}
}

// limit cuts a delay to Max.
func (d *Delay) limit(delay time.Duration) time.Duration {
	if d.Max != nil {
		return min(delay, time.Duration(*d.Max))
	}
	return delay
}

// span turns nanoseconds into a duration: what is negative or no number is 0,
// and what is longer than a duration can be is the longest one.
func span(nanoseconds float64) time.Duration {
	switch {
	case nanoseconds <= 0 || math.IsNaN(nanoseconds):
		return 0
	case nanoseconds >= math.MaxInt64:
		return math.MaxInt64
	default:
		return time.Duration(nanoseconds)
	}
}

// sigma returns the standard deviation of the logarithm.
func (l *Lognormal) sigma() float64 {
	switch {
	case l.Sigma != nil:
		return *l.Sigma
	case l.P99 != nil:
		return math.Log(float64(*l.P99)/float64(l.Median)) / z99
	default:
		return 0
	}
}

// at returns the quantile of probability p in nanoseconds: straight lines
// from 0 to p50, to p95 and to p99. The last one goes on beyond p99, so that the
// longest delay is p99 and a quarter of the way from p95 to it.
func (q *Quantiles) at(p float64) float64 {
	p50, p95, p99 := float64(q.P50), float64(q.P95), float64(q.P99)
	switch {
	case p < 0.50:
		return p50 * p / 0.50
	case p < 0.95:
		return p50 + (p95-p50)*(p-0.50)/0.45
	default:
		return p95 + (p99-p95)*(p-0.95)/0.04
	}
}

// String returns the delay in words: "delay 400ms", "delay lognormal median
// 200ms p99 2s".
func (d *Delay) String() string {
	words := "delay " + d.distribution()
	if d.Max != nil {
		words += ", at most " + d.Max.String()
	}
	switch d.Phase {
	case PhaseResponse:
		words += " after the upstream answered"
	case PhaseEvent:
		words += " before each event"
	case PhaseRequest:
	}
	return words
}

// distribution returns how long the delay is, in words.
func (d *Delay) distribution() string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	switch {
	case d.Fixed != nil:
		return d.Fixed.String()
	case d.Uniform != nil:
		return "uniform " + d.Uniform.Min.String() + " to " + d.Uniform.Max.String()
	case d.Normal != nil:
		return "normal mean " + d.Normal.Mean.String() + " stddev " + d.Normal.StdDev.String()
	case d.Lognormal != nil && d.Lognormal.P99 != nil:
		return "lognormal median " + d.Lognormal.Median.String() + " p99 " + d.Lognormal.P99.String()
	case d.Lognormal != nil:
		return "lognormal median " + d.Lognormal.Median.String() + " sigma " + number(d.Lognormal.sigma())
	case d.Pareto != nil:
		return "pareto scale " + d.Pareto.Scale.String() + " shape " + number(d.Pareto.Shape)
	case d.Quantiles != nil:
		return "p50 " + d.Quantiles.P50.String() + " p95 " + d.Quantiles.P95.String() + " p99 " + d.Quantiles.P99.String()
	default:
		return Duration(0).String()
	}
}
