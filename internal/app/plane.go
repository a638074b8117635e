package app

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
	"github.com/poise-dev/poise/verifier"
)

// plane shows the engine to the verifier.
type plane struct{ engine *fault.Engine }

// Watch implements [verifier.Plane].
func (p plane) Watch(spec verifier.Spec) (verifier.Watch, error) {
	ask := fault.WatchSpec{Run: spec.Run, Canary: spec.Populations}
	for _, o := range spec.Objectives {
		if o.Compiled == nil {
			return nil, fmt.Errorf("objective %q is not compiled", o.Name)
		}
		ask.Promises = append(ask.Promises, fault.WatchedPromise{Promise: o.Compiled, Listener: o.Listener})
	}
	for _, policy := range spec.Policies {
		ask.Policies = append(ask.Policies, policy.Name)
	}
	w, err := p.engine.Watch(ask)
	if errors.Is(err, fault.ErrBusy) {
		return nil, fmt.Errorf("%w: %w", verifier.ErrBusy, err)
	}
	if err != nil {
		return nil, err
	}
	return watch{w}, nil
}

// watch shows a watch of the engine to the verifier.
type watch struct{ *fault.Watch }

// Phase implements [verifier.Watch].
func (w watch) Phase(s verifier.State) {
	switch s {
	case verifier.StateBaseline:
		w.Watch.Phase(fault.PhaseBaseline)
	case verifier.StateInjecting:
		w.Watch.Phase(fault.PhaseInjecting)
	default:
		w.Watch.Phase(fault.PhaseIdle)
	}
}

// Share implements [verifier.Watch].
func (w watch) Share(share float64) {
	w.Watch.Share(policies.Percent(math.Round(share * policies.Whole)))
}

// Read implements [verifier.Watch].
func (w watch) Read(ctx context.Context) (verifier.Counts, error) {
	if err := ctx.Err(); err != nil {
		return verifier.Counts{}, err
	}
	c := w.Watch.Read()
	out := verifier.Counts{
		At:          c.At,
		Begun:       c.Begun,
		Fault:       verifier.Tally(c.Fault),
		Control:     verifier.Tally(c.Control),
		Before:      verifier.Tally(c.Before),
		BeforeDrawn: c.BeforeDrawn,
		Offered:     c.Offered,
		Drawn:       c.Drawn,
		Delivered:   c.Delivered,
		Released:    c.Released,
		Held:        c.Held,
		Active:      c.Active,
		FirstFault:  c.FirstFault,
		LastFault:   c.LastFault,
		Followed:    c.Followed,
		Unfollowed:  c.Unfollowed,
		DelaySum:    c.DelaySum,
	}
	for _, p := range c.Promises {
		out.Objectives = append(out.Objectives, verifier.ObjectiveCounts{
			All:     verifier.Tally(p.All),
			Fault:   verifier.Tally(p.Fault),
			Control: verifier.Tally(p.Control),
			Before:  verifier.Tally(p.Before),
			Pending: p.Pending,
		})
	}
	return out, nil
}
