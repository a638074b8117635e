package measured_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

const (
	second  = 5.0     // seconds between two looks at trouble
	horizon = 3 * 720 // looks in 3 h
	reps    = 200     // runs of each setting
)

// took is how many seconds half and nine in ten of the runs needed at most,
// +Inf for never.
type took struct{ median, p90 float64 }

func (d took) String() string {
	word := func(s float64) string {
		if math.IsInf(s, 1) {
			return "never"
		}
		return fmt.Sprintf("%.0f", s)
	}
	return word(d.median) + "/" + word(d.p90)
}

// detect measures how long it takes until look says so.
func detect(looks int, seconds float64, begin func(c chance) (look func() bool)) took {
	times := make([]float64, reps)
	for run := range times {
		look := begin(newChance(100_000 + run))
		times[run] = math.Inf(1)
		for i := range looks {
			if look() {
				times[run] = float64(i+1) * seconds
				break
			}
		}
	}
	slices.Sort(times)
	return took{times[reps/2-1], times[reps*9/10-1]}
}

// trouble is a service whose bad rate is p instead of at most p0.
type trouble struct{ p0, p, perSecond float64 }

func (t trouble) draw(c chance, p float64) stats.Batch {
	return c.batch(uint64(math.Round(t.perSecond*second)), p)
}

// detector is one method against trouble.
type detector struct {
	name  string
	begin func(t trouble) func(c chance) func() bool
}

func oneSample(starts stats.Starts) func(t trouble) func(c chance) func() bool {
	return func(t trouble) func(c chance) func() bool {
		return func(c chance) func() bool {
			test := stats.NewOneSample(t.p0, starts)
			return func() bool {
				test.Add(t.draw(c, t.p))
				return test.Log() >= stats.Line(alpha)
			}
		}
	}
}

// minutely gives one of the other methods what poise sees, once a minute.
func minutely(begin func(int) func(look) bool) func(t trouble) func(c chance) func() bool {
	return func(t trouble) func(c chance) func() bool {
		return func(c chance) func() bool {
			halts, i, sum := begin(0), 0, stats.Batch{}
			return func() bool {
				sum = plus(sum, t.draw(c, t.p))
				if i++; i%int(tick/second) != 0 {
					return false
				}
				l := look{control: sum}
				sum = stats.Batch{}
				return halts(l)
			}
		}
	}
}

func detectors() []detector {
	return []detector{
		{"plain process", oneSample(stats.Plain)},
		{"start mixture (poise)", oneSample(horizon)},
		{"always on (poise), 1 in 28 days", func(t trouble) func(c chance) func() bool {
			return func(c chance) func() bool {
				test := stats.NewOneSample(t.p0, stats.Always(28*24*720))
				return func() bool {
					test.Add(t.draw(c, t.p))
					return test.Log() >= 0 // 1 in 28 days, not alpha of them
				}
			}
		}},
		{"two samples 1:1, plain", func(t trouble) func(c chance) func() bool {
			return func(c chance) func() bool {
				test := stats.NewTwoSample(stats.Alike(), t.p0, stats.Plain)
				return func() bool {
					test.Add(t.draw(c, t.p), t.draw(c, t.p0))
					return test.Log() >= stats.Line(alpha)
				}
			}
		}},
		{"comparison 1:9 (poise)", func(t trouble) func(c chance) func() bool {
			return func(c chance) func() bool {
				test := stats.NewTwoSample(stats.Margin{Ratio: 1.25, Points: t.p0 / 2}, t.p0, horizon)
				return func() bool {
					control := c.batch(9*uint64(t.perSecond*second), t.p0)
					test.Add(t.draw(c, t.p), control)
					return test.Log() >= stats.Line(alpha)
				}
			}
		}},
		{"> 5x", minutely(threshold(5, 1, false))},
		{"failureLimit 3, > 5x", minutely(threshold(5, 4, false))},
		{"burn rate", minutely(burnRate)},
	}
}

// rises are the effects, from the allowed rate to another.
func rises() []trouble {
	return []trouble{{p0: 0.001, p: 0.01}, {p0: 0.001, p: 0.005}, {p0: 0.001, p: 0.1}, {p0: 0.01, p: 0.02}}
}

// detections is a table of effects, methods and amounts of traffic.
type detections [][][]took

func measureDetection(t *testing.T) detections {
	t.Helper()
	table := make(detections, len(rises()))
	t.Run("rises", func(t *testing.T) {
		for i, r := range rises() {
			table[i] = make([][]took, len(detectors()))
			for k, d := range detectors() {
				table[i][k] = make([]took, len(perSecond()))
				t.Run(fmt.Sprintf("%v to %v, %s", r.p0, r.p, d.name), func(t *testing.T) {
					t.Parallel()
					for n, rate := range perSecond() {
						if r.p0 != objective && (k >= 5 || k == 4 && !*long) {
							continue // the others know one objective; so near its margin a comparison takes too long
						}
						r := r
						r.perSecond = rate
						table[i][k][n] = detect(horizon, second, d.begin(r))
					}
				})
			}
		}
	})
	return table
}

// published are the figures of the notes this was built from: median and 90th
// percentile in seconds at 1, 10, 100 and 1000 requests a second; 0: not given.
func published() map[string][4]took {
	return map[string][4]took{
		"0.001 to 0.01, plain process":          {{365, 900}, {35, 90}, {5, 15}, {5, 5}},
		"0.001 to 0.01, start mixture (poise)":  {{445, 975}, {45, 105}, {5, 15}, {5, 5}},
		"0.001 to 0.01, two samples 1:1, plain": {{1145, 2400}, {115, 220}, {15, 25}, {5, 5}},
		"0.001 to 0.005, plain process":         {{1225, 0}, {130, 0}, {15, 0}, {5, 0}},
		"0.001 to 0.1, plain process":           {{20, 0}, {5, 0}, {5, 0}, {5, 0}},
		"0.01 to 0.02, plain process":           {{1355, 0}, {120, 0}, {20, 0}, {5, 0}},
	}
}

// near fails unless a time is within 1.3 times of a published one, or one look.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if want != 0 && (got > max(1.3*want, want+second) || got < min(want/1.3, want-second)) {
		t.Errorf("%s: %v s, published %v s", what, got, want)
	}
}

func (table detections) check(t *testing.T) {
	t.Helper()
	checked := 0
	for i, r := range rises() {
		for k, d := range detectors() {
			figures, ok := published()[fmt.Sprintf("%v to %v, %s", r.p0, r.p, d.name)]
			if !ok {
				continue
			}
			checked++
			for n, want := range figures {
				what := fmt.Sprintf("%v to %v, %s, %v a second", r.p0, r.p, d.name, perSecond()[n])
				near(t, what+", median", table[i][k][n].median, want.median)
				near(t, what+", p90", table[i][k][n].p90, want.p90)
			}
		}
	}
	if checked != len(published()) {
		t.Errorf("%d rows compared, %d published", checked, len(published()))
	}
}

func (table detections) write(b *strings.Builder) {
	for i, r := range rises() {
		fmt.Fprintf(b, "| %v%% → %v%% |", 100*r.p0, 100*r.p)
		for _, rate := range perSecond() {
			fmt.Fprintf(b, " %v/s |", rate)
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(perSecond())) + "\n")
		for k, d := range detectors() {
			if r.p0 != objective && k >= 5 {
				continue
			}
			fmt.Fprintf(b, "| %s |", d.name)
			for n := range perSecond() {
				fmt.Fprintf(b, " %v |", table[i][k][n])
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
}
