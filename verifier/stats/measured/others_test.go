package measured_test

import (
	"math"

	"github.com/poise-dev/poise/verifier/stats"
)

// others are the methods people use, looked at as often as poise looks.
func others() []method {
	return []method{
		{name: "> 2x", begin: threshold(2, 1, false)},
		{name: "> 5x", begin: threshold(5, 1, false)},
		{name: "> 10x", begin: threshold(10, 1, false)},
		{name: "failureLimit 3, > 5x", begin: threshold(5, 4, false)},
		{name: "3 in a row > 5x", begin: threshold(5, 3, true)},
		{name: "burn rate", begin: burnRate},
		{name: "z-test", begin: zOneSample},
		{name: "z-test, two samples", begin: zTwoSample},
	}
}

// threshold halts at the n-th tick with more than so many times the allowed bad
// rate: counted in all, as an Argo failureLimit of n-1 does, or in a row.
func threshold(times float64, n int, inARow bool) func(int) func(look) bool {
	return func(int) func(look) bool {
		failed := 0
		return func(l look) bool {
			all := plus(l.treated, l.control)
			switch {
			case float64(all.Bad) > times*objective*float64(all.Requests):
				failed++
			case inARow:
				failed = 0
			}
			return failed >= n
		}
	}
}

// window is the sum of the last ticks.
type window struct {
	ticks []stats.Batch
	next  int
	sum   stats.Batch
}

func newWindow(seconds float64) *window {
	return &window{ticks: make([]stats.Batch, max(int(seconds/tick), 1))}
}

func (w *window) add(b stats.Batch) {
	old := &w.ticks[w.next]
	w.sum.Requests += b.Requests - old.Requests
	w.sum.Bad += b.Bad - old.Bad
	*old = b
	w.next = (w.next + 1) % len(w.ticks)
}

// burnRate halts when somebody would be woken: 14.4 over 1 h and 5 min, or 6
// over 6 h and 30 min.
func burnRate(int) func(look) bool {
	const period = 30 * 24 * 3600
	alerts := stats.BurnAlerts()[:2]
	var long, short []*window
	for _, a := range alerts {
		long, short = append(long, newWindow(a.Long)), append(short, newWindow(a.Short))
	}
	return func(l look) bool {
		fires := false
		for i, a := range alerts {
			long[i].add(plus(l.treated, l.control))
			short[i].add(plus(l.treated, l.control))
			fires = fires || a.Fires(period, objective, long[i].sum, short[i].sum)
		}
		return fires
	}
}

// critical is the value of a z-test at the level alpha, on one side.
const critical = 2.3263478740408408

// zOneSample tests all that was counted so far against the objective, at every
// tick, as if it were the only look.
func zOneSample(int) func(look) bool {
	var all stats.Batch
	return func(l look) bool {
		all = plus(all, plus(l.treated, l.control))
		n := float64(all.Requests)
		return float64(all.Bad)-n*objective > critical*math.Sqrt(n*objective*(1-objective)) && all.Bad >= 3
	}
}

// zTwoSample does the same for the difference of the arms.
func zTwoSample(int) func(look) bool {
	var treated, control stats.Batch
	return func(l look) bool {
		treated, control = plus(treated, l.treated), plus(control, l.control)
		n, m := float64(treated.Requests), float64(control.Requests)
		pooled := float64(treated.Bad+control.Bad) / max(n+m, 1)
		spread := math.Sqrt(pooled * (1 - pooled) * (1/max(n, 1) + 1/max(m, 1)))
		return float64(treated.Bad)/max(n, 1)-float64(control.Bad)/max(m, 1) > critical*spread && treated.Bad >= 3
	}
}
