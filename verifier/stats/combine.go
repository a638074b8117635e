package stats

import "math"

// Evidence is what one guard of several has gathered.
type Evidence struct {
	Weight float64 // in [0,1]; those of all guards sum to at most 1
	Log    float64 // log e
}

// Combine returns the log of Σ w_k E_k. It is an e-value whatever the guards
// have to do with each other, and at least as strong as the best of them at a
// Bonferroni-corrected line.
func Combine(guards []Evidence) float64 {
	logs := make([]float64, 0, len(guards))
	for _, g := range guards {
		if g.Weight > 0 {
			logs = append(logs, math.Log(g.Weight)+g.Log)
		}
	}
	return sumLog(logs)
}

// Names says whether the evidence names its guard as the culprit: it reaches
// 1/(alpha·w) by itself. The combined evidence may reach 1/alpha without any
// guard being named; then only the combination is known to be wrong.
func (e Evidence) Names(alpha float64) bool {
	return e.Weight > 0 && math.Log(e.Weight)+e.Log >= Line(alpha)
}
