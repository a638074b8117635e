package policies

import (
	"fmt"
	"time"
)

// Terms are when, how much and on whom a trial may inject, beyond the
// percentages of its policies.
type Terms struct {
	// Ramp are the percentages to climb, in place of the policies' own; empty:
	// those.
	Ramp []Step
	// Budget is what continuous runs may cost; nil: the trial is not continuous.
	Budget *Spend
	// Canary are the populations to compare; nil: the arms of the policies.
	Canary *Populations
	// Calendar says when to inject.
	Calendar *Calendar
}

// Step is a compiled [Rung].
type Step struct {
	Share Percent
	// For is the least time on the rung; the last one lasts to the end, whatever
	// it says.
	For time.Duration
}

// Spend is a compiled [Budget]. Spend and Reserve are shares of the error budget
// of a window, in [0,1].
type Spend struct {
	Window         time.Duration
	Spend, Reserve float64
	MaxRate        Percent
}

func newSpend(b Budget) *Spend {
	const percent = Whole / 100
	return &Spend{
		Window: lasting(b.Window, DefaultWindow), MaxRate: or(b.MaxRate, percent),
		Spend: or(b.Spend, percent).Ratio(), Reserve: or(b.Reserve, 10*percent).Ratio(),
	}
}

// terms compiles the terms of a trial, when its policies are known.
func (d draft) terms(t *Trial) Terms {
	in := d.Verification
	hours := in.Hours
	terms := Terms{Canary: d.populations()}
	if t.Mode == ModeContinuous {
		terms.Budget = newSpend(or(in.Budget, Budget{}))
		t.Interval, t.Lease = ContinuousInterval, lasting(in.Lease, ContinuousLease)
		t.Duration = lasting(in.Duration, ContinuousDuration)
		if hours == nil {
			hours = &Hours{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00"}
		}
	}
	var err error
	if terms.Calendar, err = newCalendar(hours, in.Freeze); err != nil {
		d.wrong("spec.hours.timezone", err.Error(), "an IANA time zone such as Europe/Paris", "")
	}
	below := time.Duration(0)
	for i, rung := range in.Ramp {
		field := at("spec.ramp", i)
		step := Step{Share: rung.Percentage, For: lasting(rung.For, 0)}
		for _, p := range t.Policies {
			if step.Share > p.Share {
				d.wrong(field+".percentage", step.Share.String()+" is more than the percentage of "+p.Name,
					"at most "+p.Share.String(), "write a higher percentage there: it is the most the policy may ever draw")
			}
		}
		if i < len(in.Ramp)-1 {
			below += step.For
		}
		terms.Ramp = append(terms.Ramp, step)
	}
	if below > 0 && below >= t.Duration {
		d.wrong("spec.ramp", fmt.Sprintf("the rungs below the last take %v, and faults last %v", below, t.Duration),
			"a longer duration, or shorter rungs", "an upheld verdict rests on the last rung alone")
	}
	for _, p := range t.Policies {
		switch sticky := p.Assign.Sticky(); {
		case sticky && len(terms.Ramp) > 0:
			d.wrong("spec.ramp", "a ramp with "+p.Name+", which assigns by a key, is not available yet", "", "assign by request, or remove the ramp")
		case sticky && t.Mode == ModeContinuous:
			d.wrong("spec.mode", "mode continuous with "+p.Name+", which assigns by a key, is not available yet", "", "assign by request")
		}
	}
	return terms
}
