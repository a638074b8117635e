package stats

import "math"

// Forecast is an e-process on the path where every update brings exactly what
// is expected: each component j grows steadily, by Sinks[j] while all is well
// and by Grows[j] since trouble began. Its log e is about the median of what
// chance makes of it, so the time it takes to a line is about the median time.
type Forecast struct {
	Starts   Starts
	Interval float64   // seconds between updates, above 0
	Before   float64   // seconds of the process before trouble began
	Sinks    []float64 // nats per second; not needed without Before
	Grows    []float64 // nats per second
}

// Rises returns the growth of each component of [OneSample], in nats per second,
// when perSecond requests arrive with bad rate p.
func Rises(limit, perSecond, p float64) []float64 { return steps(rises(), limit, perSecond, p) }

// Falls returns the same for [Reverse].
func Falls(tolerance, perSecond, p float64) []float64 {
	return steps(falls(), tolerance, perSecond, p)
}

func steps(grid []float64, limit, perSecond, p float64) []float64 {
	growth := make([]float64, 0, len(grid))
	for _, o := range grid {
		r := newRatio(inside(limit), o)
		growth = append(growth, perSecond*(p*r.bad+(1-p)*r.good))
	}
	return growth
}

// RisesAgainst returns the same for [TwoSample], once the control rate is known
// and if each update has requests of both populations in their proportion.
func RisesAgainst(m Margin, treatedPerSecond, treated, controlPerSecond, control float64) []float64 {
	return m.steps(rises(), treatedPerSecond, treated, controlPerSecond, control)
}

// FallsAgainst returns the same for [NewReverseTwoSample].
func FallsAgainst(m Margin, treatedPerSecond, treated, controlPerSecond, control float64) []float64 {
	return m.steps(falls(), treatedPerSecond, treated, controlPerSecond, control)
}

func (m Margin) steps(grid []float64, nT, treated, nC, control float64) []float64 {
	guess := inside(control)
	growth := make([]float64, len(grid))
	edge := m.edge(guess)
	if edge > 1-margin || nT <= 0 {
		return growth
	}
	for j, o := range grid {
		tA := shift(edge, o)
		t0, c0 := m.project(tA, guess, nT, nC)
		growth[j] = nT*(treated*math.Log(tA/t0)+(1-treated)*math.Log((1-tA)/(1-t0))) +
			nC*(times(guess, guess/c0)+times(1-guess, (1-guess)/(1-c0)))
	}
	return growth
}

// Log returns the log e so many seconds after trouble began.
func (f Forecast) Log(seconds float64) float64 {
	planned := math.Inf(1) // seconds in which starts remain, since trouble began
	first, each := math.Inf(-1), math.Log(f.Starts.mass(2))
	if f.Starts >= 0 {
		planned = max(float64(f.Starts)*f.Interval-f.Before, 0)
		first = math.Log(f.Starts.mass(1))
	}
	logs := make([]float64, 0, len(f.Grows))
	for j, g := range f.Grows {
		carried := first
		if f.Before > 0 {
			carried = addLog(first+f.Sinks[j]*f.Before, each+f.sum(f.Sinks[j], f.Before))
		}
		since := each + f.sum(g, min(seconds, planned)) + g*max(seconds-planned, 0)
		logs = append(logs, addLog(carried+g*seconds, since))
	}
	return sumLog(logs) - math.Log(float64(len(logs)))
}

// sum returns ln Σ exp(g·k·Interval) for k = 1, 2, … up to so many seconds: what
// the processes that start at each update add up to.
func (f Forecast) sum(g, seconds float64) float64 {
	switch {
	case seconds <= 0:
		return math.Inf(-1)
	case g == 0:
		return math.Log(seconds / f.Interval)
	case g > 0:
		return g*seconds + math.Log(-math.Expm1(-g*seconds)) - math.Log(-math.Expm1(-g*f.Interval))
	default:
		return math.Log(-math.Expm1(g*seconds)) - math.Log(math.Expm1(-g*f.Interval))
	}
}

// SecondsTo returns when the log e reaches the line, +Inf if that takes more
// than 30 years.
func (f Forecast) SecondsTo(line float64) float64 {
	const years = 1e9
	if f.Log(years) < line {
		return math.Inf(1)
	}
	low, high := 0.0, years
	for range 200 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if f.Log(middle) >= line {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
