package app

import (
	"context"
	"math"
	"time"

	"github.com/poise-dev/poise/verifier"
	"github.com/poise-dev/poise/verifier/stats"
)

// Moment is a run as it stands, with how far it is from either line.
type Moment struct {
	verifier.Run
	// Against is the combined evidence against the belief, as an e-value; it
	// halts at Line.
	Against, Line float64
	// For is the way to an upheld verdict, in [0,1].
	For float64
}

// lookEvery is how often a run under way is shown.
const lookEvery = 150 * time.Millisecond

// Watch shows a run of this process again and again until it is done, and
// returns it then. When ctx ends first it returns the run as it stands.
func (r *Runs) Watch(ctx context.Context, id string, show func(Moment)) (verifier.Run, error) {
	for {
		look, cancel := context.WithTimeout(ctx, lookEvery)
		run, err := r.Wait(look, id)
		cancel()
		if err != nil {
			return run, err
		}
		show(r.moment(run))
		if over := run.State == verifier.StateDone || ctx.Err() != nil; over {
			return run, nil
		}
	}
}

// moment completes a run with how far it has come.
func (r *Runs) moment(run verifier.Run) Moment {
	r.mu.Lock()
	spec := r.begun[run.ID].spec
	r.mu.Unlock()
	m := Moment{Run: run, Line: 1 / spec.Alpha, For: 1}
	deciding := 0.0
	for _, o := range spec.Objectives {
		if o.Advisory {
			continue
		}
		for _, g := range run.Guards {
			if g.Objective != o.Name {
				continue
			}
			m.Against += g.Evidence
			deciding++
			if g.Guard == verifier.GuardFaultArm {
				m.For = min(m.For, way(o, spec.Beta, g))
			}
		}
	}
	if deciding > 0 { // guards have equal weights
		m.Against /= deciding
	}
	return m
}

// way returns how far the reverse evidence of an objective has come, on a log
// scale.
func way(o verifier.ObjectiveSpec, beta float64, g verifier.Guard) float64 {
	e := stats.Reverse(o.Tolerance, stats.Batch{Requests: g.Requests, Bad: g.Bad})
	return math.Max(0, math.Min(1, e/stats.Line(beta)))
}
