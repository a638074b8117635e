package stats

import "math"

// AnytimeP returns the p-value that goes with the greatest log e of a process so
// far, valid at whatever time one stops: min(1, 1/E).
func AnytimeP(greatest float64) float64 { return math.Exp(-max(greatest, 0)) }

// Discoveries tells which of many hypotheses a report may call false, by e-BH
// (Wang and Ramdas 2022, arXiv 2009.02824): with the e-values in falling order,
// the first k*, the largest k for which E_(k) ≥ K/(k·alpha). Of those called
// false a share of at most alpha is true, on average, however they depend on
// each other. It wants final values: applied to the greatest ones so far, it
// controls nothing.
func Discoveries(logs []float64, alpha float64) []bool {
	called := make([]bool, len(logs))
	total := math.Log(float64(len(logs)))
	for _, least := range logs {
		k := 0 // how many are at least this one
		for _, log := range logs {
			if log >= least {
				k++
			}
		}
		if least < total-math.Log(float64(k))+Line(alpha) {
			continue
		}
		for i, log := range logs {
			called[i] = called[i] || log >= least
		}
	}
	return called
}
