package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/lease"
	"github.com/poise-dev/poise/internal/sidecar"
	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/verifier"
)

// Runs are the verifications of this process, and those its record remembers.
type Runs struct {
	verifier *verifier.Verifier
	sidecar  *sidecar.Sidecar
	record   journal.Store
	beliefs  *beliefs
	// maxExposure bounds the share of requests that continuous runs fault; 0: it
	// does not.
	maxExposure float64
	log         *slog.Logger

	settling sync.Mutex
	settled  bool // runs of earlier processes have their end

	mu    sync.Mutex       // guards begun
	begun map[string]begun // by run; forgotten after its end
}

func newRuns(v *verifier.Verifier, s *sidecar.Sidecar, record journal.Store, log *slog.Logger) *Runs {
	return &Runs{
		verifier: v, sidecar: s, record: record, log: log,
		beliefs: &beliefs{record: record, byName: map[string]*belief{}, byRun: map[string]string{}, trials: map[string]*past{}},
	}
}

// begun is what a run began with.
type begun struct {
	spec      verifier.Spec
	documents string
}

// Start begins a run of the named verification and returns its id.
func (r *Runs) Start(ctx context.Context, verification string) (string, error) {
	if cause := r.sidecar.Halted(); cause != nil {
		return "", api.Refuse(http.StatusConflict, fmt.Errorf("poise is halted: %w; resume first", cause))
	}
	set := r.sidecar.Library.Set()
	trial := set.Trial(verification)
	if trial == nil {
		return "", api.Refuse(http.StatusNotFound, fmt.Errorf("there is no Verification %q%s", verification, oneOf(set)))
	}
	spec, err := verifier.Resolve(trial, r.sidecar.Listeners())
	if err != nil {
		return "", api.Refuse(http.StatusBadRequest, err)
	}
	if err := r.settle(ctx); err != nil {
		return "", api.Refuse(http.StatusServiceUnavailable, fmt.Errorf("%w: %w", verifier.ErrRecord, err))
	}
	if spec, err = r.turn(ctx, spec, time.Now()); err != nil {
		return "", api.Refuse(http.StatusServiceUnavailable, err)
	}
	if err := r.unheld(spec); err != nil {
		return "", api.Refuse(http.StatusConflict, err)
	}
	// A run goes on when whoever asked for it has left.
	run, err := r.verifier.Start(context.WithoutCancel(ctx), spec)
	if err == nil {
		r.began(run.ID, begun{spec, text(set, trial)})
		r.supersede(r.sidecar.Library.Set()) // which may have changed meanwhile
	}
	switch {
	case errors.Is(err, verifier.ErrBusy), errors.Is(err, lease.ErrHeld):
		return "", api.Refuse(http.StatusConflict, err)
	case errors.Is(err, verifier.ErrRecord), errors.Is(err, verifier.ErrClosed):
		return "", api.Refuse(http.StatusServiceUnavailable, err)
	case err != nil:
		return "", api.Refuse(http.StatusBadRequest, err)
	}
	return run.ID, nil
}

// oneOf names the verifications there are, for a message.
func oneOf(set *policies.Set) string {
	trials := set.Trials()
	if len(trials) == 0 {
		return "; no Verification is loaded"
	}
	names := make([]string, len(trials))
	for i, t := range trials {
		names[i] = t.Name
	}
	return "; there is " + strings.Join(names, ", ")
}

// List returns all runs, the newest first.
func (r *Runs) List(ctx context.Context) ([]verifier.Run, error) {
	all := r.verifier.List()
	known := map[string]bool{}
	for _, run := range all {
		known[run.ID] = true
	}
	past, err := r.past(ctx, "")
	for _, run := range past {
		if !known[run.ID] {
			all = append(all, run)
		}
	}
	slices.SortStableFunc(all, func(a, b verifier.Run) int { return b.StartedAt.Compare(a.StartedAt) })
	if err != nil && len(all) > 0 {
		r.log.Warn("earlier runs cannot be read", "error", err)
		err = nil
	}
	return all, err
}

// past returns the runs that have ended according to the record: all, or the
// one with the id.
func (r *Runs) past(ctx context.Context, id string) (runs []verifier.Run, err error) {
	for e, err := range r.record.Events(ctx, journal.Query{Kinds: []string{journal.KindRunEnded}, Run: id}) {
		if err != nil {
			return runs, err
		}
		var run verifier.Run
		if err := json.Unmarshal(e.Data, &run); err != nil {
			r.log.Warn("a run in the record cannot be read", "event", e.ID, "error", err)
			continue
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// Get returns a run as it stands.
func (r *Runs) Get(ctx context.Context, id string) (verifier.Run, error) {
	run, err := r.verifier.Get(id)
	if !errors.Is(err, verifier.ErrNoRun) {
		return run, err
	}
	past, err := r.past(ctx, id)
	if err != nil {
		return verifier.Run{}, api.Refuse(http.StatusServiceUnavailable, err)
	}
	if len(past) == 0 {
		return verifier.Run{}, api.Refuse(http.StatusNotFound, fmt.Errorf("there is no run %q", id))
	}
	return past[len(past)-1], nil
}

// Wait returns a run at its end, or as it stands when ctx ends.
func (r *Runs) Wait(ctx context.Context, id string) (verifier.Run, error) {
	run, err := r.verifier.Wait(ctx, id)
	switch {
	case errors.Is(err, verifier.ErrNoRun):
		return r.Get(ctx, id)
	case ctx.Err() != nil: // the time is up, which is no error
		err = nil
	}
	return run, err
}

// stopWait bounds how long stopping a run waits for its end: recovery may be
// measured for much longer, and goes on.
const stopWait = time.Second

// End ends a run for a reason, waits until it is over, and returns it.
func (r *Runs) End(ctx context.Context, id string, why verifier.Stop) (verifier.Run, error) {
	if err := r.verifier.Stop(id, why); err != nil {
		return verifier.Run{}, err
	}
	return r.verifier.Wait(ctx, id)
}

// unheld says whether a person's lease, or another run's, would put faults into
// the run's baseline.
func (r *Runs) unheld(spec verifier.Spec) error {
	for _, l := range r.sidecar.Leases.Leases() {
		for _, p := range spec.Policies {
			if l.Policy == p.Name && l.Run != "" {
				return fmt.Errorf("policy %q belongs to run %s: stop that run first, or wait for its end", p.Name, l.Run)
			}
			if l.Policy == p.Name {
				return fmt.Errorf("policy %q holds a lease already: end it first, or let it run out", p.Name)
			}
		}
	}
	return nil
}

// Taken says why a person may not have a lease of a policy: a run has it, also
// while its own lease has yet to begin.
func (r *Runs) Taken(policy string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, with := range r.begun {
		run, err := r.verifier.Get(id)
		if err != nil || run.State == verifier.StateDone {
			continue
		}
		for _, p := range with.spec.Policies {
			if p.Name == policy {
				return fmt.Errorf("policy %q belongs to run %s of %s: stop the run first", policy, id, run.Verification)
			}
		}
	}
	return nil
}

// stopAll ends every run that is under way.
func (r *Runs) stopAll(why verifier.Stop) {
	for _, run := range r.verifier.List() {
		if run.State == verifier.StateDone {
			continue
		}
		if err := r.verifier.Stop(run.ID, why); err != nil {
			r.log.Debug("a run to be stopped is forgotten", "run", run.ID, "error", err)
		}
	}
}

// Stop ends a run on a person's word and returns it.
func (r *Runs) Stop(ctx context.Context, id, reason string) (verifier.Run, error) {
	why := verifier.Stop{Reason: verifier.StopOperator, Text: "A person stopped the run: " + reason + "."}
	if err := r.verifier.Stop(id, why); err != nil {
		return r.Get(ctx, id)
	}
	ctx, cancel := context.WithTimeout(ctx, stopWait)
	defer cancel()
	return r.Wait(ctx, id)
}
