package stats_test

import (
	"math"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

const days = 24 * 3600.0

func TestBurnAlertsHaveTheUsualRates(t *testing.T) {
	want := map[float64][4]float64{ // period in days: published rates
		30: {14.4, 6, 3, 1},
		28: {13.44, 5.6, 2.8, 0.9333},
		7:  {3.36, 1.4, 0.7, 0.2333},
	}
	for period, rates := range want {
		for i, a := range stats.BurnAlerts() {
			near(t, "rate", a.Rate(period*days), rates[i], 1e-4)
			if a.Long != 12*a.Short {
				t.Errorf("windows of %v s and %v s: the short one is a twelfth of the long one", a.Long, a.Short)
			}
			if a.Page != (i < 2) {
				t.Errorf("alert %d: page %v", i, a.Page)
			}
		}
	}
}

func TestBurnAlertsFireWhenBothWindowsBurn(t *testing.T) {
	page := stats.BurnAlerts()[0]
	burns, calm := stats.Batch{Requests: 10_000, Bad: 145}, stats.Batch{Requests: 10_000, Bad: 143}
	for name, c := range map[string]struct {
		long, short stats.Batch
		want        bool
	}{
		"both":                    {burns, burns, true},
		"the long one only":       {burns, calm, false}, // it is over
		"the short one only":      {calm, burns, false}, // it may be nothing
		"neither has any traffic": {stats.Batch{}, stats.Batch{}, false},
	} {
		if got := page.Fires(30*days, 0.001, c.long, c.short); got != c.want {
			t.Errorf("%s: fires %v", name, got)
		}
	}
}

func TestBurnRatesMeetPublishedValues(t *testing.T) {
	alerts := stats.BurnAlerts()
	near(t, "one bad request trips 14.4 below so many an hour", alerts[0].LeastRequests(30*days, 0.001), 69.44, 1e-3)
	near(t, "one bad request trips 6 below so many in 6 h", alerts[1].LeastRequests(30*days, 0.001), 166.7, 1e-3)
	near(t, "the same at 99.99%", alerts[0].LeastRequests(30*days, 0.0001), 694.4, 1e-3)
	near(t, "seconds to fire at 10% bad", alerts[0].SecondsToFire(30*days, 0.001, 0.1), 14.4*0.001*3600/0.1, 1e-12)
	if got := alerts[0].SecondsToFire(30*days, 0.001, 0.005); !math.IsInf(got, 1) {
		t.Errorf("five times the allowed rate pages after %v s, want never", got)
	}
	near(t, "seconds to exhaustion", stats.SecondsToExhaustion(30*days, 14.4), 50*3600, 1e-12)
	if got := stats.SecondsToExhaustion(30*days, 0); !math.IsInf(got, 1) {
		t.Errorf("a budget nobody uses lasts %v s", got)
	}
	near(t, "burn rate", stats.BurnRate(stats.Batch{Requests: 1000, Bad: 3}, 0.001), 3, 1e-12)
}

// 99.9% of 100 requests a second, 40% of the budget used.
func TestAnAllowanceMeetsTheWorkedExample(t *testing.T) {
	requests := 100 * 30 * days
	b := stats.ErrorBudget{Allowed: 0.001, Requests: requests, Bad: 0.4 * 0.001 * requests}
	near(t, "budget", b.Total(), 259_200, 1e-12)
	near(t, "remaining", b.Remaining(), 155_520, 1e-12)
	near(t, "allowance", b.Allowance(0.01, 0.1), 2592, 1e-12)
	pace := stats.Pace{PerSecond: 100, Seconds: 600, Harm: 1}
	near(t, "share", pace.MostShare(b.Allowance(0.01, 0.1)), 0.0432, 1e-12)

	quiet := stats.Pace{PerSecond: 1, Seconds: 600, Harm: 1}
	near(t, "share at 1/s", quiet.MostShare(25), 25.0/600, 1e-12)

	b.Bad = 0.95 * b.Total()
	near(t, "a tenth of what is left, when little is", b.Allowance(0.01, 0.1), 0.1*0.05*259_200, 1e-9)
	b.Bad = 2 * b.Total()
	if got := b.Allowance(0.01, 0.1); got != 0 {
		t.Errorf("an overdrawn budget allows %v", got)
	}
}

func TestASharedPagerStaysQuiet(t *testing.T) {
	pace := stats.Pace{PerSecond: 100, Seconds: 7200, Harm: 0.5}
	// The pager allows 14.4 · 0.001 · 360,000 = 5184 bad requests in an hour, and
	// 184 have been; the run touches 360,000 requests in an hour.
	near(t, "share", pace.QuietShare(0.001, 360_000, 184), 5000/(360_000*0.5), 1e-12)
	if got := pace.QuietShare(0.001, 360_000, 6000); got != 0 {
		t.Errorf("with the pager ringing, a share of %v", got)
	}
	if got := (stats.Pace{}).MostShare(10); got != 1 {
		t.Errorf("what reaches nobody may take a share of %v, want 1", got)
	}
}

func TestEdgesAreChosenFromTheWarmUp(t *testing.T) {
	bounds := []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1}
	for name, c := range map[string]struct {
		counts []uint64
		edges  []int
		tails  []float64
	}{
		"one edge for each percentile": {
			[]uint64{5000, 4000, 500, 400, 90, 10, 0, 0},
			[]int{0, 1, 2, 3, 4},
			[]float64{0.5, 0.1, 0.05, 0.01, 0.001},
		},
		"percentiles in one bucket share an edge": {
			[]uint64{0, 0, 9500, 499, 1, 0, 0, 0},
			[]int{2, 3},
			[]float64{0.05, 0.0001},
		},
		"nothing beyond the last bound is compared": {
			[]uint64{0, 0, 0, 0, 600, 0, 0, 400},
			[]int{4},
			[]float64{0.4},
		},
		"what was never seen has the tail of half a request": {
			[]uint64{0, 0, 1000, 0, 0, 0, 0, 0},
			[]int{2},
			[]float64{0.0005},
		},
		"without a warm-up there are none": {make([]uint64, 8), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := stats.Histogram{Bounds: bounds, Counts: c.counts}
			edges, tails := stats.Edges(h)
			if len(edges) != len(c.edges) || len(tails) != len(c.tails) {
				t.Fatalf("edges %v with tails %v, want %v with %v", edges, tails, c.edges, c.tails)
			}
			for i, at := range h.At(edges) {
				if edges[i] != c.edges[i] || math.Abs(tails[i]-c.tails[i]) > 1e-12 {
					t.Errorf("edges %v with tails %v, want %v with %v", edges, tails, c.edges, c.tails)
				}
				if at.Requests != h.Total() || float64(at.Bad) > tails[i]*float64(at.Requests)+1e-9 {
					t.Errorf("above edge %d: %+v", edges[i], at)
				}
			}
		})
	}
}

func TestALimitBetweenTwoBoundsIsTestedOnEitherSide(t *testing.T) {
	bounds := []float64{0.1, 0.5, 1}
	for name, c := range map[string]struct {
		limit          float64
		breach, uphold int
	}{
		"between":          {0.8, 2, 1},
		"on a bound":       {0.5, 1, 1},
		"below all bounds": {0.05, 0, -1},
		"above all bounds": {2, -1, 2},
	} {
		if breach, uphold := stats.Around(bounds, c.limit); breach != c.breach || uphold != c.uphold {
			t.Errorf("%s: breach at %d, uphold at %d, want %d and %d", name, breach, uphold, c.breach, c.uphold)
		}
	}
}

func TestClustersAreEstimatedFromTheirSpread(t *testing.T) {
	for name, c := range map[string]struct {
		bad  []uint64
		want float64
	}{
		"no batches":             {nil, 1},
		"one batch":              {[]uint64{7}, 1},
		"nothing bad":            {[]uint64{0, 0, 0}, 1},
		"less spread than coins": {[]uint64{3, 3, 3, 3}, 1},
		"threes":                 {[]uint64{3, 0, 3, 0, 0, 6, 0, 0}, 4}, // variance 4.86, mean 1.5: 3.2
		"a burst of a hundred":   {[]uint64{0, 0, 0, 100, 0, 0}, stats.MostClustered},
	} {
		if got := stats.Cluster(c.bad); got != c.want {
			t.Errorf("%s: phi %v, want %v", name, got, c.want)
		}
	}
}

func TestAnEstimateOfClustersIsSureOnceEnoughWasSeen(t *testing.T) {
	often := func(n int, bad ...uint64) (all []uint64) {
		for i := range n {
			all = append(all, bad[i%len(bad)])
		}
		return all
	}
	for name, c := range map[string]struct {
		bad  []uint64
		want bool
	}{
		"nothing":                              {nil, false},
		"long and clean":                       {often(400, 0), false},
		"much in few batches":                  {often(29, 50, 40), false},
		"ten alone":                            {often(30, 1, 0, 0), true},
		"nine alone":                           {often(30, 1, 0, 0, 0), false},
		"clusters of five, ten of them":        {often(100, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0), true},
		"clusters of twenty, but only three":   {often(60, append(often(19, 0), 20)...), false},
		"clusters of twenty, and ten of those": {often(200, append(often(19, 0), 20)...), true},
	} {
		if got := stats.SureOfCluster(c.bad); got != c.want {
			t.Errorf("%s: sure %v of %v", name, got, stats.Cluster(c.bad))
		}
	}
}

func TestAnAnytimePIsOneOverTheGreatestEvidence(t *testing.T) {
	near(t, "p at e = 100", stats.AnytimeP(math.Log(100)), 0.01, 1e-12)
	near(t, "p at e = 1/2", stats.AnytimeP(math.Log(0.5)), 1, 0)
	near(t, "p without evidence at all", stats.AnytimeP(math.Inf(-1)), 1, 0)
}
