package stats

// Labels gathers evidence against "p_T ≤ M·p_C" from bad requests alone, where
// a coin for each request splits the traffic (Lindon and Malek 2022, arXiv
// 2107.10955): a bad request then carries the label of the treated population
// with probability at most
//
//	theta0 = share·M / (share·M + 1 - share)
//
// whatever the rates are and however they move, also within a batch; with M = 1
// however many requests fail together, too, as long as the coin is tossed for
// each of them. With share = e_T/(e_T+e_C) it is the conditional test of two Poisson
// rates with exposures e_T and e_C that move from batch to batch.
//
// Against [TwoSample] it needs no rates and no prior; it knows no difference D,
// and loses little where bad requests are rare.
type Labels struct {
	mixture
	grid  []float64
	ratio float64
}

// NewLabels returns a test of the tolerated factor M, above 0.
func NewLabels(ratio float64, starts Starts) *Labels {
	grid := rises()
	return &Labels{mixture: newMixture(len(grid), starts), grid: grid, ratio: ratio}
}

// Add counts the bad requests of both populations. The share, in (0,1), is the
// probability with which each request was treated; it may differ from batch to
// batch, as on a ramp.
func (l *Labels) Add(share float64, treated, control uint64) {
	limit := inside(share * l.ratio / (share*l.ratio + 1 - share))
	b := Batch{Requests: treated + control, Bad: treated}
	l.step(func(j int) float64 { return newRatio(limit, l.grid[j]).of(b) })
}

// Log returns the log e against the factor.
func (l *Labels) Log() float64 { return l.log() }
