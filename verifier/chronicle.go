package verifier

import (
	"context"
	"fmt"
	"time"
)

// chronicle writes a run into the record, and knows what led to what.
type chronicle struct {
	recorder Recorder
	run      string
	limit    time.Duration // longest time one entry may take
	// ids are those of the newest events, by kind.
	ids map[string][]string
}

// causes returns the kinds of event that may have led to one of this kind, the
// nearest first.
func causes(kind string) []string {
	switch kind {
	case KindRunStarted:
		return nil
	case KindSourceBack:
		return []string{KindSourceStale, KindRunStarted}
	case KindPolicyArmed:
		return []string{KindBaselineHeld, KindRunStarted}
	case KindLeaseGranted:
		return []string{KindPolicyArmed, KindRunStarted}
	case KindFaultFirst:
		return []string{KindLeaseGranted, KindRunStarted}
	case KindLeaseRevoked:
		return []string{KindDecision, KindSourceStale, KindFaultFirst, KindLeaseGranted, KindRunStarted}
	case KindDecision:
		return []string{KindSourceStale, KindFaultFirst, KindLeaseGranted, KindBaselineHeld, KindRunStarted}
	case KindFaultLast:
		return []string{KindLeaseRevoked, KindDecision, KindRunStarted}
	case KindRecovered:
		return []string{KindFaultLast, KindDecision, KindRunStarted}
	case KindRunEnded:
		return []string{KindDecision, KindRunStarted}
	default:
		return []string{KindRunStarted}
	}
}

// tell records events, in order, and stops at the first that cannot be
// recorded.
func (c *chronicle) tell(ctx context.Context, events ...Event) error {
	for _, e := range events {
		if err := c.add(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (c *chronicle) add(ctx context.Context, e Event) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.limit)
	defer cancel()
	e.Run = c.run
	for _, kind := range causes(e.Kind) {
		if ids := c.ids[kind]; len(ids) > 0 {
			e.Because = ids
			break
		}
	}
	id, err := c.recorder.Event(ctx, e)
	if err != nil {
		return fmt.Errorf("%w: event %s: %w", ErrRecord, e.Kind, err)
	}
	c.remember(e.Kind, id)
	return nil
}

// remember keeps the id for what follows. A source that is back no longer
// explains anything; several policies are armed together.
func (c *chronicle) remember(kind, id string) {
	switch kind {
	case KindSourceBack:
		delete(c.ids, KindSourceStale)
	case KindPolicyArmed:
		c.ids[kind] = append(c.ids[kind], id)
	default:
		c.ids[kind] = []string{id}
	}
}

// tick records what was judged.
func (c *chronicle) tick(ctx context.Context, t Tick) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.limit)
	defer cancel()
	if err := c.recorder.Tick(ctx, c.run, t); err != nil {
		return fmt.Errorf("%w: tick %d: %w", ErrRecord, t.Seq, err)
	}
	return nil
}
