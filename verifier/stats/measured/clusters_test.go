package measured_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// pods is a service of which whole pods, not single requests, are faulted: bad
// requests come together, all on one arm. The table tells what the remedies are
// worth.
type pods struct {
	together  int     // bad requests at once
	perSecond float64 // requests, of all
}

func podServices() []pods {
	return []pods{{1, 10}, {3, 10}, {10, 10}, {1, 100}, {3, 100}, {10, 100}}
}

// draw returns the next 5 s of one arm with a share of the requests.
func (p pods) draw(c chance, share float64) stats.Batch {
	n := c.poisson(p.perSecond * second * share)
	bad := c.poisson(float64(n)*objective/float64(p.together)) * uint64(p.together)
	return stats.Batch{Requests: n, Bad: min(bad, n)}
}

func podMethods() []string {
	return []string{
		"no factor", "true factor", "estimated from 30 s", "from 30 min", "from 30 min, the greatest unless sure",
		"batch bet against the objective",
	}
}

// measurePods returns how many runs each method halted of each service, all of
// which are true: both arms are alike, and at the objective.
func measurePods(t *testing.T) [][]int {
	t.Helper()
	table := make([][]int, len(podServices()))
	runs, ticks := effort()
	t.Run("pods", func(t *testing.T) {
		for i, p := range podServices() {
			table[i] = make([]int, len(podMethods()))
			t.Run(fmt.Sprintf("%d together, %v a second", p.together, p.perSecond), func(t *testing.T) {
				t.Parallel()
				for run := range runs {
					for k, halted := range p.run(newChance(run), ticks) {
						if halted {
							table[i][k]++
						}
					}
				}
			})
		}
	})
	return table
}

func (p pods) run(c chance, ticks int) []bool {
	var warm []uint64
	for range 360 {
		warm = append(warm, p.draw(c, 1).Bad)
	}
	safe := stats.Cluster(warm)
	if !stats.SureOfCluster(warm) {
		safe = stats.MostClustered
	}
	var tests []*stats.TwoSample
	for _, phi := range []float64{1, float64(p.together), stats.Cluster(warm[:6]), stats.Cluster(warm), safe} {
		test := stats.NewTwoSample(stats.Alike(), objective, stats.Starts(ticks))
		test.Clustered(phi)
		tests = append(tests, test)
	}
	bet := stats.NewBet(objective, stats.Starts(ticks))
	halted := make([]bool, len(podMethods()))
	for range ticks {
		a, b := p.draw(c, 0.5), p.draw(c, 0.5)
		for k, test := range tests {
			test.Add(a, b)
			halted[k] = halted[k] || test.Log() >= stats.Line(alpha)
		}
		bet.Add(plus(a, b))
		halted[len(tests)] = halted[len(tests)] || bet.Log() >= stats.Line(alpha)
	}
	return halted
}

func checkPods(t *testing.T, table [][]int) {
	t.Helper()
	runs, _ := effort()
	for i, p := range podServices() {
		for k, name := range podMethods() {
			if promised := name != "no factor" && !strings.HasSuffix(name, " s") && !strings.HasSuffix(name, " min"); !promised {
				continue
			}
			if got := float64(table[i][k]); got > bound(runs) {
				t.Errorf("%d together, %v a second, %s: %v of %d true runs were halted", p.together, p.perSecond, name, got, runs)
			}
		}
	}
	if got := float64(table[len(table)-1][0]); got < 5*bound(runs) {
		t.Errorf("ten together and no factor: only %v of %d true runs were halted, so the rest shows nothing", got, runs)
	}
}

func writePods(b *strings.Builder, table [][]int) {
	runs, _ := effort()
	b.WriteString("| bad requests together |")
	for _, m := range podMethods() {
		fmt.Fprintf(b, " %s |", m)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(podMethods())) + "\n")
	for i, p := range podServices() {
		fmt.Fprintf(b, "| %d, at %v/s |", p.together, p.perSecond)
		for _, n := range table[i] {
			fmt.Fprintf(b, " %s |", percentage(float64(n)/float64(runs)))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}
