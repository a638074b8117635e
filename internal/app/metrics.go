package app

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poise-dev/poise/verifier"
)

// runCollector reports the newest run of every verification: its evidence, and
// its verdict.
type runCollector struct{ runs *Runs }

func (c *runCollector) descriptions() (evidence, verdict *prometheus.Desc) {
	return prometheus.NewDesc("poise_evidence_log10",
			"Evidence against a promise of the newest run, as log10 of the e-value: 2 halts at alpha 0.01.",
			[]string{"verification", "guard"}, nil),
		prometheus.NewDesc("poise_verdict",
			"1 for the verdict of the newest run of a verification; all 0 while it goes on.",
			[]string{"verification", "verdict"}, nil)
}

// Describe implements prometheus.Collector.
func (c *runCollector) Describe(to chan<- *prometheus.Desc) {
	evidence, verdict := c.descriptions()
	to <- evidence
	to <- verdict
}

// Collect implements prometheus.Collector.
func (c *runCollector) Collect(to chan<- prometheus.Metric) {
	evidence, verdict := c.descriptions()
	newest := map[string]verifier.Run{}
	for _, run := range c.runs.verifier.List() { // oldest first
		newest[run.Verification] = run
	}
	for name, run := range newest {
		for _, g := range run.Guards {
			to <- prometheus.MustNewConstMetric(evidence, prometheus.GaugeValue, log10(g.Evidence), name, g.Objective+"/"+g.Guard)
		}
		for _, v := range []verifier.Verdict{
			verifier.Upheld, verifier.Breached, verifier.Inconclusive, verifier.NotExercised, verifier.Stopped,
		} {
			is := 0.0
			if run.Verdict == v {
				is = 1
			}
			to <- prometheus.MustNewConstMetric(verdict, prometheus.GaugeValue, is, name, string(v))
		}
	}
}

// log10 of an e-value; one of 0, which only says that nothing is left of the
// evidence, is shown as -300.
func log10(e float64) float64 {
	return max(math.Log10(e), -300)
}
