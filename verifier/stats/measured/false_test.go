package measured_test

import (
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
)

var (
	long   = flag.Bool("long", false, "more and longer runs, as the published table has; ten minutes")
	update = flag.Bool("update", false, "write docs/reference/statistics-measured.md")
)

// effort returns how many runs of how many ticks to simulate in each setting.
func effort() (runs, ticks int) {
	if *long {
		return 500, 3000
	}
	return 40, 160
}

// perSecond are the amounts of traffic, in requests per second.
func perSecond() []float64 { return []float64{1, 10, 100, 1000} }

// halted is how many runs each method halted, by its name.
type halted map[string]int

// simulate runs one world at one amount of traffic under all methods.
func simulate(w world, perSecond float64, methods []method) halted {
	runs, ticks := effort()
	count := halted{}
	for run := range runs {
		next := w.draw(newChance(run), perSecond, ticks)
		looking := make([]func(look) bool, len(methods))
		for i, m := range methods {
			looking[i] = m.begin(ticks)
		}
		for i := range ticks {
			l := next(i)
			for k, m := range methods {
				if looking[k] != nil && looking[k](l) {
					count[m.name]++
					looking[k] = nil
				}
			}
		}
	}
	return count
}

// bound is alpha and three standard errors of so many runs, in runs.
func bound(runs int) float64 {
	n := float64(runs)
	return n*alpha + 3*math.Sqrt(n*alpha*(1-alpha))
}

// falseHalts is the table of all settings: world, traffic, method.
type falseHalts [][]halted

func measureFalseHalts(t *testing.T) falseHalts {
	t.Helper()
	table := make(falseHalts, len(worlds()))
	t.Run("worlds", func(t *testing.T) {
		for i, w := range worlds() {
			table[i] = make([]halted, len(perSecond()))
			for k, rate := range perSecond() {
				t.Run(fmt.Sprintf("%s, %v a second", w.name, rate), func(t *testing.T) {
					t.Parallel()
					table[i][k] = simulate(w, rate, append(ours(), others()...))
				})
			}
		}
	})
	return table
}

// Every tick is a look. What a method promises must hold in every setting by
// itself, with three standard errors, and in all of them together.
func (table falseHalts) check(t *testing.T) {
	t.Helper()
	runs, _ := effort()
	settings, all, total := 0, 0, 0
	for i, w := range worlds() {
		for k, rate := range perSecond() {
			settings++
			for _, m := range ours() {
				if m.claims == nil || !m.claims(w) {
					continue
				}
				got := table[i][k][m.name]
				all, total = all+got, total+runs
				if float64(got) > bound(runs) {
					t.Errorf("%s, %v a second: %s halted %d of %d true runs", w.name, rate, m.name, got, runs)
				}
			}
		}
	}
	t.Logf("%d settings: %d of %d runs that were true were halted (%.2f%%)", settings, all, total, 100*float64(all)/float64(total))
	if settings < 60 || float64(all) > float64(total)*alpha {
		t.Errorf("%d settings, %d of %d true runs halted", settings, all, total)
	}
}

// The usual methods halt services that keep their promise, which is what all of
// this is for; if they did not, the simulation would show nothing.
func (table falseHalts) checkOthers(t *testing.T) {
	t.Helper()
	runs, _ := effort()
	for _, m := range others() {
		worst := 0
		for i, w := range worlds() {
			if !w.kept {
				continue
			}
			for k := range perSecond() {
				worst = max(worst, table[i][k][m.name])
			}
		}
		if float64(worst) <= bound(runs) {
			t.Errorf("%s halted at most %d of %d true runs", m.name, worst, runs)
		}
	}
}

// write adds the table in markdown: a row for each world, a column for each
// method, a percentage for each amount of traffic.
func (table falseHalts) write(b *strings.Builder, methods []method) {
	runs, _ := effort()
	b.WriteString("| the service |")
	for _, m := range methods {
		fmt.Fprintf(b, " %s |", m.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(methods)) + "\n")
	for i, w := range worlds() {
		fmt.Fprintf(b, "| %s |", w.name)
		for _, m := range methods {
			var cells []string
			for k := range perSecond() {
				cells = append(cells, percentage(float64(table[i][k][m.name])/float64(runs)))
			}
			cell := strings.Join(cells, " · ")
			if m.claims != nil && !m.claims(w) {
				cell = "*" + cell + "*"
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// percentage writes a share as a percentage without its sign.
func percentage(share float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", 100*share), ".0")
}
