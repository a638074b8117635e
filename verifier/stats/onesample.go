package stats

import "math"

// rises is the grid of odds ratios a rate is tested against, all equally
// weighted. Five points between a small rise and an outage lose little against
// knowing the effect in advance.
func rises() []float64 { return []float64{1.5, 2.5, 5, 12, 50} }

// falls is the reverse grid, from "a little better than tolerated" to "no
// errors to speak of".
func falls() []float64 { return []float64{0.8, 0.5, 0.2, 0.02} }

// OneSample gathers evidence against "the bad rate is at most the limit, at all
// times". For an odds ratio o_j of the grid {1.5, 2.5, 5, 12, 50}, limit p0 and
// p_j = o_j·p0/(1-p0+o_j·p0), a batch of n requests with x bad ones has the
// likelihood ratio
//
//	ln l_j = x ln(p_j/p0) + (n-x) ln((1-p_j)/(1-p0))
//
// whose mean under a rate p ≤ p0 is (p·p_j/p0 + (1-p)(1-p_j)/(1-p0))^n ≤ 1.
// The rate may move as it likes below the limit.
type OneSample struct {
	mixture
	ratios []ratio
}

// ratio is the log likelihood ratio of one bad and of one good request.
type ratio struct{ bad, good float64 }

func newRatio(p0, odds float64) ratio {
	p := shift(p0, odds)
	return ratio{bad: math.Log(p / p0), good: math.Log1p(-p) - math.Log1p(-p0)}
}

func (r ratio) of(b Batch) float64 { return b.bad()*r.bad + b.good()*r.good }

// NewOneSample returns a test of the limit, a rate in [0,1].
func NewOneSample(limit float64, starts Starts) *OneSample {
	grid := rises()
	t := &OneSample{mixture: newMixture(len(grid), starts)}
	for _, o := range grid {
		t.ratios = append(t.ratios, newRatio(inside(limit), o))
	}
	return t
}

// Add counts one batch. An empty one is an update too.
func (t *OneSample) Add(b Batch) {
	t.step(func(j int) float64 { return t.ratios[j].of(b) })
}

// Log returns the log e against the limit.
func (t *OneSample) Log() float64 { return t.log() }

// Reverse returns the log e against "the bad rate is at least the tolerance":
// the plain process over the reverse grid of odds {0.8, 0.5, 0.2, 0.02}, from
// the totals. A start mixture would be quicker after a bad beginning, but here
// a bad beginning is what must not be forgotten.
func Reverse(tolerance float64, total Batch) float64 {
	return reverse(tolerance, total.bad(), total.good())
}

func reverse(tolerance, bad, good float64) float64 {
	grid := falls()
	logs := make([]float64, 0, len(grid))
	for _, o := range grid {
		r := newRatio(inside(tolerance), o)
		logs = append(logs, bad*r.bad+good*r.good)
	}
	return sumLog(logs) - math.Log(float64(len(logs)))
}
