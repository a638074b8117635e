package stats_test

import (
	"math"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// near fails unless got is within the relative tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance*max(1, math.Abs(want)) {
		t.Errorf("%s = %.12g, want %.12g", what, got, want)
	}
}

func oneBatch(limit float64, n, x uint64) float64 {
	test := stats.NewOneSample(limit, stats.Plain)
	test.Add(stats.Batch{Requests: n, Bad: x})
	return test.Log()
}

func TestOneSampleMeetsValuesWorkedOutByHand(t *testing.T) {
	for name, c := range map[string]struct {
		n, x uint64
		want float64
	}{
		"nothing seen is no evidence":               {0, 0, 0},
		"3 bad of 1000 at 0.1% say little":          {1000, 3, 0.454390871853},
		"5 bad of 1000 are suspicious":              {1000, 5, 2.87389246362},
		"10 bad of 1000 are beyond the line":        {1000, 10, 12.4534010937},
		"2 bad of 2 are, too: only minBad holds it": {2, 2, 6.192797084358},
	} {
		t.Run(name, func(t *testing.T) {
			near(t, "log e", oneBatch(0.001, c.n, c.x), c.want, 1e-11)
		})
	}
}

func TestAStartMixtureReactsWhereAPlainProcessHasSunk(t *testing.T) {
	plain, start := stats.NewOneSample(0.001, stats.Plain), stats.NewOneSample(0.001, 12)
	for i := range 12 {
		b := stats.Batch{Requests: 1000}
		if i >= 10 {
			b.Bad = 5
		}
		plain.Add(b)
		start.Add(b)
	}
	if line := stats.Line(0.01); start.Log() < line/2 || plain.Log() > 1 {
		t.Errorf("after 10 healthy and 2 bad batches: start mixture %.3f, plain %.3f", start.Log(), plain.Log())
	}
}

func TestAnIntervalMeetsThePublishedValue(t *testing.T) {
	low, high := stats.Interval(stats.Batch{Requests: 1000, Bad: 10}, 0.01)
	if math.Abs(low-0.0021) > 5e-5 || math.Abs(high-0.0280) > 5e-5 {
		t.Errorf("interval of 10/1000 = [%.5f, %.5f], want 0.21%% to 2.80%%", low, high)
	}
}

func TestIntervalsAtTheEndsOfTheRange(t *testing.T) {
	for name, c := range map[string]struct {
		batch     stats.Batch
		low, high float64
	}{
		"nothing seen: anything is possible": {stats.Batch{}, 0, 1},
		"no bad one: zero is possible":       {stats.Batch{Requests: 50}, 0, 0.2},
		"all bad: one is possible":           {stats.Batch{Requests: 50, Bad: 50}, 0.8, 1},
	} {
		t.Run(name, func(t *testing.T) {
			low, high := stats.Interval(c.batch, 0.01)
			if math.Abs(low-c.low) > 0.08 || math.Abs(high-c.high) > 0.08 || low > high {
				t.Errorf("[%v, %v], want about [%v, %v]", low, high, c.low, c.high)
			}
		})
	}
}

func TestLeastFaultedAndCleanRequests(t *testing.T) {
	for _, c := range []struct {
		tolerance    float64
		least, clean uint64
	}{
		{0.05, 59, 77}, {0.01, 299, 392}, {0.005, 598, 786}, {0.001, 2995, 3935},
	} {
		if got := stats.LeastFaulted(c.tolerance, 0.05); got != c.least {
			t.Errorf("LeastFaulted(%v) = %d, want %d", c.tolerance, got, c.least)
		}
		if got := stats.CleanRequests(c.tolerance, 0.05); got != c.clean {
			t.Errorf("CleanRequests(%v) = %d, want %d", c.tolerance, got, c.clean)
		}
		// The published rule of thumb is the line and the grid: 86, 437, 4380.
		if rule := math.Ceil(math.Log(80) / -math.Log1p(-c.tolerance)); float64(c.clean) > rule {
			t.Errorf("CleanRequests(%v) = %d is above the rule of thumb %v", c.tolerance, c.clean, rule)
		}
	}
	if got := stats.LeastFaulted(1, 0.05); got != 1 {
		t.Errorf("LeastFaulted(1) = %d, want 1: one request must meet the fault whatever is tolerated", got)
	}
}

func TestPlansMeetTheirSimulations(t *testing.T) {
	one := stats.Growth(12, 0.01, 0.001)
	near(t, "growth 0.1% to 1% at 12/s", one, 0.16880, 1e-4)
	median, p90 := stats.SecondsToDetect(one, 0.01, 1)
	near(t, "median", median, 40.92, 1e-3)
	near(t, "9 of 10", p90, 2*median, 1e-12)

	// Control 9:1: 50 s without a margin, 70 s with 1.25 and 0.05%, one check
	// of 5 s and no start mixture included.
	for _, c := range []struct {
		margin stats.Margin
		want   float64
	}{
		{stats.Alike(), 50},
		{stats.Margin{Ratio: 1.25, Points: 0.0005}, 70},
	} {
		g := stats.GrowthAgainst(c.margin, 12, 0.01, 108, 0.001)
		median, _ := stats.SecondsToDetect(g, 0.01, 1)
		if got := median + 5 - math.Ln2/g; got > 1.15*c.want || got < c.want/1.15 {
			t.Errorf("%+v: %.1f s, want about %v", c.margin, got, c.want)
		}
	}
	if median, _ := stats.SecondsToDetect(stats.Growth(100, 0.001, 0.001), 0.01, 4); !math.IsInf(median, 1) {
		t.Errorf("a limit that holds is found broken in %v s", median)
	}
	if got := stats.SecondsToUphold(10, 0, 0.001, 0.05); got != 393.5 {
		t.Errorf("no errors at 10/s prove 0.1%% in %v s, want 393.5", got)
	}
	if got := stats.SecondsToUphold(10, 0.005, 0.005, 0.05); !math.IsInf(got, 1) {
		t.Errorf("a rate at the tolerance is proven in %v s", got)
	}
}

func TestExtremesStayFinite(t *testing.T) {
	for _, limit := range []float64{0, 1e-12, 0.005, 0.5, 1} {
		for _, b := range []stats.Batch{{}, {1, 1}, {1, 0}, {1e9, 1e9}, {1e9, 0}, {1e9, 17}} {
			test := stats.NewOneSample(limit, 100)
			test.Add(b)
			test.Add(b)
			against := stats.NewTwoSample(stats.Alike(), limit, 100)
			against.Add(b, stats.Batch{Requests: b.Requests / 2, Bad: b.Bad / 3})
			for _, v := range []float64{
				test.Log(), against.Log(), stats.Reverse(limit, b),
				stats.Split(limit, b.Bad, b.Requests), stats.BetaMixture(limit, 0.5, 0.5, b),
			} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("limit %v, batch %+v: %v", limit, b, v)
				}
			}
		}
	}
}

func TestCombinedEvidenceNamesOnlyWhoReachesTheLineAlone(t *testing.T) {
	strong := stats.Evidence{Weight: 0.25, Log: math.Log(401)}
	weak := stats.Evidence{Weight: 0.25, Log: math.Log(180)}
	advisory := stats.Evidence{Weight: 0, Log: 1000}
	near(t, "combined", stats.Combine([]stats.Evidence{strong, weak, advisory}), math.Log(145.25), 1e-12)
	if !strong.Names(0.01) {
		t.Error("401 at weight 1/4 is beyond the line of 100, and names its guard")
	}
	if weak.Names(0.01) || advisory.Names(0.01) {
		t.Error("neither a weak guard nor an advisory one is ever named")
	}
	both := stats.Combine([]stats.Evidence{weak, weak, weak, weak})
	if both < stats.Line(0.01) {
		t.Error("four times 180 are beyond the line together")
	}
}

func TestABrokenSplitIsFoundAndARightOneIsNot(t *testing.T) {
	line := stats.Line(0.001)
	if got := stats.Split(0.05, 500, 10_000); got > 0 {
		t.Errorf("exactly 5%%: log e %v", got)
	}
	if got := stats.Split(0.05, 650, 10_000); got < line {
		t.Errorf("6.5%% instead of 5%%: log e %v", got)
	}
	if got := stats.Split(0.05, 0, 400); got < line {
		t.Errorf("none of 400: log e %v", got)
	}
	if got := stats.Split(0, 2, 2); got < line {
		t.Errorf("two drawn where none may be: log e %v", got)
	}
	if got := stats.Split(1, 10, 10); math.Abs(got) > 1e-6 {
		t.Errorf("all drawn where all must be: log e %v", got)
	}
}
