// Package plan foretells what a verification can conclude before anything runs:
// how long it takes to see a rise, how many clean requests prove a promise, what
// may be lost meanwhile, and what this run can never tell.
//
// A forecast is the evidence on the path where every second brings exactly what
// is expected (stats.Forecast). It is a median; nine runs in ten are done in
// twice the time.
package plan

import (
	"math"
	"time"

	"github.com/poise-dev/poise/verifier/stats"
)

// Spec is what a forecast rests on.
type Spec struct {
	Objectives []Objective
	// Share of the eligible requests that meet the fault, in (0,1]: the last rung
	// of a ramp.
	Share float64
	// Baseline is watched before the first fault, Duration is the longest time
	// with faults. A Duration of 0 has no end: a continuous verification.
	Baseline, Duration time.Duration
	// Interval is the time between two looks, BatchInterval that between two
	// updates of the comparison; 0 is the same.
	Interval, BatchInterval time.Duration
	Alpha, Beta             float64
	// MinBad is how many bad requests a breach takes at least.
	MinBad uint64
	// Phi is how many requests fail together; 0 is 1. See stats.Cluster.
	Phi float64
	// Horizon is the time in which a continuous verification may halt falsely with
	// probability Alpha; 0 is 28 days.
	Horizon time.Duration
	// Window is that of the error budget; 0 is 30 days.
	Window time.Duration
}

// Objective is one promise. Rates are in [0,1].
type Objective struct {
	Name string
	// Allowed is the bad rate among all requests, Tolerance that among faulted ones.
	Allowed, Tolerance float64
	// Margin of the fault arm over control; a Ratio of 0: not compared.
	Margin stats.Margin
	// Advisory objectives never decide, and are not planned.
	Advisory bool
}

// Traffic is what is expected.
type Traffic struct {
	PerSecond float64 // eligible requests
	Normal    float64 // bad rate of requests without a fault, in [0,1]
	Effect    float64 // bad rate of requests with the fault, in [0,1]
}

// Guard names, as in a run.
const (
	Global     = "global"
	FaultArm   = "fault-arm"
	Comparison = "comparison"
)

// Guard is what one guard of one objective can do.
type Guard struct {
	Objective    string    `json:"objective"`
	Guard        string    `json:"guard"`
	TimeToDetect Detection `json:"timeToDetect"`
	// CleanRequestsNeeded is how many requests, none of them bad, prove what the
	// guard is about: faulted ones, or all of them for the global guard. A run is
	// upheld by the fault arm's proof.
	CleanRequestsNeeded uint64 `json:"cleanRequestsNeeded"`
	// TimeToUphold is how long the proof takes at the normal rate.
	TimeToUphold Wait `json:"timeToUphold"`
	// BudgetAtStake is the percentage of the window's error budget lost if the
	// effect is as assumed and this guard alone ends it, 9 times in 10 with less.
	BudgetAtStake float64 `json:"budgetAtStake"`
	// Cannot is what this run cannot conclude, in full sentences.
	Cannot []string `json:"cannot"`
}

// Detection is when a breach is called, counted from the first fault.
type Detection struct {
	Median Wait `json:"median"`
	P90    Wait `json:"p90"` // nine runs in ten are quicker
}

// For returns the forecast for each guard that decides, in the order of the
// objectives.
func For(spec Spec, traffic Traffic) []Guard {
	spec = spec.withDefaults()
	traffic.Normal, traffic.Effect = ratio(traffic.Normal), ratio(traffic.Effect)
	var all []Guard
	for _, o := range spec.Objectives {
		if o.Advisory {
			continue
		}
		for _, name := range o.guards() {
			all = append(all, spec.forecast(o, name, traffic))
		}
	}
	return all
}

func (s Spec) withDefaults() Spec {
	const days = 24 * time.Hour
	if s.Interval <= 0 {
		s.Interval = time.Second
	}
	s.BatchInterval = max(s.BatchInterval, s.Interval)
	s.Share = ratio(s.Share)
	s.Phi = max(s.Phi, 1)
	if s.Horizon <= 0 {
		s.Horizon = 28 * days
	}
	if s.Window <= 0 {
		s.Window = 30 * days
	}
	return s
}

func (o Objective) guards() []string {
	if o.Margin.Ratio > 0 {
		return []string{Global, FaultArm, Comparison}
	}
	return []string{Global, FaultArm}
}

// forecast plans one guard.
func (s Spec) forecast(o Objective, name string, traffic Traffic) Guard {
	f := s.evidence(o, name, traffic)
	median := f.SecondsTo(stats.Line(s.Alpha) + math.Log(float64(s.deciding())))
	bad := s.badPerSecond(name, traffic)
	g := Guard{Objective: o.Name, Guard: name}
	g.TimeToDetect = Detection{
		Median: look(max(median, secondsToBad(s.MinBad, bad, 0)), f.Interval),
		P90:    look(max(2*median, secondsToBad(s.MinBad, bad, upperTenth)), f.Interval),
	}
	g.CleanRequestsNeeded, g.TimeToUphold = s.proof(o, name, traffic)
	g.BudgetAtStake = s.atStake(o, traffic, g.TimeToDetect.P90)
	g.Cannot = append([]string{}, s.cannot(o, g, traffic)...) // none is [] in JSON
	return g
}

// look returns the first look at or after so many seconds.
func look(seconds, interval float64) Wait { return wait(math.Ceil(seconds/interval) * interval) }

// deciding returns how many guards share alpha.
func (s Spec) deciding() int {
	n := 0
	for _, o := range s.Objectives {
		if !o.Advisory {
			n += len(o.guards())
		}
	}
	return max(n, 1)
}

// evidence returns the process behind a guard.
func (s Spec) evidence(o Objective, name string, t Traffic) stats.Forecast {
	faulted, rest := t.PerSecond*s.Share, t.PerSecond*(1-s.Share)
	f := stats.Forecast{Interval: s.Interval.Seconds()}
	switch name {
	case Global:
		f.Before = s.Baseline.Seconds()
		f.Sinks = stats.Rises(o.Allowed, t.PerSecond, t.Normal)
		f.Grows = stats.Rises(o.Allowed, t.PerSecond, s.overall(t))
	case FaultArm:
		f.Grows = stats.Rises(o.Tolerance, faulted, t.Effect)
	default:
		f.Interval = s.BatchInterval.Seconds()
		f.Grows = stats.RisesAgainst(o.Margin, faulted, t.Effect, rest, t.Normal)
	}
	for j := range f.Grows {
		f.Grows[j] /= s.Phi
	}
	for j := range f.Sinks {
		f.Sinks[j] /= s.Phi
	}
	if s.Duration > 0 {
		f.Starts = stats.Starts((f.Before+s.Duration.Seconds())/f.Interval) + 1
	} else {
		f.Starts = stats.Always(int(s.Horizon.Seconds() / f.Interval))
	}
	return f
}

// overall is the bad rate of all requests together while faults are on.
func (s Spec) overall(t Traffic) float64 { return s.Share*t.Effect + (1-s.Share)*t.Normal }

// badPerSecond returns how many bad requests a guard sees.
func (s Spec) badPerSecond(name string, t Traffic) float64 {
	if name == Global {
		return t.PerSecond * s.overall(t)
	}
	return t.PerSecond * s.Share * t.Effect
}

// proof returns how many clean requests a guard needs to prove its promise, and
// how long that takes with the normal rate: if the belief is right.
func (s Spec) proof(o Objective, name string, t Traffic) (clean uint64, takes Wait) {
	faulted := t.PerSecond * s.Share
	switch name {
	case Global:
		return stats.CleanRequests(o.Allowed, s.Beta), wait(stats.SecondsToUphold(t.PerSecond, t.Normal, o.Allowed, s.Beta))
	case FaultArm:
		least := float64(stats.LeastFaulted(o.Tolerance, s.Beta)) / faulted
		return stats.CleanRequests(o.Tolerance, s.Beta), wait(max(stats.SecondsToUphold(faulted, t.Normal, o.Tolerance, s.Beta), least))
	default:
		seconds := func(bad float64) float64 {
			grows := stats.FallsAgainst(o.Margin, faulted, bad, t.PerSecond-faulted, t.Normal)
			return stats.Forecast{Interval: s.BatchInterval.Seconds(), Grows: grows}.SecondsTo(stats.Line(s.Beta))
		}
		if best := seconds(0) * faulted; best > 0 && !math.IsInf(best, 1) {
			clean = uint64(math.Ceil(best))
		}
		return clean, wait(seconds(t.Normal))
	}
}

// atStake returns the percentage of the error budget that is lost by then, or by
// the end of the run.
func (s Spec) atStake(o Objective, t Traffic, detected Wait) float64 {
	lasting := time.Duration(detected)
	if s.Duration > 0 {
		lasting = min(lasting, s.Duration)
	}
	harm := s.Share * max(t.Effect-t.Normal, 0) * min(lasting, s.Window).Seconds()
	budget := o.Allowed * s.Window.Seconds()
	if budget <= 0 || harm <= 0 {
		return 0
	}
	return 100 * harm / budget
}

// upperTenth is the 90th percentile of a standard normal variable.
const upperTenth = 1.2815515655446004

// secondsToBad returns how long the n-th bad request takes, in the middle (z = 0)
// or at another quantile of the standard normal variable z: a Gamma(n) time, by
// the approximation of Wilson and Hilferty.
func secondsToBad(n uint64, perSecond, z float64) float64 {
	if n == 0 {
		return 0
	}
	if perSecond <= 0 {
		return math.Inf(1)
	}
	k := float64(n)
	return k * math.Pow(1-1/(9*k)+z/(3*math.Sqrt(k)), 3) / perSecond
}

func ratio(v float64) float64 { return min(max(v, 0), 1) }
