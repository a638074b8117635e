package stats

// TwoSample gathers evidence against "p_T ≤ M·p_C + D, at all times", whatever
// the rates are and however they move together.
//
// The alternative uses past data only: the control rate is guessed as
// c_A = (X_C+1)/(N_C+1/prior), the treated one as t_A, the odds of M·c_A + D
// times a point of the grid {1.5, 2.5, 5, 12, 50}. The guess is projected onto
// the edge of the hypothesis, (t0, c0) with t0 = M·c0 + D, where
//
//	n_T KL(t_A‖t) + n_C KL(c_A‖c)
//
// is least, and the update is the likelihood ratio of the guess to its
// projection. Its log-mean is concave in (p_T, p_C), 0 at (t0, c0), and by the
// KKT conditions of the projection falls toward every point of the hypothesis:
// the mean is at most 1 on all of it, for any rates in a batch. The family is
// that of Turner, Ly and Grünwald (JSPI 2024, arXiv 2106.02693; linear margins
// arXiv 2203.09785).
//
// A batch with one population only says nothing, so small batches waste what
// they saw: at low traffic, see [TwoSample.Every].
type TwoSample struct {
	mixture
	grid    []float64
	margin  Margin
	prior   float64
	control Batch // so far

	every, waited    int // updates
	treated, waiting Batch
}

// NewTwoSample returns a test of the margin. The prior is the bad rate expected
// of the control before anything was seen.
func NewTwoSample(margin Margin, prior float64, starts Starts) *TwoSample {
	return newTwoSample(rises(), margin, prior, starts)
}

// NewReverseTwoSample returns a test of the opposite, "p_T ≥ M·p_C + D": it
// gathers evidence that the treated population is within the margin. The grid
// is {0.8, 0.5, 0.2, 0.02}, the process plain, for the reason given at
// [Reverse]. Without a margin above equality it never gets there.
func NewReverseTwoSample(margin Margin, prior float64) *TwoSample {
	return newTwoSample(falls(), margin, prior, Plain)
}

func newTwoSample(grid []float64, margin Margin, prior float64, starts Starts) *TwoSample {
	return &TwoSample{mixture: newMixture(len(grid), starts), grid: grid, margin: margin, prior: inside(prior)}
}

// Every joins so many calls of Add into one batch, from the next on: one
// update, and one start, for all of them. Between two updates Log stands still.
// Batches are bounded by the clock, so the number must be fixed beforehand.
func (t *TwoSample) Every(calls int) { t.every = calls }

// Add counts one batch of both populations, of the same time.
func (t *TwoSample) Add(treated, control Batch) {
	t.treated, t.waiting = t.treated.plus(treated), t.waiting.plus(control)
	if t.waited++; t.waited < t.every {
		return
	}
	t.update(t.treated, t.waiting)
	t.waited, t.treated, t.waiting = 0, Batch{}, Batch{}
}

func (t *TwoSample) update(treated, control Batch) {
	guess := (t.control.bad() + 1) / (float64(t.control.Requests) + 1/t.prior)
	t.step(func(j int) float64 { return t.ratio(guess, t.grid[j], treated, control) })
	t.control = t.control.plus(control)
}

// Log returns the log e against the hypothesis.
func (t *TwoSample) Log() float64 { return t.log() }

// ratio returns the log likelihood ratio of one point of the grid.
func (t *TwoSample) ratio(guess, odds float64, treated, control Batch) float64 {
	edge := t.margin.edge(guess)
	if edge > 1-margin || treated.Requests == 0 {
		return 0 // the guess is no test of the margin, or there is nothing to test
	}
	tA := shift(edge, odds)
	t0, c0 := t.margin.project(tA, guess, float64(treated.Requests), float64(control.Requests))
	return times(treated.bad(), tA/t0) + times(treated.good(), (1-tA)/(1-t0)) +
		times(control.bad(), guess/c0) + times(control.good(), (1-guess)/(1-c0))
}
