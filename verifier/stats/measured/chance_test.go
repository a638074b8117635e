package measured_test

import (
	"math"
	"math/rand/v2"

	"github.com/poise-dev/poise/verifier/stats"
)

// seed is that of every simulation here; the stream is the number of the run.
const seed = 20240611

// chance draws what chance brings, the same each time.
type chance struct{ *rand.Rand }

func newChance(run int) chance { return chance{rand.New(rand.NewPCG(seed, uint64(run)))} }

// count draws how many of n things happen, each with probability p, by the gaps
// between those that do.
func (c chance) count(n uint64, p float64) uint64 {
	if p <= 0 {
		return 0
	}
	if p >= 1 {
		return n
	}
	return c.hits(float64(n), math.Log1p(-p))
}

// hits counts the steps of 1 + ⌊Exp(1)/-ln(1-p)⌋, a geometric gap, up to n.
func (c chance) hits(n, logMiss float64) (k uint64) {
	gap := func() float64 { return 1 + math.Floor(-c.ExpFloat64()/logMiss) }
	for at := gap(); at <= n; at += gap() {
		k++
	}
	return k
}

// large is where the size of a population, which no test asks after, is drawn
// from its normal limit.
const large = 500

// poisson draws how often something happens that has this mean.
func (c chance) poisson(mean float64) (k uint64) {
	if mean > large {
		return c.near(mean, mean)
	}
	for left := mean - c.ExpFloat64(); left > 0; left -= c.ExpFloat64() {
		k++
	}
	return k
}

// split draws how many of n requests a coin sends to the fault arm.
func (c chance) split(n uint64, share float64) uint64 {
	if mean := float64(n) * share; mean > large {
		return min(c.near(mean, mean*(1-share)), n)
	}
	return c.count(n, share)
}

func (c chance) near(mean, variance float64) uint64 {
	return uint64(max(math.Round(mean+math.Sqrt(variance)*c.NormFloat64()), 0))
}

func (c chance) batch(n uint64, p float64) stats.Batch {
	return stats.Batch{Requests: n, Bad: c.count(n, p)}
}

// plus is both batches as one.
func plus(a, b stats.Batch) stats.Batch {
	return stats.Batch{Requests: a.Requests + b.Requests, Bad: a.Bad + b.Bad}
}
