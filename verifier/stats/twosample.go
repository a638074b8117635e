package stats

// Margin is what the treated population may be worse by: its bad rate p_T is
// within the margin of the control's p_C when p_T ≤ Ratio·p_C + Points.
type Margin struct {
	Ratio  float64 // M, above 0
	Points float64 // D, a rate in [0,1)
}

// Alike is no margin: the treated population is no worse than the control.
func Alike() Margin { return Margin{Ratio: 1} }

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
type TwoSample struct {
	mixture
	grid    []float64
	margin  Margin
	prior   float64
	control Batch // so far
}

// NewTwoSample returns a test of the margin. The prior is the bad rate expected
// of the control before anything was seen.
func NewTwoSample(margin Margin, prior float64, starts Starts) *TwoSample {
	grid := rises()
	return &TwoSample{mixture: newMixture(len(grid), starts), grid: grid, margin: margin, prior: inside(prior)}
}

// Add counts one batch of both populations, of the same time.
func (t *TwoSample) Add(treated, control Batch) {
	guess := (t.control.bad() + 1) / (float64(t.control.Requests) + 1/t.prior)
	t.step(func(j int) float64 { return t.ratio(guess, t.grid[j], treated, control) })
	t.control.Requests += control.Requests
	t.control.Bad += control.Bad
}

// Log returns the log e against the margin.
func (t *TwoSample) Log() float64 { return t.log() }

// ratio returns the log likelihood ratio of one point of the grid.
func (t *TwoSample) ratio(guess, odds float64, treated, control Batch) float64 {
	edge := t.margin.Ratio*guess + t.margin.Points
	if edge >= 1 || treated.Requests == 0 || control.Requests == 0 {
		return 0 // the hypothesis forbids nothing, or nothing can be compared
	}
	tA := shift(edge, odds)
	t0, c0 := t.margin.project(tA, guess, float64(treated.Requests), float64(control.Requests))
	return times(treated.bad(), tA/t0) + times(treated.good(), (1-tA)/(1-t0)) +
		times(control.bad(), guess/c0) + times(control.good(), (1-guess)/(1-c0))
}

// project returns the point of the hypothesis' edge nearest to the guess
// (tA, cA), weighted by the requests of both sides: in closed form without a
// margin, else by bisection on the derivative of the divergence.
func (m Margin) project(tA, cA, nT, nC float64) (t0, c0 float64) {
	if m == Alike() {
		pooled := (nT*tA + nC*cA) / (nT + nC)
		return pooled, pooled
	}
	low, high := cA, min((tA-m.Points)/m.Ratio, 1)
	for {
		c := low + (high-low)/2
		if c <= low || c >= high {
			return m.Ratio*c + m.Points, c
		}
		t := m.Ratio*c + m.Points
		if nT*m.Ratio*(tA-t)/(t*(1-t))+nC*(cA-c)/(c*(1-c)) > 0 {
			low = c
		} else {
			high = c
		}
	}
}
