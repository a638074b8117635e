package stats

import "math"

// Exceedance gathers evidence against "the treated population is not slower
// than the control", at several latencies (edges) at once: at each, the share
// of requests above it is tested by [TwoSample], and the evidence is the
// average of all, which is valid however they depend on each other. It never
// compares percentiles of windows, which have no error bound. That a latency is
// within its limit is upheld by [Reverse] on the requests above the limit.
//
// At an edge above which a share tail of the control's requests is expected,
// the margin is p_T ≤ M·p_C + (M-1)·tail.
type Exceedance struct {
	tests []*TwoSample
}

// NewExceedance returns a test at edges with the given tails, in (0,1); ratio is
// the tolerated factor M, 1.25 by default where people say nothing. [Edges]
// chooses edges and tails from a warm-up; both are fixed from then on.
func NewExceedance(ratio float64, tails []float64, starts Starts) *Exceedance {
	e := &Exceedance{}
	for _, tail := range tails {
		margin := Margin{Ratio: ratio, Points: max(ratio-1, 0) * tail}
		e.tests = append(e.tests, NewTwoSample(margin, tail, starts))
	}
	return e
}

// Add counts one batch of both populations. There is one Batch for each edge, in
// their order: all have the same Requests, and Bad are those above the edge.
func (e *Exceedance) Add(treated, control []Batch) {
	for i, t := range e.tests {
		t.Add(treated[i], control[i])
	}
}

// Log returns the log e against the hypothesis, [Nothing] without edges.
func (e *Exceedance) Log() float64 {
	if len(e.tests) == 0 {
		return Nothing
	}
	logs := make([]float64, 0, len(e.tests))
	for _, t := range e.tests {
		logs = append(logs, t.Log())
	}
	return sumLog(logs) - math.Log(float64(len(logs)))
}

// Every is [TwoSample.Every], at all edges.
func (e *Exceedance) Every(calls int) {
	for _, t := range e.tests {
		t.Every(calls)
	}
}

// Clustered is that of [TwoSample], at all edges.
func (e *Exceedance) Clustered(phi float64) {
	for _, t := range e.tests {
		t.Clustered(phi)
	}
}

// Reset is that of [TwoSample], at all edges.
func (e *Exceedance) Reset() {
	for _, t := range e.tests {
		t.Reset()
	}
}
