package stats_test

import (
	"testing"

	"github.com/poise-dev/poise/verifier/stats"
)

// guards is how many a tick judges in the benchmarks: far more than anybody has.
const guards = 10_000

// Each iteration is one tick: every guard takes a batch, and all are combined
// and held against the line.
func benchmarkTick(b *testing.B, add func(i int) (log func() float64, tick func(bad uint64))) {
	b.Helper()
	ticks, logs := make([]func(uint64), guards), make([]func() float64, guards)
	for i := range guards {
		logs[i], ticks[i] = add(i)
	}
	evidence := make([]stats.Evidence, guards)
	b.ReportAllocs()
	halted := 0
	for n := uint64(0); b.Loop(); n++ {
		for i, tick := range ticks {
			tick((n + uint64(i)) % 97 / 96) // one bad request in 97 batches
			evidence[i] = stats.Evidence{Weight: 1.0 / guards, Log: logs[i]()}
		}
		if stats.Combine(evidence) >= stats.Line(0.01) {
			halted++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/guards, "ns/guard")
}

func BenchmarkTickOfOneSample(b *testing.B) {
	benchmarkTick(b, func(int) (func() float64, func(uint64)) {
		test := stats.NewOneSample(0.005, stats.Always(10_000))
		return test.Log, func(bad uint64) { test.Add(stats.Batch{Requests: 100, Bad: bad}) }
	})
}

func BenchmarkTickOfTwoSample(b *testing.B) {
	benchmarkTick(b, func(int) (func() float64, func(uint64)) {
		test := stats.NewTwoSample(stats.Margin{Ratio: 1.25, Points: 0.0025}, 0.005, stats.Always(10_000))
		return test.Log, func(bad uint64) {
			test.Add(stats.Batch{Requests: 10, Bad: bad}, stats.Batch{Requests: 90, Bad: bad})
		}
	})
}

func BenchmarkTickOfPoisson(b *testing.B) {
	benchmarkTick(b, func(int) (func() float64, func(uint64)) {
		test := stats.NewPoisson(0.1, stats.Always(10_000))
		return test.Log, func(bad uint64) { test.Add(stats.Count{Events: bad, Exposure: 1}) }
	})
}
