package journaltest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
)

// Benchmark measures one durable append of an event of usual size, as the
// median and the 99th percentile.
func (s Subject) Benchmark(b *testing.B) {
	store, err := s.Open(b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	e := journal.Event{
		Source: journal.SourceVerifier, Kind: journal.KindDecision, Subject: "checkout-slow-payment", Run: "r1",
		Text: strings.Repeat("word ", 20), Data: json.RawMessage(`{"evidence":1043.7,"requests":1850,"bad":13}`), Because: []string{"e1"},
	}
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := store.Append(b.Context(), e); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
