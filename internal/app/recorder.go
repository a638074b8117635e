package app

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/verifier"
)

// recorder makes the words of the verifier durable.
type recorder struct {
	events *sidecar.Sidecar // which asks the record for a halt first
	ticks  journal.Writer
}

// Event implements [verifier.Recorder].
func (r *recorder) Event(ctx context.Context, e verifier.Event) (string, error) {
	var data json.RawMessage
	if e.Data != nil {
		text, err := json.Marshal(e.Data)
		if err != nil {
			return "", fmt.Errorf("record %s: %w", e.Kind, err)
		}
		data = text
	}
	if e.Kind == verifier.KindDecision {
		if d, ok := e.Data.(verifier.Decision); ok && d.Verdict == verifier.Breached {
			r.events.CountHalt("breached")
		}
	}
	kept, err := r.events.Append(ctx, journal.Event{
		At: e.At, Source: journal.SourceVerifier, Kind: e.Kind, Subject: e.Subject, Run: e.Run,
		Text: e.Text, Data: data, Because: e.Because,
	})
	return kept.ID, err
}

// Tick implements [verifier.Recorder].
func (r *recorder) Tick(ctx context.Context, run string, t verifier.Tick) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("record tick %d: %w", t.Seq, err)
	}
	return r.ticks.AppendTick(ctx, run, t.Seq, text)
}
