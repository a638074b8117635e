package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/verifier"
)

// untoldEvery is how often the ends that could not be recorded are tried again.
const untoldEvery = 10 * time.Second

// tellUntold records the ends of runs that the record did not take when they
// came, such as those a full disk stopped, until ctx ends.
func (r *Runs) tellUntold(ctx context.Context) {
	ticker := time.NewTicker(untoldEvery)
	defer ticker.Stop()
	told := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.tellOnce(ctx, told)
		}
	}
}

// tellOnce tries every end once. Those that are known to be recorded are noted
// in told.
func (r *Runs) tellOnce(ctx context.Context, told map[string]bool) {
	for _, run := range r.verifier.List() {
		if run.State != verifier.StateDone || run.StopReason != verifier.StopRecord || told[run.ID] {
			continue
		}
		past, err := r.past(ctx, run.ID)
		if err == nil && len(past) == 0 {
			err = r.tellEnd(ctx, run)
		}
		if err != nil {
			r.log.Debug("the end of a run is not recorded yet", "run", run.ID, "error", err)
			continue
		}
		told[run.ID] = true
	}
}

func (r *Runs) tellEnd(ctx context.Context, run verifier.Run) error {
	data, err := json.Marshal(run)
	if err != nil {
		return err
	}
	_, err = r.sidecar.Append(ctx, journal.Event{
		At: run.EndedAt, Kind: journal.KindRunEnded, Source: journal.SourcePoise, Subject: run.Verification, Run: run.ID,
		Text: "The run ended while nothing could be recorded: " + run.Reason, Data: data,
	})
	return err
}
