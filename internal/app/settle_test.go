package app_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/sqlite"
	"github.com/poise-dev/poise/verifier"
)

func TestARunThatNeverEndedIsSettledAtTheNextStart(t *testing.T) {
	t.Parallel()
	dir := data(t)
	whole := open(t, dir, experiment(breaking, quick))
	whole.crowd(t)
	run := whole.wait(t, whole.start(t))
	whole.down()
	if run.Verdict != verifier.Breached {
		t.Fatalf("the run is %s: %s", run.Verdict, run.Reason)
	}
	const active = "Faults may have been active until "
	tests := []struct {
		name    string
		killed  func(verifier.Tick) bool // after this tick
		verdict verifier.Verdict
		active  bool
	}{
		{"killed before it looked once", nil, verifier.Stopped, false},
		{"killed in its baseline", func(verifier.Tick) bool { return true }, verifier.Stopped, false},
		{"killed when faults had begun", func(t verifier.Tick) bool { return t.Elapsed >= 200*time.Millisecond }, verifier.Stopped, true},
		{"killed after it had decided", func(t verifier.Tick) bool { return t.State == verifier.StateRecovering }, verifier.Breached, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := cut(t, dir, run.ID, tt.killed)
			for range 2 { // the second start finds it settled
				w := open(t, dir, "")
				ends := w.events(t, journal.KindRunEnded)
				if len(ends) != 1 {
					t.Fatalf("the timeline has %d ends of the run", len(ends))
				}
				if got := strings.Contains(ends[0].Text, active); got != tt.active {
					t.Errorf("that faults may have been active is said: %v, want %v: %s", got, tt.active, ends[0].Text)
				}
				got := w.wait(t, run.ID)
				if got.Verdict != tt.verdict || got.EndedAt.IsZero() {
					t.Errorf("the run is %s (%s): %s", got.Verdict, got.StopReason, got.Reason)
				}
				if got.Verdict == verifier.Stopped && got.StopReason != verifier.StopShutdown {
					t.Errorf("it was stopped for the reason %s", got.StopReason)
				}
				w.told(t, got)
				w.judgedAgain(t, got)
				w.faultless(t)
				w.down()
			}
			intact(t, dir)
		})
	}
}

// intact checks the chain of a record.
func intact(t *testing.T, dir string) {
	t.Helper()
	record, err := sqlite.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = record.Close() }()
	if _, err := journal.Verify(record.Events(t.Context(), journal.Query{}), journal.Mark{}); err != nil {
		t.Error(err)
	}
}

// cut returns a record like that of the run in dir, as it was when the process
// was killed after the first tick that killed picks; nil: before any.
func cut(t *testing.T, dir, run string, killed func(verifier.Tick) bool) string {
	t.Helper()
	whole, err := sqlite.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = whole.Close() }()
	into := data(t)
	part, err := sqlite.Open(into, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = part.Close() }()

	var last time.Time
	for text, err := range whole.Ticks(t.Context(), run) {
		if err != nil || killed == nil {
			break
		}
		var tick verifier.Tick
		if err := json.Unmarshal(text, &tick); err != nil {
			t.Fatal(err)
		}
		if err := part.AppendTick(t.Context(), run, tick.Seq, text); err != nil {
			t.Fatal(err)
		}
		if last = tick.At; killed(tick) {
			break
		}
	}
	for e, err := range whole.Events(t.Context(), journal.Query{Run: run}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind != journal.KindRunStarted && e.At.After(last) {
			break
		}
		if _, err := part.Append(t.Context(), journal.Event{
			At: e.At, Source: e.Source, Kind: e.Kind, Subject: e.Subject, Run: e.Run, Text: e.Text, Data: e.Data,
		}); err != nil {
			t.Fatal(err)
		}
	}
	return into
}
