package fault

import (
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/poise-dev/poise/policies"
)

// Collector returns the engine's metrics for a registry. They are read when
// they are scraped; requests only add to plain counters.
func (e *Engine) Collector() prometheus.Collector { return &collector{engine: e, desc: describe()} }

type collector struct {
	engine *Engine
	desc   descriptions
}

type descriptions struct {
	requests, policyRequests         *prometheus.Desc
	faults, active, suppressed       *prometheus.Desc
	objectiveGood, objectiveRequests *prometheus.Desc
}

func describe() descriptions {
	desc := prometheus.NewDesc
	return descriptions{
		requests: desc("poise_requests_total",
			"Requests by listener, status (0: none was sent) and arm.",
			[]string{"listener", "code", "arm"}, nil),
		policyRequests: desc("poise_policy_requests_total",
			"Requests that met a policy under a live lease, by arm.",
			[]string{"policy", "arm"}, nil),
		faults: desc("poise_faults_total",
			"Faults applied, once for each kind.",
			[]string{"policy", "fault"}, nil),
		active: desc("poise_faults_active",
			"Faults in progress.",
			[]string{"policy"}, nil),
		suppressed: desc("poise_faults_suppressed_total",
			"Faults held back before the coin, by reason.",
			[]string{"policy", "reason"}, nil),
		objectiveGood: desc("poise_objective_good_total",
			"Requests an objective found good, by arm.",
			[]string{"objective", "arm"}, nil),
		objectiveRequests: desc("poise_objective_requests_total",
			"Requests an objective counted, by arm.",
			[]string{"objective", "arm"}, nil),
	}
}

// newDurations returns the histogram of request durations, in both forms. The
// classic bounds are those OpenTelemetry advises for
// http.server.request.duration; the native one is 10% wide at most.
func newDurations() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:                           "poise_request_duration_seconds",
		Help:                           "Time from request head to the end of the answer, as the caller saw it.",
		Buckets:                        []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10},
		NativeHistogramBucketFactor:    1.1,
		NativeHistogramMaxBucketNumber: 160,
	}, []string{"listener", "arm"})
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	d := c.desc
	for _, desc := range []*prometheus.Desc{
		d.requests, d.policyRequests, d.faults, d.active, d.suppressed,
		d.objectiveGood, d.objectiveRequests,
	} {
		to <- desc
	}
	c.engine.durations.Describe(to)
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	c.engine.mu.Lock()
	lanes := make([]*Lane, 0, len(c.engine.lanes))
	for _, l := range c.engine.lanes {
		lanes = append(lanes, l)
	}
	c.engine.mu.Unlock()
	for _, l := range lanes {
		c.collectLane(to, l)
	}
	c.engine.durations.Collect(to)
	rules := c.engine.rules.Load()
	for _, p := range rules.set.Policies() {
		c.collectPolicy(to, p.Name, rules.gates[p.Index].tally)
	}
	c.collectObjectives(to, rules)
}

// arms is the number of arms.
const arms = int(policies.ArmFault) + 1

// collectObjectives reports the objectives by name; those of one name in several
// hypotheses are counted together.
func (c *collector) collectObjectives(to chan<- prometheus.Metric, r *rules) {
	type sums struct{ good, requests [arms]uint64 }
	byName := map[string]*sums{}
	for t := range r.tallies {
		s := byName[t.promise.Name]
		if s == nil {
			s = new(sums)
			byName[t.promise.Name] = s
		}
		for arm := range arms {
			s.good[arm] += t.good[arm].Load()
			s.requests[arm] += t.requests[arm].Load()
		}
	}
	for objective, s := range byName {
		for arm := range arms {
			name := policies.Arm(arm).String()
			to <- counter(c.desc.objectiveGood, s.good[arm], objective, name)
			to <- counter(c.desc.objectiveRequests, s.requests[arm], objective, name)
		}
	}
}

// collectLane reports what one listener counted. A status appears once it was
// sent, 200 from the start, so that rates over the first errors are right.
func (c *collector) collectLane(to chan<- prometheus.Metric, l *Lane) {
	for arm := range arms {
		name := policies.Arm(arm).String()
		for code := range l.codes[arm] {
			n := l.codes[arm][code].Load()
			if n > 0 || code == 200 {
				to <- counter(c.desc.requests, n, l.name, strconv.Itoa(code), name)
			}
		}
	}
}

func (c *collector) collectPolicy(to chan<- prometheus.Metric, policy string, t *tally) {
	for arm := policies.ArmControl; arm <= policies.ArmFault; arm++ {
		to <- counter(c.desc.policyRequests, t.arms[arm].Load(), policy, arm.String())
	}
	for k := range kinds {
		to <- counter(c.desc.faults, t.faults[k].Load(), policy, k.String())
	}
	for reason := policies.LeaseSpent; int(reason) < policies.Permissions; reason++ {
		to <- counter(c.desc.suppressed, t.suppressed[reason].Load(), policy, reason.String())
	}
	to <- prometheus.MustNewConstMetric(c.desc.active, prometheus.GaugeValue, float64(t.active.Load()), policy)
}

func counter(desc *prometheus.Desc, n uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), labels...)
}

// PolicyCounts is what one policy did since the process started.
type PolicyCounts struct {
	Fault, Control uint64
	Active         int64
	Suppressed     map[string]uint64
}

// Counts returns what a policy did, and false when there is none of that name.
func (e *Engine) Counts(policy string) (PolicyCounts, bool) {
	g := e.rules.Load().gateOf(policy)
	if g == nil {
		return PolicyCounts{}, false
	}
	c := PolicyCounts{
		Fault:      g.arms[policies.ArmFault].Load(),
		Control:    g.arms[policies.ArmControl].Load(),
		Active:     g.active.Load(),
		Suppressed: map[string]uint64{},
	}
	for reason := policies.LeaseSpent; int(reason) < policies.Permissions; reason++ {
		if n := g.suppressed[reason].Load(); n > 0 {
			c.Suppressed[reason.String()] = n
		}
	}
	return c, true
}

// Requests returns how many requests a listener has answered, by arm.
func (l *Lane) Requests() (none, control, fault uint64) {
	return sum(l.codes[policies.ArmNone][:]), sum(l.codes[policies.ArmControl][:]), sum(l.codes[policies.ArmFault][:])
}

func sum(counters []atomic.Uint64) (n uint64) {
	for i := range counters {
		n += counters[i].Load()
	}
	return n
}
