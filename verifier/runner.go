package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// runner is the loop of one run. Each turn goes
//
//	beat → read → judge → (revoke) → record → renew
//
// in that order: a renewal rests on counts that are newer than its beat and on
// a record that is durable, and an end waits for neither.
type runner struct {
	spec      Spec
	judge     *Judge
	watch     Watch
	reader    *reader
	permit    *permit
	chronicle *chronicle
	log       *slog.Logger
	now       func() time.Time
	refused   func(error) string
	stop      context.CancelCauseFunc

	began    time.Time
	seq      int
	counts   Counts // newest that were read
	blind    bool   // the last reading failed
	state    State
	share    float64 // in force; 0: that of each policy
	armed    bool    // the policies are on record
	recorded bool    // the deciding tick is durable
	broken   bool    // the record failed

	done chan struct{}
	mu   sync.Mutex
	run  Run
}

// loop runs until the run is done. The context's end stops the run at once: the
// leases end before anything else is looked at.
func (r *runner) loop(ctx context.Context) {
	defer close(r.done)
	defer r.reader.close()
	release := context.AfterFunc(ctx, func() { r.permit.close(stopOf(ctx)) })
	defer release()
	beat := time.NewTicker(r.spec.Interval)
	defer beat.Stop()
	over := ctx.Done()
	for r.turn(ctx) {
		select {
		case <-beat.C:
		case <-over:
			over = nil // told once; what follows keeps time
		}
	}
	r.permit.close(errors.New("the run is over"))
}

// turn judges once, and says whether there is more to do.
func (r *runner) turn(ctx context.Context) bool {
	got := r.read(ctx)
	t := r.tick(ctx)
	j := r.judge.Step(t)
	r.yield(j)
	r.enter(j.State)
	if err := r.record(ctx, t, j); err != nil {
		r.unrecorded(err)
	} else if j.State == StateInjecting && len(r.permit.policies) > 0 {
		r.draw(j.Share)
		r.inject(ctx, j, got.beat)
	}
	r.publish()
	if r.state != StateDone {
		return true
	}
	r.tellEnd(ctx)
	return false
}

// read asks for counts. What was read last stays, and grows old, when nothing
// comes. A run that was stopped is read to its end.
func (r *runner) read(ctx context.Context) reading {
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	got := r.reader.read(ctx)
	if got.err != nil {
		if !r.blind && ctx.Err() == nil {
			r.log.Warn("counts cannot be read", "run", r.spec.Run, "error", got.err)
		}
		r.blind = true
		return got
	}
	r.blind = false
	r.counts = got.counts
	r.counts.Objectives = slices.Clone(r.counts.Objectives)
	return got
}

// tick composes what is judged. Recorded instants are those of the wall clock;
// Elapsed and Age come from one that nobody sets.
func (r *runner) tick(ctx context.Context) Tick {
	now := r.now()
	newest := r.counts.At
	if newest.IsZero() {
		newest = r.began
	}
	r.seq++
	t := Tick{
		Seq: r.seq, At: now.Round(0), Elapsed: now.Sub(r.began), Age: max(now.Sub(newest), 0),
		State: r.state, Counts: r.counts,
	}
	for _, at := range []*time.Time{&t.Counts.At, &t.Counts.FirstFault, &t.Counts.LastFault} {
		*at = at.Round(0)
	}
	if r.spec.Closed != nil {
		t.Closed = r.spec.Closed(now)
	}
	if ctx.Err() != nil {
		t.Stop = stopOf(ctx)
	}
	return t
}

// stopOf returns why the context ended: a Stop, or a person who interrupted.
func stopOf(ctx context.Context) *Stop {
	if s, ok := errors.AsType[*Stop](context.Cause(ctx)); ok {
		return s
	}
	text := "The run was interrupted"
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		text += ": " + cause.Error()
	}
	return &Stop{Reason: StopOperator, Text: sentence(text)}
}

// yield ends the leases when the judgement says so, before anything is written.
func (r *runner) yield(j Judgement) {
	switch {
	case j.Decision != nil:
		r.permit.close(errors.New(j.Revoke))
	case j.Revoke != "":
		r.permit.revoke(errors.New(j.Revoke))
	}
}

// enter tells the data plane which population requests belong to from now on.
func (r *runner) enter(s State) {
	if s != r.state {
		r.state = s
		r.watch.Phase(s)
	}
}

// draw tells the data plane what share of requests meets the fault from now on.
func (r *runner) draw(share float64) {
	if share > 0 && share != r.share {
		r.share = share
		r.watch.Share(share)
	}
}

// record makes a judgement durable: its counts, what happened, and the leases
// that ended. After the verdict is durable, failing is logged only.
func (r *runner) record(ctx context.Context, t Tick, j Judgement) error {
	if r.broken {
		return nil
	}
	err := r.chronicle.tick(ctx, t)
	if err == nil && j.Decision != nil {
		r.recorded = true
	}
	if err == nil {
		err = r.chronicle.tell(ctx, j.Events...)
	}
	if err == nil {
		err = r.tellEndings(ctx)
	}
	if err != nil && r.recorded {
		r.log.Error("the end of a run is not in the record", "run", r.spec.Run, "error", err)
		r.broken = true
		return nil
	}
	return err
}

func (r *runner) tellEndings(ctx context.Context) error {
	for _, e := range r.permit.ended() {
		event := Event{
			At: e.at, Kind: KindLeaseRevoked, Subject: r.spec.Verification,
			Text: sentence("The faults are off: " + e.cause.Error()),
			Data: LeaseRevoked{Policies: r.permit.policies, Cause: e.cause.Error()},
		}
		if err := r.chronicle.tell(ctx, event); err != nil {
			return err
		}
	}
	return nil
}

// unrecorded stops the run: without a record there are no faults, and no
// verdict.
func (r *runner) unrecorded(err error) {
	r.log.Error("the run cannot be recorded", "run", r.spec.Run, "error", err)
	r.permit.close(err)
	r.broken = true
	r.judge.withdraw(sentence("What happens cannot be recorded: " + err.Error()))
	r.enter(r.judge.state)
}

// inject renews the leases. Before the first time it is on record with what,
// and until when.
func (r *runner) inject(ctx context.Context, j Judgement, beat time.Duration) {
	if !r.armed {
		if err := r.arm(ctx); err != nil {
			r.unrecorded(err)
			return
		}
	}
	if !j.Renew {
		return
	}
	granted, err := r.permit.renew(beat, j.Faults)
	if err != nil {
		r.stop(&Stop{Reason: r.refused(err), Text: sentence("The lease was refused: " + err.Error())})
		return
	}
	if !granted {
		return
	}
	event := Event{
		Kind: KindLeaseGranted, Subject: r.spec.Verification,
		Data: LeaseGranted{Policies: r.permit.policies, TTL: Seconds(r.spec.Lease)},
		Text: fmt.Sprintf("The faults of %s may be injected, for %s after each look at the counts.",
			strings.Join(r.permit.policies, ", "), inSeconds(r.spec.Lease)),
	}
	if err := r.chronicle.tell(ctx, event); err != nil {
		r.unrecorded(err)
	}
}

// arm records every policy with its fault and the end of the run.
func (r *runner) arm(ctx context.Context) error {
	until := r.now().Add(r.spec.Duration).Round(0)
	for _, p := range r.spec.Policies {
		if r.share > 0 {
			p.Share = r.share
		}
		event := Event{
			Kind: KindPolicyArmed, Subject: p.Name, Data: PolicyArmed{Policy: p, Until: until},
			Text: fmt.Sprintf("%s is armed: %s for %s of the requests it matches, until %s at the latest.",
				p.Name, p.Fault, percent(p.Share), until.UTC().Format(time.TimeOnly+" UTC")),
		}
		if err := r.chronicle.tell(ctx, event); err != nil {
			return err
		}
	}
	r.armed = true
	return nil
}

// tellEnd closes the run in the record.
func (r *runner) tellEnd(ctx context.Context) {
	run := r.snapshot()
	event := Event{
		At: run.EndedAt, Kind: KindRunEnded, Subject: run.Verification, Data: run,
		Text: fmt.Sprintf("The run of %s ended: %s.", run.Verification, run.Verdict),
	}
	if err := r.chronicle.tell(ctx, event); err != nil {
		r.log.Error("the end of a run is not in the record", "run", run.ID, "error", err)
	}
}

// publish makes the run as it stands visible.
func (r *runner) publish() {
	run := r.judge.Run()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run = run
}

func (r *runner) snapshot() Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.run
}
