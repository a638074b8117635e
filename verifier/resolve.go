package verifier

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/poise-dev/poise/policies"
)

// Resolve makes a compiled verification ready to run beside the listeners there
// are. It reports all that is wrong at once. Spec.Run is left to whoever starts
// it.
func Resolve(trial *policies.Trial, listeners []string) (Spec, error) {
	spec := Spec{
		Verification: trial.Name,
		Hypothesis:   trial.Belief.Name, Belief: trial.Belief.Statement, Why: trial.Belief.Why, Owner: trial.Belief.Owner,
		Baseline: trial.Baseline, Duration: trial.Duration, Recovery: trial.Recovery,
		Interval: trial.Interval, Lease: trial.Lease,
		Alpha: trial.Alpha, Beta: trial.Beta, MinBad: uint64(max(trial.MinBad, 1)),
	}
	if trial.Calendar != nil {
		spec.Closed = trial.Calendar.Closed
	}
	problems := resolveTimes(spec)
	for _, promise := range trial.Belief.Promises {
		o, err := resolveObjective(promise, listeners)
		problems = append(problems, err)
		spec.Objectives = append(spec.Objectives, o)
	}
	for _, p := range trial.Policies {
		s, err := resolvePolicy(p, listeners)
		problems = append(problems, err)
		spec.Policies = append(spec.Policies, s)
	}
	for _, step := range trial.Ramp {
		spec.Ramp = append(spec.Ramp, Rung{Share: step.Share.Ratio(), For: step.For})
	}
	if !slices.ContainsFunc(spec.Objectives, func(o ObjectiveSpec) bool { return !o.Advisory }) {
		problems = append(problems, fmt.Errorf("hypothesis %q: no objective decides: leave out advisory on at least one", spec.Hypothesis))
	}
	if trial.Budget != nil {
		spec.Continuous = true
		spec.Budget = &BudgetSpec{Window: trial.Budget.Window, Spend: trial.Budget.Spend, Reserve: trial.Budget.Reserve}
		spec.Ramp = []Rung{{Share: trial.Budget.MaxRate.Ratio()}}
		for _, p := range spec.Policies {
			spec.Ramp[0].Share = min(spec.Ramp[0].Share, p.Share)
		}
	}
	if trial.Canary != nil {
		spec.Canary, spec.Populations = trial.Canary.String(), trial.Canary
		problems = append(problems, resolveCanary(spec, listeners))
	}
	if len(spec.Policies) == 0 && spec.Canary == "" {
		problems = append(problems, errors.New("no policies: name at least one FaultPolicy"))
	}
	if err := errors.Join(problems...); err != nil {
		return Spec{}, fmt.Errorf("verification %q: %w", trial.Name, err)
	}
	return spec, nil
}

// resolveCanary holds every objective to the listener where the populations can
// be told apart.
func resolveCanary(spec Spec, listeners []string) error {
	at := spec.Populations.Listener
	if at == "" && len(listeners) == 1 {
		at = listeners[0]
	}
	if !slices.Contains(listeners, at) {
		return fmt.Errorf("canary: name the listener that both versions pass, one of: %s", list(listeners))
	}
	for _, o := range spec.Objectives {
		if o.Listener != at && o.Listener != "" {
			return fmt.Errorf("objective %q: it is measured at %s, and the versions are told apart at %s", o.Name, o.Listener, at)
		}
	}
	return nil
}

// resolveTimes returns what is wrong with the times and bounds of a spec.
func resolveTimes(s Spec) []error {
	var problems []error
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	expect(s.Interval > 0, "interval %v: a time above 0 is expected", s.Interval)
	expect(s.Duration > 0, "duration %v: a time above 0 is expected", s.Duration)
	expect(s.Lease > s.Interval, "lease %v: longer than the interval of %v is expected, or faults stop between two looks", s.Lease, s.Interval)
	expect(s.Alpha > 0 && s.Alpha < 1, "alpha %v: a number between 0 and 1 is expected", s.Alpha)
	expect(s.Beta > 0 && s.Beta < 1, "beta %v: a number between 0 and 1 is expected", s.Beta)
	return problems
}

func resolveObjective(p *policies.Promise, listeners []string) (ObjectiveSpec, error) {
	o := ObjectiveSpec{
		Name: p.Name, Listener: p.Listener, Promise: p.Text, Allowed: p.Allowed, Tolerance: p.Tolerance,
		Ratio: p.Ratio, Margin: p.Margin, Latency: p.Latency, Advisory: p.Advisory, Compiled: p,
	}
	switch {
	case p.Listener == "" && len(listeners) == 1:
		o.Listener = listeners[0]
	case p.Listener == "":
		return o, fmt.Errorf("objective %q: name the listener where it is measured, one of: %s", p.Name, list(listeners))
	case !slices.Contains(listeners, p.Listener):
		return o, fmt.Errorf("objective %q: there is no listener %q, only: %s", p.Name, p.Listener, list(listeners))
	}
	return o, nil
}

func resolvePolicy(p *policies.Policy, listeners []string) (PolicySpec, error) {
	s := PolicySpec{
		Name: p.Name, Listener: p.Listener, Fault: p.Text,
		Share: float64(p.Share) / policies.Whole, Expires: p.Expires, Sticky: p.Assign.Kind != policies.AssignRequest,
	}
	// A delay of each event adds up to nobody knows what.
	s.Aborts = p.Fault != nil && p.Fault.Abort != nil
	if p.Fault != nil && p.Fault.Delay != nil && p.Fault.Delay.Phase != policies.PhaseEvent {
		s.Delay, s.Longest = typical(p.Fault.Delay), longest(p.Fault.Delay)
	}
	if p.Listener != "" && !slices.Contains(listeners, p.Listener) {
		return s, fmt.Errorf("policy %q: there is no listener %q, only: %s", p.Name, p.Listener, list(listeners))
	}
	return s, nil
}

// list writes names for a message.
func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// typical returns a delay that the mean of many is not far below: the mean or
// the median of the distribution, or its maximum if that is less.
func typical(d *policies.Delay) time.Duration {
	var t policies.Duration
	switch {
	case d.Fixed != nil:
		t = *d.Fixed
	case d.Uniform != nil:
		t = (d.Uniform.Min + d.Uniform.Max) / 2
	case d.Normal != nil:
		t = d.Normal.Mean
	case d.Lognormal != nil:
		t = d.Lognormal.Median
	case d.Pareto != nil:
		t = policies.Duration(float64(d.Pareto.Scale) * math.Pow(2, 1/max(d.Pareto.Shape, 1)))
	case d.Quantiles != nil:
		t = d.Quantiles.P50 / 2
	}
	if d.Max != nil {
		t = min(t, *d.Max)
	}
	return time.Duration(t)
}

// longest returns the longest delay, 0 if there is no bound.
func longest(d *policies.Delay) time.Duration {
	switch {
	case d.Fixed != nil && d.Max != nil:
		return time.Duration(min(*d.Fixed, *d.Max))
	case d.Fixed != nil:
		return time.Duration(*d.Fixed)
	case d.Uniform != nil && d.Max != nil:
		return time.Duration(min(d.Uniform.Max, *d.Max))
	case d.Uniform != nil:
		return time.Duration(d.Uniform.Max)
	case d.Max != nil:
		return time.Duration(*d.Max)
	default:
		return 0
	}
}
