package stats_test

import (
	"math"
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// looks returns the log e of every test of this package after the same two
// updates, by name.
func looks(limit float64, m stats.Margin, starts stats.Starts, phi float64, treated, control stats.Batch) map[string]float64 {
	one, two, down := stats.NewOneSample(limit, starts), stats.NewTwoSample(m, limit, starts), stats.NewReverseTwoSample(m, limit)
	rate, rates := stats.NewPoisson(limit, starts), stats.NewPoissonTwoSample(m, limit, starts)
	labels, coin := stats.NewLabels(m.Ratio, starts), stats.NewCoin(starts)
	bet, back := stats.NewBet(limit, starts), stats.NewReverseBet(limit)
	latency := stats.NewExceedance(m.Ratio, []float64{0.5, limit}, starts)
	for _, test := range []interface{ Clustered(phi float64) }{one, two, down, rate, rates, labels, coin, bet, back, latency} {
		test.Clustered(phi)
	}
	for range 2 {
		one.Add(treated)
		two.Add(treated, control)
		down.Add(treated, control)
		rate.Add(stats.Count{Events: treated.Bad, Exposure: float64(treated.Requests)})
		rates.Add(stats.Count{Events: treated.Bad, Exposure: float64(treated.Requests)}, stats.Count{Events: control.Bad, Exposure: float64(control.Requests)})
		labels.Add(limit, treated.Bad, control.Bad)
		coin.Add(limit, treated.Bad, treated.Requests)
		bet.Add(treated)
		back.Add(treated)
		latency.Add([]stats.Batch{treated, treated}, []stats.Batch{control, control})
	}
	return map[string]float64{
		"one sample": one.Log(), "two samples": two.Log(), "two samples, reverse": down.Log(),
		"Poisson": rate.Log(), "Poisson, two samples": rates.Log(), "labels": labels.Log(), "coin": coin.Log(),
		"bet": bet.Log(), "bet, reverse": back.Log(), "latency": latency.Log(),
		"reverse": stats.Reverse(limit, treated), "Poisson, reverse": stats.ReversePoisson(limit, stats.Count{Events: treated.Bad, Exposure: float64(treated.Requests)}),
		"split": stats.Split(limit, treated.Bad, treated.Requests),
	}
}

func FuzzEvidenceIsAlwaysANumber(f *testing.F) {
	f.Add(0.001, 1.25, 0.0005, int16(1000), 1.0, uint64(1000), uint64(3), uint64(9000), uint64(7))
	f.Add(0.0, 1.0, 0.0, int16(0), 10.0, uint64(1e12), uint64(1e12), uint64(0), uint64(0))
	f.Add(1.0, 0.5, 0.9, int16(-5), 1.0, uint64(1e12), uint64(0), uint64(1e12), uint64(1e12))
	f.Add(0.9999999, 3.0, 0.0, int16(2), 3.0, uint64(0), uint64(0), uint64(5), uint64(9))
	f.Add(1e-9, 1e3, 1e-9, int16(-1), 1.0, uint64(1), uint64(1), uint64(1e12), uint64(1))
	f.Add(1.0/6, 3.5, 0.9, int16(28), 1.0, uint64(1e12), uint64(0), uint64(1e12), uint64(1e12))
	f.Fuzz(func(t *testing.T, limit, ratio, points float64, starts int16, phi float64, n, x, m, y uint64) {
		if !(limit >= 0 && limit <= 1 && ratio > 1e-3 && ratio < 1e3 && points >= 0 && points < 1 && phi <= 10) {
			t.Skip("nothing a document can say")
		}
		const most = 1e12
		treated, control := stats.Batch{Requests: n % (most + 1), Bad: x}, stats.Batch{Requests: m % (most + 1), Bad: y}
		for name, log := range looks(limit, stats.Margin{Ratio: ratio, Points: points}, stats.Starts(starts), phi, treated, control) {
			if math.IsNaN(log) || math.IsInf(log, 0) {
				t.Errorf("%s: log e %v", name, log)
			}
		}
	})
}

func TestMoreBadRequestsAreNeverLessEvidence(t *testing.T) {
	margin := stats.Margin{Ratio: 1.25, Points: 0.001}
	control := stats.Batch{Requests: 5000, Bad: 12}
	before := looks(0.002, margin, 10, 1, stats.Batch{Requests: 600}, control)
	for bad := uint64(1); bad <= 600; bad++ {
		now := looks(0.002, margin, 10, 1, stats.Batch{Requests: 600, Bad: bad}, control)
		for _, name := range []string{"one sample", "two samples", "bet", "latency", "Poisson", "Poisson, two samples", "labels"} {
			if now[name] < before[name] {
				t.Fatalf("%s: %v with %d bad, %v with one less", name, now[name], bad, before[name])
			}
		}
		for _, name := range []string{"two samples, reverse", "reverse", "bet, reverse", "Poisson, reverse"} {
			if now[name] > before[name] {
				t.Fatalf("%s: %v with %d bad, %v with one less", name, now[name], bad, before[name])
			}
		}
		before = now
	}
}

func TestMoreTroubleInTheControlIsNeverMoreEvidence(t *testing.T) {
	treated := stats.Batch{Requests: 1000, Bad: 20}
	last := math.Inf(1)
	for bad := uint64(0); bad <= 5000; bad += 10 {
		test := stats.NewTwoSample(stats.Alike(), 0.002, stats.Plain)
		test.Add(treated, stats.Batch{Requests: 5000, Bad: bad})
		if test.Log() > last {
			t.Fatalf("%v with %d bad in the control, %v with fewer", test.Log(), bad, last)
		}
		last = test.Log()
	}
}

func TestWithoutControlNothingIsCompared(t *testing.T) {
	test := stats.NewTwoSample(stats.Margin{Ratio: 1.25, Points: 0.001}, 0.002, stats.Plain)
	for range 100 {
		test.Add(stats.Batch{Requests: 1e9, Bad: 9e8}, stats.Batch{})
	}
	near(t, "log e", test.Log(), 0, 1e-6)
	reverse := stats.NewReverseTwoSample(stats.Margin{Ratio: 1, Points: 0.1}, 0.002)
	for range 100 {
		reverse.Add(stats.Batch{Requests: 100}, stats.Batch{})
	}
	if reverse.Log() < stats.Line(0.05) {
		t.Error("10,000 clean requests are within 10 points of any control, and need none to show it")
	}
}

func TestAnAlarmIsFollowedByANewBeginning(t *testing.T) {
	test := stats.NewOneSample(0.001, stats.Always(1000))
	test.Add(stats.Batch{Requests: 1000, Bad: 50})
	if test.Log() < stats.Line(0.01) {
		t.Fatalf("log e %v, want an alarm", test.Log())
	}
	test.Reset()
	test.Add(stats.Batch{})
	near(t, "log e after the first update", test.Log(), -math.Log(1000), 1e-12)
}
