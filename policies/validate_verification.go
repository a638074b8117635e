package policies

import (
	"net/url"
	"regexp"
	"time"
)

// Defaults of a Verification, and bounds of how it is judged.
const (
	DefaultBaseline = 30 * time.Second
	DefaultDuration = 5 * time.Minute
	DefaultRecovery = 30 * time.Second
	DefaultInterval = 250 * time.Millisecond
	DefaultLease    = 3 * time.Second
	DefaultAlpha    = 0.01
	DefaultBeta     = 0.05
	DefaultMinBad   = 3

	// ContinuousInterval is the fixed clock of mode continuous; a lease is three.
	ContinuousInterval = 5 * time.Second
	ContinuousLease    = 3 * ContinuousInterval
	// ContinuousDuration is how long a run of mode continuous tests one policy.
	ContinuousDuration = 24 * time.Hour
	// DefaultWindow is that of an error budget.
	DefaultWindow = 30 * 24 * time.Hour

	minInterval = 10 * time.Millisecond
	maxLease    = time.Hour // as for a lease granted by a person
	maxAlpha    = 0.5
)

// clock is a time of day.
var clockPattern = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// verification checks the spec of a Verification.
func (v *validator) verification(s *Verification) {
	v.name("spec.hypothesis", s.Hypothesis)
	v.policyNames(s)
	switch s.Mode {
	case ModeContinuous:
		if b := s.Budget; b != nil && b.MaxRate != nil && *b.MaxRate == 0 {
			v.report("spec.budget.maxRate", "0 faults nobody", "a percentage above 0", "")
		}
		v.only("spec", false, "mode: experiment", "ramp", "interval")
		v.only("spec", false, "mode: canary", "canary")
	case ModeCanary:
		v.canary(s.Canary)
		v.only("spec", false, "mode: experiment", "baseline", "ramp")
		v.only("spec", false, "mode: continuous", "budget")
	default:
		v.only("spec", false, "mode: canary", "canary")
		v.only("spec", false, "mode: continuous", "budget")
	}
	v.times(s)
	v.odds("spec.alpha", s.Alpha, maxAlpha)
	v.odds("spec.beta", s.Beta, 1)
	v.ramp(s.Ramp)
	if s.Hours != nil {
		v.clock("spec.hours.from", s.Hours.From)
		v.clock("spec.hours.to", s.Hours.To)
	}
	for i, f := range s.Freeze {
		if f.To.Before(f.From.Time) {
			v.report(entry("spec.freeze", i)+".to", f.To.String()+" is before "+f.From.String(), "a day on or after the first", "")
		}
	}
	if s.OnHalt != nil {
		for i, w := range s.OnHalt.Webhooks {
			v.webhook(entry("spec.onHalt.webhooks", i)+".url", w.URL)
		}
	}
}

// policyNames checks the policies a verification names.
func (v *validator) policyNames(s *Verification) {
	if len(s.Policies) == 0 && s.Mode != ModeCanary {
		v.report("spec.policies", "no policy, so nothing would be tested", "names of FaultPolicies", "")
	}
	seen := make(map[string]bool)
	for i, name := range s.Policies {
		field := entry("spec.policies", i)
		if v.name(field, name); seen[name] {
			v.report(field, brief(name)+" is listed twice", "each policy once", "remove one")
		}
		seen[name] = true
	}
}

// times checks how long things last, with the defaults filled in.
func (v *validator) times(s *Verification) {
	interval, lease := or(s.Interval, Duration(DefaultInterval)), or(s.Lease, Duration(DefaultLease))
	if s.Mode == ModeContinuous {
		interval, lease = Duration(ContinuousInterval), or(s.Lease, Duration(ContinuousLease))
	}
	v.positive("spec.duration", or(s.Duration, 0))
	if interval < Duration(minInterval) {
		v.report("spec.interval", interval.String()+" is too short", "at least "+Duration(minInterval).String(), "")
	}
	if lease > Duration(maxLease) {
		v.report("spec.lease", lease.String()+" is too long", "at most "+Duration(maxLease).String(), "write 3s: it is renewed as long as the evidence is good")
	}
	if lease < interval {
		field, hint := "spec.lease", "write at least three intervals"
		if s.Lease == nil {
			field, hint = "spec.interval", "write a longer lease"
		}
		v.report(field, "the lease ("+lease.String()+") would end before it is renewed ("+interval.String()+")", "a lease of at least one interval", hint)
	}
}

// odds checks a bound on being wrong: above 0, below 1, at most the limit.
func (v *validator) odds(field string, odds *float64, limit float64) {
	switch {
	case odds == nil:
	case *odds <= 0 || *odds >= 1:
		v.report(field, "is not a chance of being wrong", "a number between 0 and 1", "write 0.01 for once in a hundred runs")
	case *odds > limit:
		v.report(field, "is worse than tossing a coin", "at most 0.5", "write 0.01 for once in a hundred runs")
	}
}

// ramp checks that the rungs climb and that all but the last end.
func (v *validator) ramp(rungs []Rung) {
	v.some("spec.ramp", len(rungs), "")
	for i, rung := range rungs {
		field, last := entry("spec.ramp", i), i == len(rungs)-1
		if rung.Percentage == 0 {
			v.report(field+".percentage", "0 faults nobody", "a percentage above 0", "")
		}
		if i > 0 && rung.Percentage <= rungs[i-1].Percentage {
			v.report(field+".percentage", rung.Percentage.String()+" is not above the rung below", "percentages that climb", "")
		}
		if rung.For == nil && !last {
			v.report(field+".for", "is missing", Duration(0).JSONSchema().Description, "only the last rung lasts to the end")
		}
		v.positive(field+".for", or(rung.For, 0))
	}
}

// clock checks a time of day.
func (v *validator) clock(field, text string) {
	if v.written(field) && !clockPattern.MatchString(text) {
		v.report(field, brief(text)+" is not a time of day", `a time such as "09:00"`, "")
	}
}

// webhook checks an address that gets a POST.
func (v *validator) webhook(field, text string) {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		v.report(field, brief(text)+" is not an address", "an absolute http or https URL", "")
	}
}
