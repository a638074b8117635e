package stats

import "math"

// Margin is what the treated population may be worse by: its bad rate p_T is
// within the margin of the control's p_C when p_T ≤ Ratio·p_C + Points.
type Margin struct {
	Ratio  float64 // M, above 0
	Points float64 // D, a rate in [0,1)
}

// Alike is no margin: the treated population is no worse than the control.
func Alike() Margin { return Margin{Ratio: 1} }

// edge returns the treated rate at which the margin is used up.
func (m Margin) edge(c float64) float64 { return m.Ratio*c + m.Points }

// project returns the point (t0, c0) of the edge t0 = M·c0 + D nearest to a
// guess (tA, cA) on either side of it, weighted by the requests of both
// populations: where n_T KL(tA‖t) + n_C KL(cA‖c) is least. Where one of them has
// no requests, the other has its guess, as far as the edge reaches.
func (m Margin) project(tA, cA, nT, nC float64) (t0, c0 float64) {
	alone := min(max((tA-m.Points)/m.Ratio, 0), 1) // where the treated guess would have it
	switch {
	case nC == 0 && alone > 0 && alone < 1:
		return tA, alone
	case nC == 0:
		return m.edge(alone), alone
	case nT == 0:
		return m.edge(cA), cA
	case m == Alike():
		pooled := (nT*tA + nC*cA) / (nT + nC)
		return pooled, pooled
	}
	c := m.root(tA, cA, nT, nC, min(alone, cA), max(alone, cA))
	return m.edge(c), c
}

// root solves, between low and high, for the c where the derivative of the
// divergence is 0:
//
//	n_T M (tA-t)/(t(1-t)) + n_C (cA-c)/(c(1-c)) = 0,  t = M·c + D
//
// The divergence is convex in c, so there is one root. It is found by Newton's
// method on the cubic that remains when the denominators are multiplied out,
// with a bisection wherever a step would leave the bracket.
func (m Margin) root(tA, cA, nT, nC, low, high float64) float64 {
	const most, enough = 200, 1e-15
	c := low + (high-low)/2
	for range most {
		t := m.edge(c)
		value := nT*m.Ratio*(tA-t)*c*(1-c) + nC*(cA-c)*t*(1-t)
		if value > 0 {
			low = c
		} else {
			high = c
		}
		slope := nT*m.Ratio*(-m.Ratio*c*(1-c)+(tA-t)*(1-2*c)) + nC*(-t*(1-t)+(cA-c)*m.Ratio*(1-2*t))
		next := c - value/slope
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-c) <= enough*c || next <= low || next >= high {
			return next
		}
		c = next
	}
	return c
}
