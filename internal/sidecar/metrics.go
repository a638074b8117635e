package sidecar

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poise-dev/poise/internal/lease"
)

// leaseCollector reports what is left of every policy's lease, and whether
// everything is halted.
type leaseCollector struct {
	leases  *lease.Table
	library *Library
}

func (c *leaseCollector) descriptions() (remaining, halted *prometheus.Desc) {
	return prometheus.NewDesc("poise_lease_remaining_seconds",
			"Time until a policy's lease ends unless it is renewed; 0: no lease, no fault; +Inf: a standing lease.",
			[]string{"policy"}, nil),
		prometheus.NewDesc("poise_halted", "1 while everything is halted.", nil, nil)
}

// Describe implements prometheus.Collector.
func (c *leaseCollector) Describe(to chan<- *prometheus.Desc) {
	remaining, halted := c.descriptions()
	to <- remaining
	to <- halted
}

// Collect implements prometheus.Collector.
func (c *leaseCollector) Collect(to chan<- prometheus.Metric) {
	remaining, halted := c.descriptions()
	left := map[string]float64{}
	for _, l := range c.leases.Leases() {
		left[l.Policy] = seconds(l.Left)
	}
	for _, p := range c.library.Set().Policies() {
		to <- prometheus.MustNewConstMetric(remaining, prometheus.GaugeValue, left[p.Name], p.Name)
	}
	is := 0.0
	if c.leases.Halted() != nil {
		is = 1
	}
	to <- prometheus.MustNewConstMetric(halted, prometheus.GaugeValue, is)
}

func buildInfo(version string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "poise_build_info",
		Help:        "Always 1; the labels tell the build.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
}
