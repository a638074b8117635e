package stats

import "math"

// Starts says how an e-process spreads its mass over the moments at which
// trouble may begin, as the number of updates planned.
//
// A plain process (0 or 1) has all of it at the first update: it sinks while
// things go well, and then reacts late. A start mixture (N > 1) puts half on
// the first update and spreads the rest evenly over the N-1 others: a fault
// present from the start is found a factor 2 in evidence later, one that begins
// in the middle much sooner. Updates beyond N add no new starts.
type Starts int

// Plain puts all mass on the first update.
const Plain Starts = 1

// mass returns the mass that starts at update t, counted from 1.
func (s Starts) mass(t int) float64 {
	switch {
	case t == 1 && s <= 1:
		return 1
	case t == 1:
		return 0.5
	case t <= int(s):
		return 0.5 / float64(s-1)
	default:
		return 0
	}
}

// unspent returns the mass that has not started after update t.
func (s Starts) unspent(t int) float64 {
	switch {
	case t == 0:
		return 1
	case t >= int(s):
		return 0
	default:
		return 0.5 - 0.5*float64(t-1)/float64(s-1)
	}
}

// mixture is the recursion every e-process of this package shares. For each
// component j with likelihood ratio l_j of update t, and starting mass π_t,
//
//	A_j ← l_j · (A_j + π_t)        E = Σ_j A_j / J + (1 - Σ_{s≤t} π_s)
//
// E is a non-negative supermartingale that begins at 1 whenever each l_j has a
// conditional mean of at most 1: P(ever E ≥ 1/alpha) ≤ alpha (Ville 1939).
type mixture struct {
	starts  Starts
	updates int
	logs    []float64 // ln A_j
}

func newMixture(components int, starts Starts) mixture {
	m := mixture{starts: starts, logs: make([]float64, components)}
	for j := range m.logs {
		m.logs[j] = math.Inf(-1)
	}
	return m
}

// step adds an update; ratio returns ln l_j.
func (m *mixture) step(ratio func(j int) float64) {
	m.updates++
	mass := math.Log(m.starts.mass(m.updates))
	for j := range m.logs {
		m.logs[j] = ratio(j) + addLog(m.logs[j], mass)
	}
}

// log returns ln E.
func (m *mixture) log() float64 {
	started := sumLog(m.logs) - math.Log(float64(len(m.logs)))
	return addLog(started, math.Log(m.starts.unspent(m.updates)))
}
