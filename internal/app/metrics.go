package app

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poise-dev/poise/verifier"
)

// runCollector reports the newest run of every verification: its evidence, and
// its verdict; and how long ago every belief was upheld.
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
	to <- c.age()
}

func (*runCollector) age() *prometheus.Desc {
	return prometheus.NewDesc("poise_belief_age_seconds",
		"Time since a belief was last upheld; absent: it never was, or the record cannot be read.",
		[]string{"hypothesis"}, nil)
}

// ageLimit bounds how long a scrape waits for the record.
const ageLimit = time.Second

// collectAges reports how old the beliefs are.
func (c *runCollector) collectAges(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), ageLimit)
	defer cancel()
	ages, err := c.runs.ages(ctx, time.Now())
	if err != nil {
		c.runs.log.Debug("the ages of beliefs cannot be told", "error", err)
	}
	for name, age := range ages {
		to <- prometheus.MustNewConstMetric(c.age(), prometheus.GaugeValue, age.Seconds(), name)
	}
}

// Collect implements prometheus.Collector.
func (c *runCollector) Collect(to chan<- prometheus.Metric) {
	c.collectAges(to)
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
