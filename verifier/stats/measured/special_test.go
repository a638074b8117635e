package measured_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// special is one more thing worth measuring: how long it takes in one setting.
type special struct {
	section, name string
	seconds       float64 // between two looks
	looks         int     // before it is called never
	begin         func(c chance) func() bool
	published     took // 0: not given, or of another variant
}

func specials() []special {
	var all []special
	all = append(all, upheld()...)
	all = append(all, arms()...)
	all = append(all, late()...)
	return append(all, latency()...)
}

// upheld is the time until a tolerance is proven.
func upheld() []special {
	var all []special
	for _, c := range []struct {
		p, tolerance float64
		published    [4]float64
	}{
		{0.001, 0.005, [4]float64{1330, 135, 15, 5}},
		{0.001, 0.01, [4]float64{405, 45, 5, 5}},
		{0, 0.001, [4]float64{3940, 395, 40, 5}},
	} {
		for i, rate := range perSecond() {
			all = append(all, special{
				section: "Upheld, at 1/beta = 20", seconds: second, looks: horizon,
				name:      fmt.Sprintf("%v%% bad, %v%% tolerated, %v/s", 100*c.p, 100*c.tolerance, rate),
				published: took{c.published[i], 0},
				begin: func(ch chance) func() bool {
					var total stats.Batch
					return func() bool {
						total = plus(total, ch.batch(uint64(rate*second), c.p))
						return stats.Reverse(c.tolerance, total) >= stats.Line(0.05)
					}
				},
			})
		}
	}
	return all
}

// arms is 1% of 100 requests a second, failing while the others do not: seen in
// the arm, and in all.
func arms() []special {
	var all []special
	for i, p := range []float64{0.05, 0.2, 0.5, 1} {
		add := func(name string, published float64, begin func(c chance) func(f, rest stats.Batch) float64) {
			all = append(all, special{
				section: "1% of 100 requests a second fails", seconds: 1, looks: 3 * 3600,
				name: fmt.Sprintf("%v%% of it bad, %s", 100*p, name), published: took{published, 0},
				begin: func(c chance) func() bool {
					look := begin(c)
					return func() bool {
						f := c.batch(c.split(100, 0.01), p)
						return look(f, c.batch(100-f.Requests, objective)) >= stats.Line(alpha)
					}
				},
			})
		}
		against := func(starts stats.Starts) func(chance) func(f, rest stats.Batch) float64 {
			return func(chance) func(f, rest stats.Batch) float64 {
				t := stats.NewTwoSample(tolerated(), objective, starts)
				return func(f, rest stats.Batch) float64 { t.Add(f, rest); return t.Log() }
			}
		}
		add("arm against control, plain process", [4]float64{44, 9, 4, 2}[i], against(stats.Plain))
		add("arm against control", 0, against(600))
		add("arm against its tolerance", 0, func(chance) func(f, rest stats.Batch) float64 {
			t := stats.NewOneSample(objective, 600)
			return func(f, _ stats.Batch) float64 { t.Add(f); return t.Log() }
		})
		add("all requests", 0, func(chance) func(f, rest stats.Batch) float64 {
			t := stats.NewOneSample(objective, 600)
			return func(f, rest stats.Batch) float64 { t.Add(plus(f, rest)); return t.Log() }
		})
	}
	return all
}

// late is a rise from half of what is allowed to 1%, after a healthy time.
func late() []special {
	var all []special
	for _, c := range []struct {
		name    string
		healthy int // looks
		starts  stats.Starts
	}{
		{"30 min healthy, plain process", 360, stats.Plain},
		{"30 min healthy, start mixture of 3 h", 360, horizon},
		{"30 min healthy, always on", 360, stats.Always(28 * 24 * 720)},
		{"24 h healthy, always on", 24 * 720, stats.Always(28 * 24 * 720)},
	} {
		all = append(all, special{
			section: "0.05% → 1% at 10 requests a second, after a healthy time", name: c.name, seconds: second, looks: horizon,
			begin: func(ch chance) func() bool {
				line := stats.Line(alpha)
				if c.starts < 0 {
					line = 0 // 1 in 28 days
				}
				t := stats.NewOneSample(objective, c.starts)
				for range c.healthy {
					t.Add(ch.batch(50, objective/2))
				}
				return func() bool {
					t.Add(ch.batch(50, 0.01))
					return t.Log() >= line
				}
			},
		})
	}
	return all
}

// latency is a service that becomes slower by a factor: log-normal latencies,
// with 1% above the objective before.
func latency() []special {
	const spread = 0.584 // of the logarithm: 1.2 times as slow takes 1% to 2.2%
	percentiles := []float64{0, 1.2815515655, 1.6448536270, 2.3263478740, 3.0902323062}
	var tails []float64
	over := func(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
	for _, z := range percentiles {
		tails = append(tails, over(z))
	}
	var all []special
	for _, slower := range []float64{1.2, 1.5, 2} {
		var slow []float64
		for _, z := range percentiles {
			slow = append(slow, over(z-math.Log(slower)/spread))
		}
		// above draws how many of n requests are above each edge.
		above := func(c chance, n uint64, tails []float64) []stats.Batch {
			var at []stats.Batch
			left, p := n, 1.0
			for _, tail := range tails {
				left, p = c.count(left, tail/p), tail
				at = append(at, stats.Batch{Requests: n, Bad: left})
			}
			return at
		}
		add := func(name string, published took, begin func() (add func(slow, usual []stats.Batch), log func() float64)) {
			all = append(all, special{
				section: "Latency, 10 requests a second in each arm", name: fmt.Sprintf("%v times as slow, %s", slower, name),
				seconds: second, looks: horizon, published: published,
				begin: func(c chance) func() bool {
					add, log := begin()
					return func() bool {
						add(above(c, 50, slow), above(c, 50, tails))
						return log() >= stats.Line(alpha)
					}
				},
			})
		}
		given := map[float64][2]took{1.2: {{45, 80}, {100, 235}}, 1.5: {{10, 20}, {}}}[slower]
		add("five edges, no margin", given[0], func() (func(slow, usual []stats.Batch), func() float64) {
			t := stats.NewExceedance(1, tails, stats.Plain)
			return t.Add, t.Log
		})
		add("five edges, 1.25 and a quarter of the tail", took{}, func() (func(slow, usual []stats.Batch), func() float64) {
			t := stats.NewExceedance(1.25, tails, horizon)
			return t.Add, t.Log
		})
		add("the objective alone", given[1], func() (func(slow, usual []stats.Batch), func() float64) {
			t := stats.NewOneSample(0.01, stats.Plain)
			return func(slow, _ []stats.Batch) { t.Add(slow[3]) }, t.Log
		})
	}
	return all
}

func measureSpecials(t *testing.T) []took {
	t.Helper()
	table := make([]took, len(specials()))
	t.Run("specials", func(t *testing.T) {
		for i, s := range specials() {
			t.Run(s.section+", "+s.name, func(t *testing.T) {
				t.Parallel()
				table[i] = detect(s.looks, s.seconds, s.begin)
				near(t, "median", table[i].median, s.published.median)
				near(t, "p90", table[i].p90, s.published.p90)
			})
		}
	})
	return table
}

func writeSpecials(b *strings.Builder, table []took) {
	section := ""
	for i, s := range specials() {
		if s.section != section {
			section = s.section
			fmt.Fprintf(b, "\n| %s | median/p90 |\n|---|---|\n", section)
		}
		fmt.Fprintf(b, "| %s | %v |\n", s.name, table[i])
	}
	b.WriteString("\n")
}
