package proxy

import "github.com/prometheus/client_golang/prometheus"

// Collector returns what listeners count about connections, for a registry.
func Collector(servers []*Server) prometheus.Collector {
	return &collector{
		servers: servers,
		open: prometheus.NewDesc("poise_connections",
			"Connections that are open.", []string{"listener"}, nil),
		refused: prometheus.NewDesc("poise_connections_refused_total",
			"Connections turned away, by reason: limit (too many are open), tls (the handshake failed), resets (the caller reset one HTTP/2 stream after another).",
			[]string{"listener", "reason"}, nil),
		reloads: prometheus.NewDesc("poise_certificate_reload_failures_total",
			"Changes of certificate files that were of no use; what was in force stays so.",
			[]string{"listener"}, nil),
	}
}

type collector struct {
	servers                []*Server
	open, refused, reloads *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.open
	to <- c.refused
	to <- c.reloads
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, s := range c.servers {
		f := s.front
		to <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(f.connections()), f.name)
		for reason := range refusals {
			to <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue,
				float64(f.refused[reason].Load()), f.name, reason.String())
		}
		failed := s.transport.origin.failed.Load()
		if f.tls != nil {
			failed += f.tls.failed.Load()
		}
		to <- prometheus.MustNewConstMetric(c.reloads, prometheus.CounterValue, float64(failed), f.name)
	}
}
