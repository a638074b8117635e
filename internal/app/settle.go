package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// settle looks, once and before the first run, for runs that the record saw
// begin and never end: the process that judged them was killed. It says so in
// the timeline, and what may have been active until when. Nothing is resumed.
//
// On an error, such as a full disk, it is to be called again.
func (r *Runs) settle(ctx context.Context) error {
	r.settling.Lock()
	defer r.settling.Unlock()
	if r.settled {
		return nil
	}
	open, err := r.unfinished(ctx)
	if err != nil {
		return fmt.Errorf("look for runs that never ended: %w", err)
	}
	for _, spec := range open {
		if err := r.bury(ctx, spec); err != nil {
			return fmt.Errorf("record that run %s never ended: %w", spec.Run, err)
		}
	}
	r.settled = true
	return nil
}

// unfinished returns the specs of the runs without an end.
func (r *Runs) unfinished(ctx context.Context) ([]verifier.Spec, error) {
	var begun []verifier.Spec
	ended := map[string]bool{}
	kinds := []string{journal.KindRunStarted, journal.KindRunEnded}
	for e, err := range r.record.Events(ctx, journal.Query{Kinds: kinds}) {
		if err != nil {
			return nil, err
		}
		if e.Kind == journal.KindRunEnded {
			ended[e.Run] = true
			continue
		}
		var spec verifier.Spec
		if err := json.Unmarshal(e.Data, &spec); err != nil {
			r.log.Warn("the start of a run in the record cannot be read", "event", e.ID, "error", err)
			continue
		}
		begun = append(begun, spec)
	}
	var open []verifier.Spec
	for _, spec := range begun {
		if !ended[spec.Run] {
			open = append(open, spec)
		}
	}
	return open, nil
}

// bury records the end of a run that never had one.
func (r *Runs) bury(ctx context.Context, spec verifier.Spec) error {
	run, last, err := r.lastSeen(ctx, spec)
	if err != nil {
		return err
	}
	run.State, run.Verdict, run.StopReason = verifier.StateDone, verifier.Stopped, verifier.StopShutdown
	run.EndedAt = last
	run.Reason = "The process that judged this run ended without a word."
	if until := last.Add(spec.Lease); !run.FirstFaultAt.IsZero() {
		run.Reason += fmt.Sprintf(" Faults may have been active until %s, when its last lease ended by itself.",
			until.UTC().Format(time.TimeOnly+".000 MST"))
	}
	data, err := json.Marshal(run)
	if err != nil {
		return err
	}
	r.log.Warn("a run never ended", "run", spec.Run, "verification", spec.Verification, "reason", run.Reason)
	_, err = r.sidecar.Append(ctx, journal.Event{
		At: last, Kind: journal.KindRunEnded, Source: journal.SourcePoise, Subject: spec.Verification, Run: spec.Run,
		Text: run.Reason, Data: data,
	})
	return err
}

// lastSeen judges a run as far as its record goes, and returns when that was.
func (r *Runs) lastSeen(ctx context.Context, spec verifier.Spec) (verifier.Run, time.Time, error) {
	texts, err := journal.Collect(r.record.Ticks(ctx, spec.Run))
	if err != nil {
		return verifier.Run{}, time.Time{}, err
	}
	first, err := journal.Collect(r.record.Events(ctx, journal.Query{Run: spec.Run, Limit: 1}))
	if err != nil || len(first) == 0 {
		return verifier.Run{}, time.Time{}, err
	}
	begun := verifier.Run{
		ID: spec.Run, Verification: spec.Verification, Hypothesis: spec.Hypothesis, StartedAt: first[0].At,
	}
	ticks := make([]verifier.Tick, len(texts))
	for i, text := range texts {
		if err := json.Unmarshal(text, &ticks[i]); err != nil {
			return begun, first[0].At, nil //nolint:nilerr // what can be read is enough to say that it ended
		}
	}
	if len(ticks) == 0 {
		return begun, first[0].At, nil
	}
	last := ticks[len(ticks)-1]
	run, err := verifier.Replay(spec, ticks)
	if err != nil {
		run = begun
	}
	run.StartedAt, run.FirstFaultAt, run.LastFaultedAt = begun.StartedAt, last.Counts.FirstFault, last.Counts.LastFault
	return run, last.At, nil
}
