package app

import (
	"context"
	"encoding/json"
	"errors"
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

// bury records the end of a run that never had one: a last tick that stops it,
// so that its verdict can be judged again like any other, and run.ended.
func (r *Runs) bury(ctx context.Context, spec verifier.Spec) error {
	first, err := journal.Collect(r.record.Events(ctx, journal.Query{Run: spec.Run, Limit: 1}))
	if err != nil || len(first) == 0 {
		return err
	}
	texts, err := journal.Collect(r.record.Ticks(ctx, spec.Run))
	if err != nil {
		return err
	}
	last, run, err := closing(spec, first[0].At, texts)
	if err != nil {
		r.log.Warn("what was counted in a run cannot be read", "run", spec.Run, "error", err)
	} else {
		text, err := json.Marshal(last)
		if err != nil {
			return err
		}
		if err := r.record.AppendTick(ctx, spec.Run, last.Seq, text); err != nil {
			return err
		}
	}
	data, err := json.Marshal(run)
	if err != nil {
		return err
	}
	r.log.Warn("a run never ended", "run", spec.Run, "verification", spec.Verification, "reason", last.Stop.Text)
	_, err = r.sidecar.Append(ctx, journal.Event{
		At: last.At, Kind: journal.KindRunEnded, Source: journal.SourcePoise, Subject: spec.Verification, Run: spec.Run,
		Text: last.Stop.Text, Data: data,
	})
	return err
}

// closing returns the tick that ends a run where its record breaks off, and the
// run it ends. A verdict that was reached before stays. With an error the run is
// one of which nothing is known but that it began.
func closing(spec verifier.Spec, began time.Time, texts []json.RawMessage) (last verifier.Tick, run verifier.Run, err error) {
	ticks := make([]verifier.Tick, len(texts))
	for i, text := range texts {
		err = errors.Join(err, json.Unmarshal(text, &ticks[i]))
	}
	last = verifier.Tick{At: began, State: verifier.StateBaseline}
	if len(ticks) > 0 && err == nil {
		last = ticks[len(ticks)-1]
		run, err = verifier.Replay(spec, ticks)
		last.State = run.State
	}
	last.Seq = len(ticks) + 1
	last.Stop = &verifier.Stop{Reason: verifier.StopShutdown, Text: brokenOff(last, spec.Lease)}
	if err == nil {
		run, err = verifier.Replay(spec, append(ticks, last))
	}
	if err != nil {
		run = verifier.Run{
			ID: spec.Run, Verification: spec.Verification, Hypothesis: spec.Hypothesis,
			Verdict: verifier.Stopped, StopReason: verifier.StopShutdown, Reason: last.Stop.Text,
		}
	}
	run.State, run.StartedAt, run.EndedAt = verifier.StateDone, began, last.At
	if run.LastFaultedAt.IsZero() {
		run.LastFaultedAt = last.Counts.LastFault
	}
	return last, run, err
}

// brokenOff says that a run ended without a word. Its leases were renewed after
// its last tick at most, if that left it injecting.
func brokenOff(last verifier.Tick, lease time.Duration) string {
	const text = "The process that judged this run ended without a word."
	if last.State != verifier.StateInjecting {
		return text
	}
	return fmt.Sprintf("%s Faults may have been active until %s, when its last lease ended by itself.",
		text, last.At.Add(lease).UTC().Format(time.TimeOnly+".000 MST"))
}
