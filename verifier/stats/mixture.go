package stats

import "math"

// Starts says how an e-process spreads its mass over the moments at which
// trouble may begin, as the number of updates planned.
//
// A plain process (0 or 1) has all of it at the first update: it sinks while
// things go well, and then reacts late. A start mixture (N > 1) puts half on
// the first update and spreads the rest evenly over the N-1 others: a fault
// present from the start is found a factor 2 in evidence later, one that begins
// in the middle much sooner. Updates beyond N add no new starts. For a process
// without a planned end see [Always].
type Starts int

// Plain puts all mass on the first update.
const Plain Starts = 1

// Always is a process without an end, the e-SR (e-Shiryaev-Roberts) detector of
// Shin, Ramdas and Rinaldo (2022, arXiv 2203.03532): every update starts a new
// e-process, each with the mass 1/updates. While the hypothesis is true, the
// sum has a mean of at most t/updates after t updates, so that
//
//   - within any so many updates of a beginning (or of a [OneSample.Reset]) it
//     reaches 1/alpha with probability at most alpha;
//   - it takes updates/alpha updates to do so, on average, at least; reset after
//     each alarm, its rate of false alarms is at most alpha per so many updates.
//
// This is their M ≥ c with c = updates/alpha, divided by updates: [Line],
// [Combine] and [Evidence.Names] hold for it as they are. For a false halt in 28
// days with probability alpha, at one update every 5 s: Always(483840). At least
// 1 update is taken.
func Always(updates int) Starts { return Starts(-max(updates, 1)) }

// mass returns the mass that starts at update t, counted from 1.
func (s Starts) mass(t int) float64 {
	switch {
	case s < 0:
		return -1 / float64(s)
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

// unspent returns the mass that has not started after update t. What never ends
// has none to hold back.
func (s Starts) unspent(t int) float64 {
	switch {
	case s < 0:
		return 0
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
// conditional mean of at most 1: P(ever E ≥ 1/alpha) ≤ alpha (Ville 1939). With
// [Always] it begins at 0, and E minus the mass started is a supermartingale.
type mixture struct {
	starts  Starts
	updates int
	phi     float64   // see Clustered
	logs    []float64 // ln A_j
}

func newMixture(components int, starts Starts) mixture {
	m := mixture{starts: starts, phi: 1, logs: make([]float64, components)}
	m.Reset()
	return m
}

// Reset begins anew, as one does after an alarm of a process that never ends.
// What was learned about rates is kept.
func (m *mixture) Reset() {
	m.updates = 0
	for j := range m.logs {
		m.logs[j] = math.Inf(-1)
	}
}

// Clustered divides the logarithm of every later likelihood ratio by phi, at
// least 1: the price for requests that fail together. Let requests come in
// groups of at most phi that depend on each other in any way, and on nothing
// else. By Hölder's inequality the mean of Π l_i^(1/phi) over a group is at most
// Π (mean of l_i)^(1/phi), so the process stays an e-process. It takes phi times
// as long. See [Cluster] for where phi comes from.
func (m *mixture) Clustered(phi float64) {
	if phi >= 1 {
		m.phi = phi
	}
}

// step adds an update; ratio returns ln l_j.
func (m *mixture) step(ratio func(j int) float64) {
	m.updates++
	mass := math.Log(m.starts.mass(m.updates))
	for j := range m.logs {
		m.logs[j] = ratio(j)/m.phi + addLog(m.logs[j], mass)
	}
}

// log returns ln E.
func (m *mixture) log() float64 {
	started := sumLog(m.logs) - math.Log(float64(len(m.logs)))
	return addLog(started, math.Log(m.starts.unspent(m.updates)))
}
