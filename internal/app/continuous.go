package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
)

// Continuous verifications are runs that nobody starts: one after the other,
// each with one policy, within their hours and their budget. What earlier runs
// have spent, and whose turn it is, is read from the record, so that a restart
// forgets nothing.

// askEvery is how often it is asked whether a run is due.
const askEvery = time.Second

// keepUp starts continuous runs when they are due, until ctx ends.
func (r *Runs) keepUp(ctx context.Context) {
	asking := time.NewTicker(askEvery)
	defer asking.Stop()
	said := map[string]string{} // why a verification is not started, as it was last told
	for {
		for _, trial := range r.sidecar.Library.Set().Trials() {
			if trial.Mode == policies.ModeContinuous {
				r.consider(ctx, trial, said)
			}
		}
		select {
		case <-asking.C:
		case <-ctx.Done():
			return
		}
	}
}

// consider starts a run when one is due, and says once why it is not.
func (r *Runs) consider(ctx context.Context, trial *policies.Trial, said map[string]string) {
	err := r.due(ctx, trial, time.Now())
	if err == nil {
		_, err = r.Start(ctx, trial.Name)
	}
	why := ""
	if err != nil {
		why = err.Error()
	}
	if said[trial.Name] != why && why != "" && ctx.Err() == nil {
		r.log.Info("a continuous verification is not started", "verification", trial.Name, "reason", why)
	}
	said[trial.Name] = why
}

// due says why no run of a continuous verification is to be started now, or
// nil.
func (r *Runs) due(ctx context.Context, trial *policies.Trial, now time.Time) error {
	if cause := r.sidecar.Halted(); cause != nil {
		return fmt.Errorf("poise is halted: %w", cause)
	}
	if closed := trial.Calendar.Closed(now); closed != "" {
		return errors.New(closed)
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	if err := r.unattended(ctx, trial.Belief.Name); err != nil {
		return err
	}
	past, err := r.beliefs.runsOf(ctx, trial.Name)
	if err != nil {
		return err
	}
	return past.rests(now)
}

// rests says why the next run has to wait, or nil.
func (p past) rests(now time.Time) error {
	if p.under {
		return errors.New("a run of it is under way")
	}
	if p.last.StopReason == verifier.StopOperator {
		return errors.New("a person stopped its last run: start it once, and it goes on by itself")
	}
	if until := p.last.EndedAt.Add(pause(p.last)); now.Before(until) {
		return fmt.Errorf("its last run was %s: the next begins after %s", p.last.Verdict, until.UTC().Format(time.TimeOnly+" UTC"))
	}
	return nil
}

// pause is how long after a run the next one begins.
func pause(last verifier.Run) time.Duration {
	switch {
	case last.StopReason == verifier.StopBudget:
		return time.Hour // the window moves on slowly
	case last.Verdict == verifier.Upheld, last.StopReason == verifier.StopHours,
		last.StopReason == verifier.StopShutdown, last.StopReason == verifier.StopSuperseded:
		return 0
	default:
		return 10 * time.Minute
	}
}

// turn gives a continuous run the policy whose turn it is, and what earlier runs
// have spent of its budget.
func (r *Runs) turn(ctx context.Context, spec verifier.Spec, now time.Time) (verifier.Spec, error) {
	if !spec.Continuous {
		return spec, nil
	}
	past, err := r.beliefs.runsOf(ctx, spec.Verification)
	if err != nil {
		return spec, err
	}
	i := past.runs % len(spec.Policies)
	spec.Policies = spec.Policies[i : i+1]
	if r.maxExposure > 0 {
		spec.Ramp = []verifier.Rung{{Share: min(spec.Ramp[0].Share, r.maxExposure)}}
	}
	budget := *spec.Budget
	for _, s := range past.spent {
		if s.at.After(now.Add(-budget.Window)) {
			budget.Spent += s.bad
		}
	}
	spec.Budget = &budget
	return spec, nil
}

// errQuarantined says that a belief is not run by itself.
var errQuarantined = errors.New("quarantined since it was breached, until a person acknowledges it")

// unattended says why a belief may not be run by itself, or nil. A person may
// always run it.
func (r *Runs) unattended(ctx context.Context, name string) error {
	known, err := r.beliefs.of(ctx, name)
	if err != nil {
		return err
	}
	if known.breach != "" {
		return fmt.Errorf("hypothesis %q: %w: %s", name, errQuarantined, known.breach)
	}
	return nil
}
