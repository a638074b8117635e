package stats

import "math"

// Count is how many events one population had (restarts, crashes, lines in a
// log) while exposed to them.
type Count struct {
	Events uint64
	// Exposure is in the unit rates are given in: seconds, pod hours or requests;
	// never below 0.
	Exposure float64
}

func (c Count) plus(d Count) Count {
	return Count{Events: c.Events + d.Events, Exposure: c.Exposure + d.Exposure}
}

// under returns the log likelihood ratio of the rate r to the rate r0.
func (c Count) under(r, r0 float64) float64 {
	return times(float64(c.Events), r/r0) - c.Exposure*(r-r0)
}

// above0 keeps a rate of events off 0, where a likelihood ratio has no value.
func above0(r float64) float64 { return max(r, 1e-12) }

// Poisson gathers evidence against "events happen at most at the limit, at all
// times". With rates r_j = o_j·limit, o in {1.5, 2.5, 5, 12, 50}, x events in an
// exposure e have the likelihood ratio
//
//	ln l_j = x ln(r_j/r0) - e (r_j - r0)
//
// It holds for independent events, and for bad requests among requests too,
// whose number is less spread out (1 + u ≤ exp(u)).
type Poisson struct {
	mixture
	grid  []float64
	limit float64
}

// NewPoisson returns a test of the limit, in events per unit of exposure.
func NewPoisson(limit float64, starts Starts) *Poisson {
	grid := rises()
	return &Poisson{mixture: newMixture(len(grid), starts), grid: grid, limit: above0(limit)}
}

// Add counts what happened since the last update. No exposure is an update too.
func (p *Poisson) Add(c Count) {
	p.step(func(j int) float64 { return c.under(p.grid[j]*p.limit, p.limit) })
}

// Log returns the log e against the limit.
func (p *Poisson) Log() float64 { return p.log() }

// ReversePoisson returns the log e against "events happen at least at the
// tolerance", from the totals: the counterpart of [Reverse], over the same grid.
func ReversePoisson(tolerance float64, total Count) float64 {
	r := above0(tolerance)
	var logs []float64
	for _, o := range falls() {
		logs = append(logs, total.under(o*r, r))
	}
	return sumLog(logs) - math.Log(float64(len(logs)))
}

// PoissonTwoSample gathers evidence against "r_T ≤ M·r_C + D, at all times",
// where r_T and r_C are the rates of events in the treated and the control
// population. It is built as [TwoSample] is, from Poisson likelihoods:
//
//	ln l = x_T ln(tA/t0) - e_T (tA-t0) + x_C ln(cA/c0) - e_C (cA-c0)
//
// whose log-mean is linear in (r_T, r_C), 0 at the projection and at most 0 on
// the hypothesis.
type PoissonTwoSample struct {
	mixture
	grid    []float64
	margin  Margin
	prior   float64
	control Count // so far
}

// NewPoissonTwoSample returns a test of the margin; Points are events per unit
// of exposure here. The prior is the rate expected of the control before
// anything was seen.
func NewPoissonTwoSample(margin Margin, prior float64, starts Starts) *PoissonTwoSample {
	return newPoissonTwoSample(rises(), margin, prior, starts)
}

// NewReversePoissonTwoSample returns a test of the opposite, "r_T ≥ M·r_C + D",
// as [NewReverseTwoSample] does.
func NewReversePoissonTwoSample(margin Margin, prior float64) *PoissonTwoSample {
	return newPoissonTwoSample(falls(), margin, prior, Plain)
}

func newPoissonTwoSample(grid []float64, margin Margin, prior float64, starts Starts) *PoissonTwoSample {
	return &PoissonTwoSample{mixture: newMixture(len(grid), starts), grid: grid, margin: margin, prior: above0(prior)}
}

// Add counts what happened to both populations since the last update.
func (p *PoissonTwoSample) Add(treated, control Count) {
	guess := (float64(p.control.Events) + 1) / (p.control.Exposure + 1/p.prior)
	p.step(func(j int) float64 {
		if treated.Exposure == 0 {
			return 0
		}
		tA := p.grid[j] * p.margin.edge(guess)
		t0, c0 := p.margin.projectRates(tA, guess, treated.Exposure, control.Exposure)
		return treated.under(tA, t0) + control.under(guess, c0)
	})
	p.control = p.control.plus(control)
}

// Log returns the log e against the hypothesis.
func (p *PoissonTwoSample) Log() float64 { return p.log() }

// projectRates is [Margin.project] for rates of events: the positive root of
//
//	-(e_T M + e_C) M c² + (e_T M (tA-D) + e_C (M cA - D)) c + e_C cA D = 0
//
// which, without D, is the pooled rate (e_T tA + e_C cA)/(e_T M + e_C).
func (m Margin) projectRates(tA, cA, eT, eC float64) (t0, c0 float64) {
	a := -(eT*m.Ratio + eC) * m.Ratio
	b := eT*m.Ratio*(tA-m.Points) + eC*(m.Ratio*cA-m.Points)
	g := eC * cA * m.Points
	if root := math.Sqrt(b*b - 4*a*g); b > 0 {
		c0 = (b + root) / (-2 * a)
	} else {
		c0 = 2 * g / (root - b)
	}
	return m.edge(c0), c0
}
